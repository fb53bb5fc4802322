// Package image reads container images from where they are kept: a folder or tar file
// with an OCI image layout, a file that docker save wrote, or a registry. It starts no
// container, extracts nothing, and only reads from registries.
//
// # Nouns
//
// A [Set] is the images of one name, one for each platform. [Open] reads it from a folder
// or file, [Registry.Read] from a registry. An [Image] is one of them, with what its
// configuration says. Its layers stay unread unless somebody asks for its /etc/passwd
// ([Image.Passwd]).
//
// # What it promises
//
// Every manifest, configuration and layer that is read is compared with the digest by
// which it was named. Whatever is foreign is limited: the size of a document
// ([MaxDocument]), the number of images and of files in a tar file, and the size of the
// layers, packed ([MaxPacked]) and unpacked ([MaxUnpacked]), so that a small file can't
// fill memory or keep the processor busy. A folder's links don't lead out of it. Sparse
// tar files and layers packed with zstd are refused: their readers can be made to take
// far more memory than the file has bytes.
//
// A registry is asked without TLS only on this machine, or if that is meant. Its answers
// are limited too, and nothing is retried. A login is sent to the registry and to where
// it hands out tokens, and to no other host.
//
// An error is one sentence without the text of the file or of the registry.
package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// What is read at most.
const (
	MaxDocument = 4 << 20   // bytes of a manifest, an index or a configuration
	MaxImages   = 64        // images of one name
	MaxPacked   = 512 << 20 // bytes of all layers in which /etc/passwd is looked for
	MaxUnpacked = 2 << 30   // bytes of those layers, unpacked
	maxDepth    = 3         // indexes within each other
)

// Set is the images of one name.
type Set struct {
	Images []*Image
	Digest string // of the manifest or index; "": it has none
	close  func()
}

// Close releases the file that the images are in.
func (s *Set) Close() {
	if s.close != nil {
		s.close()
	}
}

// Image is one image for one platform.
type Image struct {
	Platform Platform
	User     string    // as in the configuration; "": none
	Env      []string  // NAME=value
	History  []string  // the commands by which it was built
	OnBuild  []string  // instructions for builds from it
	Created  time.Time // zero: it doesn't say
	Base     string    // digest of the image that it was built from, if an annotation says so

	layers []layer // the lowest first
}

// Platform is what an image runs on.
type Platform struct{ OS, Architecture, Variant string }

// String writes a platform like linux/arm64 or linux/arm/v7.
func (p Platform) String() string {
	return strings.TrimSuffix(p.OS+"/"+p.Architecture+"/"+p.Variant, "/")
}

// Satisfies reports whether the image is for a platform as people write it. One without
// a variant is satisfied by any.
func (p Platform) Satisfies(written string) bool {
	return p.String() == written || p.OS+"/"+p.Architecture == written
}

// baseDigest is the annotation with the digest of the image that an image was built from
// (https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md).
const baseDigest = "org.opencontainers.image.base.digest"

// attestation is the annotation by which BuildKit marks what is no image
// (https://github.com/moby/buildkit/blob/v0.31.2/docs/attestations/attestation-storage.md).
const attestation = "vnd.docker.reference.type"

// source is where the parts of images are kept.
type source interface {
	// manifest returns the bytes of a manifest or index.
	manifest(ctx context.Context, digest v1.Hash) ([]byte, error)
	// blob opens a configuration or a layer.
	blob(ctx context.Context, digest v1.Hash) (io.ReadCloser, error)
}

// walk is the way through an index to its images.
type walk struct {
	from   source
	images []*Image
}

// descriptor goes to what a descriptor names: an image, or an index of them.
func (w *walk) descriptor(ctx context.Context, d v1.Descriptor, depth int) error {
	if d.Annotations[attestation] != "" {
		return nil
	}
	if depth > maxDepth {
		return errors.New("its indexes are nested too deeply")
	}
	text, err := w.from.manifest(ctx, d.Digest)
	if err != nil {
		return err
	}
	if err := compare(text, d.Digest); err != nil {
		return err
	}
	switch {
	case d.MediaType.IsIndex():
		index, err := v1.ParseIndexManifest(bytes.NewReader(text))
		if err != nil {
			return errors.New("its index can't be understood")
		}
		return w.index(ctx, index, depth)
	case d.MediaType.IsImage():
		return w.image(ctx, text, d.Platform)
	}
	return errors.New("it has parts of a type that isn't known")
}

func (w *walk) index(ctx context.Context, index *v1.IndexManifest, depth int) error {
	for _, d := range index.Manifests {
		if err := w.descriptor(ctx, d, depth+1); err != nil {
			return err
		}
		if len(w.images) > MaxImages {
			return fmt.Errorf("it has more than %d images", MaxImages)
		}
	}
	return nil
}

// configurations are the media types of those of images. Other ones are of charts,
// signatures and the like.
var configurations = []types.MediaType{types.OCIConfigJSON, types.DockerConfigJSON}

// image reads a manifest and the configuration that it names.
func (w *walk) image(ctx context.Context, text []byte, platform *v1.Platform) error {
	manifest, err := v1.ParseManifest(bytes.NewReader(text))
	if err != nil {
		return errors.New("its manifest can't be understood")
	}
	if !slices.Contains(configurations, manifest.Config.MediaType) {
		return errors.New("it isn't a container image")
	}
	config, err := document(ctx, w.from, manifest.Config.Digest)
	if err != nil {
		return err
	}
	read, err := configured(config)
	if err != nil {
		return err
	}
	if platform != nil && read.Platform.Variant == "" {
		read.Platform.Variant = platform.Variant
	}
	read.Base = manifest.Annotations[baseDigest]
	for _, d := range manifest.Layers {
		read.layers = append(read.layers, layer{digest: d.Digest, open: func(ctx context.Context) (io.ReadCloser, error) { return w.from.blob(ctx, d.Digest) }})
	}
	w.images = append(w.images, read)
	return nil
}

// document reads a whole configuration.
func document(ctx context.Context, from source, digest v1.Hash) ([]byte, error) {
	r, err := from.blob(ctx, digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := limited(r)
	if err != nil {
		return nil, err
	}
	return text, compare(text, digest)
}

// limited reads a document.
func limited(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > MaxDocument:
		return nil, fmt.Errorf("its manifest or configuration is larger than %d MiB", MaxDocument>>20)
	}
	return text, nil
}

var errDamaged = errors.New("it is damaged: a part doesn't have its digest")

// compare checks that bytes have a digest.
func compare(text []byte, want v1.Hash) error {
	hash, err := v1.Hasher(want.Algorithm)
	if err != nil {
		return errors.New("it has a digest of an unknown kind")
	}
	hash.Write(text)
	if fmt.Sprintf("%x", hash.Sum(nil)) != want.Hex {
		return errDamaged
	}
	return nil
}

// configured is what a configuration says.
func configured(text []byte) (*Image, error) {
	config, err := v1.ParseConfigFile(bytes.NewReader(text))
	if err != nil {
		return nil, errors.New("its configuration can't be understood")
	}
	read := &Image{
		Platform: Platform{config.OS, config.Architecture, config.Variant},
		User:     config.Config.User, Env: config.Config.Env, OnBuild: config.Config.OnBuild,
	}
	if config.Created.Unix() > 0 { // builds that can be repeated set it to 0
		read.Created = config.Created.Time
	}
	for _, h := range config.History {
		read.History = append(read.History, h.CreatedBy)
	}
	return read, nil
}
