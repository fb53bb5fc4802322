package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/chat/people"
	"gonogo/bot/chat/socket"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

func (w *world) openHome(user string) {
	w.t.Helper()
	if _, err := w.OpenHome(user); err != nil {
		w.t.Fatal(err)
	}
}

// homeSays waits until a person's Home says something.
func (w *world) homeSays(user, text string) workspace.View {
	w.t.Helper()
	var view workspace.View
	w.await("a Home that says "+text, func() bool {
		var ok bool
		view, ok = w.Home(user)
		return ok && strings.Contains(fmt.Sprint(view.Body), text)
	})
	return view
}

func (b *bot) setHome(title string) {
	b.mu.Lock()
	b.home = func(user string) reply.Reply {
		return reply.Reply{Title: title + " for " + user, Parts: []reply.Part{reply.Actions{{Label: "Run", Act: reply.Act{Verb: "ready run", Items: []string{"all"}}}}}}
	}
	b.mu.Unlock()
	b.changed()
}

// A Home is published when it is opened and kept true from then on, for those
// who opened it, without a call where nothing is different.
func TestHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.setHome("First")
	w.openHome(owner)
	w.homeSays(owner, "First for "+owner)
	w.bot.setHome("Second")
	w.homeSays(owner, "Second for "+owner)
	calls := w.Calls("views.publish")
	w.bot.setHome("Second")
	w.openHome(lead)
	w.homeSays(lead, "Second for "+lead)
	if n := w.Calls("views.publish") - calls; n != 1 {
		t.Errorf("%d calls, want one for the second person alone", n)
	}
}

// A button on a Home has no channel: the answer is a direct message.
func TestHomeButton(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.setHome("Page")
	w.openHome(owner)
	view := w.homeSays(owner, "Page for")
	for _, block := range view.Body["blocks"].([]any) {
		b := block.(map[string]any)
		if b["type"] != "actions" {
			continue
		}
		action := b["elements"].([]any)[0].(map[string]any)["action_id"].(string)
		if _, err := w.PressView(owner, view.ID, b["block_id"].(string), action); err != nil {
			t.Fatal(err)
		}
	}
	w.await("the answer", func() bool { return mentions(last(w.DirectMessages(owner)), "You said ready run all") })
}

func TestHomeInTrouble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(w *world)
		logged string
	}{
		{"rate limit", func(w *world) { w.RateLimit("views.publish", 1, time.Second) }, "Slack limited the rate"},
		{"another one was quicker", func(w *world) { w.Fail("views.publish", "hash_conflict", 1) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{}, Options{}).start()
			tt.before(w)
			w.openHome(owner)
			w.homeSays(owner, "The page of "+owner)
			if !strings.Contains(w.logs.String(), tt.logged) {
				t.Errorf("the log lacks %q:\n%s", tt.logged, w.logs)
			}
		})
	}
}

// An app without a Home tab is told once, and goes on.
func TestHomeNotEnabled(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.Fail("views.publish", "not_enabled", 99)
	w.openHome(owner)
	w.await("it is told", func() bool { return strings.Contains(w.logs.String(), "the app has no Home tab") })
	w.openHome(lead)
	w.await("a second try", func() bool { return w.Calls("views.publish") == 2 })
	w.quit()
	if n := strings.Count(w.logs.String(), "the app has no Home tab"); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
}

func TestHomeOfGuest(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.openHome(guest)
	view := w.homeSays(guest, "for members of the workspace")
	if strings.Contains(fmt.Sprint(view.Body), "The page of") {
		t.Errorf("a guest sees %s", view.Body)
	}
}

// Only the Homes opened last are kept, however many there are.
func TestHomesAreBounded(t *testing.T) {
	h := newHomes(nil, nil, nil, nil)
	for i := range 3 * mostHomes {
		h.opened(fmt.Sprintf("U%d", i), false)
	}
	users := h.lately()
	if len(users) != mostHomes || users[0] != fmt.Sprintf("U%d", 3*mostHomes-1) {
		t.Errorf("%d are kept, the last is %s", len(users), users[0])
	}
}

// A Home that Slack has lost is published again, though nothing on it is new.
func TestHomeIsLost(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.openHome(owner)
	w.homeSays(owner, "The page of")
	calls := w.Calls("views.publish")
	if a := understand(homeOpened(t, `{}`), nil); a == nil || a.filled {
		t.Errorf("an event without a view gives %+v", a)
	}
	if a := understand(homeOpened(t, `{"id": "V1"}`), nil); a == nil || !a.filled {
		t.Errorf("an event with a view gives %+v", a)
	}
	w.chat.homes.opened(owner, false)
	w.await("a second time", func() bool { return w.Calls("views.publish") > calls })
}

func homeOpened(t *testing.T, view string) *socket.Envelope {
	t.Helper()
	var e socket.Envelope
	raw := `{"type": "events_api", "payload": {"event": {"type": "app_home_opened", "tab": "home", "user": "U0PO", "view": ` + view + `}}}`
	if err := json.Unmarshal([]byte(raw), &e); err != nil {
		t.Fatal(err)
	}
	return &e
}

// publishedFor reads for whom a page is published.
func publishedFor(t *testing.T, r *http.Request) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	var body struct {
		User string `json:"user_id"`
	}
	if err = errors.Join(err, json.Unmarshal(data, &body)); err != nil {
		t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return body.User
}

// slowHomes runs homes in a bubble with a Slack that takes five seconds for each page.
func slowHomes(t *testing.T, test func(h *homes, b *bot, shown func() []string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var published []string
		w := behind(workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }}), func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/views.publish") {
				user := publishedFor(t, r)
				time.Sleep(5 * time.Second)
				mu.Lock()
				published = append(published, user)
				mu.Unlock()
			}
		})
		directory := people.New(people.Options{API: w.api, Calls: w.calls, Now: time.Now, Log: w.log})
		b := newBot()
		h := newHomes(w, directory, b, w.log)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		running.Go(func() { directory.Run(ctx) })
		running.Go(func() { h.run(ctx) })
		test(h, b, func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(published)
		})
	})
}

// Whoever opens Home for the first time doesn't wait until everybody else's shows what is
// new.
func TestHomeOpenedMeanwhileGoesFirst(t *testing.T) {
	slowHomes(t, func(h *homes, b *bot, shown func() []string) {
		others := []string{owner, lead, "U0SO", "U0PM", "U0DEV"}
		for _, user := range others {
			h.opened(user, false)
		}
		time.Sleep(time.Minute)
		before := len(shown())
		b.setHome("News")
		time.Sleep(7 * time.Second)
		h.opened("U0NEW", false)
		time.Sleep(time.Minute)
		if got := shown()[before:]; len(got) != len(others)+1 || !slices.Contains(got[:3], "U0NEW") {
			t.Errorf("pages were published for %v, want each once, and the one that was opened meanwhile among the first three", got)
		}
	})
}

// Of those who wait for their first page, the one that waits longest goes first, and
// opening it again changes nothing.
func TestHomesAreFirstShownInTurn(t *testing.T) {
	slowHomes(t, func(h *homes, _ *bot, shown func() []string) {
		waiting := []string{owner, lead, "U0SO", "U0PM", "U0DEV", "U0NEW"}
		for _, user := range waiting {
			h.opened(user, false)
			time.Sleep(time.Millisecond)
		}
		for range 3 {
			time.Sleep(3 * time.Second)
			h.opened("U0SO", false)
		}
		time.Sleep(time.Minute)
		if diff := cmp.Diff(waiting, shown()); diff != "" {
			t.Errorf("pages were published in this order (-want +got):\n%s", diff)
		}
	})
}
