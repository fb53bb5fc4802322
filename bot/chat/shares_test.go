package chat

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"gonogo/bot/chat/lane"
	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/render"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

// inMemory brings a workspace's Web API to a Chat without a network, so that both
// live in a synctest bubble.
func inMemory(w *workspace.Workspace) *web { return behind(w, func(*http.Request) {}) }

// behind is inMemory where every call waits at a door first.
func behind(w *workspace.Workspace, wait func(*http.Request)) *web {
	return facing(w, func(_ http.ResponseWriter, r *http.Request) bool { wait(r); return false })
}

// facing is inMemory behind a door.
func facing(w *workspace.Workspace, d door) *web {
	handler := w.Handler()
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		recorder := httptest.NewRecorder()
		if !d(recorder, r) {
			handler.ServeHTTP(recorder, r)
		}
		return recorder.Result(), nil
	})}
	log := slog.New(slog.DiscardHandler)
	api := slack.New(w.BotToken(), slack.OptionAPIURL("http://slack.example/api/"), slack.OptionHTTPClient(client))
	return &web{api: api, http: client, calls: pace.NewCaller(unmetered{}, log), log: log, meter: unmetered{}, render: render.Renderer{Location: time.UTC}, lowered: new(atomic.Bool), barred: new(barred)}
}

// However many cards of people's gate runs wait for a channel, others go out at every
// second of its slots.
func TestRunsOfPeopleLeaveOtherCardsTheirShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		w, b := inMemory(slackSide), newBot()
		var all []cards.Card
		for i := range 20 {
			c := card(fmt.Sprintf("run/%d", i), "run")
			c.Asked = true
			all = append(all, c)
		}
		b.show(all...)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			newThreads(w.forHasty(), b, func() string { return "" }, Options{Now: time.Now, Log: w.log}).run(ctx, ctx)
		})
		synctest.Wait()
		b.show(append(all, card("alert/1", "alert"), card("alert/2", "alert"))...)
		time.Sleep(time.Minute)
		stop()
		running.Wait()
		want := slices.Concat(strings.Fields("run run run run alert run alert"), slices.Repeat([]string{"run"}, 15))
		if diff := cmp.Diff(want, kinds(slackSide)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

// kinds lists the first words of a channel's messages.
func kinds(w *workspace.Workspace) (all []string) {
	for _, m := range w.Messages(releases) {
		kind, _, _ := strings.Cut(m.Text, " ")
		all = append(all, kind)
	}
	return all
}

// However many answers wait for a channel, cards go out at every second of its
// slots, and an urgent answer at the next.
func TestFloodLeavesCardsTheirShare(t *testing.T) {
	const people = 64
	synctest.Test(t, func(t *testing.T) {
		slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		w, b := inMemory(slackSide), newBot()
		ctx, stop := context.WithCancel(t.Context())
		out, answered := newOutbox(), sync.WaitGroup{}
		out.lane.Begin()
		answer := func(who string, c pace.Class) {
			answered.Add(1)
			out.put(delivery{who, who + "/" + releases, func(turn *lane.Turn) {
				defer answered.Done()
				if _, err := w.inTurn(turn, c).post(ctx, releases, "", reply.Reply{Title: who, Public: true}); err != nil {
					t.Errorf("an answer to %s: %v", who, err)
				}
			}})
		}
		for i := range people {
			answer(fmt.Sprintf("answer %d", i), pace.Answering)
		}
		synctest.Wait()
		var running sync.WaitGroup
		running.Go(func() {
			newThreads(w.forHasty(), b, func() string { return "" }, Options{Now: time.Now, Log: w.log}).run(ctx, ctx)
		})
		b.show(card("run/1", "card 1"), answerTo("run/1", "run/1/tests", "card 2"), card("alert/1", "card 3"))
		answer("urgent", pace.Urgent)
		answered.Wait()
		stop()
		running.Wait()

		want := slices.Concat(strings.Fields("answer answer answer urgent card answer card answer card"), slices.Repeat([]string{"answer"}, people-5))
		if diff := cmp.Diff(want, kinds(slackSide)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}
