package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// layer is one of an image's, as a tar file.
type layer struct {
	digest   v1.Hash
	unpacked bool // whether digest is that of the layer unpacked
	open     func(context.Context) (io.ReadCloser, error)
}

var (
	errNoPasswd = errors.New("it has no /etc/passwd")
	errTooLarge = fmt.Errorf("its layers are larger than %d MiB, or %d MiB unpacked", MaxPacked>>20, MaxUnpacked>>20)
	errLink     = errors.New("its /etc/passwd is a link")
)

// Passwd is the text of the image's /etc/passwd, from the uppermost layer that has one.
// Each layer down to that one is read whole, because its digest is compared.
func (i *Image) Passwd(ctx context.Context) ([]byte, error) {
	return i.passwd(&budget{ctx: ctx, packed: MaxPacked, unpacked: MaxUnpacked})
}

func (i *Image) passwd(left *budget) ([]byte, error) {
	for _, l := range slices.Backward(i.layers) {
		found, err := l.passwd(left)
		if err != nil {
			return nil, err
		}
		if found.text != nil {
			return found.text, nil
		}
		if found.removed {
			return nil, errNoPasswd
		}
	}
	return nil, errNoPasswd
}

// budget is how much may still be read.
type budget struct {
	ctx              context.Context
	packed, unpacked int64
}

// metered reads until its budget is spent or the context ends.
type metered struct {
	ctx  context.Context
	from io.Reader
	left *int64
	sum  hash.Hash // of what was read; nil: nobody asks
}

// Read implements [io.Reader].
func (m *metered) Read(into []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.from.Read(into)
	if *m.left -= int64(n); *m.left < 0 {
		return 0, errTooLarge
	}
	if m.sum != nil {
		m.sum.Write(into[:n])
	}
	return n, err
}

// passwdIn is what a layer says of /etc/passwd.
type passwdIn struct {
	text    []byte
	removed bool // layers below don't count
}

// passwd looks for /etc/passwd in one layer.
func (l layer) passwd(left *budget) (passwdIn, error) {
	r, err := l.open(left.ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return passwdIn{}, errors.New("one of its layers is missing")
	}
	if err != nil {
		return passwdIn{}, err
	}
	defer r.Close()
	sum, err := v1.Hasher(l.digest.Algorithm)
	if err != nil {
		return passwdIn{}, errors.New("it has a digest of an unknown kind")
	}
	packed, unpacked := &metered{ctx: left.ctx, from: r, left: &left.packed}, &metered{ctx: left.ctx, left: &left.unpacked}
	if l.unpacked {
		unpacked.sum = sum
	} else {
		packed.sum = sum
	}
	if unpacked.from, err = unpack(packed); err != nil {
		return passwdIn{}, worded(err)
	}
	found, err := scan(unpacked)
	if err != nil {
		return found, worded(err)
	}
	for _, rest := range []io.Reader{unpacked, packed} { // what comes after the end of the tar file has a part in the digest
		if _, err := io.Copy(io.Discard, rest); err != nil {
			return found, worded(err)
		}
	}
	if fmt.Sprintf("%x", sum.Sum(nil)) != l.digest.Hex {
		return found, errDamaged
	}
	return found, nil
}

// worded is an error without the text of the library that reads a layer.
func worded(err error) error {
	for _, known := range []error{errTooLarge, errLink, errZstd, errPasswdSize, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errors.New("one of its layers can't be read")
}

var (
	errZstd       = errors.New("one of its layers is packed with zstd, which isn't read")
	errPasswdSize = fmt.Errorf("its /etc/passwd is larger than %d KiB", maxPasswd>>10)
)

// maxPasswd is how many bytes an /etc/passwd may have.
const maxPasswd = 1 << 20

// packing says how a file is packed, by its first bytes; "": not at all.
func packing(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(start, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	}
	return ""
}

// unpack reads a layer as a tar file.
func unpack(packed io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(packed)
	start, err := buffered.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch packing(start) {
	case "gzip":
		return gzip.NewReader(buffered)
	case "zstd":
		return nil, errZstd
	}
	return buffered, nil
}

// scan looks through a layer for /etc/passwd, or for what removes that of the layers
// below (https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts).
func scan(layer io.Reader) (found passwdIn, err error) {
	entries := tar.NewReader(layer)
	for {
		header, err := entries.Next()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		switch path.Clean("/" + header.Name) {
		case "/.wh..wh..opq", "/.wh.etc", "/etc/.wh..wh..opq", "/etc/.wh.passwd":
			found.removed = true
		case "/etc":
			if header.Typeflag != tar.TypeDir {
				return found, errLink
			}
		case "/etc/passwd":
			if header.Typeflag != tar.TypeReg {
				return found, errLink
			}
			if found.text, err = io.ReadAll(io.LimitReader(entries, maxPasswd+1)); err != nil {
				return found, err
			}
			if len(found.text) > maxPasswd {
				return found, errPasswdSize
			}
		}
	}
}
