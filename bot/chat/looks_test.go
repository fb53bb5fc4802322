package chat

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/chat/scopes"
	"gonogo/bot/watch"
	"gonogo/playground/workspace"
	"gonogo/readiness/event"
)

// What keeps the bot from posting while its sockets stay open is found, and that it
// is over too.
func TestLooks(t *testing.T) {
	const bot = "U0GONOGO"
	token, inReleases, inOnCall := event.TroubleBotToken, event.TroubleReleasesChannel, event.TroubleOnCallChannel
	for name, tt := range map[string]struct {
		spoil, mend func(w *world) error
		want        []watch.Trouble
	}{
		"the token is revoked": {
			func(w *world) error { w.Fail("auth.test", "token_revoked", 1<<20); return nil },
			func(w *world) error { w.ClearFaults("auth.test"); return nil },
			[]watch.Trouble{{Kind: token, Why: "Slack rejects the bot token (token_revoked): the token was revoked; install the app again, set the new token, and restart gonogo"}}},
		"removed from #on-call": {
			func(w *world) error { return w.Admin().Remove(onCall, bot) },
			func(w *world) error { return w.Admin().Invite(onCall, bot) },
			[]watch.Trouble{{Kind: inOnCall, Why: "gonogo can't post in the on-call channel: the bot isn't in #on-call; type /invite @gonogo there"}}},
		"removed from #releases": {
			func(w *world) error { return w.Admin().Remove(releases, bot) },
			func(w *world) error { return w.Admin().Invite(releases, bot) },
			[]watch.Trouble{{Kind: inReleases, Why: "gonogo can't post in the releases channel: the bot isn't in #releases; type /invite @gonogo there"}}},
		"archived": {
			func(w *world) error { return w.Admin().Archive(releases) },
			func(w *world) error { return w.Admin().Unarchive(releases) },
			[]watch.Trouble{{Kind: inReleases, Why: "gonogo can't post in the releases channel: #releases is archived; unarchive it or configure another channel"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{Unlimited: true}, Options{}).start()
			looks := w.chat.Looks(releases, onCall)
			look := func() (found []watch.Trouble) {
				for _, l := range looks {
					troubles, err := l.Ask(t.Context())
					if err != nil {
						t.Errorf("whether %s: %v", l.Whether, err)
					}
					for _, trouble := range troubles {
						if !slices.Contains(l.Finds, trouble.Kind) {
							t.Errorf("whether %s finds %s, which it doesn't list", l.Whether, trouble.Kind)
						}
					}
					found = append(found, troubles...)
				}
				return found
			}
			if got := look(); len(got) != 0 {
				t.Errorf("at first: %v", got)
			}
			if err := tt.spoil(w); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, look()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if w.Sockets() == 0 {
				t.Error("the sockets are gone, so nothing was proved")
			}
			if err := tt.mend(w); err != nil {
				t.Fatal(err)
			}
			if got := look(); len(got) != 0 {
				t.Errorf("once mended: %v", got)
			}
		})
	}
}

// What can't be found out is no verdict: neither that all is well, nor that it isn't.
func TestLooksWithoutAnAnswer(t *testing.T) {
	ask := func(w *Workspace, n int) error {
		troubles, err := w.Looks(releases, onCall)[n].Ask(t.Context())
		if len(troubles) > 0 {
			t.Errorf("found %v", troubles)
		}
		return err
	}
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.RateLimit("auth.test", 1, time.Minute)
	if err := ask(w.chat.Workspace, 0); !errors.Is(err, watch.ErrLater) {
		t.Errorf("limited: %v, want ErrLater", err)
	}
	w.Fail("conversations.info", "token_revoked", 1)
	if err := ask(w.chat.Workspace, 1); err == nil {
		t.Error("with a revoked token the channel passes for one that is well")
	}
	w.Fail("conversations.info", "internal_error", 1)
	if err := ask(w.chat.Workspace, 1); !errors.Is(err, errNoAnswer) {
		t.Errorf("with trouble inside Slack: %v", err)
	}

	blind := newWorld(t, workspace.Options{Scopes: scopes.Without(scopes.Needed, []string{"channels:read", "groups:read"})}, Options{}).start()
	var unknowable *watch.Unknowable
	if err := ask(blind.chat.Workspace, 1); !errors.As(err, &unknowable) {
		t.Errorf("without the scopes: %v, want that it can't be found out", err)
	}

	away := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) }))
	defer away.Close()
	opts := w.opts
	opts.APIURL = away.URL
	other := NewWorkspace(opts)
	defer other.http.CloseIdleConnections()
	if err := ask(other, 0); !errors.Is(err, errNoAnswer) {
		t.Errorf("without an answer: %v", err)
	}
}
