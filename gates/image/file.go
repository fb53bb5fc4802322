package image

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxEntries is how many files a tar file may have.
const maxEntries = 100_000

// files are the files of a layout or of an archive, by slash-separated names.
type files interface {
	open(name string) (io.ReadCloser, error) // fs.ErrNotExist: it isn't there
}

// Open reads the images of a folder or file. tag picks those of one name, where there
// are several. The file stays open until the set is closed.
func Open(ctx context.Context, file, tag string) (*Set, error) {
	from, closer, err := openFiles(ctx, file)
	if err != nil {
		return nil, err
	}
	set, err := read(ctx, from, tag)
	if err != nil {
		closer.Close()
		return nil, err
	}
	set.close = func() { closer.Close() }
	return set, nil
}

func openFiles(ctx context.Context, file string) (files, io.Closer, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		root, err := os.OpenRoot(file)
		return folder{root}, root, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errors.New("it is neither a folder nor a file")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	a, err := listed(ctx, f)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return a, f, nil
}

// read reads an archive of docker save, or else a layout. Newer versions of docker save
// write both in one file, and docker load reads what the older ones wrote.
func read(ctx context.Context, from files, tag string) (*Set, error) {
	set, err := saved(from, tag)
	if !errors.Is(err, fs.ErrNotExist) {
		return set, err
	}
	set, err = readLayout(ctx, from, tag)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("it is neither an OCI image layout nor a file that docker save wrote, or a part of it is missing")
	}
	return set, err
}

// whole reads one file of them.
func whole(from files, name string) ([]byte, error) {
	r, err := from.open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return limited(r)
}

// folder is a folder; links don't lead out of it.
type folder struct{ root *os.Root }

func (f folder) open(name string) (io.ReadCloser, error) {
	info, err := f.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, errors.New("it has something else where a file should be")
	}
	return f.root.Open(name)
}

// archive is a tar file.
type archive struct {
	file  *os.File
	parts map[string]part
}

// part is where a file is in a tar file, or the name of the one that it is a link to.
type part struct {
	at, size int64
	link     string
}

// listed finds out where everything is in a tar file.
func listed(ctx context.Context, f *os.File) (*archive, error) {
	a := &archive{f, map[string]part{}}
	entries := tar.NewReader(f)
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		header, err := entries.Next()
		switch {
		case err == io.EOF:
			return a, nil
		case err != nil:
			return nil, notTar(f)
		case n >= maxEntries:
			return nil, fmt.Errorf("it has more than %d files", maxEntries)
		}
		if err := a.add(header); err != nil {
			return nil, err
		}
	}
}

// notTar says why a file can't be read, if it is packed.
func notTar(f *os.File) error {
	var start [4]byte
	_, _ = f.ReadAt(start[:], 0)
	if packing(start[:]) != "" {
		return errors.New("it is compressed; decompress it first, for example with gunzip")
	}
	return errors.New("it isn't a tar file, or it is damaged")
}

func (a *archive) add(header *tar.Header) error {
	name := path.Clean(strings.TrimPrefix(header.Name, "/"))
	p := part{size: header.Size}
	switch header.Typeflag {
	case tar.TypeReg:
	case tar.TypeSymlink:
		p.link = path.Join(path.Dir(name), header.Linkname)
	case tar.TypeLink:
		p.link = path.Clean(header.Linkname)
	default:
		return nil
	}
	if sparse(header) {
		return errors.New("it has sparse files, which are refused")
	}
	if _, ok := a.parts[name]; ok {
		return errors.New("it has two files of the same name")
	}
	var err error
	p.at, err = a.file.Seek(0, io.SeekCurrent) // the reader of a tar file reads no further than its header
	a.parts[name] = p
	return err
}

// sparse reports whether a file has holes, so that it may be far larger than its tar file.
func sparse(header *tar.Header) bool {
	for key := range header.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return header.Typeflag == tar.TypeGNUSparse
}

// open implements files. A link is followed once, as in the files of older versions of
// docker save.
func (a *archive) open(name string) (io.ReadCloser, error) {
	p, ok := a.parts[path.Clean(name)]
	if ok && p.link != "" {
		p, ok = a.parts[p.link]
	}
	if !ok || p.link != "" {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(io.NewSectionReader(a.file, p.at, p.size)), nil
}

// layout is an OCI image layout
// (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md).
type layout struct{ files }

func (l layout) manifest(_ context.Context, digest v1.Hash) ([]byte, error) {
	return whole(l.files, blobName(digest))
}

func (l layout) blob(_ context.Context, digest v1.Hash) (io.ReadCloser, error) {
	return l.open(blobName(digest))
}

func blobName(digest v1.Hash) string { return "blobs/" + digest.Algorithm + "/" + digest.Hex }
