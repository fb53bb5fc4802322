package chat

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/commands/cards"
	"gonogo/playground/workspace"
)

// lateSlack is a workspace in a bubble that answers the first chat.postMessage with a
// gateway's error, and lets it take effect ten minutes later.
type lateSlack struct {
	*workspace.Workspace
	bot *bot
	web *web

	mu    sync.Mutex
	calls map[string]int // by method

	copied chan struct{} // closed when the first post has taken effect
}

const late = 10 * time.Minute

func inLateSlack(t *testing.T, test func(*testing.T, *lateSlack)) {
	synctest.Test(t, func(t *testing.T) {
		w := &lateSlack{Workspace: workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }}), bot: newBot(), calls: map[string]int{}, copied: make(chan struct{})}
		w.web = facing(w.Workspace, w.answer)
		test(t, w)
		time.Sleep(late) // until what is on its way has taken effect
	})
}

func (w *lateSlack) answer(out http.ResponseWriter, r *http.Request) (answered bool) {
	_, method, _ := strings.Cut(r.URL.Path, "/api/")
	w.mu.Lock()
	w.calls[method]++
	first := method == "chat.postMessage" && w.calls[method] == 1
	w.mu.Unlock()
	if !first {
		return false
	}
	delayed := r.Clone(context.Background())
	if err := delayed.ParseForm(); err != nil {
		panic(err)
	}
	time.AfterFunc(late, func() {
		w.Handler().ServeHTTP(httptest.NewRecorder(), delayed)
		close(w.copied)
	})
	out.WriteHeader(http.StatusBadGateway)
	return true
}

// start runs the cards of one process.
func (w *lateSlack) start() (quit func()) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	cards := newThreads(w.web.forHasty(), w.bot, func() string { return "U0GONOGO" }, Options{Now: time.Now, Log: w.web.log})
	go func() {
		defer close(ended)
		cards.run(ctx, ctx)
		cards.extras.Wait()
	}()
	return func() { stop(); <-ended }
}

func (w *lateSlack) count(method string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[method]
}

// keepsOne checks that only the card's own message is left.
func (w *lateSlack) keepsOne(t *testing.T, when string) {
	t.Helper()
	all, kept := w.Messages(releases), w.bot.anchors["run/1"]
	if len(all) != 1 || all[0].TS != kept.TS || w.count("chat.postMessage") != 2 {
		t.Errorf("%s: %d messages after %d posts, want only the card at %s", when, len(all), w.count("chat.postMessage"), kept.TS)
	}
}

// A copy that arrives ten minutes after its post was repeated is taken away although
// nothing happens, and at the card's next update if there is one.
func TestCopyThatIsMinutesLate(t *testing.T) {
	inLateSlack(t, func(t *testing.T, w *lateSlack) {
		quit := w.start()
		defer quit()
		w.bot.show(card("run/1", "Running"))
		<-w.copied
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		w.keepsOne(t, "ten minutes later")
		read := w.count("conversations.history")
		time.Sleep(24 * time.Hour)
		if n := w.count("conversations.history") - read; n < 140 || n > 145 {
			t.Errorf("the channel was read %d times in a day, want once in ten minutes", n)
		}
		w.bot.show()
		time.Sleep(time.Minute)
		read = w.count("conversations.history")
		time.Sleep(time.Hour)
		if n := w.count("conversations.history") - read; n != 0 {
			t.Errorf("the channel was read %d times for a card that is gone", n)
		}
	})
	inLateSlack(t, func(t *testing.T, w *lateSlack) {
		quit := w.start()
		defer quit()
		w.bot.show(card("run/1", "Running"))
		<-w.copied
		w.bot.show(card("run/1", "Done"))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		w.keepsOne(t, "after an update")
		if m := last(w.Messages(releases)); !mentions(m, "Done") {
			t.Errorf("the card says %q", m.Text)
		}
	})
}

// Slack answered many posts with an error, so copies of them may still arrive, and are
// searched for. A critical card whose post has no certain outcome doesn't wait for all of
// those searches, though it is searched for too before it is posted again.
func TestSearchesForCopiesHoldNoCardBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := map[string]bool{}
		var mu sync.Mutex
		slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		web, b := facing(slackSide, func(out http.ResponseWriter, r *http.Request) bool {
			text, _ := url.ParseQuery(bodyOf(r))
			mu.Lock()
			defer mu.Unlock()
			first := strings.HasSuffix(r.URL.Path, "/chat.postMessage") && !failed[text.Get("text")]
			if first {
				failed[text.Get("text")] = true
				out.WriteHeader(http.StatusBadGateway)
			}
			return first
		}), newBot()
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		shown := newThreads(web.forHasty(), b, func() string { return "U0GONOGO" }, Options{Now: time.Now, Log: web.log})
		running.Go(func() { shown.run(ctx, ctx); shown.extras.Wait() })
		var all []cards.Card
		for n := range 60 {
			all = append(all, card(fmt.Sprintf("run/%d", n), fmt.Sprintf("run %d", n)))
		}
		b.show(all...)
		time.Sleep(2 * time.Minute)
		critical := card("incident/1", "critical")
		critical.First = true
		b.show(append(all, critical)...)
		time.Sleep(8 * time.Second)
		if _, posted := b.Anchor("incident/1"); !posted {
			t.Error("after 8 seconds the critical card isn't shown")
		}
		stop()
		running.Wait()
	})
}

// The last look comes when the card is no longer shown.
func TestCopyOfACardThatIsOver(t *testing.T) {
	inLateSlack(t, func(t *testing.T, w *lateSlack) {
		quit := w.start()
		defer quit()
		w.bot.show(card("run/1", "Running"))
		<-w.copied
		w.bot.show()
		time.Sleep(15 * time.Second)
		synctest.Wait()
		w.keepsOne(t, "once the card is over")
	})
}

// A process that starts looks for copies of what an earlier one posted twice, whether or
// not that one could note the second post.
func TestCopyIsFoundByTheNextProcess(t *testing.T) {
	for _, noted := range []bool{true, false} {
		inLateSlack(t, func(t *testing.T, w *lateSlack) {
			quit := w.start()
			w.bot.show(card("run/1", "Running"))
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			quit()
			if repeated := w.bot.anchors["run/1"].Repeated; repeated == nil {
				t.Fatal("it isn't noted that the message was posted twice")
			} else if !noted { // as if it was killed before that
				w.bot.posts["run/1"] = *repeated
				delete(w.bot.anchors, "run/1")
			}
			quit = w.start()
			defer func() { quit() }()
			if noted { // this one starts after the copy has arrived
				quit()
				<-w.copied
				quit = w.start()
				time.Sleep(15 * time.Second)
			} else {
				<-w.copied
				time.Sleep(late)
			}
			synctest.Wait()
			w.keepsOne(t, "with the next process")
		})
	}
}
