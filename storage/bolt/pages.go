package bolt

import (
	"bytes"
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

// pages checks a bbolt file page by page, without trusting any number in it.
type pages struct {
	file io.ReaderAt
	meta meta
	used []bool // pages that were met
}

// checkPages reads all pages of the file that are in use and says what is
// wrong with the first that bbolt could stumble on. What leaf pages hold as
// keys and values is not judged, but for their order.
func checkPages(file io.ReaderAt, size int64) error {
	m, err := readMetas(file, size)
	if err != nil {
		return err
	}
	need := m.high * uint64(m.pageSize)
	if m.high > uint64(size) || uint64(size) < need {
		return fmt.Errorf("it was cut short: %d bytes are there, of at least %d", size, need)
	}
	p := &pages{file: file, meta: m, used: make([]bool, m.high)}
	p.used[0], p.used[1] = true, true
	if err := p.tree(m.root, nil, nil); err != nil {
		return err
	}
	if err := p.freelist(); err != nil {
		return err
	}
	for id, used := range p.used {
		if !used {
			return fmt.Errorf("page %d belongs to nothing", id)
		}
	}
	return nil
}

// readMetas reads both meta pages and returns the newer. Both have to be whole,
// see the package doc.
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

// page reads a page with its overflow, and marks it as met.
func (p *pages) page(id uint64) ([]byte, error) {
	if id < 2 || id >= p.meta.high {
		return nil, fmt.Errorf("page %d is pointed at, but there is none", id)
	}
	pageSize := uint64(p.meta.pageSize)
	header := make([]byte, pageHeader)
	if _, err := p.file.ReadAt(header, int64(id*pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	overflow := uint64(order.Uint32(header[12:]))
	if order.Uint64(header) != id || id+overflow >= p.meta.high {
		return nil, fmt.Errorf("page %d: its header is wrong", id)
	}
	for i := id; i <= id+overflow; i++ {
		if err := p.use(i); err != nil {
			return nil, err
		}
	}
	b := make([]byte, (1+overflow)*pageSize)
	if _, err := p.file.ReadAt(b, int64(id*pageSize)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return b, nil
}

func (p *pages) use(id uint64) error {
	if p.used[id] {
		return fmt.Errorf("page %d is used twice", id)
	}
	p.used[id] = true
	return nil
}

// tree checks a page and those below it. Keys have to rise, from low on and
// below high, where there is a high.
func (p *pages) tree(id uint64, low, high []byte) error {
	b, err := p.page(id)
	if err != nil {
		return err
	}
	switch order.Uint16(b[8:]) {
	case branchPage:
		err = p.branch(b, low, high)
	case leafPage:
		err = p.leaf(b, low, high)
	default:
		err = errors.New("its header is wrong")
	}
	return within(id, err)
}

// within names the page of a fault, unless one further down is named already.
func within(id uint64, err error) error {
	var named *pageFault
	if err == nil || errors.As(err, &named) {
		return err
	}
	return &pageFault{id, err}
}

type pageFault struct {
	id  uint64
	err error
}

func (f *pageFault) Error() string { return fmt.Sprintf("page %d: %v", f.id, f.err) }
func (f *pageFault) Unwrap() error { return f.err }

func (p *pages) branch(b []byte, low, high []byte) error {
	children, err := branchElements(b)
	if err != nil {
		return err
	}
	for i, child := range children {
		next := high
		if i+1 < len(children) {
			next = children[i+1].key
		}
		if err := inOrder(i, child.key, low, next); err != nil {
			return err
		}
		if err := p.tree(child.page, child.key, next); err != nil {
			return err
		}
		low = child.key
	}
	return nil
}

func (p *pages) leaf(b []byte, low, high []byte) error {
	entries, err := leafElements(b)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if err := inOrder(i, e.key, low, high); err != nil {
			return err
		}
		low = e.key
		if !e.bucket {
			continue
		}
		if err := p.bucket(e.value); err != nil {
			return fmt.Errorf("bucket %q: %w", e.key, err)
		}
	}
	return nil
}

// inOrder checks a key against the one before it, which the first key of a page
// may equal, and against the first one of the next page.
func inOrder(i int, key, low, high []byte) error {
	least := 1
	if i == 0 {
		least = 0
	}
	if low != nil && bytes.Compare(key, low) < least || high != nil && bytes.Compare(key, high) >= 0 {
		return fmt.Errorf("its key %d is out of order", i)
	}
	return nil
}

// bucket checks what a bucket's entry says, and the bucket's pages. A small
// bucket has its only page, a leaf, in the entry itself.
func (p *pages) bucket(value []byte) error {
	if len(value) < bucketSize {
		return errors.New("its entry is cut short")
	}
	if root := order.Uint64(value); root != 0 {
		return p.tree(root, nil, nil)
	}
	inline := value[bucketSize:]
	if len(inline) < pageHeader || order.Uint16(inline[8:]) != leafPage {
		return errors.New("its page is cut short")
	}
	return p.leaf(inline, nil, nil)
}

// freelist checks the pages that bbolt will write over.
func (p *pages) freelist() error {
	if p.meta.freelist == noFreelist { // as gonogo never writes it: all that is left over counts as free
		for id := range p.used {
			p.used[id] = true
		}
		return nil
	}
	b, err := p.page(p.meta.freelist)
	if err != nil {
		return err
	}
	ids, count := b[pageHeader:], uint64(order.Uint16(b[10:]))
	if count == manyFree {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if order.Uint16(b[8:]) != freelistPage || count > uint64(len(ids)/8) {
		return fmt.Errorf("page %d: its header is wrong", p.meta.freelist)
	}
	for ; count > 0; count, ids = count-1, ids[8:] {
		id := order.Uint64(ids)
		if id >= p.meta.high {
			return fmt.Errorf("page %d is listed as free, but there is none", id)
		}
		if err := p.use(id); err != nil {
			return err
		}
	}
	return nil
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

// cut takes the bytes at pos, counted from the element, that are as many as the
// sizes say together.
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
