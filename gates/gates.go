// Package gates is what gonogo can measure. A gate measures one thing and answers
// with evidence: passed, warned, failed (measured, outside the limit), errored
// (couldn't measure) or not_configured (there is nothing to measure).
//
// # Nouns
//
// A [Kind] is a sort of gate. [Kind.Build] makes a [Gate] of a kind from its settings
// and from [Deps]; a [Scope] describes the release that it runs for. A [Runner] runs many
// gates side by side.
//
// The kinds are in the folders below, a family in each, with a file for every kind:
// web, artifacts, monitoring, platform, github, data and exec. Those that are made of
// other gates ([AllOf], [AnyOf]) or read gonogo's own state ([Deployed], [SignedOff],
// [Section]) are here. Package kinds lists them all, and builds a gate by the name of its
// kind.
//
// # What kinds are built on
//
// The other packages in the folders below know nothing of gates. Settings use the limits
// and durations of package limit and the patterns of package glob, and package form
// describes how they are written. Package report reads what other tools wrote, files
// opens the files that it is in, fetch requests pages, load many at once, handshake and certificate check
// TLS servers, sshlogin asks SSH servers, nameserver looks up records, network finds the
// addresses of a host, database reads PostgreSQL, schema its catalog, odoo reads Odoo's
// list of modules there, and program runs programs. A kind adds its settings, and judges
// the answer.
//
// # Who calls it
//
// bot/config builds gates with package kinds; runs and the check command run them.
// Nothing is stored here: evidence is returned, and the ledger records it with the hash
// of the settings that it was measured under ([Built]).
//
// # What happens on failure
//
// A gate always answers. What it can't find out is Errored, with one sentence that
// names the cause and, if there is one, the next step; the text of libraries is not
// passed on, because it may contain addresses and users. The Runner turns a panic, a
// hang or a cancel into that gate's own error, redacts secrets and shortens what is
// too long. Gates look and never act; the one kind that could act, command, is not
// Repeatable.
//
// # Adding a kind
//
// A kind is a file in the package of its family, with a Kind, its settings and its gate:
//
//	// Free is the kind free.
//	var Free = gates.Kind{
//		Name: "free", About: "the free space on a disk", Repeatable: true,
//		Verdicts: gates.Verdicts{Passed: "enough is free", Failed: "less is", Errored: "the disk can't be read"},
//		Example: `{path: /var, free: ">= 20%"}`,
//		New: newFree,
//	}
//
//	type freeSettings struct {
//		Path string      `yaml:"path"`                 // a folder on the disk; default: /
//		Free limit.Share `yaml:"free" required:"true"` // how much of it is free
//	}
//
//	type freeGate struct{ settings freeSettings }
//
//	func newFree(decode func(any) error, deps gates.Deps) (gates.Built, error) {
//		s := freeSettings{Path: "/"} // what holds unless the file says otherwise
//		if err := decode(&s); err != nil {
//			return gates.Built{}, err
//		}
//		if !s.Free.Set() {
//			return gates.Built{}, gates.Faults{{Field: "free", Problem: "free is missing; write it as in >= 20%"}}
//		}
//		return gates.Built{Gate: &freeGate{s}, Settings: gates.SettingsHash("free", s)}, nil
//	}
//
//	func (g *freeGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
//		share, err := freeShare(g.settings.Path)
//		if err != nil {
//			return gates.Errored("%s can't be read: %s", g.settings.Path, files.Cause(err))
//		}
//		m := answer.Measure{Name: "free", Value: fmt.Sprintf("%.0f%%", share), Limit: g.settings.Free.Text, OK: g.settings.Free.Allows(share)}
//		return gates.Judged([]answer.Measure{m}, "enough is free")
//	}
//
// decode is strict and reports the line and column of each fault. A type that reads
// one value implements encoding.TextUnmarshaler; one with several shapes has a method
// Decode(decode func(any) error) error, which tries them in turn. What a type can't
// check goes into [Faults]. The comment next to a field, its tags (required, pattern,
// from and to) and the [form.Form] of its type are for the documentation and for
// editors; they reject nothing, so New also checks what is required. Values that must
// not be seen go into Built.Secrets.
//
// A relative file name is below Deps.Dir. The time is Scope.View.Now, which tests set,
// or time.Now where that is zero. [Judged] makes evidence of measures, such as those of
// [CountMeasure] and [TimeMeasure], [Joined] of several parts, and [Errored] that of a
// gate that can't measure.
//
// A gate that needs a login has a setting connection, and gets the client of that
// connection by its kind:
//
//	platform, err := gates.Client[*digitalocean.Client](deps, s.Connection, "digitalocean")
//
// The kind of connection (package connection) decides how a client gets its address
// and credentials. A gate that may take longer than 30 s implements [WithDeadline]; one
// that must clean up after itself implements [WithGracePeriod].
//
// Then add the kind's line to kinds/kinds.go and its entry to the table of trials in
// kinds/kinds_test.go, which tests the rest: that the example builds, that an unknown
// field is refused, that the gate can be cancelled while a server keeps it waiting, and
// that no secret or goroutine leaks. For tests of your own, package kindtest builds and runs
// gates, and package gatestest has real servers.
package gates

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/clients/connection"
	"gonogo/clients/outgoing"
	"gonogo/gates/alertpath"
	"gonogo/gates/network"
	"gonogo/gates/oncall"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/redact"
)

// Gate measures something.
type Gate interface {
	// Check measures once. It returns when ctx ends, and always answers: what
	// could not be measured is Errored, with a sentence.
	Check(ctx context.Context, s Scope) answer.Evidence
}

// Scope is what a gate may know of the release it measures.
type Scope struct {
	View        readiness.View
	Release     string
	Commit      string
	Opened      time.Time // of the release; reports older than that are stale
	Environment string    // "" when the item is asked once for the release
	TargetURL   string    // what {target.url} stands for; "" where there is none
}

// Placeholders are the names that stand for something known only when a gate runs.
var Placeholders = []string{"{target.url}", "{target.host}", "{release.version}", "{release.commit}"}

var scopeName = regexp.MustCompile(regexp.QuoteMeta(Placeholders[0]) + "|" + regexp.QuoteMeta(Placeholders[1]) + "|" +
	regexp.QuoteMeta(Placeholders[2]) + "|" + regexp.QuoteMeta(Placeholders[3]))

// PatternCause is why a text isn't a regular expression, in the words of package regexp.
func PatternCause(err error) string { return strings.TrimPrefix(err.Error(), "error parsing regexp: ") }

// Expand fills in {target.url}, {target.host}, {release.version} and
// {release.commit}. A name that has no value here is an error.
func (s Scope) Expand(text string) (string, error) {
	var unknown error
	filled := scopeName.ReplaceAllStringFunc(text, func(name string) string {
		value := s.value(name)
		if value == "" {
			unknown = fmt.Errorf("%s is not known here", name)
		}
		return value
	})
	return filled, unknown
}

// Now is the time at which the release is looked at.
func (s Scope) Now() time.Time {
	if s.View.Now.IsZero() {
		return time.Now()
	}
	return s.View.Now
}

// ExpandAll expands each of several texts.
func (s Scope) ExpandAll(texts []string) ([]string, error) {
	filled := make([]string, len(texts))
	for i, text := range texts {
		var err error
		if filled[i], err = s.Expand(text); err != nil {
			return nil, err
		}
	}
	return filled, nil
}

func (s Scope) value(name string) string {
	switch name {
	case "{target.url}":
		return strings.TrimSuffix(s.TargetURL, "/")
	case "{release.version}":
		return s.Release
	case "{release.commit}":
		return s.Commit
	}
	u, err := url.Parse(s.TargetURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// Deps is what gates are built from.
type Deps struct {
	Connections map[string]connection.Connection
	Absent      map[string]string           // connections that are there for others alone, by name: what to do, in a sentence
	Asked       map[string]bool             // takes the names of the connections that gates ask for; nil: they are not noted
	Dir         string                      // relative file names are below it; "" is the working directory
	Environ     func(string) (string, bool) // looks a variable up
	Outgoing    *outgoing.Policy            // where gates may connect to; nil: anywhere
	AlertPath   *alertpath.Watch            // tells which synthetic alerts have come back; nil: no alerts are taken
	OnCall      *oncall.Roster              // tells who holds the roles; nil: there are none

	Network network.Resolver                                                 // how names and routes are looked up; zero: as the system does
	Build   func(kind string, decode func(any) error, s Deps) (Built, error) // builds the parts of a gate that is made of others; package kinds sets it
	Within  int                                                              // how many gates these are within
}

// Dialer is what connects to a host and port that the settings name; "" for what a
// page redirects to.
func (s Deps) Dialer(address string) *net.Dialer {
	d := s.Outgoing.Dialer(address)
	d.Resolver = s.Network.Names
	return d
}

// Client finds the client of a connection of a kind, or says what is wrong at a
// field.
func Client[T any](s Deps, name, kind string) (T, error) {
	var none T
	c, err := s.connection(name, kind)
	if err != nil {
		return none, err
	}
	found, err := connection.Client[T](c)
	if err != nil {
		return none, Faults{{"connection", err.Error()}}
	}
	return found, nil
}

// connection finds a connection of a kind.
func (s Deps) connection(name, kind string) (connection.Connection, error) {
	c, ok := s.Connections[name]
	if s.Asked != nil {
		s.Asked[name] = true
	}
	switch {
	case name == "":
		return c, Faults{{"connection", "connection is missing; name one of kind " + kind}}
	case !ok && s.Absent[name] != "":
		return c, Faults{{"connection", s.Absent[name]}}
	case !ok:
		return c, Faults{{"connection", fmt.Sprintf("there is no connection %q; %s", name, s.insteadOfConnection(name))}}
	case c.Kind != kind:
		return c, Faults{{"connection", fmt.Sprintf("connection %q is of kind %s, this gate needs %s", name, c.Kind, kind)}}
	}
	return c, nil
}

// Kind is a sort of gate.
type Kind struct {
	Name       string
	About      string // what it measures, in a few words
	Verdicts   Verdicts
	Notes      string // what else its users should know: paragraphs
	Example    string // settings as YAML
	Repeatable bool   // only looks, so it may be run again after an interruption
	New        func(decode func(any) error, s Deps) (Built, error)
}

// Verdicts tells people when a kind answers what. A verdict that it never gives
// has no words.
type Verdicts struct{ Passed, Warned, Failed, Errored, NotConfigured string }

// Built is a gate ready to run.
type Built struct {
	Gate      Gate
	Condition *checklist.Condition // set where it reads gonogo's own state
	Settings  string               // hash; evidence under another hash is stale
	Secrets   []string             // values that must not appear in any evidence
	Acts      bool                 // may do more than look, so it is not run again after an interruption
	Warning   string               // what its settings allow and perhaps don't mean, as it follows "the http gate (line 7)"; empty: nothing
}

// Fault is something wrong with a gate's settings.
type Fault struct {
	Field   string // path within the settings, "modules.ipai_core"
	Problem string // one sentence
}

// Faults are all that is wrong with a gate's settings.
type Faults []Fault

// Error implements error.
func (f Faults) Error() string {
	problems := make([]string, len(f))
	for i, fault := range f {
		problems[i] = fault.Problem
	}
	return strings.Join(problems, "; ")
}

// OrNil is the faults as an error, or nil when there are none.
func (f Faults) OrNil() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// Build makes a gate of the kind from its settings. Secrets that are too short to be
// redacted are dropped.
func (k Kind) Build(decode func(any) error, s Deps) (Built, error) {
	b, err := k.New(decode, s)
	b.Acts = b.Acts || !k.Repeatable
	b.Secrets = slices.DeleteFunc(b.Secrets, func(secret string) bool { return len(secret) < redact.MinLength })
	return b, err
}

// SettingsHash names settings, so that evidence taken under others is known.
// Parts must be plain data that json can write, without passwords.
func SettingsHash(kind string, parts ...any) string {
	h := sha256.New()
	fmt.Fprintln(h, kind)
	if err := json.NewEncoder(h).Encode(parts); err != nil {
		panic("settings that cannot be written: " + err.Error())
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// passwordOf is a password among the parameters of an address.
var passwordOf = regexp.MustCompile(`(?i)(password=)[^&\s]*`)

// WithoutUser is an address without its user and passwords, for a hash.
func WithoutUser(address string) string {
	return passwordOf.ReplaceAllString(redact.StripUserinfo(address), "$1")
}

// Errored is evidence of not having been able to measure.
func Errored(format string, args ...any) answer.Evidence {
	return answer.Evidence{Verdict: answer.Errored, Summary: fmt.Sprintf(format, args...)}
}
