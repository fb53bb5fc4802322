package watch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/watch"
	"gonogo/clients/webhook"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// log is a ledger's log that can't be written while it has a fault.
type log struct {
	*storagetest.Memory
	mu    sync.Mutex
	fault error
	hangs chan struct{} // if set, a write ends once this is closed
}

// hang lets writes hang until the returned function is called.
func (l *log) hang() (end func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	hangs := make(chan struct{})
	l.hangs = hangs
	return func() { close(hangs) }
}

func (l *log) set(fault error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = fault
}

func (l *log) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	l.mu.Lock()
	fault, hangs := l.fault, l.hangs
	l.mu.Unlock()
	if hangs != nil {
		<-hangs
	}
	if fault != nil {
		return 0, fault
	}
	return l.Memory.Append(ctx, fence, records...)
}

// service is somebody who is asked, and what it says.
type service struct {
	mu    sync.Mutex
	finds []watch.Trouble
	err   error
	hangs bool
	waits chan struct{} // if set, it answers once this is closed
}

func (s *service) says(err error, finds ...watch.Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finds, s.err = finds, err
}

func (s *service) ask(ctx context.Context) ([]watch.Trouble, error) {
	s.mu.Lock()
	finds, err, hangs, waits := s.finds, s.err, s.hangs, s.waits
	s.mu.Unlock()
	if waits != nil {
		select {
		case <-waits:
		case <-ctx.Done():
		}
	}
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return finds, err
}

// pager keeps what it is sent.
type pager struct {
	mu   sync.Mutex
	err  error
	sent []string

	since []time.Time // that the messages say
}

func (p *pager) Send(_ context.Context, key string, message any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, key)
	var says struct{ Since time.Time }
	if data, err := json.Marshal(message); err != nil || json.Unmarshal(data, &says) != nil {
		return errors.New("the message is no JSON")
	}
	p.since = append(p.since, says.Since)
	return p.err
}

func (p *pager) answers(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *pager) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

// teller keeps what it is told, as Slack shows it.
type teller struct {
	mu    sync.Mutex
	err   error
	told  int
	shown map[string]string // by message: why
}

func (l *teller) Tell(_ context.Context, _ event.TroubleKind, why string, _ time.Time) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return "", l.err
	}
	for message := range l.shown {
		l.shown[message] = why
		return message, nil
	}
	l.told++
	message := fmt.Sprint(l.told)
	l.shown[message] = why
	return message, nil
}

func (l *teller) Retract(_ context.Context, _ event.TroubleKind, message string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		delete(l.shown, message)
	}
	return l.err
}

func (l *teller) answers(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// now is how many messages there were, and how many are shown.
func (l *teller) now() (told, shown int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told, len(l.shown)
}

// lines is what was logged.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// stage is a watch over one service, on a ledger.
type stage struct {
	*watch.Watch
	t       *testing.T
	log     *log
	ledger  *storage.Ledger
	service *service
	pager   *pager
	teller  *teller                // nil: nobody is told of what the ledger can't record
	logs    slog.Handler           // nil: nothing is kept
	own     []watch.Trouble        // what is known from memory; only changed while nothing runs
	ownNow  func() []watch.Trouble // what is known from memory, in place of own; nil: own
	reading func()                 // is called when the ledger is read; nil: nothing
	stop    func()
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}}
	s.start()
	return s
}

// ownTroubles is what gonogo knows from memory.
func (s *stage) ownTroubles() []watch.Trouble {
	if s.ownNow != nil {
		return s.ownNow()
	}
	return s.own
}

// start starts gonogo, again where it ran before.
func (s *stage) start() {
	s.t.Helper()
	ledger, err := storage.OpenLedger(s.t.Context(), s.log, storage.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.ledger = ledger
	var notified watch.Pager
	if s.pager != nil {
		notified = s.pager
	}
	var told watch.Teller
	if s.teller != nil {
		told = s.teller
	}
	handler := s.logs
	if handler == nil {
		handler = slog.DiscardHandler
	}
	s.Watch = watch.New(watch.Options{Ledger: readLedger{ledger, s}, Pager: notified, Teller: told, Project: "Shop", Now: time.Now, Log: slog.New(handler), Secrets: []string{"xoxb-secret"},
		Own: s.ownTroubles,
		Looks: []watch.Look{{Whether: "Slack accepts the bot token", Finds: []event.TroubleKind{event.TroubleBotToken, event.TroubleGitHub}, Needed: true,
			Silent: event.TroubleSlackAPI, Ask: s.service.ask}}})
	ctx, cancel := context.WithCancel(s.t.Context())
	var all sync.WaitGroup
	all.Go(func() { _ = ledger.Run(ctx) })
	all.Go(func() { _ = s.Run(ctx) })
	s.stop = func() { cancel(); all.Wait() }
	synctest.Wait()
}

// readLedger is a ledger that tells when it is read.
type readLedger struct {
	*storage.Ledger
	of *stage
}

func (l readLedger) State() *history.State {
	if l.of.reading != nil {
		l.of.reading()
	}
	return l.Ledger.State()
}

// after lets time pass.
func (s *stage) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// told are the kinds of events that the ledger has.
func (s *stage) told() (kinds []string) {
	for record, err := range s.log.Read(s.t.Context(), 0) {
		if err != nil {
			s.t.Fatal(err)
		}
		kinds = append(kinds, record.Kind)
	}
	return kinds
}

func (s *stage) want(when string, want watch.Standing) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.Standing()); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

var revoked = watch.Trouble{Kind: event.TroubleBotToken, Why: "the token was revoked; install the app again and set the new token"}

// A verdict stands until an answer says otherwise; one that found no trouble for five
// minutes only.
func TestVerdicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}}
		away := errors.New("Slack doesn't respond")
		s.service.says(away)
		s.start()
		s.want("before the first answer", watch.Standing{Pending: []string{"it is not known yet whether Slack accepts the bot token: Slack doesn't respond"}})
		s.service.says(nil)
		s.after(30 * time.Second)
		s.want("answered", watch.Standing{})
		s.service.says(away)
		s.after(time.Minute + 40*time.Second)
		s.want("away for less than two minutes", watch.Standing{})
		s.after(time.Minute)
		silent := watch.Trouble{Kind: event.TroubleSlackAPI, Why: "Slack doesn't respond"}
		s.want("away for more than two minutes", watch.Standing{Troubles: []watch.Trouble{silent}})
		s.after(3 * time.Minute)
		s.want("away for more than five minutes", watch.Standing{Troubles: []watch.Trouble{silent}, Unchecked: []string{"whether Slack accepts the bot token: Slack doesn't respond"}})
		s.service.says(nil)
		s.after(30 * time.Second)
		s.service.says(fmt.Errorf("auth.test: %w", watch.ErrLater))
		s.after(4 * time.Minute)
		s.want("limited for four minutes", watch.Standing{})
		s.service.says(nil, revoked)
		s.after(30 * time.Second)
		s.want("revoked", watch.Standing{Troubles: []watch.Trouble{revoked}})
		s.service.says(away)
		s.after(time.Minute)
		s.want("revoked, and away", watch.Standing{Troubles: []watch.Trouble{revoked}})
		s.service.says(&watch.Unknowable{Why: "xoxb-secret lacks the scope channels:read"})
		s.after(30 * time.Second)
		s.want("unknowable", watch.Standing{Unchecked: []string{"whether Slack accepts the bot token: [redacted] lacks the scope channels:read"}})
		s.stop()
	})
}

// A look that hangs holds up nobody who asks, and is given up.
func TestLookHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.service.mu.Lock()
		s.service.hangs = true
		s.service.mu.Unlock()
		s.after(30 * time.Second)
		s.want("while it hangs", watch.Standing{})
		s.after(3 * time.Minute)
		if got := s.Standing().Troubles; len(got) != 1 || got[0].Kind != event.TroubleSlackAPI {
			t.Errorf("after three minutes: %v", got)
		}
		s.stop()
	})
}

// A trouble is logged once it has lasted for a few seconds, and when it is over: Slack is
// never connected at the start.
func TestLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lines
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}, logs: slog.NewTextHandler(&out, nil)}
		s.own = []watch.Trouble{{Kind: event.TroubleSlackConnection, Why: "Slack is not connected"}}
		s.service.says(nil, revoked)
		s.start()
		if strings.Contains(out.String(), "problem") {
			t.Errorf("at the start:\n%s", out.String())
		}
		s.after(20 * time.Second)
		if n := strings.Count(out.String(), "gonogo has a problem"); n != 2 || strings.Contains(out.String(), "over") {
			t.Errorf("logged %d times after twenty seconds:\n%s", n, out.String())
		}
		s.service.says(nil)
		s.after(40 * time.Second)
		if n := strings.Count(out.String(), "a problem of gonogo is over"); n != 1 {
			t.Errorf("its end logged %d times:\n%s", n, out.String())
		}
		s.stop()
	})
}

// A trouble that lasts a minute is told once, also across a restart, and so is its end.
func TestToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.service.says(nil, revoked)
		s.after(80 * time.Second)
		if got := s.told(); len(got) != 0 {
			t.Errorf("before it has lasted a minute: %v", got)
		}
		s.after(20 * time.Second)
		want := []string{"gonogo.troubled", "gonogo.trouble_paged"}
		if diff := cmp.Diff(want, s.told()); diff != "" {
			t.Errorf("after a minute (-want +got):\n%s", diff)
		}
		s.stop()
		s.service.says(errors.New("Slack doesn't respond"))
		s.start()
		s.after(90 * time.Second)
		if diff := cmp.Diff(want, s.told()); diff != "" {
			t.Errorf("after a restart, without an answer (-want +got):\n%s", diff)
		}
		s.service.says(nil, revoked)
		s.after(3 * time.Minute)
		if diff := cmp.Diff(want, s.told()); diff != "" {
			t.Errorf("after a restart (-want +got):\n%s", diff)
		}
		s.service.says(nil)
		s.after(40 * time.Second)
		if diff := cmp.Diff(append(want, "gonogo.mended"), s.told()); diff != "" {
			t.Errorf("over (-want +got):\n%s", diff)
		}
		s.stop()
		s.start()
		s.service.says(nil, revoked)
		s.after(2 * time.Minute)
		if diff := cmp.Diff(append(want, "gonogo.mended", "gonogo.troubled", "gonogo.trouble_paged"), s.told()); diff != "" {
			t.Errorf("again (-want +got):\n%s", diff)
		}
		if got := s.pager.all(); len(got) != 2 || got[0] == got[1] {
			t.Errorf("the webhook was sent %v, want two different messages", got)
		}
		s.stop()
	})
}

// What doesn't pass by itself is told long before the minute is over.
func TestToldSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}}
		s.own = []watch.Trouble{{Kind: event.TroubleDisk, Why: "free some space"}, {Kind: event.TroubleClock, Why: "look at the clock"}}
		s.start()
		s.after(10 * time.Second)
		if got := s.told(); len(got) != 0 {
			t.Errorf("at once: %v", got)
		}
		s.after(15 * time.Second)
		if known := s.ledger.State().Troubles; !known[event.TroubleDisk].Lasts() || known[event.TroubleClock].Lasts() {
			t.Errorf("after 25 seconds the ledger has %v, want the disk alone", known)
		}
		s.stop()
	})
}

// What is told of a trouble is since when it was seen, not since when it was told; also
// where the ledger took it late.
func TestToldSinceItWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}}
		seen := time.Now()
		s.own = []watch.Trouble{{Kind: event.TroubleLedger, Why: "the ledger can't be written; look at its disk"}}
		s.service.says(nil, revoked)
		s.start()
		s.log.set(errors.New("no space left on device"))
		s.after(10 * time.Minute)
		s.log.set(nil)
		s.after(time.Minute)
		for _, kind := range []event.TroubleKind{event.TroubleLedger, event.TroubleBotToken} {
			if got := s.ledger.State().Troubles[kind].Since; got.Sub(seen) > 10*time.Second || got.Before(seen) {
				t.Errorf("%s: since %s, want soon after %s", kind, got, seen)
			}
		}
		s.pager.mu.Lock()
		defer s.pager.mu.Unlock()
		for _, since := range s.pager.since {
			if since.Sub(seen) > 10*time.Second {
				t.Errorf("the webhook was told of a trouble since %s, want soon after %s", since, seen)
			}
		}
		if len(s.pager.since) < 2 {
			t.Errorf("the webhook was told %d times", len(s.pager.since))
		}
		s.stop()
	})
}

// What is known from memory only is not taken to be over because a restart forgot it.
func TestRestartForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}}
		s.own = []watch.Trouble{{Kind: event.TroubleOtherProcess, Why: "another process uses the app token; stop it"}}
		s.start()
		s.after(70 * time.Second)
		s.stop()
		s.own = nil
		s.start()
		s.after(2 * time.Minute)
		if diff := cmp.Diff([]string{"gonogo.troubled"}, s.told()); diff != "" {
			t.Errorf("soon after a restart (-want +got):\n%s", diff)
		}
		s.after(2 * time.Minute)
		if diff := cmp.Diff([]string{"gonogo.troubled", "gonogo.mended"}, s.told()); diff != "" {
			t.Errorf("later (-want +got):\n%s", diff)
		}
		s.stop()
	})
}

// A look that finds the trouble again, in the moment in which the watch looks for what is
// over, ends nothing.
func TestAnswerComesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}}
		s.service.says(nil, revoked)
		s.start()
		s.after(70 * time.Second)
		s.stop()
		s.service.waits = make(chan struct{})
		var once atomic.Bool // the lock of a sync.Once would hold the bubble's time
		s.reading = func() {
			if once.CompareAndSwap(false, true) {
				close(s.service.waits)
				time.Sleep(time.Millisecond) // until it has answered
			}
		}
		s.start()
		s.after(3 * time.Minute)
		if diff := cmp.Diff([]string{"gonogo.troubled"}, s.told()); diff != "" {
			t.Errorf("after a restart (-want +got):\n%s", diff)
		}
		s.stop()
	})
}

// A ledger that can't be written can't keep what is told: the webhook is notified all
// the same, once. A webhook that is away is notified once it is back.
func TestPagedWithoutALedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}}
		s.own = []watch.Trouble{{Kind: event.TroubleLedger, Why: "the ledger can't be written; look at its disk"}}
		s.start()
		s.log.set(errors.New("no space left on device"))
		s.pager.answers(&webhook.Unavailable{})
		s.after(2 * time.Minute)
		s.pager.answers(nil)
		s.after(10 * time.Minute)
		sent := s.pager.all()
		for _, key := range sent {
			if key != sent[0] {
				t.Errorf("the webhook was sent %v, want one message", sent)
			}
		}
		if before := len(sent); before < 2 {
			t.Errorf("the webhook was sent %v, want it again once it is back", sent)
		} else if s.after(time.Hour); len(s.pager.all()) != before {
			t.Errorf("the webhook was notified again: %v", s.pager.all())
		}
		s.log.set(nil)
		s.after(time.Minute)
		if diff := cmp.Diff([]string{"gonogo.troubled"}, s.told()); diff != "" {
			t.Errorf("once the ledger can be written (-want +got):\n%s", diff)
		}
		if trouble := s.ledger.State().Troubles[event.TroubleLedger]; trouble.Page.Pending() {
			t.Errorf("the webhook is to be notified again: %+v", trouble)
		}
		s.stop()
	})
}

// A trouble that the ledger couldn't take is recorded once it is over, also where somebody
// else's write is the first to succeed, so that Slack shows it. One that was too short isn't.
func TestRecordedOnceItIsOver(t *testing.T) {
	for lasted, want := range map[time.Duration][]string{30 * time.Second: {"release.opened"}, time.Hour: {"release.opened", "gonogo.troubled", "gonogo.mended"}} {
		t.Run(lasted.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}}
				s.ownNow = func() []watch.Trouble {
					if s.ledger.Health().Failing == nil {
						return nil
					}
					return []watch.Trouble{{Kind: event.TroubleLedger, Why: "the ledger can't be written; gonogo's log says why"}}
				}
				s.start()
				release := func() error {
					_, err := s.ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
						return []event.Event{event.ReleaseOpened{Version: "2.0"}}, nil
					})
					return err
				}
				s.log.set(errors.New("no space left on device"))
				began := time.Now()
				if release() == nil {
					t.Error("it was recorded on a full disk")
				}
				s.after(lasted)
				s.log.set(nil)
				if err := release(); err != nil {
					t.Error(err)
				}
				s.after(2 * time.Minute)
				if diff := cmp.Diff(want, s.told()); diff != "" {
					t.Errorf("the ledger has (-want +got):\n%s", diff)
				}
				if known := s.ledger.State().Troubles[event.TroubleLedger]; known.Kind != "" && (known.Lasts() || known.Since.Sub(began) > time.Minute || known.Page.Pending()) {
					t.Errorf("it is known as %+v and began %s", known, began)
				}
				s.stop()
			})
		})
	}
}

// While the ledger can't record a trouble, people are told without it, once, as soon as
// Slack takes it. The message is deleted once the ledger has the trouble, or if it is over.
func TestToldWithoutALedger(t *testing.T) {
	for name, hinder := range map[string]func(*log) (end func()){
		"full":  func(l *log) func() { l.set(errors.New("no space left on device")); return func() { l.set(nil) } },
		"hangs": func(l *log) func() { return l.hang() },
	} {
		for _, over := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " over ", over), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, teller: &teller{shown: map[string]string{}}}
					var lasts atomic.Bool
					lasts.Store(true)
					s.ownNow = func() []watch.Trouble {
						if !lasts.Load() {
							return nil
						}
						return []watch.Trouble{{Kind: event.TroubleLedger, Why: "look at its disk"}, {Kind: event.TroubleAlertsTooLarge, Why: "it has a message of its own"}}
					}
					s.teller.answers(errors.New("Slack doesn't respond"))
					end := hinder(s.log)
					s.start()
					s.after(5 * time.Minute)
					s.teller.answers(nil)
					s.after(time.Hour)
					if told, shown := s.teller.now(); told != 1 || shown != 1 {
						t.Errorf("%d messages, of which %d are shown; want one", told, shown)
					}
					lasts.Store(!over)
					end()
					s.after(5 * time.Minute)
					if told, shown := s.teller.now(); told != 1 || shown != 0 {
						t.Errorf("once the disk is well: %d messages, of which %d are shown; want none", told, shown)
					}
					if known := s.ledger.State().Troubles[event.TroubleLedger]; known.Lasts() == over || known.Kind == "" {
						t.Errorf("the ledger has %+v", known)
					}
					s.stop()
				})
			})
		}
	}
}

// The message about what the ledger can't record says what is known of it now.
func TestToldAnewWithoutALedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, teller: &teller{shown: map[string]string{}}}
		var why atomic.Pointer[string]
		s.ownNow = func() []watch.Trouble { return []watch.Trouble{{Kind: event.TroubleDisk, Why: *why.Load()}} }
		s.log.set(errors.New("no space left on device"))
		for i, says := range []string{"the disk is full", "the disk is full, and the next rollback may not be recorded"} {
			why.Store(&says)
			if i == 0 {
				s.start()
			}
			s.after(time.Minute)
			if diff := cmp.Diff(map[string]string{"1": says}, s.teller.shown); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
		}
		s.stop()
	})
}

// A disk that hangs keeps nobody from being told so: what is found is logged, and the
// webhook is notified. What hung is recorded once, when the disk answers again.
func TestPagedWhileTheDiskHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lines
		s := &stage{t: t, log: &log{Memory: storagetest.NewMemory()}, service: &service{}, pager: &pager{}, logs: slog.NewTextHandler(&out, nil)}
		s.own = []watch.Trouble{{Kind: event.TroubleLedger, Why: "a write to the ledger hangs; look at its disk"}}
		end := s.log.hang()
		s.start()
		s.after(90 * time.Second)
		if got := s.pager.all(); len(got) != 1 {
			t.Errorf("after 90 s the webhook was told %d times that the disk hangs, want once", len(got))
		}
		s.service.says(nil, revoked)
		s.after(2 * time.Minute)
		if got := s.pager.all(); len(got) != 2 || !strings.Contains(out.String(), "the token was revoked") {
			t.Errorf("the webhook was sent %v, want another one of the token, logged:\n%s", got, out.String())
		}
		if n := strings.Count(out.String(), "could not"); n > 0 {
			t.Errorf("%d more lines than one of each trouble:\n%s", n, out.String())
		}
		end()
		s.after(2 * time.Minute)
		if got := s.told(); strings.Count(fmt.Sprint(got), "gonogo.troubled") != 2 {
			t.Errorf("once the disk answers the ledger has %v, want both troubles once", got)
		}
		if got := s.pager.all(); len(got) != 2 {
			t.Errorf("the webhook was told %d times, want once of each", len(got))
		}
		for kind, trouble := range s.ledger.State().Troubles {
			if trouble.Page.Pending() {
				t.Errorf("%s is to be told again: %+v", kind, trouble)
			}
		}
		s.stop()
	})
}

// A webhook that refuses is not asked again, and the ledger says why.
func TestPageRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.pager.answers(&webhook.Refused{Status: 410})
		s.service.says(nil, revoked)
		s.after(10 * time.Minute)
		page := s.ledger.State().Troubles[event.TroubleBotToken].Page
		if page.Outcome != alert.PageRefused || page.Status != 410 || len(s.pager.all()) != 1 {
			t.Errorf("%+v after %d messages", page, len(s.pager.all()))
		}
		s.stop()
	})
}

// Every kind has a line in the list, and only one.
func TestKinds(t *testing.T) {
	seen := map[event.TroubleKind]bool{}
	for _, k := range watch.Kinds {
		if seen[k.Trouble] || k.Trouble == "" {
			t.Error(fmt.Sprint(k.Trouble, " is listed twice, or nameless"))
		}
		seen[k.Trouble] = true
	}
	if len(seen) != 15 {
		t.Errorf("%d kinds, want 15", len(seen))
	}
	if k := watch.KindOf("of tomorrow"); !k.Unready || !k.Told {
		t.Errorf("a kind that isn't listed is %+v, want the worst", k)
	}
}
