// Package archive downloads and unpacks ZIP files that others made, such as the artifacts of
// a pipeline, within bounds.
//
// [Download] gets a file from an address that is itself the permission, as those of object
// stores are: nothing else is sent, no redirect is followed, and the address is in no error.
// [Extract] unpacks it into an empty folder.
//
// # What it promises
//
// Nothing is written outside of the folder, and no more than the bounds say: in bytes zipped
// and unpacked, in entries with their folders, and in how much smaller than its contents a file may be. Links
// and other special files are refused, and so is a name that is there twice. What is
// refused has left files in the folder, which the caller removes.
package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
)

// Bounds of a file.
const (
	MostZipped  = 128 << 20 // bytes
	MostBytes   = 512 << 20 // unpacked
	MostEntries = 10_000    // folders included, also those that are only part of a name
	MostRatio   = 200       // of unpacked to zipped bytes, for files that are large unpacked

	large         = 16 << 20 // bytes
	mostDirectory = 4 << 20  // bytes of the list of entries, which is read into memory
)

// Download gets a file, and returns the SHA-256 of what it wrote in hexadecimal. The client
// is used for its transport only. The error doesn't name the address.
func Download(ctx context.Context, client *http.Client, address string, into io.Writer) (sum string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", errors.New("its address is invalid")
	}
	direct := &http.Client{Transport: client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := direct.Do(request)
	if err != nil {
		return "", errors.New("the server that stores it doesn't respond")
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the server that stores it answered with status %d", response.StatusCode)
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(into, hash), io.LimitReader(response.Body, MostZipped+1))
	switch {
	case n > MostZipped:
		return "", fmt.Errorf("it is larger than %d MiB", MostZipped>>20)
	case err != nil:
		return "", errors.New("the download broke off")
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Extract unpacks a ZIP file of some size into a folder.
func Extract(ctx context.Context, file io.ReaderAt, size int64, dir string) error {
	if err := checkDirectory(file, size); err != nil {
		return err
	}
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return errDamaged
	}
	if err := checkEntries(archive.File, size); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return errors.New("a folder to unpack it can't be opened")
	}
	defer root.Close()
	left := int64(MostBytes)
	for _, entry := range archive.File {
		n, err := unpack(ctx, root, entry, left)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

var errDamaged = errors.New("it isn't a ZIP file, or is damaged")

// endSize is the size of the record at the end of a ZIP file, without its comment.
const endSize = 22

// checkDirectory bounds the list of entries before it is read: package zip reads all of it,
// whatever number of entries the file claims to have.
func checkDirectory(file io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, endSize+1<<16))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return errDamaged
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < endSize {
		return errDamaged
	}
	end := tail[at:]
	entries, length, offset := binary.LittleEndian.Uint16(end[10:]), int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	switch {
	case entries > MostEntries, length > mostDirectory:
		return errTooMany
	case offset+length != size-int64(len(tail)-at):
		return errDamaged
	}
	return nil
}

// checkEntries refuses what must not be unpacked, going by what the file says of itself.
func checkEntries(entries []*zip.File, size int64) error {
	if len(entries) > MostEntries || withFolders(entries) > MostEntries {
		return errTooMany
	}
	var whole uint64
	for _, entry := range entries {
		if whole += entry.UncompressedSize64; entry.UncompressedSize64 > MostBytes || whole > MostBytes {
			return errTooLarge
		}
		if !filepath.IsLocal(entry.Name) {
			return errors.New("it has an entry outside of its own folder")
		}
		if mode := entry.Mode(); !mode.IsRegular() && !mode.IsDir() {
			return errors.New("it has an entry that is neither a file nor a folder")
		}
	}
	if whole > large && whole > uint64(size)*MostRatio {
		return fmt.Errorf("its contents are more than %d times larger than it", MostRatio)
	}
	return nil
}

var (
	errTooLarge = fmt.Errorf("its contents are larger than %d MiB", MostBytes>>20)
	errTooMany  = fmt.Errorf("it has more than %d entries", MostEntries)
)

// withFolders counts entries and the folders that their names are in, up to one more than
// are allowed. A single name of 64 KiB can have 32,000 folders.
func withFolders(entries []*zip.File) int {
	n, seen := 0, map[string]bool{}
	for _, entry := range entries {
		for name := path.Clean(entry.Name); name != "." && name != "/" && !seen[name]; name = path.Dir(name) {
			if n++; n > MostEntries {
				return n
			}
			seen[name] = true
		}
	}
	return n
}

// unpack writes one entry, of at most so many bytes. What the file says of its size isn't
// relied on.
func unpack(ctx context.Context, root *os.Root, entry *zip.File, most int64) (int64, error) {
	if entry.Mode().IsDir() {
		return 0, inFolder(root.MkdirAll(entry.Name, 0o700))
	}
	if err := inFolder(root.MkdirAll(path.Dir(entry.Name), 0o700)); err != nil {
		return 0, err
	}
	from, err := entry.Open()
	if err != nil {
		return 0, errDamaged
	}
	defer from.Close()
	into, err := root.OpenFile(entry.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, inFolder(err)
	}
	defer into.Close()
	n, err := io.Copy(into, io.LimitReader(untilDone{ctx, from}, most+1))
	switch {
	case n > most:
		return n, errTooLarge
	case ctx.Err() != nil:
		return n, ctx.Err()
	case errors.As(err, new(*fs.PathError)):
		return n, inFolder(err)
	case err != nil:
		return n, errDamaged
	}
	return n, inFolder(into.Close())
}

// inFolder is the cause of an error with the folder, without its name.
func inFolder(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return errors.New("it has two entries with the same name")
	}
	return errors.New("its contents can't be written to the disk for temporary files")
}

// untilDone reads until its context ends.
type untilDone struct {
	ctx  context.Context
	from io.Reader
}

// Read implements [io.Reader].
func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.from.Read(p)
}
