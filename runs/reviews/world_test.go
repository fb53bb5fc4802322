package reviews_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	client "gonogo/clients/github"
	"gonogo/playground/upstream/github"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/reviews"
	"gonogo/runs/runstest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The commits of the repository, the oldest first.
const (
	shaOld  = "0a00000000000000000000000000000000000001"
	shaMain = "0b00000000000000000000000000000000000002"
	shaNext = "0c00000000000000000000000000000000000003"
)

// world is a GitHub with an environment that waits for gonogo's review, and a gonogo
// that can be killed. It lives in a bubble of testing/synctest.
type world struct {
	t       *testing.T
	host    *github.Host
	network *runstest.Network
	server  *http.Server
	list    *checklist.Checklist
	gonogo  *gonogo
	rule    bool // gonogo is a protection rule, instead of a reviewer
	live    bool // gonogo records what GitHub has deployed
	killed  chan struct{}
	buried  sync.WaitGroup

	mu     sync.Mutex
	left   *storagetest.Memory // what the ledger held when gonogo was killed
	fault  func(github.Call) github.Fault
	append func(records []storage.Record) bool // whether gonogo is killed before it appends
}

// gonogo is one process: a ledger and the reviews that are answered from it.
type gonogo struct {
	log       *storagetest.Memory
	ledger    *storage.Ledger
	client    *client.Client
	inbox     reviews.Inbox
	unplugged atomic.Bool
	stop      func()
}

// inWorld runs a test in a bubble with a world in it, in which nothing waits.
func inWorld(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, false)
		defer w.close()
		w.gonogo = w.start(storagetest.NewMemory())
		test(w)
	})
}

// inRuleWorld is inWorld with a gonogo that is a protection rule.
func inRuleWorld(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true)
		defer w.close()
		w.gonogo = w.start(storagetest.NewMemory())
		test(w)
	})
}

// inLiveWorld is inRuleWorld with a gonogo that records what GitHub has deployed.
func inLiveWorld(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, true)
		defer w.close()
		w.live = true
		w.gonogo = w.start(storagetest.NewMemory())
		test(w)
	})
}

// appKey is made once, since that takes long.
var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newWorld(t *testing.T, rule bool) *world {
	t.Helper()
	w := &world{t: t, rule: rule, network: runstest.NewNetwork(), killed: make(chan struct{}, 1)}
	w.list = (&checklist.Checklist{
		Project: "shop", Environments: []checklist.Environment{{Name: "live"}, {Name: "staging"}},
		Roles:    []checklist.Role{{ID: "lead", Title: "Lead", Users: []string{"U0TL"}}},
		SignOffs: []checklist.SignOffRule{{Environment: "live", Roles: []string{"lead"}, SelfApproval: true}},
	}).Index()
	var err error
	app := github.App{ID: 7, Installation: 42, Key: &appKey().PublicKey, Secret: "the webhook's secret"}
	w.host, err = github.New(github.Options{Token: "token-of-the-test", App: app, Repository: "acme/shop", Login: w.login(), Code: github.Code{
		Commits:  []github.Commit{{SHA: shaOld, Message: "Begin", At: time.Now()}, {SHA: shaMain, Parent: shaOld, Message: "Fix login", Author: "Bob", At: time.Now()}, {SHA: shaNext, Parent: shaMain, Message: "Add dark mode", Author: "Ann", At: time.Now()}},
		Branches: map[string]string{"main": shaNext}, Tags: map[string]string{"v1.2": shaMain}}})
	if err != nil {
		t.Fatal(err)
	}
	w.host.SetWorkflows(github.Workflow{File: "deploy.yml", Jobs: []string{"build", "deploy"}, Into: "production"})
	w.host.SetEnvironments(github.Environment{Name: "production", Reviewers: []string{"acme-gonogo"}})
	if rule {
		w.host.SetEnvironments(github.Environment{Name: "production", Rule: true})
	}
	w.host.SetDeployments(github.Deployment{Environment: "production", Ref: "main", SHA: shaOld, State: "success", At: time.Now()})
	w.host.OnCall(func(c github.Call) github.Fault {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.fault == nil {
			return github.Fault{}
		}
		return w.fault(c)
	})
	w.server = &http.Server{Handler: w.host.Handler(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go w.server.Serve(w.network)
	return w
}

// breaks says what goes wrong from now on; it is called with the world locked.
func (w *world) breaks(fault func(github.Call) github.Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

// dies says at which appends gonogo is killed from now on; it is called with the world locked.
func (w *world) dies(at func([]storage.Record) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.append = at
}

// mortal is a log at which gonogo may be killed.
type mortal struct {
	*storagetest.Memory
	w *world
}

// Append implements [storage.Log].
func (m mortal) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	m.w.mu.Lock()
	dies := m.w.append != nil && m.w.append(records)
	m.w.mu.Unlock()
	if dies {
		m.w.kill()
		return 0, errors.New("killed")
	}
	return m.Memory.Append(ctx, fence, records...)
}

// start starts a gonogo on a log.
func (w *world) start(log *storagetest.Memory) *gonogo {
	w.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ledger, err := storage.OpenLedger(w.t.Context(), mortal{log, w}, storage.Options{Log: logger})
	if err != nil {
		w.t.Fatal(err)
	}
	g := &gonogo{log: log, ledger: ledger}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if g.unplugged.Load() {
			return nil, &net.OpError{Op: "dial", Err: errors.New("no route to host")}
		}
		return w.network.Dial(ctx, network, address)
	}}
	opts := client.Options{Repository: "acme/shop", Token: "token-of-the-test", APIURL: "http://github.test/api/v3", Transport: transport}
	if w.rule {
		key := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(appKey())})
		opts.Token, opts.App = "", &client.App{ID: 7, Installation: 42, Key: key, WebhookSecret: []byte("the webhook's secret")}
	}
	c, err := client.New(opts)
	if err != nil {
		w.t.Fatal(err)
	}
	reviewer := reviews.New(reviews.Options{Ledger: ledger, Checklist: w.list, Now: time.Now, Log: logger, Secrets: []string{"s3cret-of-the-test"},
		Place: reviews.Place{Environment: "live", Repository: c, Name: "production", Rule: w.rule, Live: w.live}})
	g.client = c
	g.inbox = reviews.Inbox{Ledger: ledger, Places: []reviews.Place{{Environment: "staging", Repository: c, Name: "staging", Rule: true}, {Environment: "live", Repository: c, Name: "production", Rule: true}}}
	stopLedger := runstest.Background(w.t, ledger.Run)
	stopReviews := runstest.Background(w.t, reviewer.Run)
	g.stop = func() { stopReviews(); stopLedger() }
	synctest.Wait()
	return g
}

// kill ends gonogo as kill -9 would: nothing that it does from here on reaches GitHub or
// the ledger.
func (w *world) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left != nil {
		return
	}
	w.left = w.gonogo.log.Reopen()
	w.append = nil
	w.gonogo.unplugged.Store(true)
	w.killed <- struct{}{}
}

// pass lets time go by. A gonogo that is killed meanwhile is started again.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	end := time.After(d)
	for {
		select {
		case <-w.killed:
			w.buried.Go(w.gonogo.stop)
			w.gonogo = w.start(w.left)
		case <-end:
			synctest.Wait()
			return
		}
	}
}

func (w *world) close() {
	w.gonogo.stop()
	w.buried.Wait()
	w.network.Close()
	w.server.Close()
}

// waits has workflow runs wait for production, and gives gonogo time to find them.
func (w *world) waits(runs ...github.WorkflowRun) {
	w.t.Helper()
	for i := range runs {
		runs[i].Workflow, runs[i].State = "deploy.yml", "waiting"
		if runs[i].At.IsZero() {
			runs[i].At = time.Now().Add(time.Duration(i) * time.Second)
		}
	}
	w.host.SetRuns(runs)
	w.pass(time.Minute)
}

// add records what somebody else did.
func (w *world) add(events ...event.Event) {
	w.t.Helper()
	if _, err := w.gonogo.ledger.Update(context.Background(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// approve has the lead approve a release.
func (w *world) approve(version string) {
	w.t.Helper()
	v := readiness.View{Checklist: w.list, State: w.gonogo.ledger.State(), Now: time.Now(), Version: version}
	w.add(event.SignOffGiven{Release: version, Environment: "live", Role: "lead", By: "U0TL", Approved: true, Basis: v.Basis("live")})
	w.pass(time.Minute)
}

// review is the only review of a run's first attempt.
func (w *world) review(id string) history.Review {
	w.t.Helper()
	r, known := w.gonogo.ledger.State().Reviews[id]
	if !known {
		w.t.Fatalf("there is no review %s: %+v", id, w.gonogo.ledger.State().Reviews)
	}
	return r
}

// login is who gonogo is at GitHub.
func (w *world) login() string {
	if w.rule {
		return "gonogo[bot]"
	}
	return "acme-gonogo"
}

// answers are the answers that GitHub got from gonogo.
func (w *world) answers() (states []string) {
	for _, run := range w.host.Runs() {
		for _, review := range run.Reviews {
			if review.By == w.login() && review.State != "pending" {
				states = append(states, review.State)
			}
		}
	}
	return states
}
