package monitoring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"time"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
	"gonogo/gates/files"
	"gonogo/gates/limit"
	"gonogo/gates/logs"
	"gonogo/readiness/answer"
)

// Logs is the kind logs.
var Logs = gates.Kind{
	Name: "logs", About: "the error lines of the last minutes in a log, of an app on DigitalOcean's App Platform or in a file", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed: "the number of error lines is within its limit, and the log covers the time and is still written",
		Warned: "it is within its limit, and outside the warning limit",
		Failed: "there are more error lines, or fewer lines in all than `lines` requires",
		Errored: "the log can't be read, is empty, ended too long ago or begins too late, so that the absence of errors means nothing; its lines have no time stamps that can be read, " +
			"or are from the future; or nothing of the app is live",
		NotConfigured: "the file doesn't exist",
	},
	Notes: `**Error lines.** Without ` + "`match`" + `, a line that is a JSON object counts by its ` + "`level`, `severity`, `lvl`, `levelname` or `log.level`" + `: error and whatever is
worse, by name, by number as pino and bunyan write it (50 or more), or as in syslog (3 or less). Any other line counts if it has ` + logs.Usual + `.
So a failed request in an access log is no error line; for these, set ` + "`match: '\" 5\\d\\d '`" + `. A line that ` + "`ignore`" + ` matches never counts. Colours are left aside.

**Time.** A line was written when its own time stamp says: ` + logs.Forms + `.
A line without one belongs to the line before it, as in a stack trace. In App
Platform's log, the platform's time stamp counts.

**A log that says nothing isn't clean.** Its newest line may be no older than ` + "`silence`" + `, there must be a line within the time, and the log must go back to the
beginning of that time. Shortly after a deployment it doesn't, and the gate says from when on it can be measured; with ` + "`from_start`" + ` a log counts that begins with
the deployment that is live, or with the file. Error lines that are found count in any case.

**Files.** A file is read backward as far as needed, with the files in its folder that it was rotated into (` + "`app.log.1`, `app.log-20261128.gz`, `app-2026-11-28.log`" + `).
If it is rotated while it is read, it is read again. Lines that are lost between copying and truncating (logrotate's ` + "`copytruncate`" + `) can't be noticed.

**App Platform.** The log of the live deployment is read, of all components or of one, and the log of instances that have crashed (` + "`RUN_RESTARTED`" + `). The platform keeps
what an instance writes only as long as that instance, so what earlier deployments wrote, and what an instance wrote before its last crash but one, is gone
(DigitalOcean's page [View Logs](https://docs.digitalocean.com/products/app-platform/how-to/view-logs/), July 2025). For more than that, forward the logs, and measure
them there. With all components, one that has stopped logging isn't noticed while another goes on: give each that matters a gate of its own with ` + "`component`" + `.

A log can hold secrets and personal data, so the evidence tells only when the first error lines were written; ` + "`show`" + ` quotes some of them.`,
	Example: `connection: cloud
app: 4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf
component: web
minutes: 60
errors: "<= 5"
warn: 0
lines: ">= 10"
silence: 10m
match: 'CRITICAL|" 5\d\d '
ignore: ["connection reset by peer"]
timezone: Asia/Manila
from_start: true
show: 3`,
	New: newLogs,
}

// logsSettings are the settings of kind logs.
type logsSettings struct {
	Connection string         `yaml:"connection" json:",omitempty"`                // a connection of kind digitalocean, for the log of an app
	App        string         `yaml:"app" json:",omitempty"`                       // the app's ID
	Component  string         `yaml:"component" json:",omitempty"`                 // one of the app's components; default: all of them
	File       string         `yaml:"file" json:",omitempty"`                      // the log file, relative to the configuration's folder; either this or connection and app
	Minutes    int            `yaml:"minutes" required:"true" from:"1" to:"10080"` // how many minutes are looked at, up to now
	Errors     limit.Count    `yaml:"errors" required:"true"`                      // how many error lines there may be
	Warn       limit.Count    `yaml:"warn"`                                        // how many there should be; outside of it the gate warns
	Lines      limit.Count    `yaml:"lines"`                                       // how many lines there must be in all; without it, one, or else the gate is errored
	Silence    limit.Duration `yaml:"silence"`                                     // how old the newest line may be; default: 15m
	Match      string         `yaml:"match"`                                       // a regular expression that makes a line an error line; without it, its level does, as described above
	Ignore     []string       `yaml:"ignore"`                                      // regular expressions of lines that aren't error lines
	Timezone   string         `yaml:"timezone"`                                    // the time zone of time stamps that have none, such as Asia/Manila; default: UTC
	FromStart  bool           `yaml:"from_start"`                                  // whether the log may begin within the time, with the live deployment or with the file; default: false
	Show       int            `yaml:"show" from:"0" to:"20"`                       // how many error lines the evidence quotes
}

type logsGate struct {
	settings logsSettings
	rules    logs.Rules
	file     string
	platform *digitalocean.Client // nil: it is a file
	deps     gates.Deps
}

func newLogs(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := logsSettings{Silence: limit.Duration(15 * time.Minute), Timezone: "UTC"}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	g := &logsGate{settings: s, file: s.File, deps: deps}
	if err := g.prepare().OrNil(); err != nil {
		return gates.Built{}, err
	}
	if s.File == "" {
		var err error
		if g.platform, err = gates.Client[*digitalocean.Client](deps, s.Connection, "digitalocean"); err != nil {
			return gates.Built{}, err
		}
		g.rules.Prefixed = true
	} else if !filepath.IsAbs(s.File) {
		g.file = filepath.Join(deps.Dir, s.File)
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("logs", s)}, nil
}

// prepare makes the rules of the settings, and says what is wrong with them.
func (g *logsGate) prepare() (faults gates.Faults) {
	s := g.settings
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: problem})
		}
	}
	note(s.File == "" && s.Connection == "" && s.App == "", "file", "there is nothing to read; write file, or connection and app")
	note(s.File != "" && s.Connection+s.App+s.Component != "", "file", "file is there as well as an app's log; write one of them")
	note(s.File == "" && s.Connection != "" && s.App == "", "app", "app is missing; write the app's ID")
	note(s.File == "" && s.App != "" && !digitalocean.IsAppID(s.App), "app", digitalocean.NoAppID)
	note(s.Minutes < 1 || s.Minutes > 10080, "minutes", "minutes must be from 1 to 10080, which is a week")
	note(!s.Errors.Set(), "errors", "errors is missing; write how many error lines there may be, as in 0")
	note(s.Silence <= 0, "silence", "silence is a time above zero")
	note(s.Show < 0 || s.Show > 20, "show", "show must be from 0 to 20")
	faults = append(faults, gates.NeverWarns("warn", s.Warn.Limit, s.Errors.Limit)...)
	var err error
	if g.rules.Zone, err = time.LoadLocation(s.Timezone); err != nil {
		note(true, "timezone", "timezone isn't known; write it like Asia/Manila or UTC")
	}
	if s.Match != "" {
		if g.rules.Match, err = regexp.Compile(s.Match); err != nil {
			note(true, "match", "match must be a regular expression in Go's syntax: "+gates.PatternCause(err))
		}
	}
	for i, text := range s.Ignore {
		pattern, err := regexp.Compile(text)
		note(text == "", fmt.Sprintf("ignore.[%d]", i), "ignore lists regular expressions in Go's syntax, and an empty one would match every line")
		if err != nil {
			note(true, fmt.Sprintf("ignore.[%d]", i), "ignore lists regular expressions in Go's syntax: "+gates.PatternCause(err))
		}
		g.rules.Ignore = append(g.rules.Ignore, pattern)
	}
	return faults
}

// Deadline implements [gates.WithDeadline].
func (g *logsGate) Deadline() time.Duration { return 2 * time.Minute }

// Check implements [gates.Gate].
func (g *logsGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	now := s.View.Now
	if now.IsZero() {
		now = time.Now()
	}
	t := &logs.Tally{Rules: g.rules, From: now.Add(-time.Duration(g.settings.Minutes) * time.Minute), To: now}
	read := g.readFile
	if g.platform != nil {
		read = g.readApp
	}
	complete, fromStart, ev := read(ctx, t)
	switch {
	case ctx.Err() != nil:
		return gates.Errored("cut off while it read the log")
	case ev.Verdict != "":
		return ev
	}
	w := logs.Wanted{Errors: g.settings.Errors, Warn: g.settings.Warn, Lines: g.settings.Lines, Silence: time.Duration(g.settings.Silence),
		FromStart: g.settings.FromStart && fromStart, Show: g.settings.Show}
	ev = t.Judge(w, complete)
	if ev.Verdict == answer.Errored {
		ev.Summary = "the log says nothing of this time: " + ev.Summary
	}
	return ev
}

// readFile counts what is in the file. fromStart says whether the log may begin within
// the time.
func (g *logsGate) readFile(ctx context.Context, t *logs.Tally) (complete, fromStart bool, ev answer.Evidence) {
	complete, err := t.ReadFile(g.file, func(text io.Reader) io.Reader { return files.Reader(ctx, text) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		ev = answer.Evidence{Verdict: answer.NotConfigured, Summary: fmt.Sprintf("there is no file %s; have the program log there", g.settings.File)}
	case errors.Is(err, fs.ErrPermission):
		ev = gates.Errored("%s can't be read: %s", g.settings.File, files.Cause(err))
	case err != nil:
		ev = gates.Errored("%s can't be read: %v", g.settings.File, err)
	}
	return complete, true, ev
}

// mostLog is how many bytes of an app's log are read.
const mostLog = 256 << 20

// appTries is how often the log of an app is read whose deployment is replaced meanwhile.
const appTries = 3

// readApp counts what the live deployment of the app has written. If another one is live
// when the log was read, the log may have ended early, and says nothing of what is live
// now: then that one's is read.
func (g *logsGate) readApp(ctx context.Context, t *logs.Tally) (complete, fromStart bool, ev answer.Evidence) {
	began, span := time.Now(), *t
	live, ev := g.live(ctx)
	for range appTries {
		if ev.Verdict != "" {
			return false, false, ev
		}
		read := live
		if ev = g.readDeployment(ctx, read, t); ev.Verdict != "" {
			return false, false, ev
		}
		if live, ev = g.live(ctx); ev.Verdict == "" && live.ID == read.ID {
			// The log may begin within the time if the deployment did.
			return t.Covers(), read.CreatedAt.After(t.From), ev
		}
		*t = span
		t.To = t.To.Add(time.Since(began)) // so that what the next one has written since is counted
	}
	if ev.Verdict == "" {
		ev = gates.Errored("the app was deployed again each time its log was read; measure once the deployments are over")
	}
	return false, false, ev
}

// live is the app's live deployment.
func (g *logsGate) live(ctx context.Context) (*digitalocean.Deployment, answer.Evidence) {
	app, err := g.platform.App(ctx, g.settings.App)
	switch {
	case err != nil:
		return nil, gates.Errored("%s", err)
	case app.Active == nil:
		return nil, gates.Errored("nothing of the app is live; deploy it first")
	}
	return app.Active, answer.Evidence{}
}

// readDeployment counts what a deployment of the app has written.
func (g *logsGate) readDeployment(ctx context.Context, d *digitalocean.Deployment, t *logs.Tally) answer.Evidence {
	r := digitalocean.LogRequest{App: g.settings.App, Deployment: d.ID, Component: g.settings.Component}
	if g.deps.Outgoing.Restricts() {
		r.Dialer = g.deps.Dialer("")
	}
	left := &io.LimitedReader{N: mostLog}
	for _, r.Type = range []digitalocean.LogType{digitalocean.LogRestarted, digitalocean.LogRun} {
		err := g.platform.Logs(ctx, r, func(text io.Reader) error {
			left.R = files.Reader(ctx, text)
			return t.Read(left)
		})
		switch {
		case left.N == 0:
			return gates.Errored("the app's log is larger than %d MiB; name one component", mostLog>>20)
		case err != nil:
			return gates.Errored("%s", err)
		}
	}
	return answer.Evidence{}
}
