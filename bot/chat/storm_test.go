package chat

import (
	"context"
	"fmt"
	"io"
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

// inBubble runs the cards of a bot against a workspace behind a door, inside a bubble,
// while work is done.
func inBubble(t *testing.T, wait func(*http.Request), work func(slackSide *workspace.Workspace, b *bot)) {
	never := func(*workspace.Workspace) door {
		return func(_ http.ResponseWriter, r *http.Request) bool { wait(r); return false }
	}
	inBubbleBehind(t, never, work)
}

// inBubbleBehind is inBubble with a door that may answer itself.
func inBubbleBehind(t *testing.T, door func(*workspace.Workspace) door, work func(slackSide *workspace.Workspace, b *bot)) {
	synctest.Test(t, func(t *testing.T) {
		slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		w, b := facing(slackSide, door(slackSide)), newBot()
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			newThreads(w.forHasty(), b, func() string { return "" }, Options{Now: time.Now, Log: w.log}).run(ctx, ctx)
		})
		work(slackSide, b)
		stop()
		running.Wait()
		time.Sleep(time.Minute) // a call under way has ended by then
	})
}

// What on-call waits for goes before 2,000 others in its channel, and so do its changes.
func TestWhatOnCallWaitsForGoesFirst(t *testing.T) {
	slow := func(*http.Request) { time.Sleep(300 * time.Millisecond) }
	inBubble(t, slow, func(slackSide *workspace.Workspace, b *bot) {
		var all []cards.Card
		for i := range 2000 {
			all = append(all, card(fmt.Sprintf("incident/%d", i), "warning"))
		}
		b.show(all...)
		time.Sleep(10 * time.Second)
		asking := urgent()
		b.show(append(all, asking)...)
		time.Sleep(5 * time.Second)
		asking.Reply.Title = "asks on-call"
		b.show(append(all, asking)...)
		time.Sleep(5 * time.Second)
		for _, m := range slackSide.Messages(releases) {
			if strings.HasPrefix(m.Text, "asks") {
				return
			}
		}
		t.Errorf("after 5 and 5 seconds the critical card and its change are not among %v", kinds(slackSide))
	})
}

// However long Slack was down, what on-call waits for is there within five seconds after
// it answers again.
func TestWhatOnCallWaitsForAfterAnOutage(t *testing.T) {
	for minutes := 1; minutes <= 20; minutes++ {
		var down atomic.Bool
		refuses := func(*workspace.Workspace) door {
			return func(out http.ResponseWriter, _ *http.Request) bool {
				if down.Load() {
					out.WriteHeader(http.StatusServiceUnavailable)
				}
				return down.Load()
			}
		}
		inBubbleBehind(t, refuses, func(slackSide *workspace.Workspace, b *bot) {
			down.Store(true)
			b.show(urgent())
			time.Sleep(time.Duration(minutes) * time.Minute)
			down.Store(false)
			time.Sleep(5 * time.Second)
			if n := len(slackSide.Messages(releases)); n != 1 {
				t.Errorf("%d messages five seconds after an outage of %d min, want the critical card", n, minutes)
			}
		})
	}
}

// urgent is a card that on-call waits for.
func urgent() cards.Card {
	critical := card("incident/critical", "critical")
	critical.First = true
	return critical
}

// A card whose posts take effect and answer 500, and which can't be searched for, isn't
// posted over and over.
func TestUncertainPostsWithoutSearchAreFew(t *testing.T) {
	var ailing atomic.Bool
	ailing.Store(true)
	takesEffect := func(slackSide *workspace.Workspace) door {
		return func(out http.ResponseWriter, r *http.Request) bool {
			switch {
			case strings.HasSuffix(r.URL.Path, "/conversations.history"):
				io.WriteString(out, `{"ok":false,"error":"missing_scope"}`)
			case ailing.Load() && strings.HasSuffix(r.URL.Path, "/chat.postMessage"):
				slackSide.Handler().ServeHTTP(httptest.NewRecorder(), r)
				out.WriteHeader(http.StatusInternalServerError)
			default:
				return false
			}
			return true
		}
	}
	inBubbleBehind(t, takesEffect, func(slackSide *workspace.Workspace, b *bot) {
		b.show(urgent())
		time.Sleep(time.Minute)
		if n := len(slackSide.Messages(releases)); n < 2 || n > 6 {
			t.Errorf("%d messages after a minute, want two soon and then one every quarter of a minute", n)
		}
		ailing.Store(false)
		time.Sleep(16 * time.Second)
		if _, ok := b.Anchor("incident/critical"); !ok {
			t.Error("the card isn't known when Slack answers again")
		}
	})
}

// A call that Slack keeps waiting in one channel holds no card of another.
func TestHangingChannelHoldsItselfOnly(t *testing.T) {
	hang := func(r *http.Request) {
		if strings.Contains(bodyOf(r), releases) {
			select {
			case <-time.After(time.Minute):
			case <-r.Context().Done():
			}
		}
	}
	inBubble(t, hang, func(slackSide *workspace.Workspace, b *bot) {
		alert := card("incident/1", "alert")
		alert.Channel = onCall
		b.show(card("run/1", "run"), card("run/2", "run"))
		synctest.Wait()
		b.show(card("run/1", "run"), card("run/2", "run"), alert)
		time.Sleep(time.Second)
		synctest.Wait()
		if n, m := len(slackSide.Messages(onCall)), len(slackSide.Messages(releases)); n != 1 || m != 0 {
			t.Errorf("%d messages in on-call and %d in releases, want the alert and none", n, m)
		}
	})
}

// bodyOf reads a request's body and leaves it as it was.
func bodyOf(r *http.Request) string {
	body, err := r.GetBody()
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(body) // of a string
	return string(text)
}
