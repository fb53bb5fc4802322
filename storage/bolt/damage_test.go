package bolt_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"gonogo/storage"
	"gonogo/storage/bolt"
	"gonogo/storage/storagetest"
	"gonogo/suite"
)

// verifyFile opens a file for reading and verifies its chain.
func verifyFile(t *testing.T, path string) (storage.Report, error) {
	t.Helper()
	log, err := bolt.OpenReadOnly(path)
	if err != nil {
		return storage.Report{}, err
	}
	defer log.Close()
	return storage.Verify(t.Context(), log)
}

// wantFound fails unless err says that the file is damaged or no ledger.
func wantFound(t *testing.T, what string, err error) {
	t.Helper()
	var unusable *storage.Unusable
	if !errors.As(err, &unusable) {
		t.Errorf("%s: %v, want *Unusable", what, err)
	}
}

// wantFoundOrHarmless accepts damage that is found, or that changes nothing in the
// ledger, since it is in free pages or between entries.
func wantFoundOrHarmless(t *testing.T, what, path string, sound storage.Report) {
	t.Helper()
	if report, err := verifyFile(t, path); err != nil {
		wantFound(t, what, err)
	} else if report != sound {
		t.Errorf("%s: not found, and the ledger now says %+v, want %+v", what, report, sound)
	}
}

// ledgerFile writes a ledger in several appends, so that the file has free pages and
// pages of every kind.
func ledgerFile(t *testing.T, path string) (content []byte, sound storage.Report) {
	t.Helper()
	sample(t, path, 300, 40)
	sound, err := verifyFile(t, path)
	must(t, err)
	content, err = os.ReadFile(path)
	must(t, err)
	return content, sound
}

func TestFlippedByteOfARecordIsFound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gonogo.db")
	records := sample(t, path, 30, 30)
	file, err := os.ReadFile(path)
	must(t, err)
	for _, r := range records {
		hash, err := hex.DecodeString(r.Hash)
		must(t, err)
		first := bytes.Index(file, hash) // where the record begins; see encodeRecord
		last := first + bytes.Index(file[first:], r.Data) + len(r.Data) - 1
		if first < 0 || last <= first {
			t.Fatalf("record %d is not in the file", r.Seq)
		}
		for at := first; at <= last; at++ {
			must(t, overwrite(path, int64(at), []byte{file[at] ^ 1<<(at%8)}))
			_, err := verifyFile(t, path)
			must(t, overwrite(path, int64(at), file[at:at+1]))
			var damage *storage.Damage
			if !errors.As(err, &damage) || damage.Seq != r.Seq {
				t.Fatalf("byte %d of record %d flipped: %v, want *Damage at it", at-first, r.Seq, err)
			}
		}
	}
}

func TestFlippedByteOfTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gonogo.db")
	file, sound := ledgerFile(t, path)
	stride := 1999
	if suite.Full {
		stride = 199
	}
	for at := 0; at < len(file); at += stride {
		for _, flip := range []byte{1 << (at % 8), 0xFF} {
			must(t, overwrite(path, int64(at), []byte{file[at] ^ flip}))
			wantFoundOrHarmless(t, fmt.Sprintf("byte %d ^ %#x", at, flip), path, sound)
			must(t, overwrite(path, int64(at), file[at:at+1]))
		}
	}
	for at := range 2 * 4096 { // the headers and the meta pages, every byte
		if at%4096 < 80 {
			must(t, overwrite(path, int64(at), []byte{file[at] ^ 0x10}))
			_, err := verifyFile(t, path)
			must(t, overwrite(path, int64(at), file[at:at+1]))
			if err == nil && at%4096 >= 10 && at%4096 < 16 {
				continue // count and overflow, which a meta page does not use
			}
			wantFound(t, fmt.Sprintf("byte %d", at), err)
		}
	}
}

// TestDamagedPage swaps whole pages, as failing disks do.
func TestDamagedPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	file, sound := ledgerFile(t, path)
	size := os.Getpagesize()
	random := rand.New(rand.NewPCG(1, 2))
	page := func(n int) []byte { return file[n*size : (n+1)*size] }
	for n := range len(file) / size {
		noise := make([]byte, size)
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		renamed := bytes.Clone(page(random.IntN(len(file) / size)))
		copy(renamed[:8], page(n)[:8]) // another page that claims to be this one
		for what, b := range map[string][]byte{
			"zeros": make([]byte, size), "noise": noise, "another page": page(random.IntN(len(file) / size)), "another page renamed": renamed,
			"noise below the header": append(bytes.Clone(page(n)[:16]), noise[16:]...),
		} {
			must(t, overwrite(path, int64(n*size), b))
			wantFoundOrHarmless(t, fmt.Sprintf("page %d is %s", n, what), path, sound)
		}
		must(t, overwrite(path, int64(n*size), page(n)))
	}
}

// TestLostWrite puts each page back to what it was some appends earlier, as a disk does
// that acknowledged a write and lost it.
func TestLostWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	sample(t, path, 200, 40)
	before, err := os.ReadFile(path)
	must(t, err)
	log := mustOpen(t, path)
	for last := 200; last < 320; last += 40 {
		_, err := log.Append(t.Context(), storage.Fence{After: uint64(last)}, storagetest.Records(last+1, 40)...)
		must(t, err)
	}
	mustClose(t, log)
	sound, err := verifyFile(t, path)
	must(t, err)
	after, err := os.ReadFile(path)
	must(t, err)
	size := os.Getpagesize()
	for at := 2 * size; at < len(before); at += size {
		must(t, overwrite(path, int64(at), before[at:at+size]))
		wantFoundOrHarmless(t, fmt.Sprintf("page %d of earlier", at/size), path, sound)
		must(t, overwrite(path, int64(at), after[at:at+size]))
	}
}

func TestTornFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	file, sound := ledgerFile(t, path)
	lengths := []int{1, 15, 16, 79, 80, 100, 4095, 4096, 4097, 4176, 8191, 8192, 8193, 12288, 16384, len(file) - 1}
	for length := 1000; length < len(file); length += 1777 {
		lengths = append(lengths, length)
	}
	found := 0
	for _, length := range lengths {
		must(t, os.WriteFile(path, file[:length], 0o600))
		if _, err := verifyFile(t, path); err != nil {
			found++
			_, err = bolt.Open(path)
			wantFound(t, fmt.Sprintf("cut after %d bytes", length), err)
			if length >= 8192 && !strings.Contains(err.Error(), fmt.Sprintf("it was cut short: %d bytes are there, of at least ", length)) {
				t.Errorf("cut after %d bytes: %v", length, err)
			}
		}
		wantFoundOrHarmless(t, fmt.Sprintf("cut after %d bytes", length), path, sound)
		if left := content(path); !bytes.Equal(left, file[:length]) {
			t.Errorf("cut after %d bytes: the file was changed", length)
		}
	}
	if found < len(lengths)/2 {
		t.Errorf("only %d of %d cuts were found", found, len(lengths))
	}
}

// TestHarmlessDamageStaysHarmless writes to files with damage that wasn't found because
// nothing is stored there. What is written then must be valid.
func TestHarmlessDamageStaysHarmless(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	file, sound := ledgerFile(t, path)
	tried := 0
	for at := 8192; at < len(file); at += 2003 {
		must(t, os.WriteFile(path, file, 0o600))
		must(t, overwrite(path, int64(at), []byte{file[at] ^ 0xFF}))
		if _, err := verifyFile(t, path); err != nil {
			continue
		}
		tried++
		log, err := bolt.Open(path)
		must(t, err)
		if _, err := log.Append(t.Context(), storage.Fence{After: sound.Last}, storagetest.Records(1, 50)...); err != nil {
			t.Errorf("byte %d: append: %v", at, err)
		}
		mustClose(t, log)
		if report, err := verifyFile(t, path); err != nil || report.Records != sound.Records+50 {
			t.Errorf("byte %d: %+v, %v", at, report, err)
		}
	}
	if tried == 0 {
		t.Error("all damage was found; nothing was tried")
	}
}

// TestForgery changes the file with bbolt itself, so that every page is valid.
func TestForgery(t *testing.T) {
	key := func(seq byte) []byte { return []byte{0, 0, 0, 0, 0, 0, 0, seq} }
	records := func(tx *bbolt.Tx) *bbolt.Bucket { return tx.Bucket([]byte("records")) }
	for name, test := range map[string]struct {
		change func(tx *bbolt.Tx) error
		want   string // after the path
	}{
		"altered": {func(tx *bbolt.Tx) error {
			value := bytes.Clone(records(tx).Get(key(4)))
			value[len(value)-2]++
			return records(tx).Put(key(4), value)
		}, "is damaged: record 4 was altered: its content does not match its hash"},
		"removed": {func(tx *bbolt.Tx) error { return records(tx).Delete(key(4)) },
			"is damaged: record 4 is missing: record 5 comes instead"},
		"swapped": {func(tx *bbolt.Tx) error {
			four, five := bytes.Clone(records(tx).Get(key(4))), bytes.Clone(records(tx).Get(key(5)))
			return errors.Join(records(tx).Put(key(4), five), records(tx).Put(key(5), four))
		}, "is damaged: record 4 was altered: its content does not match its hash"},
		"tail cut off": {func(tx *bbolt.Tx) error { return errors.Join(records(tx).Delete(key(9)), records(tx).Delete(key(10))) },
			"is damaged: record 9 is missing, as all up to 10 are: the tail was cut off"},
		"all removed": {func(tx *bbolt.Tx) error {
			return errors.Join(tx.DeleteBucket([]byte("records")), func() error { _, err := tx.CreateBucket([]byte("records")); return err }())
		}, "is damaged: record 1 is missing, as all up to 10 are: the tail was cut off"},
		"added": {func(tx *bbolt.Tx) error { return records(tx).Put(key(11), records(tx).Get(key(10))) },
			"is damaged: record 11 was not written by gonogo, which ended at 10"},
		"end moved": {func(tx *bbolt.Tx) error {
			end := bytes.Clone(tx.Bucket([]byte("gonogo")).Get([]byte("end")))
			end[8]++
			return tx.Bucket([]byte("gonogo")).Put([]byte("end"), end)
		}, "is damaged: record 10 is not the one that was written last"},
		"cut short": {func(tx *bbolt.Tx) error { return records(tx).Put(key(4), []byte("short")) },
			"is damaged: record 4 cannot be read: it is cut short"},
		"kind too long": {func(tx *bbolt.Tx) error {
			value := bytes.Clone(records(tx).Get(key(4)))
			value[72] = 0x7F
			return records(tx).Put(key(4), value)
		}, "is damaged: record 4 cannot be read: it is cut short"},
		"odd number": {func(tx *bbolt.Tx) error { return records(tx).Put([]byte{0, 0, 0, 0, 0, 0, 0, 4, 0}, []byte("odd")) },
			"is damaged: record 5 cannot be read: its number is no number"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gonogo.db")
			alter(t, path, test.change)
			_, err := verifyFile(t, path)
			if want := path + " " + test.want + "; restore a backup"; err == nil || err.Error() != want {
				t.Errorf("verify: %v\nwant: %s", err, want)
			}
			log := mustOpen(t, path)
			if _, err := storage.OpenLedger(t.Context(), log, storage.Options{}); err == nil {
				t.Error("it was opened as a ledger")
			}
		})
	}
}

// TestExportOfAnAlteredFile shows what is in the file even if the chain is broken.
func TestExportOfAnAlteredFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gonogo.db")
	alter(t, path, func(tx *bbolt.Tx) error {
		records := tx.Bucket([]byte("records"))
		value := bytes.Clone(records.Get([]byte{0, 0, 0, 0, 0, 0, 0, 4}))
		return records.Put([]byte{0, 0, 0, 0, 0, 0, 0, 4}, bytes.Replace(value, []byte(`{"n":4}`), []byte(`{"n":9}`), 1))
	})
	log := mustOpen(t, path)
	var out bytes.Buffer
	must(t, storage.Export(t.Context(), log, &out))
	if got := bytes.Count(out.Bytes(), []byte("\n")); got != 10 || !bytes.Contains(out.Bytes(), []byte(`"data":{"n":9}`)) {
		t.Errorf("%d lines, want 10 with the altered one:\n%s", got, out.String())
	}
}

// TestBrokenStructure damages pages so that bbolt would loop, read beyond the page or
// overwrite records. The offsets are those of layout.go.
func TestBrokenStructure(t *testing.T) {
	order, size := binary.NativeEndian, os.Getpagesize()
	for name, test := range map[string]struct {
		damage func(branch, leaf, freelist []byte)
		want   string // a part of the sentence; B, L and F stand for the pages' numbers
	}{
		"a page that is its own child": {func(b, _, _ []byte) { order.PutUint64(b[24:], order.Uint64(b)) }, "page B is used twice"},
		"a child of two":               {func(b, _, _ []byte) { order.PutUint64(b[40:], order.Uint64(b[24:])) }, "page L is used twice"},
		"a child that is not there":    {func(b, _, _ []byte) { order.PutUint64(b[24:], 1<<60) }, "page 1152921504606846976 is pointed at, but there is none"},
		"a meta page as child":         {func(b, _, _ []byte) { order.PutUint64(b[24:], 1) }, "page 1 is pointed at, but there is none"},
		"no children":                  {func(b, _, _ []byte) { order.PutUint16(b[10:], 0) }, "page B: it has no children"},
		"too many children":            {func(b, _, _ []byte) { order.PutUint16(b[10:], 60000) }, "page B: its header is wrong"},
		"a key outside":                {func(b, _, _ []byte) { order.PutUint32(b[16:], 1<<31) }, "page B: an entry points outside it"},
		"keys out of order":            {func(b, _, _ []byte) { b[16+16+order.Uint32(b[32:])+7] = 0 }, "page B: its key 0 is out of order"},
		"an entry outside":             {func(_, l, _ []byte) { order.PutUint32(l[28:], 1<<31) }, "page L: an entry points outside it"},
		"an entry of no sort":          {func(_, l, _ []byte) { order.PutUint32(l[16:], 2) }, "page L: its entry 0 is of no known sort"},
		"an entry that is a bucket":    {func(_, l, _ []byte) { order.PutUint32(l[16:], 1) }, "page L: bucket"},
		"an endless page":              {func(_, l, _ []byte) { order.PutUint32(l[12:], 1<<31) }, "page L: its header is wrong"},
		"a page of another sort":       {func(_, l, _ []byte) { order.PutUint16(l[8:], 0x10) }, "page L: its header is wrong"},
		"a page of another number":     {func(_, l, _ []byte) { order.PutUint64(l, 9999) }, "page L: its header is wrong"},
		"a free page in use":           {func(_, l, f []byte) { order.PutUint64(f[16:], order.Uint64(l)) }, "page L is used twice"},
		"a free page that isn't there": {func(_, _, f []byte) { order.PutUint64(f[16:], 9999) }, "page 9999 is listed as free, but there is none"},
		"a free page forgotten":        {func(_, _, f []byte) { order.PutUint16(f[10:], order.Uint16(f[10:])-1) }, "belongs to nothing"},
		"too many free pages":          {func(_, _, f []byte) { order.PutUint16(f[10:], 0xFFFF); order.PutUint64(f[16:], 1<<60) }, "page F: its header is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gonogo.db")
			sample(t, path, 300, 300)
			file, err := os.ReadFile(path)
			must(t, err)
			page := func(id uint64) []byte { return file[int(id)*size:][:size] }
			meta := page(0)[16:]
			if newer := page(1)[16:]; order.Uint64(newer[48:]) > order.Uint64(meta[48:]) {
				meta = newer
			}
			branch, freelist := []byte(nil), page(order.Uint64(meta[32:]))
			for id := uint64(2); id < order.Uint64(meta[40:]); id++ {
				if order.Uint16(page(id)[8:]) == 1 {
					branch = page(id)
				}
			}
			leaf := page(order.Uint64(branch[24:]))
			names := strings.NewReplacer("page B", fmt.Sprint("page ", order.Uint64(branch)),
				"page L", fmt.Sprint("page ", order.Uint64(leaf)), "page F", fmt.Sprint("page ", order.Uint64(freelist)))
			test.damage(branch, leaf, freelist)
			must(t, os.WriteFile(path, file, 0o600))
			_, err = bolt.Open(path)
			wantFound(t, name, err)
			if want := names.Replace(test.want); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("open: %v, want one with %q", err, want)
			}
		})
	}
}
