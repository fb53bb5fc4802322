package github_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/clients/github"
)

const aboutSecondary = `{"message":"Slow down.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`

// TestLimits: every flavour is told as what it is, for reads and writes alike,
// nothing is asked until it is over, and then again.
func TestLimits(t *testing.T) {
	inAnHour := "946688400" // 2000-01-01T01:00:00Z; a bubble's time begins an hour before
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, int)
		want   time.Duration
	}{
		{"primary", says(403, `{"message":"API rate limit exceeded"}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inAnHour), time.Hour},
		{"primary as 429", says(429, `{}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", inAnHour), time.Hour},
		{"primary by a clock behind ours", says(403, `{}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "946684000"), time.Minute},
		{"secondary", says(403, aboutSecondary, "Retry-After", "90", "X-RateLimit-Remaining", "4000", "X-RateLimit-Reset", inAnHour), 90 * time.Second},
		{"secondary without a time", says(403, aboutSecondary, "X-RateLimit-Remaining", "4000", "X-RateLimit-Reset", inAnHour), time.Minute},
		{"secondary by its words", says(403, `{"message":"You have exceeded a secondary rate limit."}`), time.Minute},
		{"abuse", says(403, `{"documentation_url":"https://docs.github.com/rest#abuse-rate-limits"}`), time.Minute},
		{"429", says(429, `{}`, "Retry-After", "5"), 5 * time.Second},
		{"429 without a time", says(429, ``, "Retry-After", "soon"), time.Minute},
	}
	for _, test := range tests {
		for _, call := range []call{reads[0], writes[0]} {
			t.Run(test.name+", "+call.name, func(t *testing.T) {
				play(t, inTurn(test.answer, says(http.StatusOK, issueJSON)), func(t *testing.T, w *world) {
					until := time.Now().Add(test.want)
					for range 2 {
						_, err := call.do(t.Context(), w.client)
						if limited := new(github.Limited); !errors.As(err, &limited) || !limited.Until.Equal(until) {
							t.Fatalf("got %v, want a limit until %s", err, until)
						}
					}
					if n := len(w.asked()); n != 1 {
						t.Errorf("asked %d times, want 1", n)
					}
					time.Sleep(time.Until(until))
					if _, err := call.do(t.Context(), w.client); err != nil {
						t.Errorf("after the limit: %v", err)
					}
				})
			})
		}
	}
}

func TestLimitsGrow(t *testing.T) {
	play(t, says(403, aboutSecondary), func(t *testing.T, w *world) {
		for _, want := range []time.Duration{1, 2, 4, 8, 16, 16} {
			_, err := w.client.Issue(t.Context(), 7)
			limited := new(github.Limited)
			if !errors.As(err, &limited) || time.Until(limited.Until) != want*time.Minute {
				t.Fatalf("got %v, want a limit for %d minutes", err, want)
			}
			time.Sleep(want * time.Minute)
		}
	})
}

// TestLastOfTheLimit: an answer that says that nothing remains is heeded.
func TestLastOfTheLimit(t *testing.T) {
	play(t, says(200, issueJSON, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "946688400"), func(t *testing.T, w *world) {
		if _, err := w.client.Issue(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		_, err := w.client.Issue(t.Context(), 7)
		if limited := new(github.Limited); !errors.As(err, &limited) || time.Until(limited.Until) != time.Hour || len(w.asked()) != 1 {
			t.Errorf("got %v after %d requests, want a limit for an hour after 1", err, len(w.asked()))
		}
	})
}

// TestLaterLimitStays: an answer that was under way does not shorten a limit.
func TestLaterLimitStays(t *testing.T) {
	slow := func(w http.ResponseWriter, r *http.Request, nth int) {
		time.Sleep(time.Second)
		says(200, issueJSON, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "946688400")(w, r, nth)
	}
	play(t, inTurn(slow, says(429, ``, "Retry-After", "7200")), func(t *testing.T, w *world) {
		until := time.Now().Add(2 * time.Hour)
		var first sync.WaitGroup
		first.Go(func() { _, _ = w.client.Issue(t.Context(), 7) })
		synctest.Wait()
		_, _ = w.client.Issue(t.Context(), 7)
		first.Wait()
		_, err := w.client.Issue(t.Context(), 7)
		if limited := new(github.Limited); !errors.As(err, &limited) || !limited.Until.Equal(until) {
			t.Errorf("got %v, want a limit until %s", err, until)
		}
	})
}

// TestOneClock: what a limit's end is compared with is the client's clock, and
// the library's does not count.
func TestOneClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{host: &host{t: t, answer: says(200, issueJSON, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "946688400")}}
		ahead := func() time.Time { return time.Now().Add(2 * time.Hour) }
		w.connect(t, w.host, github.Options{Repository: "acme/shop", Token: token, Now: ahead})
		for range 2 {
			if _, err := w.client.Issue(t.Context(), 7); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestWritesOnce: a write whose answer is lost is not repeated, and not told as
// done or as not done.
func TestWritesOnce(t *testing.T) {
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, int)
		status int
	}{
		{"502", says(502, `<html>`), 502},
		{"500", says(500, `{"message":"Server Error"}`), 500},
		{"408", says(408, ``), 408},
		{"202", says(202, `{}`), 202},
		{"cut", cut, 0},
		{"broken off", says(201, `{"number":`), 201},
		{"hollow", says(201, ``), 201},
		{"late", func(w http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }, 0},
	}
	for _, test := range tests {
		for _, call := range writes {
			t.Run(test.name+", "+call.name, func(t *testing.T) {
				play(t, test.answer, func(t *testing.T, w *world) {
					_, err := call.do(t.Context(), w.client)
					if unsure := new(github.Unsure); !errors.As(err, &unsure) || unsure.Status != test.status {
						t.Errorf("got %v, want unsure with status %d", err, test.status)
					}
					if w.list() != call.ask {
						t.Errorf("asked\n%s\nwant\n%s", w.list(), call.ask)
					}
				})
			})
		}
	}
}

// TestWritesOnceOnAConnectionInUse: net/http asks again by itself where a
// connection that was used before ends, but not for a write.
func TestWritesOnceOnAConnectionInUse(t *testing.T) {
	play(t, inTurn(says(200, issueJSON), cut), func(t *testing.T, w *world) {
		if _, err := w.client.Issue(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		if _, err := writes[0].do(t.Context(), w.client); !errors.As(err, new(*github.Unsure)) || len(w.asked()) != 2 {
			t.Errorf("got %v after\n%s\nwant unsure after one write", err, w.list())
		}
	})
}

// TestPatience: a request that is not answered is given up.
func TestPatience(t *testing.T) {
	play(t, func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }, func(t *testing.T, w *world) {
		began := time.Now()
		if _, err := writes[0].do(t.Context(), w.client); !errors.As(err, new(*github.Unsure)) || time.Since(began) != 30*time.Second {
			t.Errorf("got %v after %s, want unsure after 30 s", err, time.Since(began))
		}
	})
}

// TestHollowReads: an answer without what was asked for is none.
func TestHollowReads(t *testing.T) {
	hollow := map[string]string{"issue": `{}`, "commit": `{}`, "version": `{}`, "issues": `[{}]`, "comments": `[{}]`, "comparison": `{"status":"ahead","commits":[{}]}`}
	for _, call := range reads {
		play(t, says(200, hollow[call.name]), func(t *testing.T, w *world) {
			got, err := call.do(t.Context(), w.client)
			if !errors.As(err, new(*github.Unavailable)) {
				t.Errorf("%s: got %v, %v; want unavailable", call.name, got, err)
			}
		})
	}
}

// TestNeverSent: a write that could not leave certainly did not happen.
func TestNeverSent(t *testing.T) {
	play(t, says(201, issueJSON), func(t *testing.T, w *world) {
		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := writes[0].do(ended, w.client); !errors.As(err, new(*github.Unavailable)) || !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that has ended: %v, want unavailable", err)
		}
		w.unplug()
		if _, err := writes[0].do(t.Context(), w.client); !errors.As(err, new(*github.Unavailable)) {
			t.Errorf("without a connection: %v, want unavailable", err)
		}
		if len(w.asked()) != 0 {
			t.Errorf("asked %s", w.list())
		}
	})
}

// TestReadsAgain: a read gets over three failures, not over four.
func TestReadsAgain(t *testing.T) {
	for _, call := range reads {
		t.Run(call.name, func(t *testing.T) {
			// On a connection that was used before, net/http itself would ask again.
			answer := inTurn(cut, says(502, ``), says(200, `{"numb`), says(200, call.answer))
			play(t, answer, func(t *testing.T, w *world) {
				if _, err := call.do(t.Context(), w.client); err != nil {
					t.Fatal(err)
				}
				got, began := w.asked(), w.asked()[0].at
				for i, want := range []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond} {
					if got := got[i].at.Sub(began); got != want {
						t.Errorf("try %d came after %s, want %s", i+1, got, want)
					}
				}
			})
			play(t, says(503, ``), func(t *testing.T, w *world) {
				_, err := call.do(t.Context(), w.client)
				if unavailable := new(github.Unavailable); !errors.As(err, &unavailable) || unavailable.Status != 503 || len(w.asked()) != 4 {
					t.Errorf("got %v after %d tries, want unavailable after 4", err, len(w.asked()))
				}
			})
		})
	}
}

// TestReadsEnd: a read ends with its context, and tells what it met before.
func TestReadsEnd(t *testing.T) {
	play(t, says(503, ``), func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		_, err := w.client.Issue(ctx, 7)
		if unavailable := new(github.Unavailable); !errors.As(err, &unavailable) || unavailable.Status != 503 || time.Since(began) != 2*time.Second {
			t.Errorf("got %v after %s, want the 503 after 2 s", err, time.Since(began))
		}
	})
}

// TestTurns: writes go one at a time, each a second after the one before.
func TestTurns(t *testing.T) {
	slow := func(w http.ResponseWriter, r *http.Request, n int) {
		time.Sleep(3 * time.Second)
		says(201, issueJSON)(w, r, n)
	}
	play(t, slow, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { _, _ = writes[0].do(t.Context(), w.client) })
		}
		synctest.Wait()
		late, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := writes[0].do(late, w.client); !errors.As(err, new(*github.Unavailable)) {
			t.Errorf("without time for its turn: %v, want unavailable", err)
		}
		all.Wait()
		soon, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := writes[0].do(soon, w.client); !errors.As(err, new(*github.Unavailable)) {
			t.Errorf("half a second after another: %v, want unavailable", err)
		}
		_, _ = writes[0].do(t.Context(), w.client)
		got, began := w.asked(), w.asked()[0].at
		if len(got) != 4 {
			t.Fatalf("asked %d times, want 4", len(got))
		}
		for i, want := range []time.Duration{0, 4 * time.Second, 8 * time.Second, 12 * time.Second} {
			if got := got[i].at.Sub(began); got != want {
				t.Errorf("write %d came after %s, want %s", i+1, got, want)
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		status int
		body   string
		call   call
		words  string
	}{
		{401, `{"message":"Bad credentials"}`, reads[0], "set a new one in GITHUB_TOKEN and restart gonogo"},
		{403, `{"message":"Resource not accessible by personal access token"}`, writes[0], `Resource not accessible by personal access token; give the token or App the permission "Issues: read and write"`},
		{404, `{"message":"Not Found"}`, writes[0], "check the repository's name"},
		{404, `{"message":"Not Found"}`, reads[0], "it doesn't exist"},
		{410, `{"message":"Issues are disabled for this repo"}`, writes[0], "enable them"},
		{410, `{"message":"This issue was deleted"}`, reads[0], "it was deleted"},
		{422, `{"message":"Validation Failed","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}`, writes[0], "(Validation Failed, title missing_field)"},
		{301, `{"message":"Moved Permanently"}`, reads[0], "issue #7 of acme/shop: it was transferred to another repository, or the repository was renamed"},
		{307, `{"message":"Temporary Redirect"}`, writes[0], "in acme/shop: the repository was renamed or moved; write its current name"},
		{451, ``, writes[0], "it gave no reason (status 451)"},
		{400, `{"message":"` + strings.Repeat("long ", 100) + `"}`, writes[0], "long … (status 400)"},
	}
	for _, test := range tests {
		t.Run(test.call.name+" "+http.StatusText(test.status), func(t *testing.T) {
			play(t, says(test.status, test.body, "Location", "http://github.test/api/v3/repositories/1/issues"), func(t *testing.T, w *world) {
				_, err := test.call.do(t.Context(), w.client)
				if refused := new(github.Refused); !errors.As(err, &refused) || refused.Status != test.status {
					t.Fatalf("got %v, want a refusal with status %d", err, test.status)
				}
				if !strings.Contains(err.Error(), test.words) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %q, want %q in it", err, test.words)
				}
				if w.list() != test.call.ask {
					t.Errorf("asked\n%s\nwant\n%s", w.list(), test.call.ask)
				}
			})
		})
	}
}
