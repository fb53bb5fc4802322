package github

import (
	"cmp"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say what host to make. Repository is all that it can't do without.
type Options struct {
	Repository string // OWNER/NAME
	Token      string // a personal access token that is let in; empty: any, where there is no App either
	App        App    // an app that may ask for installation tokens
	Login      string // who writes through the API; empty: gonogo[bot]
	File       string // where the state is kept; empty: in memory
	BaseURL    string // the host's address, without a slash at its end; empty: the request's own host

	Code   Code
	Labels []Label // of a new repository
	Issues []Issue // of a new repository

	Checks   []Check  // later ones are newer
	Security Security // what the scanners say

	NoRunDetails bool // it is a server that doesn't return the run of a workflow that it starts

	RetryAfter time.Duration    // how long a limit that [Host.SetMode] sets asks a client to wait; zero: a minute
	Now        func() time.Time // nil: time.Now
	Log        *slog.Logger     // nil: nothing is logged
}

// App is a GitHub App that is installed in the repository.
type App struct {
	ID           int64
	Installation int64
	Key          *rsa.PublicKey // of its private key; nil: there is no app
	Secret       string         // of its webhook
}

// Host is a GitHub with one repository.
type Host struct {
	opts Options

	watch  sync.Mutex // guards what tests see and set
	asking sync.Mutex // has one call at a time shown to OnCall's function
	calls  []Call
	count  map[string]int // calls by route
	fault  func(Call) Fault
	mode   Mode

	mu     sync.Mutex           // guards what follows; every effect happens under it
	issues []*Issue             // by number
	labels []Label              // in the order in which they were made
	tokens map[string]time.Time // installation tokens and when they expire
	writes []Write

	checks       []Check
	runs         []WorkflowRun
	workflows    []Workflow
	deployments  []Deployment
	environments []Environment
	security     Security

	meter meter
}

// New makes a host, with what its file holds.
func New(opts Options) (*Host, error) {
	if owner, name, ok := strings.Cut(opts.Repository, "/"); !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("the practice GitHub's repository is OWNER/NAME, not %q", opts.Repository)
	}
	if err := opts.Code.check(); err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	opts.Login = cmp.Or(opts.Login, "gonogo"+bot)
	if opts.RetryAfter == 0 {
		opts.RetryAfter = time.Minute
	}
	h := &Host{opts: opts, mode: Up, count: map[string]int{}, tokens: map[string]time.Time{}, checks: opts.Checks, security: opts.Security}
	h.furnish()
	if err := h.load(); err != nil {
		return nil, err
	}
	return h, nil
}

// furnish gives a new repository what the options say.
func (h *Host) furnish() {
	h.labels = slices.Clone(h.opts.Labels)
	for _, issue := range h.opts.Issues {
		seeded := issue.clone()
		seeded.Number = max(issue.Number, h.next())
		if seeded.Updated.IsZero() {
			seeded.Updated = seeded.Created
		}
		seeded.Labels = h.label(seeded.Labels)
		h.issues = append(h.issues, &seeded)
	}
}

// Handler serves the API and the pages.
func (h *Host) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(apiPath+"/", h.api())
	mux.HandleFunc("GET "+storagePath, h.store)
	mux.Handle("/", h.pages())
	return mux
}

// Issues are all issues and pull requests as they are now, by number, without
// those that were deleted or transferred.
func (h *Host) Issues() []Issue {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := []Issue{}
	for _, issue := range h.issues {
		if !issue.away() {
			all = append(all, issue.clone())
		}
	}
	return all
}

// Lock locks an issue's conversation, as a person would.
func (h *Host) Lock(number int) error {
	return h.byHand(number, func(i *Issue) { i.Locked = true })
}

// Delete deletes an issue, as a person would. Its number is not given again.
func (h *Host) Delete(number int) error {
	return h.byHand(number, func(i *Issue) { i.Deleted = true })
}

// Transfer moves an issue to another repository, as a person would: to is
// OWNER/NAME#NUMBER.
func (h *Host) Transfer(number int, to string) error {
	return h.byHand(number, func(i *Issue) { i.Moved = to })
}

// byHand changes an issue in a way for which the API has no route here.
func (h *Host) byHand(number int, change func(*Issue)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	issue := h.issue(number)
	if issue == nil || issue.away() {
		return fmt.Errorf("%s has no issue #%d", h.opts.Repository, number)
	}
	change(issue)
	issue.Updated = h.now()
	return h.save()
}

// now is the host's time, in whole seconds, as GitHub tells it. Rounding also
// drops the monotonic clock, which does not outlive the process.
func (h *Host) now() time.Time { return h.opts.Now().UTC().Truncate(time.Second) }

// base is where the host is, as whoever asks sees it.
func (h *Host) base(r *http.Request) string {
	return cmp.Or(h.opts.BaseURL, "http://"+r.Host)
}

// ours reports whether a path is about the host's repository. As on GitHub, the
// case of letters does not matter.
func (h *Host) ours(r *http.Request) bool {
	return strings.EqualFold(r.PathValue("owner")+"/"+r.PathValue("repo"), h.opts.Repository)
}

// next is the number of the next issue.
func (h *Host) next() int {
	if len(h.issues) == 0 {
		return 1
	}
	return h.issues[len(h.issues)-1].Number + 1
}

func (h *Host) issue(number int) *Issue {
	i := slices.IndexFunc(h.issues, func(one *Issue) bool { return one.Number == number })
	if i < 0 {
		return nil
	}
	return h.issues[i]
}
