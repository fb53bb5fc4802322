package logs

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates/limit"
	"gonogo/readiness/answer"
)

// noon is when these tests look.
var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// hourOf looks at the hour before noon.
func hourOf(r Rules) *Tally { return &Tally{Rules: r, From: noon.Add(-time.Hour), To: noon} }

func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-28 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

func TestTimeStamps(t *testing.T) {
	manila, err := time.LoadLocation("Asia/Manila")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2026-11-28 11:00:00,123 7 INFO odoo":                            "11:00:00",
		"2026-11-28T11:00:00Z x":                                         "11:00:00",
		"2026-11-28T11:00:00.123456789Z x":                               "11:00:00",
		"2026-11-28T19:00:00+08:00 x":                                    "11:00:00",
		"2026-11-28 19:00:00 +0800 x":                                    "11:00:00",
		"[2026-11-28 11:00:00.5] x":                                      "11:00:00",
		"2026/11/28 11:00:00 [error] 7#7: x":                             "11:00:00",
		`10.0.0.1 - - [28/Nov/2026:19:00:00 +0800] "GET / HTTP/1.1" 200`: "11:00:00",
		"Nov 28 11:00:00 host app[7]: x":                                 "11:00:00",
		"<13>Nov 28 11:00:00 host app: x":                                "11:00:00",
		`{"time": "2026-11-28T11:00:00Z", "msg": "x"}`:                   "11:00:00",
		`{"level": 30, "time": 1795863600000, "msg": "x"}`:               "11:00:00",
		`{"ts": 1795863600.25, "msg": "x"}`:                              "11:00:00",
		`{"@timestamp": "2026-11-28T11:00:00.000Z"}`:                     "11:00:00",
		`time="2026-11-28T11:00:00Z" level=info msg=x`:                   "11:00:00",
		"2026-13-28 11:00:00 x":                                          "",
		"    at Object.<anonymous> (app.js:10:11)":                       "",
		"Traceback (most recent call last):":                             "",
		`{"n": 12}`:                                                      "",
		strings.Repeat("x", stampWithin) + " 2026-11-28 11:00:00":        "",
	} {
		l := hourOf(Rules{}).understand(text)
		got := ""
		if !l.at.IsZero() {
			got = l.at.UTC().Format("15:04:05")
		}
		if got != want || want != "" && l.at.UTC().YearDay() != noon.YearDay() {
			t.Errorf("%s: got %s (%s), want %s", text, got, l.at, want)
		}
	}
	if got := hourOf(Rules{Zone: manila}).understand("2026-11-28 19:00:00 x").at; !got.Equal(at("11:00:00")) {
		t.Errorf("in Manila: got %s", got)
	}
	newYear := &Tally{To: time.Date(2027, 1, 1, 0, 5, 0, 0, time.UTC)}
	if got := newYear.understand("Dec 31 23:59:00 host x").at; got.Year() != 2026 {
		t.Errorf("after New Year: got %s", got)
	}
}

func TestErrorLines(t *testing.T) {
	for text, want := range map[string]bool{
		"2026-11-28 11:00:00,123 7 ERROR odoo odoo.sql_db: bad query":                 true,
		"2026-11-28 11:00:00,123 7 CRITICAL odoo odoo.modules.module: x":              true,
		"2026-11-28 11:00:00,123 7 INFO odoo odoo.tests.result: 0 failed, 0 error(s)": false,
		"2026-11-28 11:00:00,123 7 WARNING odoo x: the error was ignored":             false,
		"2026-11-28 11:00:00 UTC [7] ERROR:  relation does not exist":                 true,
		"2026-11-28 11:00:00 UTC [7] FATAL:  password authentication failed":          true,
		"2026/11/28 11:00:00 [error] 7#7: *1 connect() failed":                        true,
		"2026/11/28 11:00:00 [warn] 7#7: x":                                           false,
		`time="2026-11-28T11:00:00Z" level=error msg=x`:                               true,
		`time="2026-11-28T11:00:00Z" level=info msg="no error"`:                       false,
		`level="FATAL" x`:                                                  true,
		`{"level":"error","msg":"x"}`:                                      true,
		`{"level":"info","msg":"ERROR in the text"}`:                       false,
		`{"severity":"CRITICAL"}`:                                          true,
		`{"level":50,"time":1795863600000}`:                                true,
		`{"level":30}`:                                                     false,
		`{"level":3}`:                                                      true,
		`{"level":6}`:                                                      false,
		`{"level":"custom","msg":"ERROR x"}`:                               true,
		`{"levelname":"ERROR"}`:                                            true,
		`{"log.level":"error"}`:                                            true,
		`{"msg": "torn ERROR`:                                              true,
		"Traceback (most recent call last):":                               true,
		"panic: runtime error: index out of range":                         true,
		"Exception in thread \"main\" java.lang.X":                         true,
		"2026-11-28 11:00:00 \x1b[31mERROR\x1b[0m x":                       true,
		"\x1b[90m2026-11-28 11:00:00\x1b[0m [\x1b[1;31merror\x1b[39m] x":   true,
		"2026-11-28 11:00:00 #033[31mERROR#033[0m x, as rsyslog writes it": true,
		"\x1b[33mpanic: \x1b[0mruntime error":                              true,
		"2026-11-28 11:00:00 \x1b[32mINFO\x1b[0m known":                    false,
		"MY_ERROR_CODE=7":                                                  false,
		"Terror":                                                           false,
		`10.0.0.1 "GET /error HTTP/1.1" 500 7`:                             false,
		"2026-11-28 11:00:00,123 7 ERROR odoo x: known and harmless":       false,
	} {
		if got := hourOf(Rules{Ignore: []*regexp.Regexp{regexp.MustCompile("known and harmless")}}).understand(text).bad; got != want {
			t.Errorf("%s: got %t", text, got)
		}
	}
	own := hourOf(Rules{Match: regexp.MustCompile(`" 5\d\d `)})
	if !own.understand(`10.0.0.1 "GET /error HTTP/1.1" 500 7`).bad || own.understand("ERROR").bad {
		t.Error("the caller's own pattern does not count")
	}
}

// Lines without a time stamp belong to the line before, or to the first that has one.
func TestReadCounts(t *testing.T) {
	long := "2026-11-28 11:30:00 INFO " + strings.Repeat("x", 2*mostLine) + " ERROR\n"
	for name, tt := range map[string]struct {
		text                   string
		prefixed               bool
		lines, errors, undated int
	}{
		"nothing":              {"", false, 0, 0, 0},
		"before and within":    {"2026-11-28 10:59:59 ERROR a\n2026-11-28 11:00:00 ERROR b\n2026-11-28 11:00:01 INFO c", false, 2, 1, 0},
		"a stack trace":        {"2026-11-28 11:30:00 INFO a\nTraceback (most recent call last):\n  x\n", false, 3, 1, 0},
		"of an old line":       {"2026-11-28 10:30:00 INFO a\nTraceback (most recent call last):\n  x\n", false, 0, 0, 0},
		"before the first":     {"ERROR x\ny\n2026-11-28 11:30:00 INFO a\n", false, 3, 1, 0},
		"before an old first":  {"ERROR x\ny\n2026-11-28 10:30:00 INFO a\n2026-11-28 11:30:00 INFO a\n", false, 1, 0, 0},
		"no time stamp at all": {"ERROR x\ny\n", false, 0, 0, 2},
		"a long line":          {long + "2026-11-28 11:31:00 ERROR b\n", false, 2, 1, 0},
		"blank lines":          {"\n\n2026-11-28 11:30:00 ERROR a\n\n", false, 1, 1, 0},
		"what truncating left": {strings.Repeat("\x00", 100) + "2026-11-28 11:30:00 ERROR a\n", false, 1, 1, 0},
		"with components":      {"web 2026-11-28T11:30:00.1Z 2020-01-01 00:00:00 ERROR a\nweb 2026-11-28T11:30:00.2Z Traceback (most recent call last):\n", true, 2, 2, 0},
		"an old component":     {"web 2026-11-28T10:30:00.1Z 2026-11-28 11:30:00 ERROR a\n", true, 0, 0, 0},
	} {
		tally := hourOf(Rules{Prefixed: tt.prefixed})
		if err := tally.Read(strings.NewReader(tt.text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if tally.Lines != tt.lines || tally.Errors != tt.errors || tally.Undated != tt.undated {
			t.Errorf("%s: got %d lines, %d errors, %d undated; want %d, %d, %d", name, tally.Lines, tally.Errors, tally.Undated, tt.lines, tt.errors, tt.undated)
		}
	}
	if err := hourOf(Rules{}).Read(io.MultiReader(strings.NewReader("x"), broken{})); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// write writes a file whose last line was written at a time of the day.
func write(t *testing.T, path, text, clock string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var into io.Writer = file
	if strings.HasSuffix(path, ".gz") {
		packed := gzip.NewWriter(file)
		defer packed.Close()
		into = packed
	}
	if _, err := io.WriteString(into, text); err != nil {
		t.Fatal(err)
	}
	if packed, ok := into.(*gzip.Writer); ok {
		packed.Close()
	}
	file.Close()
	if err := os.Chtimes(path, time.Time{}, at(clock)); err != nil {
		t.Fatal(err)
	}
}

func plain(r io.Reader) io.Reader { return r }

func TestReadFile(t *testing.T) {
	const (
		old  = "2026-11-28 10:00:00 INFO a\n"
		bad  = "2026-11-28 11:10:00 ERROR b\n"
		good = "2026-11-28 11:50:00 INFO c\n"
	)
	type files = map[string]string // name@time: text
	for name, tt := range map[string]struct {
		files    files
		complete bool
		errors   int
		err      string
	}{
		"alone":                   {files{"app.log@11:50:00": old + bad + good}, true, 1, ""},
		"begins within":           {files{"app.log@11:50:00": bad + good}, false, 1, ""},
		"rotated within":          {files{"app.log@11:50:00": good, "app.log.1@11:10:00": old + bad}, true, 1, ""},
		"rotated twice":           {files{"app.log@11:50:00": good, "app.log.1@11:11:00": bad, "app.log.2.gz@11:10:00": old + bad}, true, 2, ""},
		"rotated before":          {files{"app.log@11:50:00": bad + good, "app.log.1@10:00:00": old}, true, 1, ""},
		"the oldest is too young": {files{"app.log@11:50:00": good, "app.log.1@11:10:00": bad}, false, 1, ""},
		"by date":                 {files{"app.log@11:50:00": good, "app.log-20261128@11:10:00": old + bad}, true, 1, ""},
		"date before the ending":  {files{"app.log@11:50:00": good, "app-2026-11-28.log.gz@11:10:00": old + bad}, true, 1, ""},
		"emptied":                 {files{"app.log@11:50:00": "", "app.log.1@11:50:00": old + bad + good}, true, 1, ""},
		"packed otherwise":        {files{"app.log@11:50:00": good, "app.log.1.zst@11:10:00": "x"}, false, 0, "its older file app.log.1.zst, which is needed, is packed with zst; only gzip is read"},
		"packed, not needed":      {files{"app.log@11:50:00": good, "app.log.1.zst@10:00:00": "x"}, true, 0, ""},
		"others":                  {files{"app.log@11:50:00": good, "app.log.bak@11:10:00": old + bad, "application.log.1@11:10:00": old + bad, "app.logs@10:00:00": bad}, false, 0, ""},
		"not there":               {files{"other.log@11:50:00": good}, false, 0, "no such file"},
		"none":                    {files{}, false, 0, "no such file"},
	} {
		dir := t.TempDir()
		for file, text := range tt.files {
			base, clock, _ := strings.Cut(file, "@")
			write(t, filepath.Join(dir, base), text, clock)
		}
		tally := hourOf(Rules{})
		complete, err := tally.ReadFile(filepath.Join(dir, "app.log"), plain)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if complete != tt.complete || tally.Errors != tt.errors || !strings.Contains(said, tt.err) || (said == "") != (tt.err == "") {
			t.Errorf("%s: got complete %t, %d errors, %q; want %t, %d, %q", name, complete, tally.Errors, said, tt.complete, tt.errors, tt.err)
		}
		if strings.HasPrefix(tt.err, "no such") && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := hourOf(Rules{}).ReadFile(t.TempDir(), plain); err == nil || err.Error() != "it isn't a file" {
		t.Errorf("a folder: got %v", err)
	}
}

// Of a long file only the end is read, and from whatever line that begins with.
func TestReadEndOfFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "%s ERROR line %06d %s\n", noon.Add(-time.Duration(100_000-i)*time.Second).Format("2006-01-02 15:04:05"), i, strings.Repeat("x", i%50))
	}
	write(t, path, b.String(), "12:00:00")
	read := 0
	tally := hourOf(Rules{})
	complete, err := tally.ReadFile(path, func(r io.Reader) io.Reader { return counting{r, &read} })
	if err != nil || !complete || tally.Errors != 3600 {
		t.Errorf("got %d errors, complete %t, %v", tally.Errors, complete, err)
	}
	if read == 0 || read > 2<<20 {
		t.Errorf("%d of %d bytes were read", read, b.Len())
	}
}

type counting struct {
	io.Reader
	n *int
}

func (c counting) Read(into []byte) (int, error) {
	n, err := c.Reader.Read(into)
	*c.n += n
	return n, err
}

// A file that is rotated while it is read is read again.
func TestReadRotated(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	write(t, path, "2026-11-28 10:00:00 INFO a\n2026-11-28 11:10:00 ERROR b\n", "11:10:00")
	times := 0
	rotate := func(r io.Reader) io.Reader {
		if times++; times == 1 {
			if err := os.Rename(path, path+".1"); err != nil {
				t.Error(err)
			}
			write(t, path, "2026-11-28 11:50:00 ERROR c\n", "11:50:00")
		}
		return r
	}
	tally := hourOf(Rules{})
	if complete, err := tally.ReadFile(path, rotate); err != nil || !complete || tally.Errors != 2 || times != 3 {
		t.Errorf("got %d errors after reading %d times, complete %t, %v", tally.Errors, times, complete, err)
	}
	always := func(r io.Reader) io.Reader {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
		write(t, path+".next", "2026-11-28 10:00:00 INFO a\n", "10:00:00")
		if err := os.Rename(path+".next", path); err != nil {
			t.Error(err)
		}
		return r
	}
	if _, err := hourOf(Rules{}).ReadFile(path, always); err == nil || !strings.HasPrefix(err.Error(), "it was rotated each time") {
		t.Errorf("got %v", err)
	}
}

func count(text string) limit.Count { return limit.MustCount(text) }

func TestJudge(t *testing.T) {
	none := Wanted{Errors: count("0"), Silence: 15 * time.Minute}
	with := func(change func(*Wanted)) Wanted {
		w := none
		change(&w)
		return w
	}
	const (
		old, good = "2026-11-28 10:00:00 INFO a\n", "2026-11-28 11:50:00 INFO c\n"
		bad       = "2026-11-28 11:10:00 ERROR b\n"
	)
	for _, tt := range []struct {
		name, text string
		w          Wanted
		complete   bool
		verdict    answer.Verdict
		words      string
	}{
		{"clean", old + good, none, true, answer.Passed, "0 error lines among 1 line of the last 1h"},
		{"an error", old + bad + good, none, true, answer.Failed, "1 error line among 2 lines of the last 1h, limit 0"},
		{"an error in a log that ended", bad, none, true, answer.Failed, "1 error line among 1 line"},
		{"an error in a log that begins late", bad + good, none, false, answer.Failed, "1 error line"},
		{"empty", "", none, false, answer.Errored, "it is empty, which may also mean that nothing is logged"},
		{"no time stamps", "x\n", none, false, answer.Errored, "none of its lines has a time stamp"},
		{"ended long ago", old, none, true, answer.Errored, "it ends at 2026-11-28 10:00:00 UTC, 2h ago, so it may have stopped"},
		{"ended within", old + "2026-11-28 11:30:00 INFO x\n", none, true, answer.Errored, "it ends at 2026-11-28 11:30:00 UTC, 30m ago"},
		{"a longer silence", old + "2026-11-28 11:30:00 INFO x\n", with(func(w *Wanted) { w.Silence = time.Hour }), true, answer.Passed, "0 error lines"},
		{"no line within", old, with(func(w *Wanted) { w.Silence = 24 * time.Hour }), true, answer.Errored, "it has no line of the last 1h, so it may have stopped"},
		{"no line within, allowed", old, with(func(w *Wanted) { w.Silence, w.Lines = 24*time.Hour, count(">= 0") }), true, answer.Passed, "0 error lines among 0 lines"},
		{"too few lines", old + good, with(func(w *Wanted) { w.Lines = count(">= 10") }), true, answer.Failed, "1 line in the last 1h, limit >= 10"},
		{"begins late", good, none, false, answer.Errored, "it goes back only to 2026-11-28 11:50:00 UTC, 10m of 1h; measure again after 2026-11-28 12:50:00 UTC, or set from_start: true"},
		{"begins late, allowed", good, with(func(w *Wanted) { w.FromStart = true }), false, answer.Passed, "0 error lines"},
		{"from the future", old + "2026-11-28 20:00:00 INFO x\n", none, true, answer.Errored, "its newest line is from 2026-11-28 20:00:00 UTC, 8h in the future; set timezone"},
		{"a little ahead", old + "2026-11-28 12:01:00 ERROR x\n", none, true, answer.Failed, "1 error line"},
		{"within a limit", old + bad + good, with(func(w *Wanted) { w.Errors = count("<= 5") }), true, answer.Passed, "1 error line"},
		{"over a warning limit", old + bad + good, with(func(w *Wanted) { w.Errors, w.Warn = count("<= 5"), count("0") }), true, answer.Warned, "1 error line among 2 lines of the last 1h, warning limit 0"},
		{"errors wanted", old + good, with(func(w *Wanted) { w.Errors = count(">= 1") }), true, answer.Failed, "0 error lines among 1 line of the last 1h, limit >= 1"},
	} {
		tally := hourOf(Rules{})
		if err := tally.Read(strings.NewReader(tt.text)); err != nil {
			t.Fatal(err)
		}
		ev := tally.Judge(tt.w, tt.complete)
		if ev.Verdict != tt.verdict || !strings.Contains(ev.Summary, tt.words) {
			t.Errorf("%s: got %s, %s; want %s, %s", tt.name, ev.Verdict, ev.Summary, tt.verdict, tt.words)
		}
	}
}

// The text of a log is shown only where people asked for it.
func TestJudgeShows(t *testing.T) {
	tally := hourOf(Rules{Prefixed: true})
	if err := tally.Read(strings.NewReader(strings.Repeat("web 2026-11-28T11:30:00Z ERROR password=hunter2\n", 25))); err != nil {
		t.Fatal(err)
	}
	got := tally.Judge(Wanted{Errors: count("0"), Show: 1}, true).Details
	want := []string{"2026-11-28 11:30:00 UTC, web: ERROR password=hunter2", "2026-11-28 11:30:00 UTC, web"}
	if diff := cmp.Diff(want, got[:2]); diff != "" || len(got) != mostFirst+1 || got[mostFirst] != "and 5 more" {
		t.Errorf("got %q (-want +got):\n%s", got, diff)
	}
}

// FuzzRead reads whatever comes: errors are lines, lines have a time, and what is read
// twice is the same.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"2026-11-28 11:10:00,123 7 ERROR odoo x\nTraceback (most recent call last):\n", `{"level":50,"time":1795863600000,"msg":"x"}` + "\n",
		"web 2026-11-28T11:30:00.1Z level=error\n", "Nov 28 11:00:00 host x\n", "x\n\x00\n", `10.0.0.1 - - [28/Nov/2026:19:00:00 +0800] "GET /"`,
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, prefixed bool) {
		first, second := hourOf(Rules{Prefixed: prefixed}), hourOf(Rules{Prefixed: prefixed})
		if first.Read(strings.NewReader(text)) != nil || second.Read(strings.NewReader(text)) != nil {
			t.Fatal("a text can't be read")
		}
		if !cmp.Equal(first.told(20), second.told(20)) || first.Lines != second.Lines || first.Errors != second.Errors {
			t.Error("read twice, it says different things")
		}
		if first.Errors > first.Lines || first.Lines > 0 && first.Newest.Before(first.From) || first.Newest.Before(first.Oldest) {
			t.Errorf("got %d errors in %d lines, from %s to %s", first.Errors, first.Lines, first.Oldest, first.Newest)
		}
		if ev := first.Judge(Wanted{Errors: count("0"), Silence: time.Minute}, true); ev.Verdict == answer.Passed && first.Lines == 0 {
			t.Error("a log without a line passes")
		}
	})
}
