package chat

import (
	"context"
	"fmt"
	"io"
	"net/http"
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
func inBubble(t *testing.T, door func(*http.Request), work func(slackSide *workspace.Workspace, b *bot)) {
	synctest.Test(t, func(t *testing.T) {
		slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		w, b := behind(slackSide, door), newBot()
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
		urgent := card("incident/critical", "critical")
		urgent.First = true
		b.show(append(all, urgent)...)
		time.Sleep(5 * time.Second)
		urgent.Reply.Title = "asks on-call"
		b.show(append(all, urgent)...)
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
		synctest.Test(t, func(t *testing.T) {
			slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
			w := facing(slackSide, func(out http.ResponseWriter, _ *http.Request) bool {
				if down.Load() {
					out.WriteHeader(http.StatusServiceUnavailable)
				}
				return down.Load()
			})
			b := newBot()
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() {
				newThreads(w.forHasty(), b, func() string { return "" }, Options{Now: time.Now, Log: w.log}).run(ctx, ctx)
			})
			down.Store(true)
			urgent := card("incident/critical", "critical")
			urgent.First = true
			b.show(urgent)
			time.Sleep(time.Duration(minutes) * time.Minute)
			down.Store(false)
			time.Sleep(5 * time.Second)
			if n := len(slackSide.Messages(releases)); n != 1 {
				t.Errorf("%d messages five seconds after an outage of %d min, want the critical card", n, minutes)
			}
			stop()
			running.Wait()
		})
	}
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
