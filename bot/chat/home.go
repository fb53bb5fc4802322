package chat

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/people"
	"gonogo/bot/chat/slackerr"
	"gonogo/commands/reply"
)

const (
	homeLife  = 30 * time.Minute // how long a Home is updated after it was opened; Slack has no event for its closing
	mostHomes = 50               // only the most recently opened ones are updated
	homeApart = time.Second      // between two checks of what they should show
	homeRetry = 5 * time.Second  // after Slack refused one
)

// homes updates the Home tabs that people have opened lately. Only the goroutine of its
// run publishes.
type homes struct {
	web      *web
	people   *people.Directory
	commands Commands
	log      *slog.Logger
	tick     chan struct{} // a tab was opened
	without  sync.Once     // logs once that the app has no Home tab

	mu   sync.Mutex
	open map[string]*home // by user ID
}

// home is one person's tab.
type home struct {
	// These are guarded by homes.mu.
	at    time.Time // when it was last opened
	empty time.Time // since when a person sees nothing on it; zero: they see something

	// These belong to the goroutine that publishes.
	shown *reply.Reply // what it shows; nil: not known
	hash  string       // Slack's hash of what it shows, sent with the next change
	next  time.Time    // not to be tried again before
}

func newHomes(web *web, directory *people.Directory, handler Commands, log *slog.Logger) *homes {
	return &homes{web: web, people: directory, commands: handler, log: log, tick: make(chan struct{}, 1), open: map[string]*home{}}
}

// opened notes that a person has opened their Home; filled says whether anything is on
// it. Slack's event contains what was published, so where it contains nothing, our page
// is gone: https://docs.slack.dev/reference/events/app_home_opened.
func (h *homes) opened(user string, filled bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	switch one := h.open[user]; {
	case one == nil, !filled && one.empty.IsZero():
		h.open[user] = &home{empty: now}
	case !filled: // what is being published may be older than this
		h.open[user] = &home{empty: one.empty}
	}
	h.open[user].at = now
	for len(h.open) > mostHomes {
		h.forgetOldest()
	}
	select {
	case h.tick <- struct{}{}:
	default: // a wake-up is pending already
	}
}

func (h *homes) forgetOldest() {
	oldest := ""
	for user, one := range h.open {
		if oldest == "" || one.at.Before(h.open[oldest].at) {
			oldest = user
		}
	}
	delete(h.open, oldest)
}

// run publishes until ctx ends.
func (h *homes) run(ctx context.Context) {
	changes, stop := h.commands.Changes()
	defer stop()
	timer := time.NewTimer(lookAnyway)
	defer timer.Stop()
	var looked time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.tick: // somebody is waiting for it
		case <-changes:
			if !slackerr.Sleep(ctx, homeApart-time.Since(looked)) {
				return
			}
		case <-timer.C:
		}
		looked = time.Now()
		h.show(ctx)
		timer.Reset(homeRetry)
	}
}

// show updates each Home: those on which people see nothing as soon as they are opened,
// even while it updates the others, of which the most recently opened go first.
func (h *homes) show(ctx context.Context) {
	for others := h.lately(); ctx.Err() == nil; {
		user := h.longestEmpty()
		if user == "" {
			if len(others) == 0 {
				return
			}
			user, others = others[0], others[1:]
		}
		err := h.showOne(ctx, user)
		switch {
		case slackerr.Code(err) == "not_enabled":
			h.without.Do(func() {
				h.log.Warn("the app has no Home tab; enable it at api.slack.com/apps under App Home, or create the app from its manifest")
			})
			h.close(user)
		case err != nil && ctx.Err() == nil:
			h.log.Warn("couldn't publish a Home tab", "user", user, "error", slackerr.WithoutURL(err))
		}
	}
}

// longestEmpty is the person who has seen nothing on their Home for longest, of those
// that may be tried now; empty: there is nobody.
func (h *homes) longestEmpty() (user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, one := range h.open {
		waits := !one.empty.IsZero() && !time.Now().Before(one.next)
		if waits && (user == "" || one.empty.Before(h.open[user].empty)) {
			user = id
		}
	}
	return user
}

// close stops updating a Home until it is opened again.
func (h *homes) close(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, user)
}

// lately lists the people who opened their Home lately, the latest first.
func (h *homes) lately() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var users []string
	for user, one := range h.open {
		if time.Since(one.at) > homeLife {
			delete(h.open, user)
			continue
		}
		users = append(users, user)
	}
	slices.SortFunc(users, func(a, b string) int { return h.open[b].at.Compare(h.open[a].at) })
	return users
}

func (h *homes) get(user string) *home {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.open[user]
}

// showOne publishes a person's Home if it doesn't show what it should. If the Home was
// opened anew meanwhile, a new entry has replaced this one, and what is stored here has
// no effect.
func (h *homes) showOne(ctx context.Context, user string) error {
	one := h.get(user)
	if one == nil || time.Now().Before(one.next) {
		return nil
	}
	r := h.content(ctx, user)
	if one.shown != nil && reflect.DeepEqual(*one.shown, r) {
		return nil
	}
	hash, err := h.publish(ctx, user, r, one.hash)
	if slackerr.Code(err) == "hash_conflict" { // somebody else changed the page: publish without the hash
		hash, err = h.publish(ctx, user, r, "")
	}
	if err != nil {
		one.next = time.Now().Add(homeRetry)
		return err
	}
	one.shown, one.hash, one.next = &r, hash, time.Time{}
	h.mu.Lock()
	defer h.mu.Unlock()
	one.empty = time.Time{}
	return nil
}

// content is a person's page. Guests are refused here: they see the release in those
// channels that they are members of.
func (h *homes) content(ctx context.Context, user string) reply.Reply {
	h.people.AwaitFirst(ctx)
	if !h.people.MayLook(ctx, user) {
		return reply.Reply{Title: "This page is for members of the workspace", Parts: []reply.Part{
			reply.Lines{reply.Say("Guests see a release in the channels that they are in.")}}}
	}
	return h.commands.Home(user)
}

// publish sends a page. Home tabs don't support the newer blocks.
func (h *homes) publish(ctx context.Context, user string, r reply.Reply, hash string) (string, error) {
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: h.web.render.Home(r)}}
	request := slack.PublishViewContextRequest{UserID: user, View: view}
	if hash != "" {
		request.Hash = &hash
	}
	err := h.web.calls.Call(ctx, "views.publish", "", func() error {
		response, err := h.web.api.PublishViewContext(ctx, request)
		if err == nil {
			hash = response.Hash
		}
		return err
	})
	return hash, err
}
