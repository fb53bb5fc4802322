package chat

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/bot/chat/scopes"
	"gonogo/playground/workspace"
	"gonogo/readiness/history"
)

// lost is a door behind which the first call of a method takes effect and the caller
// never learns of it: answer says what it is told instead.
func lost(w *world, method string, answer func(http.ResponseWriter, *http.Request)) (calls *atomic.Int32) {
	calls = &atomic.Int32{}
	w.guard(func(out http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/"+method) || calls.Add(1) > 1 {
			return false
		}
		w.Handler().ServeHTTP(httptest.NewRecorder(), r)
		answer(out, r)
		return true
	})
	return calls
}

// uncertain are the answers that leave open whether a call took effect.
var uncertain = map[string]func(http.ResponseWriter, *http.Request){
	"status 500": func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusInternalServerError) },
	"fatal_error": func(out http.ResponseWriter, _ *http.Request) {
		out.Write([]byte(`{"ok":false,"error":"fatal_error"}`))
	},
	"dropped answer": func(out http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
}

// A card whose post took effect and answered something else stands in Slack once, and
// goes on to be kept current.
func TestPostWithoutAnswerIsNotRepeated(t *testing.T) {
	for name, answer := range uncertain {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, workspace.Options{}, Options{})
			calls := lost(w, "chat.postMessage", answer)
			w.start()
			w.bot.show(card("run/1", "Running"))
			w.await("the anchor", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
			w.bot.show(card("run/1", "Done"))
			w.await("the next state", func() bool { return mentions(last(w.Messages(releases)), "Done") })
			if n := len(w.Messages(releases)); n != 1 || calls.Load() != 1 {
				t.Errorf("%d messages after %d posts, want one after one", n, calls.Load())
			}
		})
	}
}

// A card that is final already when its message is found there is brought up to date
// all the same: what the message says is not known.
func TestPostWithoutAnswerIsFoundWhenFinal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{})
	calls := lost(w, "chat.postMessage", uncertain["status 500"])
	done := card("run/1", "Done")
	done.Final = true
	w.bot.show(done)
	w.start()
	w.await("the final state in the ledger", func() bool { a, _ := w.bot.Anchor("run/1"); return a.Shows != "" })
	if n := len(w.Messages(releases)); n != 1 || calls.Load() != 1 {
		t.Errorf("%d messages after %d posts, want one after one", n, calls.Load())
	}
}

// A card is found in a channel where more was written lately than one search reads.
func TestPostIsFoundInABusyChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{})
	for range searchPages*searchPage + 1 {
		if err := w.Say("U0DEV", releases, "", "noise"); err != nil {
			t.Fatal(err)
		}
	}
	calls := lost(w, "chat.postMessage", uncertain["status 500"])
	w.start()
	w.bot.show(card("run/1", "Running"))
	w.await("the anchor", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
	if n := len(w.Messages(releases)) - searchPages*searchPage - 1; n != 1 || calls.Load() != 1 {
		t.Errorf("%d messages after %d posts, want one after one", n, calls.Load())
	}
}

// Answers in a thread are found there, and files by their ID.
func TestThreadAndFileWithoutAnswerAreNotRepeated(t *testing.T) {
	for _, tt := range []struct{ name, method string }{
		{"an answer in a thread", "chat.postMessage"},
		{"a file", "files.completeUploadExternal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, workspace.Options{}, Options{}).start()
			w.bot.show(card("run/1", "Running"))
			w.await("the anchor", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
			calls := lost(w, tt.method, uncertain["status 500"])
			below, subject := answerTo("run/1", "run/1/steps", "Steps"), "run/1/steps"
			if tt.method != "chat.postMessage" {
				below, subject = output(t, "a line\n"), "run/1/output"
			}
			w.bot.show(card("run/1", "Running"), below)
			w.await("what is below", func() bool { _, ok := w.bot.Anchor(subject); return ok })
			if n := len(w.Messages(releases)); n != 2 || calls.Load() != 1 {
				t.Errorf("%d messages after %d calls of %s, want two after one", n, calls.Load(), tt.method)
			}
		})
	}
}

// A process that ends between a post and its note is followed by one that finds it.
func TestPostOfAnEarlierProcessIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{})
	posted := make(chan struct{})
	calls := lost(w, "chat.postMessage", func(_ http.ResponseWriter, r *http.Request) {
		close(posted)
		<-r.Context().Done() // the process is gone before Slack's answer
	})
	w.bot.show(card("run/1", "Running"))
	// Its context ends with the process, as all of a killed process does.
	dying := newThreads(NewWorkspace(w.opts).web.forHasty(), w.bot, func() string { return "U0GONOGO" }, w.opts.withDefaults())
	ctx, first := context.WithCancel(w.ctx)
	gone := make(chan struct{})
	go func() { defer close(gone); dying.run(ctx, ctx) }()
	<-posted
	first()
	<-gone
	if _, known := w.bot.Anchor("run/1"); known || len(w.Messages(releases)) != 1 {
		t.Fatalf("the first process left %d messages, known %t; want one that is not known", len(w.Messages(releases)), known)
	}
	w.start()
	w.await("the anchor", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
	if n := len(w.Messages(releases)); n != 1 || calls.Load() != 1 {
		t.Errorf("%d messages after %d posts, want one after one", n, calls.Load())
	}
}

// A card that couldn't be posted, since the bot isn't in the channel that was configured,
// is posted once another is.
func TestPostInAnotherChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{})
	w.bot.posts["incident/1"] = history.Post{Channel: general, Mark: "mark", At: time.Now()}
	w.bot.show(card("incident/1", "Firing"))
	w.start()
	w.await("the card", func() bool { return mentions(last(w.Messages(releases)), "Firing") })
	if n := len(w.Messages(releases)); n != 1 {
		t.Errorf("%d messages, want one", n)
	}
}

// Where Slack does not let the app look, the card comes, and says that it may be there
// twice.
func TestPostThatCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{Scopes: scopes.Needed}, Options{})
	lost(w, "chat.postMessage", uncertain["status 500"])
	w.start()
	w.bot.show(card("run/1", "Running"))
	w.await("the anchor", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
	if m := last(w.Messages(releases)); len(w.Messages(releases)) != 2 || !mentions(m, "Possible duplicate") {
		t.Errorf("%d messages, the last of them %+v; want a second one that says so", len(w.Messages(releases)), m)
	}
	w.bot.show(card("run/1", "Done"))
	w.await("the next state, with its caution", func() bool {
		return mentions(last(w.Messages(releases)), "Done") && mentions(last(w.Messages(releases)), "Possible duplicate")
	})
}

// A post that takes effect after it was repeated is taken away again.
func TestLateCopyIsRetired(t *testing.T) {
	t.Parallel()
	for _, mayDelete := range []bool{true, false} {
		w := newWorld(t, workspace.Options{}, Options{})
		var posts atomic.Int32
		w.guard(func(out http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/chat.postMessage") || posts.Add(1) > 1 {
				return false
			}
			late := r.Clone(context.WithoutCancel(r.Context()))
			if err := late.ParseForm(); err != nil {
				t.Error(err)
			}
			out.WriteHeader(http.StatusBadGateway)
			go func() { // takes effect only once the repeat has
				w.await("the repeat", func() bool { return len(w.Messages(releases)) == 1 })
				w.Handler().ServeHTTP(httptest.NewRecorder(), late)
			}()
			return true
		})
		if !mayDelete {
			w.Fail("chat.delete", "cant_delete_message", 9)
		}
		w.start()
		w.bot.show(card("run/1", "Running"))
		w.await("the copy", func() bool { return posts.Load() == 2 && len(w.Messages(releases)) == 2 })
		w.await("its end", func() bool {
			all := w.Messages(releases)
			return mayDelete && len(all) == 1 || !mayDelete && mentions(last(all), "Posted twice")
		})
		kept, _ := w.bot.Anchor("run/1")
		if m := w.Messages(releases)[0]; m.TS != kept.TS || !mentions(m, "Running") {
			t.Errorf("kept %+v, want the card at %s", m, kept.TS)
		}
	}
}

// A ledger that takes no intent, as on a full disk, keeps no card back.
func TestPostOnAFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{})
	w.bot.forget = errors.New("a full disk")
	lost(w, "chat.postMessage", uncertain["status 500"])
	w.start()
	w.bot.show(card("run/1", "Running"))
	w.await("the card", func() bool { return len(w.Messages(releases)) == 1 })
	w.bot.mu.Lock()
	w.bot.forget = nil
	w.bot.mu.Unlock()
	w.await("the anchor", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
	if n := len(w.Messages(releases)); n != 1 {
		t.Errorf("%d messages, want the one", n)
	}
}
