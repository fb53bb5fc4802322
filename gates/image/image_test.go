package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	written "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// entry is a file, a link or a folder in a layer.
type entry struct {
	name, text, link string
	kind             byte
}

func file(name, text string) entry { return entry{name: name, text: text, kind: tar.TypeReg} }

func tarOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if err := w.WriteHeader(&tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.text)), Mode: 0o755}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// built is an image for a platform, with a user and layers.
func built(t *testing.T, platform, user string, layers ...[]byte) v1.Image {
	t.Helper()
	img := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	for _, text := range layers {
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, tarball.WithMediaType(types.OCILayer))
		if packing(text) == "zstd" {
			layer, err = static.NewLayer(text, types.OCILayer), nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.AppendLayers(img, layer); err != nil {
			t.Fatal(err)
		}
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, _ = strings.Cut(platform, "/")
	config.Config.User = user
	if img, err = mutate.ConfigFile(img, config); err != nil {
		t.Fatal(err)
	}
	return img
}

// layoutOf is a folder with images in it, by their names.
func layoutOf(t *testing.T, images map[string]v1.Image) string {
	t.Helper()
	dir := t.TempDir()
	at, err := written.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	for name, img := range images {
		if err := at.AppendImage(img, written.WithAnnotations(map[string]string{refName: name})); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// packed is a folder as a tar file.
func packed(t *testing.T, dir string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return saveFile(t, b.Bytes())
}

func saveFile(t *testing.T, text []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func dockerSave(t *testing.T, images map[string]v1.Image) string {
	t.Helper()
	all := map[name.Tag]v1.Image{}
	for tag, img := range images {
		parsed, err := name.NewTag(tag)
		if err != nil {
			t.Fatal(err)
		}
		all[parsed] = img
	}
	file := filepath.Join(t.TempDir(), "saved.tar")
	if err := tarball.MultiWriteToFile(file, all); err != nil {
		t.Fatal(err)
	}
	return file
}

var passwdLayer = []entry{{name: "etc/", kind: tar.TypeDir}, file("etc/passwd", "root:x:0:0:::\napp:x:1000:1000:::\n")}

// opened reads a file that must be sound, and closes it after the test.
func opened(t *testing.T, file, tag string) *Set {
	t.Helper()
	set, err := Open(t.Context(), file, tag)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	return set
}

func TestOpen(t *testing.T) {
	img := built(t, "linux/amd64", "app:app", tarOf(t, passwdLayer...))
	folder := layoutOf(t, map[string]v1.Image{"1.0": img})
	for name, file := range map[string]string{"folder": folder, "file": packed(t, folder), "docker save": dockerSave(t, map[string]v1.Image{"shop:1.0": img})} {
		t.Run(name, func(t *testing.T) {
			for _, tag := range []string{"", "1.0"} {
				set := opened(t, file, tag)
				if len(set.Images) != 1 || set.Images[0].User != "app:app" || set.Images[0].Platform.String() != "linux/amd64" {
					t.Fatalf("got %+v", set.Images)
				}
				passwd, err := set.Images[0].Passwd(t.Context())
				if err != nil || string(passwd) != passwdLayer[1].text {
					t.Errorf("got %q, %v", passwd, err)
				}
			}
		})
	}
}

func TestNames(t *testing.T) {
	one, two := built(t, "linux/amd64", "1"), built(t, "linux/amd64", "2")
	layouts := layoutOf(t, map[string]v1.Image{"1.0": one, "2.0": two})
	saves := dockerSave(t, map[string]v1.Image{"shop:1.0": one, "shop:2.0": two, "other:2.0": two})
	for _, tt := range []struct{ file, tag, want string }{
		{layouts, "2.0", "2"},
		{layouts, "", "it has 2 images: 1.0, 2.0; name the right one with tag"},
		{layouts, "3.0", "it has no image 3.0"},
		{saves, "index.docker.io/library/shop:1.0", "it has no image index.docker.io/library/shop:1.0"},
		{saves, "shop:1.0", "1"},
		{saves, "1.0", "1"},
		{saves, "3.0", "it has no image 3.0"},
	} {
		set, err := Open(t.Context(), tt.file, tt.tag)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = set.Images[0].User
			set.Close()
		}
		if got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.tag, got, tt.want)
		}
	}
	if _, err := Open(t.Context(), saves, ""); err == nil || !strings.HasSuffix(err.Error(), "name the right one with tag") {
		t.Errorf("got %v", err)
	}
}

func TestPlatforms(t *testing.T) {
	amd, arm := built(t, "linux/amd64", "1"), built(t, "linux/arm64", "2")
	attested := mutate.ConfigMediaType(built(t, "unknown/unknown", ""), "application/vnd.in-toto+json")
	index := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: amd}, mutate.IndexAddendum{Add: arm, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}}},
		mutate.IndexAddendum{Add: attested, Descriptor: v1.Descriptor{Annotations: map[string]string{attestation: "attestation-manifest"}}})
	dir := t.TempDir()
	at, err := written.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.AppendIndex(index); err != nil {
		t.Fatal(err)
	}
	var got []string
	set := opened(t, dir, "")
	for _, i := range set.Images {
		got = append(got, i.Platform.String())
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64/v8"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !set.Images[1].Platform.Satisfies("linux/arm64") || !set.Images[1].Platform.Satisfies("linux/arm64/v8") || set.Images[1].Platform.Satisfies("linux/arm64/v7") || set.Images[1].Platform.Satisfies("linux/arm") {
		t.Error("it satisfies other platforms than its own")
	}
	if hash, err := index.Digest(); err != nil || set.Digest != hash.String() {
		t.Errorf("the digest is %s, want %s", set.Digest, hash)
	}
}

func TestPasswd(t *testing.T) {
	base := tarOf(t, passwdLayer...)
	zeros := tarOf(t, file("zeros", strings.Repeat("\x00", 2<<20)))
	for name, tt := range map[string]struct {
		layers [][]byte
		want   string // a part of the text
		fails  string
	}{
		"none":                      {nil, "", "it has no /etc/passwd"},
		"in no layer":               {[][]byte{tarOf(t, file("etc/group", "x"))}, "", "it has no /etc/passwd"},
		"below":                     {[][]byte{base, tarOf(t, file("x", "y"))}, "app:x:1000", ""},
		"above":                     {[][]byte{base, tarOf(t, file("./etc/passwd", "app:x:0:0:::"))}, "app:x:0", ""},
		"written twice":             {[][]byte{tarOf(t, file("etc/passwd", "app:x:1:"), file("/etc/passwd", "app:x:0:"))}, "app:x:0", ""},
		"removed":                   {[][]byte{base, tarOf(t, file("etc/.wh.passwd", ""))}, "", "it has no /etc/passwd"},
		"its folder removed":        {[][]byte{base, tarOf(t, file(".wh.etc", ""))}, "", "it has no /etc/passwd"},
		"its folder emptied":        {[][]byte{base, tarOf(t, file("etc/.wh..wh..opq", ""))}, "", "it has no /etc/passwd"},
		"everything removed":        {[][]byte{base, tarOf(t, file(".wh..wh..opq", ""))}, "", "it has no /etc/passwd"},
		"emptied and written again": {[][]byte{base, tarOf(t, file("etc/passwd", "app:x:7:"), file("etc/.wh..wh..opq", ""))}, "app:x:7", ""},
		"a link":                    {[][]byte{base, tarOf(t, entry{name: "etc/passwd", link: "../usr/passwd", kind: tar.TypeSymlink})}, "", "its /etc/passwd is a link"},
		"a hard link":               {[][]byte{base, tarOf(t, entry{name: "etc/passwd", link: "usr/passwd", kind: tar.TypeLink})}, "", "its /etc/passwd is a link"},
		"its folder a link":         {[][]byte{base, tarOf(t, entry{name: "etc", link: "usr", kind: tar.TypeSymlink})}, "", "its /etc/passwd is a link"},
		"too large":                 {[][]byte{tarOf(t, file("etc/passwd", strings.Repeat("#", maxPasswd+1)))}, "", "its /etc/passwd is larger than 1024 KiB"},
		"a bomb above it":           {[][]byte{base, zeros}, "", errTooLarge.Error()},
		"no tar file":               {[][]byte{bytes.Repeat([]byte("x"), 1024)}, "", "one of its layers can't be read"},
		"zstd":                      {[][]byte{append([]byte{0x28, 0xb5, 0x2f, 0xfd}, base...)}, "", errZstd.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			img := built(t, "linux/amd64", "app", tt.layers...)
			for kind, file := range map[string]string{"layout": layoutOf(t, map[string]v1.Image{"x": img}), "docker save": dockerSave(t, map[string]v1.Image{"shop:x": img})} {
				text, err := opened(t, file, "").Images[0].passwd(&budget{ctx: t.Context(), packed: 2 << 20, unpacked: 3 << 19})
				if tt.fails == "" && (err != nil || !strings.Contains(string(text), tt.want)) || tt.fails != "" && (err == nil || err.Error() != tt.fails) {
					t.Errorf("%s: got %q, %v; want %s %s", kind, text, err, tt.want, tt.fails)
				}
			}
		})
	}
}

// What is changed after an image was written isn't believed.
func TestDamaged(t *testing.T) {
	img := built(t, "linux/amd64", "app", tarOf(t, passwdLayer...))
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for part, hash := range map[string]v1.Hash{"manifest": digest, "configuration": manifest.Config.Digest, "layer": manifest.Layers[0].Digest} {
		t.Run(part, func(t *testing.T) {
			dir := layoutOf(t, map[string]v1.Image{"x": img})
			blob := filepath.Join(dir, filepath.FromSlash(blobName(hash)))
			text, err := os.ReadFile(blob)
			if err != nil {
				t.Fatal(err)
			}
			if part == "layer" {
				var b bytes.Buffer
				w := gzip.NewWriter(&b)
				_, _ = w.Write(tarOf(t, file("etc/passwd", "app:x:1:1:::")))
				w.Close()
				text = b.Bytes()
			} else {
				text = append(text, ' ')
			}
			if err := os.WriteFile(blob, text, 0o600); err != nil {
				t.Fatal(err)
			}
			set, err := Open(t.Context(), dir, "")
			if part == "layer" && err == nil {
				defer set.Close()
				_, err = set.Images[0].Passwd(t.Context())
			}
			if err == nil || err.Error() != errDamaged.Error() {
				t.Errorf("got %v", err)
			}
			if err := os.Remove(blob); err != nil {
				t.Fatal(err)
			}
			if set, err = Open(t.Context(), dir, ""); part == "layer" && err == nil {
				defer set.Close()
				_, err = set.Images[0].Passwd(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), "missing") {
				t.Errorf("without it: got %v", err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	img := built(t, "linux/amd64", "1")
	layouts := layoutOf(t, map[string]v1.Image{"x": img})
	var packing bytes.Buffer
	w := gzip.NewWriter(&packing)
	_, _ = w.Write(tarOf(t, file("index.json", "{}")))
	w.Close()
	huge := tarOf(t, file("manifest.json", strings.Repeat(" ", MaxDocument+1)))
	chart := mutate.ConfigMediaType(img, "application/vnd.cncf.helm.config.v1+json")
	outside := layoutOf(t, map[string]v1.Image{"x": img})
	pipe := layoutOf(t, map[string]v1.Image{"x": img})
	for _, dir := range []string{outside, pipe} {
		if err := os.Remove(filepath.Join(dir, "index.json")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(layouts, "index.json"), filepath.Join(outside, "index.json")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(pipe, "index.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ file, want string }{
		"no tar file":   {saveFile(t, []byte("hello")), "it isn't a tar file, or it is damaged"},
		"packed":        {saveFile(t, packing.Bytes()), "it is compressed; decompress it first, for example with gunzip"},
		"something":     {saveFile(t, tarOf(t, file("a", "b"))), "it is neither an OCI image layout nor a file that docker save wrote, or a part of it is missing"},
		"no images":     {saveFile(t, tarOf(t, file("manifest.json", "[]"))), "it has no images"},
		"empty layout":  {layoutOf(t, nil), "it has no images"},
		"huge":          {saveFile(t, huge), "its manifest or configuration is larger than 4 MiB"},
		"no JSON":       {saveFile(t, tarOf(t, file("manifest.json", "x"))), "its manifest.json can't be understood"},
		"twice":         {saveFile(t, tarOf(t, file("a", "b"), file("./a", "c"))), "it has two files of the same name"},
		"a chart":       {layoutOf(t, map[string]v1.Image{"x": chart}), "it isn't a container image"},
		"leads outside": {outside, "statat index.json: path escapes from parent"},
		"a pipe":        {pipe, "it has something else where a file should be"},
	} {
		if set, err := Open(t.Context(), tt.file, ""); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, %v; want %s", name, set, err, tt.want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ended, packed(t, layouts), ""); err == nil {
		t.Error("it reads on after the end")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}]}`), []byte(`[{"Config":"a.json","RepoTags":["a:1"],"Layers":["b"]}]`))
	f.Add([]byte(`{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"a"}}]}`), []byte(`[]`))
	f.Fuzz(func(t *testing.T, index, manifest []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{"index.json": index, "manifest.json": manifest} {
			if len(text) == 0 {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if set, err := Open(t.Context(), dir, ""); err == nil {
			set.Close()
		}
	})
}

func FuzzPasswd(f *testing.F) {
	f.Add([]byte("not a tar file"))
	f.Add(append([]byte{0x1f, 0x8b}, make([]byte, 600)...))
	f.Fuzz(func(t *testing.T, text []byte) {
		if from, err := unpack(bytes.NewReader(text)); err == nil {
			left := int64(8 << 20)
			_, _ = scan(&metered{ctx: t.Context(), from: from, left: &left})
		}
	})
}
