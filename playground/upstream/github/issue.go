package github

import (
	"slices"
	"strings"
	"time"
)

// The limits of what is written. GitHub's description of its API leaves them
// out; its refusals name them.
const (
	longestTitle = 256   // characters
	longestBody  = 65536 // characters
)

// What an issue is, and why it was closed or opened again.
const (
	open       = "open"
	closed     = "closed"
	completed  = "completed"
	notPlanned = "not_planned"
	duplicate  = "duplicate"
	reopened   = "reopened"
)

// Issue is an issue or a pull request.
type Issue struct {
	Number   int
	Title    string
	Body     string // Markdown
	Author   string // a login
	Labels   []string
	Pull     bool // whether it is a pull request
	Created  time.Time
	Updated  time.Time
	Comments []Comment
	Turns    []Turn // empty: it has been open all the time

	Labeled []Labeled `json:",omitempty"` // labels that it got later, the oldest first; it has the others since it was opened

	Locked  bool   `json:",omitempty"` // only people with write access may comment
	Moved   string `json:",omitempty"` // OWNER/NAME#NUMBER where it was transferred to; empty: it is here
	Deleted bool   `json:",omitempty"`
}

// Comment is what somebody added to an issue.
type Comment struct {
	ID     int64
	Author string
	Body   string // Markdown
	At     time.Time
}

// Labeled says when an issue got a label.
type Labeled struct {
	Label string
	By    string
	At    time.Time
}

// Turn is one closing or opening of an issue.
type Turn struct {
	State  string // open or closed
	Reason string // completed, not_planned, duplicate or reopened
	By     string
	At     time.Time
}

// hasAll reports whether the issue has every one of some labels.
func (i Issue) hasAll(labels []string) bool {
	return !slices.ContainsFunc(labels, func(label string) bool { return !i.Has(label) })
}

// away reports whether the issue is in the repository no longer.
func (i Issue) away() bool { return i.Moved != "" || i.Deleted }

// last is the turn that made the issue what it is.
func (i Issue) last() Turn {
	if len(i.Turns) == 0 {
		return Turn{State: open, By: i.Author, At: i.Created}
	}
	return i.Turns[len(i.Turns)-1]
}

// State is open or closed.
func (i Issue) State() string { return i.last().State }

// Reason is why the issue is closed, or "reopened"; empty if it has been open
// all the time.
func (i Issue) Reason() string { return i.last().Reason }

// Closed is since when the issue is closed; zero where it is open.
func (i Issue) Closed() time.Time {
	if last := i.last(); last.State == closed {
		return last.At
	}
	return time.Time{}
}

// Has reports whether the issue has a label. The case of letters does not
// matter.
func (i Issue) Has(label string) bool {
	return slices.ContainsFunc(i.Labels, func(one string) bool { return strings.EqualFold(one, label) })
}

func (i Issue) clone() Issue {
	i.Labels, i.Comments, i.Turns = slices.Clone(i.Labels), slices.Clone(i.Comments), slices.Clone(i.Turns)
	return i
}

// turn closes or opens the issue. To close a closed issue is nothing, unless
// for another reason.
func (i *Issue) turn(to Turn) (changed bool) {
	if to.State == i.State() && (to.Reason == "" || to.Reason == i.Reason()) {
		return false
	}
	if to.Reason == "" {
		to.Reason = map[string]string{open: reopened, closed: completed}[to.State]
	}
	i.Turns = append(i.Turns, to)
	return true
}

// Label is a word by which issues are found.
type Label struct {
	Name        string
	Color       string // six hexadecimal digits
	Description string
}

// plainColor is that of a label which nobody gave one.
const plainColor = "ededed"

func (h *Host) findLabel(name string) (Label, bool) {
	i := slices.IndexFunc(h.labels, func(one Label) bool { return strings.EqualFold(one.Name, name) })
	if i < 0 {
		return Label{}, false
	}
	return h.labels[i], true
}

// label makes the labels that an issue is given and that do not exist yet, as
// GitHub does, and gives them in their own spelling, each once.
func (h *Host) label(names []string) []string {
	given := []string{}
	for _, name := range names {
		known, ok := h.findLabel(name)
		if !ok {
			known = Label{Name: name, Color: plainColor}
			h.labels = append(h.labels, known)
		}
		if !slices.Contains(given, known.Name) {
			given = append(given, known.Name)
		}
	}
	return given
}
