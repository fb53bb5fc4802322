package deploy_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// smallPlatform is the platform of small_test.go, over HTTP. It refuses whom it
// does not know and what it does not have.
type smallPlatform struct {
	*httptest.Server

	mu         sync.Mutex
	all        []*numbered
	live, next *numbered
	writes     []string // that took effect
	fault      func(*http.Request) smallFault
}

// smallFault is what goes wrong with a request.
type smallFault int

const (
	none     smallFault = iota
	lost                // it takes effect, and the connection ends without an answer
	away                // nothing happens, and a proxy in front says so
	limited             // nothing happens: there were too many requests
	replaced            // before it, somebody has the same version deployed again
)

// numbered is a deployment.
type numbered struct{ ID, Version, State, Note, By string }

func newSmallPlatform(t *testing.T) *smallPlatform {
	p := &smallPlatform{fault: func(*http.Request) smallFault { return none }}
	p.live = p.add("1", "")
	p.live.State, p.next = "live", nil
	mux := http.NewServeMux()
	mux.HandleFunc("GET /services/shop", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"Live": p.live, "Next": p.next})
	})
	mux.HandleFunc("GET /services/shop/deployments", func(w http.ResponseWriter, _ *http.Request) { answer(w, p.all) })
	mux.HandleFunc("GET /services/shop/deployments/{id}", p.deployment)
	mux.HandleFunc("POST /services/shop/deployments", func(w http.ResponseWriter, r *http.Request) {
		var wanted numbered
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil || wanted.Version == "" || p.next != nil {
			http.Error(w, "a deployment is under way, or this is none", http.StatusConflict)
			return
		}
		p.writes = append(p.writes, "deploy "+wanted.Version)
		answer(w, p.add(wanted.Version, wanted.Note))
	})
	mux.HandleFunc("DELETE /services/shop/deployments/next", func(w http.ResponseWriter, _ *http.Request) {
		if p.next == nil {
			http.NotFound(w, nil)
			return
		}
		p.writes = append(p.writes, "stop "+p.next.Version)
		p.next.State, p.next = "stopped", nil
	})
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer t0ken-of-the-test" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		switch p.fault(r) {
		case lost:
			mux.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case away:
			w.WriteHeader(http.StatusBadGateway)
			return
		case limited:
			w.WriteHeader(http.StatusTooManyRequests)
			return
		case replaced:
			p.again()
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func answer(w http.ResponseWriter, what any) { _ = json.NewEncoder(w).Encode(what) }

func (p *smallPlatform) add(version, note string) *numbered {
	p.next = &numbered{ID: strconv.Itoa(len(p.all) + 1), Version: version, State: "waiting", Note: note}
	p.all = append(p.all, p.next)
	return p.next
}

// again has somebody deploy what is under way once more, in place of that.
func (p *smallPlatform) again() {
	if old := p.next; old != nil {
		old.State, old.By = "replaced", p.add(old.Version, "").ID
	}
}

// deployment answers for one, which gets on each time that it is asked about.
func (p *smallPlatform) deployment(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(p.all, func(d *numbered) bool { return d.ID == r.PathValue("id") })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	d := p.all[i]
	answer(w, d)
	if d != p.next {
		return
	}
	if d.State = map[string]string{"waiting": "starting", "starting": "live"}[d.State]; d.State == "live" {
		p.live, p.next = d, nil
	}
}

// saw is what took effect.
func (p *smallPlatform) saw() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.writes, ", ")
}
