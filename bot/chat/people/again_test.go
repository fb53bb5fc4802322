package people

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"gonogo/bot/chat/pace"
	"gonogo/playground/workspace"
	"gonogo/readiness/checklist"
)

// Once Slack shows people again, guests lose what the configuration had given them on
// trust, and nobody else loses anything meanwhile.
func TestPeopleAreShownAgain(t *testing.T) {
	role := checklist.Role{ID: "po", Users: []string{owner, guest, lead}}
	w := newWorld(t, workspace.Options{}, Options{Roles: []checklist.Role{role}})
	w.Fail("users.info", "missing_scope", 1<<20)
	w.start()
	members := func(when string, want ...string) {
		t.Helper()
		if got, err := w.people.Members(role); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: members = %v, %v; want %v", when, got, err, want)
		}
	}
	asked := w.Calls("users.info")
	w.people.look(w.ctx)
	if n := w.Calls("users.info") - asked; n != 1 {
		t.Errorf("%d people were asked for in a look that is told nothing, want one", n)
	}
	members("without the scope", guest, owner, lead)
	w.ClearFaults("users.info")
	w.guard(func(rw http.ResponseWriter, r *http.Request) bool {
		if fails := r.FormValue("user") == guest; fails {
			rw.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	w.people.look(w.ctx)
	members("with the scope, while somebody isn't read yet", guest, owner, lead)
	w.guard(func(http.ResponseWriter, *http.Request) bool { return false })
	w.people.look(w.ctx)
	members("with the scope", owner, lead)
	w.present(role, owner, lead)
	if w.people.isBlind() || strings.Count(w.logs.String(), "Slack doesn't show people") != 1 || strings.Count(w.logs.String(), "Slack shows people now") != 1 {
		t.Errorf("want one line for the lack and one for its end in the log:\n%s", w.logs)
	}
}

// Where Slack takes so long that one look doesn't reach all user groups, the next look
// begins with those that were left out.
func TestNoUserGroupStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		handler := slackSide.Handler()
		slow := roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/usergroups.users.list") {
				select {
				case <-time.After(8 * time.Second):
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			}
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, r)
			return recorder.Result(), nil
		})
		log := slog.New(slog.DiscardHandler)
		roles := []checklist.Role{groupRole, {ID: "pm", Usergroup: "S0PM"}}
		d := New(Options{Roles: roles, Now: time.Now, Log: log, Calls: pace.NewCaller(unmetered{}, log),
			API: slack.New(slackSide.BotToken(), slack.OptionAPIURL("http://slack.example/api/"), slack.OptionHTTPClient(&http.Client{Transport: slow}))})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		time.Sleep(37 * time.Second)
		for _, role := range roles {
			if got, err := d.Members(role); err != nil || len(got) != 1 {
				t.Errorf("%s: %v, %v; want its member", role.ID, got, err)
			}
		}
		stop()
		running.Wait()
	})
}

// roundTrip is a function that answers HTTP requests.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
