package commits_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	client "gonogo/clients/github"
	"gonogo/playground/upstream/github"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/commits"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

var (
	firstSHA, secondSHA, thirdSHA = strings.Repeat("1a", 20), strings.Repeat("2b", 20), strings.Repeat("3c", 20)
	annotatedSHA                  = strings.Repeat("7d", 20)
)

// finderWorld is a repository of three commits, and a ledger.
type finderWorld struct {
	t       *testing.T
	log     *storagetest.Memory
	ledger  *storage.Ledger
	host    *github.Host
	network *runstest.Network // that it is on
}

// inFinderWorld runs a test in a bubble, with the given tags and branches.
func inFinderWorld(t *testing.T, tags, branches map[string]string, test func(w *finderWorld)) {
	t.Helper()
	commit := func(sha, parent string) github.Commit {
		return github.Commit{SHA: sha, Parent: parent, Message: "Change", Author: "Ada", Login: "ada"}
	}
	inCodeWorld(t, github.Code{
		Commits:  []github.Commit{commit(firstSHA, ""), commit(secondSHA, firstSHA), commit(thirdSHA, secondSHA)},
		Branches: branches, Tags: tags, Annotated: []github.Annotated{{SHA: annotatedSHA, Of: thirdSHA}},
	}, test)
}

// inCodeWorld runs a test in a bubble, with a repository's code.
func inCodeWorld(t *testing.T, code github.Code, test func(w *finderWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for i := range code.Commits {
			code.Commits[i].At = time.Now()
		}
		host, err := github.New(github.Options{Token: "token-of-the-test", Repository: "acme/shop", Code: code})
		if err != nil {
			t.Fatal(err)
		}
		network := runstest.NewNetwork()
		server := &http.Server{Handler: host.Handler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
		served := make(chan error, 1)
		go func() { served <- server.Serve(network) }()
		log := storagetest.NewMemory()
		kept, err := storage.OpenLedger(t.Context(), log, storage.Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		w := &finderWorld{t, log, kept, host, network}
		ledger := runstest.Background(t, w.ledger.Run)
		test(w)
		ledger()
		network.Close()
		server.Close()
		if err := <-served; err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// client is a client of the repository.
func (w *finderWorld) client() *client.Client {
	w.t.Helper()
	c, err := client.New(client.Options{Repository: "acme/shop", Token: "token-of-the-test", APIURL: "http://github.test/api/v3", Transport: w.network.Transport()})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// find starts a finder.
func (w *finderWorld) find() (stop func()) {
	finder := commits.Finder{Ledger: w.ledger, Source: w.client(), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	return runstest.Background(w.t, finder.Run)
}

func (w *finderWorld) opens(events ...event.ReleaseOpened) {
	w.write(func(*history.State) []event.Event {
		var all []event.Event
		for _, e := range events {
			e.Beside = true
			all = append(all, e)
		}
		return all
	})
}

func (w *finderWorld) write(events func(*history.State) []event.Event) {
	w.t.Helper()
	if _, err := w.ledger.Update(context.Background(), func(s *history.State, _ time.Time) ([]event.Event, error) {
		return events(s), nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// passes lets time pass, of the test's own clock.
func passes(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *finderWorld) commits() map[string]string {
	got := map[string]string{}
	for version, r := range w.ledger.State().Releases {
		got[version] = r.Commit
	}
	return got
}

// moves are the tags that were told to have moved.
func (w *finderWorld) moves() []event.TagMoved {
	var moves []event.TagMoved
	for _, record := range w.log.Records() {
		happened, err := record.Event()
		if err != nil {
			w.t.Fatal(err)
		}
		if moved, ok := happened.(event.TagMoved); ok {
			moves = append(moves, moved)
		}
	}
	return moves
}

// TestFinderLooksForEveryRelease finds the commits of releases that are open
// side by side, and takes no branch for a tag.
func TestFinderLooksForEveryRelease(t *testing.T) {
	inFinderWorld(t, map[string]string{"v1.0": firstSHA, "1.1": annotatedSHA, "2.00": secondSHA},
		map[string]string{"2.0": thirdSHA, "tags/2.1": thirdSHA, "main": thirdSHA}, func(w *finderWorld) {
			w.opens(event.ReleaseOpened{Version: "1.0"}, event.ReleaseOpened{Version: "1.1"}, event.ReleaseOpened{Version: "2.0"}, event.ReleaseOpened{Version: "2.1"})
			stop := w.find()
			passes(time.Second)
			want := map[string]string{"1.0": firstSHA, "1.1": thirdSHA, "2.0": "", "2.1": ""}
			if diff := cmp.Diff(want, w.commits()); diff != "" {
				t.Errorf("commits (-want +got):\n%s", diff)
			}
			w.host.Tag("v2.1", secondSHA)
			w.opens(event.ReleaseOpened{Version: "1.0-again"})
			passes(20 * time.Minute)
			if got := w.commits()["2.1"]; got != secondSHA {
				t.Errorf("tagged later, 2.1 is %q, want %q", got, secondSHA)
			}
			stop()
		})
}

// TestTagMoved tells each time that the tag of an open release moved, once.
func TestTagMoved(t *testing.T) {
	inFinderWorld(t, map[string]string{"1.0": firstSHA, "1.1": firstSHA, "1.2": secondSHA, "0.9": firstSHA}, nil, func(w *finderWorld) {
		w.opens(event.ReleaseOpened{Version: "0.9"}, event.ReleaseOpened{Version: "1.0", Commit: firstSHA[:8]}, event.ReleaseOpened{Version: "1.1"}, event.ReleaseOpened{Version: "1.2", Commit: firstSHA})
		w.write(func(*history.State) []event.Event {
			return []event.Event{event.ReleaseClosed{Release: "0.9"}}
		})
		stop := w.find()
		passes(time.Hour)
		moved := func(version, was, is string) event.TagMoved {
			return event.TagMoved{Release: version, Was: was, Is: is}
		}
		want := []event.TagMoved{moved("1.2", firstSHA, secondSHA)}
		check := func(when string, elsewhere ...string) {
			t.Helper()
			passes(time.Hour)
			if diff := cmp.Diff(want, w.moves()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
			var got []string
			for _, version := range w.ledger.State().Opens {
				if w.ledger.State().Releases[version].TagElsewhere() != "" {
					got = append(got, version)
				}
			}
			if !slices.Equal(got, elsewhere) {
				t.Errorf("%s: the tags of %q are elsewhere, want %q", when, got, elsewhere)
			}
		}
		check("opened with another commit", "1.2")
		w.host.Tag("1.0", secondSHA)
		w.host.Tag("1.1", annotatedSHA)
		w.host.Tag("0.9", secondSHA)
		want = append(want, moved("1.0", firstSHA[:8], secondSHA), moved("1.1", firstSHA, thirdSHA))
		check("two moved", "1.0", "1.1", "1.2")
		stop()
		stop = w.find()
		check("after a restart", "1.0", "1.1", "1.2")
		w.host.Tag("1.0", firstSHA)
		want = append(want, moved("1.0", secondSHA, firstSHA))
		check("moved back", "1.1", "1.2")
		w.host.SetMode(github.Down)
		check("GitHub is down", "1.1", "1.2")
		stop()
	})
}

// TestCommitsAreCompared compares the commits of versions, never branches of
// their names, and says what is not known.
func TestCommitsAreCompared(t *testing.T) {
	inFinderWorld(t, map[string]string{"1.0": firstSHA, "v1.1": thirdSHA}, map[string]string{"1.0": thirdSHA, "1.1": firstSHA, "1.2": thirdSHA}, func(w *finderWorld) {
		lookup := commits.Lookup{Source: w.client(), Log: slog.New(slog.DiscardHandler)}
		for _, test := range []struct {
			live, open string
			want       commits.Distance
		}{
			{"1.0", "1.1", commits.Distance{Ahead: 2, Since: "1.0", URL: "http://github.test/acme/shop/compare/" + firstSHA + "..." + thirdSHA}},
			{"1.0", "1.2", commits.Distance{Since: "1.0", Unknown: "not known: the commit of 1.2 is not known"}},
			{"1.2", "1.1", commits.Distance{Since: "1.2", Unknown: "not known: the commit of 1.2 is not known"}},
		} {
			w.write(func(*history.State) []event.Event {
				return []event.Event{event.EnvironmentAdopted{Environment: "staging", Version: test.live, By: "U1"}, event.ReleaseOpened{Version: test.open}}
			})
			s := w.ledger.State()
			if diff := cmp.Diff(test.want, lookup.Since(w.t.Context(), s.Live["staging"], s.Releases[test.open])); diff != "" {
				t.Errorf("%s after %s (-want +got):\n%s", test.open, test.live, diff)
			}
		}
	})
}
