package storage_test

import (
	"bytes"
	"context"
	"errors"
	"gonogo/readiness/event"
	"gonogo/storage"
	"gonogo/storage/storagetest"
	"strings"
	"testing"
)

// exported is a log with an event of a newer gonogo, as lines.
func exported(t *testing.T) []byte {
	t.Helper()
	memory := storagetest.NewMemory()
	ledger, stop := run(t, memory)
	mustUpdate(t, ledger, happens(opened("19.0.1")))
	if _, err := ledger.Once(t.Context(), "a <key> & more", happens(adopted("staging", "19.0.1 <b> \u2028"))); err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, ledger, happens(event.Unknown{Type: "of.the.future", Data: []byte(`{"b":1,"a":[1.0,1e2,"\u00e9"]}`)}))
	stop()
	var lines bytes.Buffer
	if err := storage.Export(t.Context(), memory.Reopen(), &lines); err != nil {
		t.Fatal(err)
	}
	return lines.Bytes()
}

func TestCopyOfAnExportIsTheSame(t *testing.T) {
	lines := exported(t)
	memory := storagetest.NewMemory()
	got, err := storage.Copy(t.Context(), memory, storage.Lines(bytes.NewReader(lines)))
	if err != nil {
		t.Fatal(err)
	}
	want, err := storage.Verify(t.Context(), memory)
	if err != nil || got != want || got.Records != 3 {
		t.Errorf("copied %+v, found %+v, %v", got, want, err)
	}
	var again bytes.Buffer
	if err := storage.Export(t.Context(), memory, &again); err != nil || !bytes.Equal(again.Bytes(), lines) {
		t.Errorf("exported again: %v\n%s\nwant\n%s", err, again.Bytes(), lines)
	}
}

func TestCopyOfMany(t *testing.T) {
	memory := storagetest.NewMemory(chain(t)...)
	if _, err := memory.Append(t.Context(), storage.Fence{After: 5}, storagetest.Records(6, 2500)...); err != nil {
		t.Fatal(err)
	}
	to := storagetest.NewMemory()
	got, err := storage.Copy(t.Context(), to, memory.Read(t.Context(), 0))
	if err != nil || got.Records != 2505 || uint64(len(to.Records())) != got.Last {
		t.Errorf("copied %+v, %v; the copy holds %d", got, err, len(to.Records()))
	}
}

func TestCopyNamesTheLineThatIsWrong(t *testing.T) {
	lines := bytes.SplitAfter(exported(t), []byte("\n"))
	replaced := func(n int, old, new string) []byte {
		changed := bytes.Join(lines, nil)
		return bytes.Replace(changed, lines[n], bytes.Replace(lines[n], []byte(old), []byte(new), 1), 1)
	}
	for name, test := range map[string]struct {
		in   []byte
		says string
	}{
		"torn within a line":  {bytes.Join(lines, nil)[:len(lines[0])+9], "line 2 is cut short"},
		"the end is missing":  {bytes.TrimSuffix(bytes.Join(lines, nil), []byte("\n")), "line 3 is cut short"},
		"no JSON":             {append(bytes.Clone(lines[0]), "oops\n"...), "line 2 is no record"},
		"an empty line":       {append(bytes.Clone(lines[0]), '\n'), "line 2 is no record"},
		"another document":    {[]byte("{}\n"), "line 1 is no record"},
		"one field more":      {replaced(1, `{"seq"`, `{"more":1,"seq"`), "line 2 is not as gonogo exports it"},
		"with spaces":         {replaced(0, `":`, `": `), "line 1 is not as gonogo exports it"},
		"another zone":        {replaced(0, `Z","kind"`, `+00:00","kind"`), "line 1 is not as gonogo exports it"},
		"altered":             {replaced(1, "staging", "praging"), "record 2 was altered"},
		"a line is missing":   {bytes.Join([][]byte{lines[0], lines[2]}, nil), "record 2 is missing"},
		"the first is not it": {lines[1], "record 1 is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := storage.Copy(t.Context(), storagetest.NewMemory(), storage.Lines(bytes.NewReader(test.in)))
			if err == nil || !strings.HasPrefix(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestCopyStops(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := storage.Copy(ended, storagetest.NewMemory(), storage.Lines(bytes.NewReader(exported(t)))); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context ended: %v", err)
	}
	full := storagetest.NewMemory(chain(t)...)
	if _, err := storage.Copy(t.Context(), full, storage.Lines(bytes.NewReader(exported(t)))); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("into a log that holds something: %v", err)
	}
}
