package files

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestFresh(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.xml")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	written := info.ModTime()
	ahead := filepath.Join(t.TempDir(), "ahead.xml")
	if err := os.WriteFile(ahead, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(ahead, time.Time{}, written.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file   string
		opened time.Time
		most   int64
		want   string
	}{
		"written after the opening":     {file, written.Add(-time.Second), 1 << 20, ""},
		"written at the opening":        {file, written.Add(clockTick), 1 << 20, ""},
		"written before the opening":    {file, written.Add(time.Second), 1 << 20, "it is older than the release's opening"},
		"written in an hour":            {ahead, written.Add(-time.Second), 1 << 20, "its time is in the future"},
		"in an hour, and no release":    {ahead, time.Time{}, 1 << 20, ""},
		"no release":                    {file, time.Time{}, 1 << 20, ""},
		"one byte too many":             {file, time.Time{}, 1<<20 - 1, "it is larger than 0 MiB"},
		"no file":                       {file + ".old", time.Time{}, 1 << 20, "it is not there"},
		"a folder":                      {filepath.Dir(file), time.Time{}, 1 << 20, "it is a folder; name a file in it"},
		"a file where a folder must be": {filepath.Join(file, "below"), time.Time{}, 1 << 20, "the disk gave an error"},
	} {
		got := ""
		if err := Fresh(test.file, test.opened, test.most); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestReader(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := Reader(ctx, strings.NewReader("text"))
	if got, err := io.ReadAll(r); string(got) != "text" || err != nil {
		t.Errorf("got %q %v", got, err)
	}
	broken := Reader(ctx, iotest.ErrReader(errors.New("read /home/alice/report.xml: input/output error")))
	if _, err := io.ReadAll(broken); err == nil || err.Error() != "the disk gave an error" {
		t.Errorf("got %v", err)
	}
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestShown(t *testing.T) {
	for file, want := range map[string]string{"/srv/app/reports/a.xml": "reports/a.xml", "/srv/else/a.xml": "/srv/else/a.xml", "/srv/app2/a.xml": "/srv/app2/a.xml"} {
		if got := Shown("/srv/app", file); got != want {
			t.Errorf("%s is shown as %s, want %s", file, got, want)
		}
	}
}
