package chat

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/commands/cards"
	"gonogo/playground/workspace"
)

// whileLate is how long a call of gonogo's waits for its answer.
const whileLate = 30 * time.Second

// A Slack that does all it is asked for and answers three minutes later, for an hour,
// has each card once in the end, with what it says then.
func TestSlackAnswersMinutesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		w, b := inMemory(slackSide), newBot()
		var late atomic.Int64
		w.http.Timeout = whileLate
		w.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			answer := httptest.NewRecorder()
			slackSide.Handler().ServeHTTP(answer, r)
			select {
			case <-time.After(time.Duration(late.Load())):
				return answer.Result(), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		th := newThreads(w.forHasty(), b, func() string { return "U0GONOGO" }, Options{Now: time.Now, Log: w.log})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		running.Go(func() { th.run(ctx, ctx) })

		alert := func(title string) cards.Card {
			c := card("incident/1", title)
			c.Channel, c.First = onCall, true
			return c
		}
		b.show(card("run/1", "Before"))
		time.Sleep(time.Minute)
		late.Store(int64(3 * time.Minute))
		b.show(card("run/1", "Meanwhile"), card("run/2", "Meanwhile"), alert("Firing"))
		time.Sleep(time.Hour)
		late.Store(0)
		b.show(card("run/1", "After"), card("run/2", "After"), alert("Resolved"))
		time.Sleep(15 * time.Minute)
		for channel, want := range map[string][]string{releases: {"After", "After"}, onCall: {"Resolved"}} {
			got := slackSide.Messages(channel)
			if len(got) != len(want) {
				t.Errorf("%s has %d messages, want %d", channel, len(got), len(want))
			}
			for i := range min(len(got), len(want)) {
				if !strings.Contains(got[i].Text+string(got[i].Blocks), want[i]) {
					t.Errorf("%s: %s, want %s", channel, got[i].Text, want[i])
				}
			}
		}
		if n := slackSide.Calls("chat.postMessage"); n != 3 {
			t.Errorf("%d posts of 3 cards", n)
		}
		for _, subject := range []string{"run/1", "run/2", "incident/1"} {
			if _, ok := b.Anchor(subject); !ok {
				t.Errorf("the message of %s isn't known", subject)
			}
		}
	})
}
