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

	"gonogo/bot/chat/render"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

// callers make calls that one limit holds back, within a synctest bubble.
type callers struct {
	pace *pace
	busy sync.WaitGroup
	mu   sync.Mutex
	made []string // in the order in which they were made
}

// call makes calls one after the other, and returns once the first is made or waits.
func (cs *callers) call(ctx context.Context, c class, names ...string) {
	cs.busy.Go(func() {
		for _, name := range names {
			if cs.pace.wait(ctx, c, "chat.postMessage", releases, (*turn)(nil).aside) == nil {
				cs.mu.Lock()
				cs.made = append(cs.made, name)
				cs.mu.Unlock()
			}
		}
	})
	synctest.Wait()
}

func (cs *callers) count() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.made)
}

// crowded makes callers whose channel takes no more at once, and has answers wait.
func crowded(ctx context.Context, answers ...string) *callers {
	cs := &callers{pace: newPace()}
	cs.call(ctx, answering, "burst", "burst", "burst")
	cs.made = nil
	for _, name := range answers {
		cs.call(ctx, answering, name)
	}
	return cs
}

// While cards wait they have every second slot. Of the others urgent answers go
// first; the rest and the cards of people's runs take turns.
func TestSlotsAreShared(t *testing.T) {
	for _, tt := range []struct {
		name, cards, runs, urgent string
		want                      string
	}{
		{"answers alone", "", "", "", "a1 a2 a3 a4"},
		{"cards", "c1 c2 c3", "", "", "a1 c1 a2 c2 a3 c3 a4"},
		{"people's runs", "", "r1 r2", "", "r1 a1 r2 a2 a3 a4"},
		{"cards and people's runs", "c1 c2 c3", "r1 r2", "", "r1 c1 a1 c2 r2 c3 a2 a3 a4"},
		{"urgent", "", "", "u1 u2", "u1 u2 a1 a2 a3 a4"},
		{"all", "c1 c2 c3", "r1", "u1 u2", "u1 c1 u2 c2 r1 c3 a1 a2 a3 a4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cs := crowded(t.Context(), "a1", "a2", "a3", "a4")
				for c, names := range map[class]string{unasked: tt.cards, started: tt.runs, urgent: tt.urgent} {
					cs.call(t.Context(), c, strings.Fields(names)...)
				}
				cs.busy.Wait()
				if diff := cmp.Diff(strings.Fields(tt.want), cs.made); diff != "" {
					t.Errorf("made (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Who gives up leaves the slot to the next, also where it was granted already.
func TestSlotsOfThoseWhoGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, giveUp := context.WithCancel(t.Context())
		cs := crowded(t.Context())
		cs.busy.Go(func() {
			err := cs.pace.wait(ctx, answering, "chat.postMessage", releases, func(wait func()) { wait(); <-ctx.Done() })
			if err == nil {
				t.Error("a call was made whose caller had given up")
			}
		})
		synctest.Wait()
		cs.call(ctx, answering, "a1")
		cs.call(ctx, unasked, "c1")
		cs.call(t.Context(), answering, "a2", "a3")
		time.Sleep(time.Second) // the first slot is granted, and not used
		giveUp()
		cs.busy.Wait()
		if diff := cmp.Diff([]string{"a2", "a3"}, cs.made); diff != "" || time.Since(began) != 2*time.Second {
			t.Errorf("made within %v (-want +got):\n%s", time.Since(began), diff)
		}
	})
}

// A pause that Slack asks for holds all of them back, and their shares stand after it.
func TestSlotsAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		cs := crowded(t.Context(), "a1", "a2")
		cs.call(t.Context(), unasked, "c1")
		cs.call(t.Context(), urgent, "u1")
		cs.pace.pause("chat.postMessage", releases, time.Minute)
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		if n := cs.count(); n != 0 {
			t.Errorf("%d were made in the pause", n)
		}
		cs.busy.Wait()
		slices.Sort(cs.made[:3]) // which are made at once
		if diff := cmp.Diff([]string{"a1", "c1", "u1", "a2"}, cs.made); diff != "" || time.Since(began) != time.Minute+time.Second {
			t.Errorf("made within %v (-want +got):\n%s", time.Since(began), diff)
		}
	})
}

// inMemory brings a workspace's Web API to a Chat without a network, so that both
// live in a synctest bubble.
func inMemory(w *workspace.Workspace) *web { return behind(w, func(*http.Request) {}) }

// behind is inMemory where every call waits at a door first.
func behind(w *workspace.Workspace, door func(*http.Request)) *web {
	handler := w.Handler()
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		door(r)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		return recorder.Result(), nil
	})}
	api := slack.New(w.BotToken(), slack.OptionAPIURL("http://slack.example/api/"), slack.OptionHTTPClient(client))
	return &web{api: api, http: client, pace: newPace(), log: slog.New(slog.DiscardHandler), meter: unmetered{}, render: render.Renderer{Location: time.UTC}, lowered: new(atomic.Bool)}
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
		out.lane.begin()
		answer := func(who string, c class) {
			answered.Add(1)
			out.put(delivery{who, who + "/" + releases, func(turn *turn) {
				defer answered.Done()
				if _, err := w.inTurn(turn, c).post(ctx, releases, "", reply.Reply{Title: who, Public: true}); err != nil {
					t.Errorf("an answer to %s: %v", who, err)
				}
			}})
		}
		for i := range people {
			answer(fmt.Sprintf("answer %d", i), answering)
		}
		synctest.Wait()
		var running sync.WaitGroup
		running.Go(func() {
			newThreads(w.forHasty(), b, func() string { return "" }, Options{Now: time.Now, Log: w.log}).run(ctx, ctx)
		})
		b.show(card("run/1", "card 1"), answerTo("run/1", "run/1/tests", "card 2"), card("alert/1", "card 3"))
		answer("urgent", urgent)
		answered.Wait()
		stop()
		running.Wait()

		want := slices.Concat(strings.Fields("answer answer answer urgent card answer card answer card"), slices.Repeat([]string{"answer"}, people-5))
		if diff := cmp.Diff(want, kinds(slackSide)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}
