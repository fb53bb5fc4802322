package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The layout of a bbolt file, version 2, in the byte order of the machine that
// wrote it; source: go.etcd.io/bbolt, internal/common (page.go, meta.go,
// bucket.go). A page is
//
//	id 8  flags 2  count 2  overflow 4  then count elements, then their bytes
//
// and spans 1+overflow page sizes.
const (
	pageHeader  = 16
	elementSize = 16
	metaSize    = 64 // its last 8 bytes are its checksum
	bucketSize  = 16

	branchPage   = 0x01
	leafPage     = 0x02
	metaPage     = 0x04
	freelistPage = 0x10

	magic       = 0xED0CDAED
	version     = 2
	bucketEntry = 0x01
	noFreelist  = ^uint64(0)
	manyFree    = 0xFFFF // a count that says: the first entry of the freelist is the count
)

var order = binary.NativeEndian

// errForeign says that a file is no bbolt file at all.
var errForeign = errors.New("neither of its first two pages is one of bbolt's")

// meta is one of the two pages that say where everything is.
type meta struct {
	pageSize                   uint32
	root, freelist, high, txid uint64 // high: number of pages in use
}

// readMetas reads both meta pages and returns the newer. Both have to be intact, see
// the package doc.
func readMetas(file io.ReaderAt, size int64) (meta, error) {
	first, err0 := readMeta(file, 0, 0)
	pageSize := int64(first.pageSize)
	if err0 != nil {
		pageSize = int64(os.Getpagesize()) // bbolt's choice for a new file
	}
	second, err1 := readMeta(file, pageSize, 1)
	switch {
	case errors.Is(err0, errForeign) && errors.Is(err1, errForeign):
		return meta{}, errForeign
	case err0 != nil:
		return meta{}, fmt.Errorf("page 0: %w", err0)
	case err1 != nil && size < 2*pageSize:
		return meta{}, fmt.Errorf("it was cut short after %d bytes", size)
	case err1 != nil:
		return meta{}, fmt.Errorf("page 1: %w", err1)
	case first.txid > second.txid:
		return first, nil
	}
	return second, nil
}

func readMeta(file io.ReaderAt, offset int64, id uint64) (meta, error) {
	b := make([]byte, pageHeader+metaSize)
	if _, err := file.ReadAt(b, offset); err != nil && !errors.Is(err, io.EOF) {
		return meta{}, fmt.Errorf("it cannot be read: %w", err)
	}
	body := b[pageHeader:]
	if order.Uint32(body) != magic {
		return meta{}, errForeign
	}
	sum := fnv.New64a()
	_, _ = sum.Write(body[:metaSize-8])
	m := meta{
		pageSize: order.Uint32(body[8:]),
		root:     order.Uint64(body[16:]),
		freelist: order.Uint64(body[32:]),
		high:     order.Uint64(body[40:]),
		txid:     order.Uint64(body[48:]),
	}
	switch {
	case order.Uint64(body[metaSize-8:]) != sum.Sum64():
		return meta{}, errors.New("its checksum does not match")
	case order.Uint32(body[4:]) != version:
		return meta{}, fmt.Errorf("it is of bbolt's format %d, not %d", order.Uint32(body[4:]), version)
	case order.Uint64(b) != id || order.Uint16(b[8:]) != metaPage:
		return meta{}, errors.New("its header is wrong")
	case m.pageSize < 1024 || m.high < 4:
		return meta{}, errors.New("its numbers make no sense")
	}
	return m, nil
}

type branchElement struct {
	key  []byte
	page uint64
}

// branchElements cuts a branch page: pos 4, key size 4, page 8 for each child.
func branchElements(b []byte) ([]branchElement, error) {
	count, err := elementCount(b)
	if err != nil {
		return nil, err
	}
	if count == 0 {
		return nil, errors.New("it has no children")
	}
	children := make([]branchElement, count)
	for i := range children {
		e := b[pageHeader+i*elementSize:]
		key, err := cut(e, order.Uint32(e), order.Uint32(e[4:]))
		if err != nil {
			return nil, err
		}
		children[i] = branchElement{key, order.Uint64(e[8:])}
	}
	return children, nil
}

type leafElement struct {
	key, value []byte
	bucket     bool
}

// leafElements cuts a leaf page: flags 4, pos 4, key size 4, value size 4 for
// each entry.
func leafElements(b []byte) ([]leafElement, error) {
	count, err := elementCount(b)
	if err != nil {
		return nil, err
	}
	entries := make([]leafElement, count)
	for i := range entries {
		e := b[pageHeader+i*elementSize:]
		flags, pos, keySize := order.Uint32(e), order.Uint32(e[4:]), order.Uint32(e[8:])
		if flags&^bucketEntry != 0 {
			return nil, fmt.Errorf("its entry %d is of no known sort", i)
		}
		both, err := cut(e, pos, keySize, order.Uint32(e[12:]))
		if err != nil {
			return nil, err
		}
		entries[i] = leafElement{both[:keySize:keySize], both[keySize:], flags == bucketEntry}
	}
	return entries, nil
}

func elementCount(b []byte) (int, error) {
	count := int(order.Uint16(b[10:]))
	if pageHeader+count*elementSize > len(b) {
		return 0, errors.New("its header is wrong")
	}
	return count, nil
}

// cut returns the bytes at pos, counted from the element, of the total length of sizes.
func cut(element []byte, pos uint32, sizes ...uint32) ([]byte, error) {
	from, to := uint64(pos), uint64(pos)
	for _, size := range sizes {
		to += uint64(size)
	}
	if to > uint64(len(element)) {
		return nil, errors.New("an entry points outside it")
	}
	return element[from:to], nil
}
