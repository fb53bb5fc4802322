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
	homeLife  = 30 * time.Minute // how long a Home is kept true after it was opened; Slack does not tell of its end
	mostHomes = 50               // the ones opened last
	homeApart = time.Second      // between two looks at what they should say
	homeRetry = 5 * time.Second  // after Slack did not take one
)

// homes keeps the Home tabs true that people have opened lately. Its run is the
// only goroutine that publishes.
type homes struct {
	web      *web
	people   *people.Directory
	commands Commands
	log      *slog.Logger
	tick     chan struct{} // says that one was opened
	without  sync.Once     // tells once that the app has none

	mu   sync.Mutex
	open map[string]*home // by person
}

// home is one person's tab.
type home struct {
	at time.Time // when it was last opened; guarded by homes.mu

	// These belong to the goroutine that publishes.
	shown *reply.Reply // what it says; nil: not known
	hash  string       // by which Slack knows that we saw what it says
	next  time.Time    // not to be tried again before
}

func newHomes(web *web, directory *people.Directory, handler Commands, log *slog.Logger) *homes {
	return &homes{web: web, people: directory, commands: handler, log: log, tick: make(chan struct{}, 1), open: map[string]*home{}}
}

// opened is told that a person looks at their Home, and whether anything is on
// it. Slack's event holds what was published, so where it holds nothing, ours is
// gone: https://docs.slack.dev/reference/events/app_home_opened.
func (h *homes) opened(user string, filled bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open[user] == nil || !filled {
		h.open[user] = &home{}
	}
	h.open[user].at = time.Now()
	for len(h.open) > mostHomes {
		h.forgetOldest()
	}
	select {
	case h.tick <- struct{}{}:
	default: // it is known already
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
		case <-h.tick: // somebody waits for it
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

// show brings each Home up to date, the one opened last first.
func (h *homes) show(ctx context.Context) {
	for _, user := range h.lately() {
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

// close forgets a Home until it is opened again.
func (h *homes) close(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, user)
}

// lately lists the people who opened their Home lately, the last one first.
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

// showOne publishes a person's Home if it does not say what it should. One that
// is lost meanwhile has another in its place, which knows nothing of this.
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
	if slackerr.Code(err) == "hash_conflict" { // what is there is not ours to keep
		hash, err = h.publish(ctx, user, r, "")
	}
	if err != nil {
		one.next = time.Now().Add(homeRetry)
		return err
	}
	one.shown, one.hash, one.next = &r, hash, time.Time{}
	return nil
}

// content is a person's page. Guests see the release in its channels, as far as
// they are in them.
func (h *homes) content(ctx context.Context, user string) reply.Reply {
	h.people.AwaitFirst(ctx)
	if !h.people.MayLook(ctx, user) {
		return reply.Reply{Title: "This page is for members of the workspace", Parts: []reply.Part{
			reply.Lines{reply.Say("Guests see a release in the channels that they are in.")}}}
	}
	return h.commands.Home(user)
}

// publish sends a page. New blocks have no place on a Home.
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
