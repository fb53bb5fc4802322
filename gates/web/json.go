package web

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/fetch"
	"gonogo/gates/files"
	"gonogo/gates/limit"
	"gonogo/gates/numbers"
	"gonogo/gates/report"
	"gonogo/readiness/answer"
)

// JSON is the kind json.
var JSON = gates.Kind{
	Name: "json", About: "numbers in a JSON or JSON Lines document, from a file or a URL", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed: "every number is within its limit",
		Warned: "every number is within its limit, and one is outside its warning limit",
		Failed: "a number is outside its limit",
		Errored: "the document can't be read or isn't JSON; a number isn't at its path, or something else is, such as null or a number in quotes; an object on a path has the same key twice; " +
			"there are several documents, and `lines` doesn't say which count; the file is older than the release's opening; or the URL doesn't answer with a status from 200 to 299",
		NotConfigured: "the file doesn't exist",
	},
	Notes: `A path names keys and, counted from 0, positions: ` + "`costsheet.p95_ms`, `runs[0].p95_ms`, `metrics[\"http_req_duration{scenario:login}\"].avg`" + `. Limits compare
numbers as they are in the document, so they are written in its unit: ` + "`< 150`" + ` if the document counts milliseconds.

Nothing is taken for a number that JSON doesn't call one: not a string such as ` + "`\"12\"`, not `null`, `true`, `NaN` or `Infinity`" + `. What isn't on a path isn't
judged, but all of the text must be JSON: a file that was cut short is errored.

The gate reads 32 MiB of a file and 256 KiB of an answer; more than that is errored. ` + severalAddresses + `

It can't tell how the numbers were measured, such as how many requests a percentile is of: limit that number too if the document has it.`,
	Example: `file: bench.json
lines: all
numbers: { p95: { path: "costsheet.p95_ms", limit: "< 150", warn: "< 120" } }`,
	New: newJSON,
}

// jsonSettings are the settings of kind json.
type jsonSettings struct {
	File       string                `yaml:"file" json:",omitempty"`                                                         // the file, relative to the configuration's folder; either this or url
	URL        string                `yaml:"url" json:",omitempty" pattern:"^([hH][tT][tT][pP][sS]?://|[{]target[.]url[}])"` // the URL that answers with the document
	Headers    map[string]string     `yaml:"headers" json:",omitempty"`                                                      // request headers for url
	ServerName string                `yaml:"server_name" json:",omitempty"`                                                  // as in an http gate
	CA         string                `yaml:"ca" json:",omitempty"`                                                           // as in an http gate
	Timeout    limit.Duration        `yaml:"timeout" json:",omitempty"`                                                      // the time limit for a request; default: 10s
	Lines      numbers.Lines         `yaml:"lines" json:",omitempty"`                                                        // which documents count where there are several, as in JSON Lines: all, each of which must have every number, within its limit; or last; default: there may be only one
	Numbers    map[string]jsonNumber `yaml:"numbers" required:"true"`                                                        // the numbers, each under a name
}

// jsonNumber is a number and what it must be.
type jsonNumber struct {
	Path  string      `yaml:"path" required:"true"`  // where it is
	Limit limit.Count `yaml:"limit" required:"true"` // what it must be, in the document's own unit
	Warn  limit.Count `yaml:"warn"`                  // what it should be; outside of it the gate warns
}

type jsonGate struct {
	settings jsonSettings
	wanted   []numbers.Wanted
	dir      string
	page     *httpGate // asks for the document; nil: it is in a file
}

func newJSON(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := jsonSettings{Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	g := &jsonGate{settings: s, dir: deps.Dir}
	faults := s.faults()
	for _, name := range slices.Sorted(maps.Keys(s.Numbers)) {
		n := s.Numbers[name]
		path, err := report.ParsePath(n.Path)
		if err != nil {
			faults = append(faults, gates.Fault{Field: "numbers." + name + ".path", Problem: err.Error()})
		}
		g.wanted = append(g.wanted, numbers.Wanted{Name: name, Path: path, Limit: n.Limit, Warn: n.Warn})
	}
	var secrets []string
	if s.URL != "" {
		page := httpSettings{URL: s.URL, Method: "GET", Headers: s.Headers, ServerName: s.ServerName, CA: s.CA, Timeout: s.Timeout, Requests: 1, Consecutive: 1}
		var more gates.Faults
		g.page, more = page.gate(deps)
		g.page.reads = g.judgeAnswer
		faults, secrets = append(faults, more...), page.secrets()
		open := page.open()
		s.URL, s.Headers = open.URL, open.Headers
	}
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("json", s), Secrets: secrets}, nil
}

func (s *jsonSettings) faults() (faults gates.Faults) {
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: problem})
		}
	}
	note(s.File == "" && s.URL == "", "file", "there is nothing to read; write file or url")
	note(s.File != "" && s.URL != "", "url", "file and url are both there; write one of them")
	note(s.URL == "" && len(s.Headers) > 0, "headers", "headers are sent with a request; write url, or remove them")
	note(s.URL == "" && s.ServerName != "", "server_name", "server_name is for a URL; write url, or remove it")
	note(s.URL == "" && s.CA != "", "ca", "ca is for a URL; write url, or remove it")
	note(len(s.Numbers) == 0, "numbers", `numbers is missing; write it as in { p95: { path: "costsheet.p95_ms", limit: "< 150" } }`)
	for _, name := range slices.Sorted(maps.Keys(s.Numbers)) {
		faults = append(faults, gates.NeverWarns("numbers."+name+".warn", s.Numbers[name].Warn.Limit, s.Numbers[name].Limit.Limit)...)
		note(!s.Numbers[name].Limit.Set(), "numbers."+name+".limit", `limit is missing; write what the number must be, as in "< 150"`)
	}
	return faults
}

// Deadline implements [gates.WithDeadline].
func (g *jsonGate) Deadline() time.Duration {
	if g.page != nil {
		return g.page.Deadline()
	}
	return gates.UsualDeadline
}

// Check implements [gates.Gate].
func (g *jsonGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	if g.page != nil {
		return g.page.Check(ctx, s)
	}
	name := g.settings.File
	file := name
	if !filepath.IsAbs(file) {
		file = filepath.Join(g.dir, file)
	}
	if _, err := os.Stat(file); os.IsNotExist(err) {
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: fmt.Sprintf("there is no file %s; have what measures write it there", name)}
	}
	if err := files.Fresh(file, s.Opened, report.MaxSize); err != nil {
		return gates.Errored("%s doesn't count: %v", name, err)
	}
	f, err := os.Open(file)
	if err != nil {
		return gates.Errored("%s can't be read: %s", name, files.Cause(err))
	}
	defer f.Close()
	ev, err := numbers.Judge(files.Reader(ctx, f), g.settings.Lines, g.wanted)
	switch {
	case ctx.Err() != nil:
		return gates.Errored("cut off while it read %s", name)
	case err != nil:
		return gates.Errored("%s can't be compared: %v", name, err)
	}
	return ev
}

// judgeAnswer compares the numbers in an answer.
func (g *jsonGate) judgeAnswer(a fetch.Answer) answer.Evidence {
	switch {
	case a.Status < 200 || a.Status > 299:
		return gates.Errored("it answered with status %d instead of a document", a.Status)
	case a.Cut():
		return gates.Errored("it answered with more than was read, %d KiB", len(a.Text)>>10)
	}
	ev, err := numbers.Judge(strings.NewReader(a.Text), g.settings.Lines, g.wanted)
	if err != nil {
		return gates.Errored("the answer can't be compared: %v", err)
	}
	return ev
}
