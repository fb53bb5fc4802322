package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gonogo/phrase"
)

// The annotations with the names of images in a layout: that of the specification, and
// the one that containerd and docker save write, which is the whole name.
const (
	refName   = "org.opencontainers.image.ref.name"
	imageName = "io.containerd.image.name"
)

// readLayout reads the images of a tag, or all if they have at most one name.
func readLayout(ctx context.Context, from files, tag string) (*Set, error) {
	text, err := whole(from, "index.json")
	if err != nil {
		return nil, err
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(text))
	if err != nil {
		return nil, errors.New("its index can't be understood")
	}
	var names []string
	for _, d := range index.Manifests {
		names = append(names, nameOf(d))
	}
	tag, err = choose(tag, names)
	if err != nil {
		return nil, err
	}
	index.Manifests = slices.DeleteFunc(index.Manifests, func(d v1.Descriptor) bool { return !called(nameOf(d), tag) })
	w := &walk{from: layout{from}}
	if err := w.index(ctx, index, 0); err != nil {
		return nil, err
	}
	set := &Set{Images: w.images}
	if len(index.Manifests) == 1 {
		set.Digest = index.Manifests[0].Digest.String()
	}
	return set, nil
}

func nameOf(d v1.Descriptor) string {
	if name := d.Annotations[imageName]; name != "" {
		return name
	}
	return d.Annotations[refName]
}

// called reports whether an image has a name, or the end of one: its tag alone, or
// shop:1.0 of docker.io/library/shop:1.0.
func called(name, tag string) bool {
	return name == tag || tag != "" && (strings.HasSuffix(name, ":"+tag) || strings.HasSuffix(name, "/"+tag))
}

// choose finds the name that is meant.
func choose(tag string, names []string) (string, error) {
	slices.Sort(names)
	names = slices.Compact(names)
	if tag != "" {
		names = slices.DeleteFunc(names, func(name string) bool { return !called(name, tag) })
		return tag, exactlyOne(len(names), tag)
	}
	switch len(names) {
	case 0:
		return "", errors.New("it has no images")
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("it has %s: %s; name the right one with tag", phrase.Count(len(names), "image"), phrase.UpTo(5, slices.DeleteFunc(names, func(n string) bool { return n == "" })))
}

// exactlyOne is an error unless one image has a tag.
func exactlyOne(n int, tag string) error {
	switch n {
	case 0:
		return fmt.Errorf("it has no image %s", tag)
	case 1:
		return nil
	}
	return fmt.Errorf("it has several images with the tag %s; write the whole name of the right one", tag)
}

// savedImage is an entry of the manifest.json that docker save writes
// (https://github.com/moby/docker-image-spec/blob/v1.3.1/v1.2.md#combined-image-json--filesystem-changeset-format).
type savedImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// saved reads the image of a tag from a file that docker save wrote. It is
// fs.ErrNotExist if the file is something else.
func saved(from files, tag string) (*Set, error) {
	text, err := whole(from, "manifest.json")
	if err != nil {
		return nil, err
	}
	var all []savedImage
	if json.Unmarshal(text, &all) != nil {
		return nil, errors.New("its manifest.json can't be understood")
	}
	entry, err := chooseSaved(all, tag)
	if err != nil {
		return nil, err
	}
	read, err := entry.read(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("a part of it is missing")
	}
	if err != nil {
		return nil, err
	}
	return &Set{Images: []*Image{read}}, nil
}

func chooseSaved(all []savedImage, tag string) (found savedImage, err error) {
	var names []string
	for _, entry := range all {
		names = append(names, strings.Join(entry.RepoTags, " "))
	}
	if tag == "" {
		if len(all) > 1 {
			return found, fmt.Errorf("it has %s: %s; name the right one with tag", phrase.Count(len(all), "image"), phrase.UpTo(5, names))
		}
		if len(all) == 0 {
			return found, errors.New("it has no images")
		}
		return all[0], nil
	}
	n := 0
	for _, entry := range all {
		if slices.ContainsFunc(entry.RepoTags, func(name string) bool { return called(name, tag) }) {
			found, n = entry, n+1
		}
	}
	return found, exactlyOne(n, tag)
}

// read reads the configuration. Its name is its digest, and it has the digests of the
// layers, unpacked.
func (s savedImage) read(from files) (*Image, error) {
	text, err := whole(from, s.Config)
	if err != nil {
		return nil, err
	}
	digest := v1.Hash{Algorithm: "sha256", Hex: strings.TrimPrefix(strings.TrimSuffix(path.Base(s.Config), ".json"), "sha256:")}
	if err := compare(text, digest); err != nil {
		return nil, err
	}
	read, err := configured(text)
	if err != nil {
		return nil, err
	}
	config, err := v1.ParseConfigFile(bytes.NewReader(text))
	if err != nil || len(config.RootFS.DiffIDs) != len(s.Layers) {
		return nil, errors.New("its configuration doesn't list its layers")
	}
	for i, name := range s.Layers {
		read.layers = append(read.layers, layer{digest: config.RootFS.DiffIDs[i], unpacked: true, open: func(context.Context) (io.ReadCloser, error) { return from.open(name) }})
	}
	return read, nil
}
