package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// pages checks a bbolt file page by page, without trusting any number in it.
type pages struct {
	file io.ReaderAt
	meta meta
	used []bool // pages that were visited
}

// checkPages reads all pages of the file that are in use, and returns the first fault
// that bbolt might not survive. It doesn't judge the keys and values in leaf pages,
// except for their order.
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

// page reads a page with its overflow, and marks it as visited.
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

// tree checks a page and those below it. Keys must be in ascending order, from low and,
// if there is one, below high.
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

// within adds the page to a fault, unless it already names one further down.
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

// bucket checks a bucket's entry and its pages. A small bucket has its only page, a
// leaf, in the entry itself.
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
	if p.meta.freelist == noFreelist { // gonogo never writes it like this; what is left over counts as free
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
