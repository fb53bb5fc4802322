package postgres

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"gonogo/storage"
	"gonogo/storage/storagetest"
)

// appends appends one record and fails the test on an error.
func appends(t *testing.T, log *Log, after uint64) {
	t.Helper()
	if _, err := log.Append(t.Context(), storage.Fence{After: after}, storagetest.Records(int(after)+1, 1)...); err != nil {
		t.Fatalf("append after %d: %v", after, err)
	}
}

// holdsAll checks that a ledger has exactly the first n records.
func holdsAll(t *testing.T, p Place, n uint64) {
	t.Helper()
	log, err := p.OpenReadOnly(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	report, err := storage.Verify(t.Context(), log)
	if err != nil || report.Records != n {
		t.Errorf("%d sound records, %v; want %d", report.Records, err, n)
	}
}

// isAppend reports whether bytes on their way to a server are an append.
func isAppend(b []byte) bool { return bytes.Contains(b, []byte("WITH moved AS")) }

// testAnswerLost cuts the network after the server has stored an append and before its
// answer arrives, and before the server gets it. Either way it is stored once.
func testAnswerLost(t *testing.T, server string) {
	for name, rule := range map[string]func(*proxy) rule{
		"the answer": func(p *proxy) rule {
			return rule{request: func(l *link, b []byte) {
				if isAppend(b) {
					p.set(rule{answer: func(l *link, _ []byte) { p.set(rule{}); l.close() }})
				}
				_, _ = l.server.Write(b)
			}}
		},
		"the request": func(p *proxy) rule {
			return rule{request: func(l *link, b []byte) {
				if isAppend(b) {
					p.set(rule{})
					l.close()
					return
				}
				_, _ = l.server.Write(b)
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			direct := newPlace(server)
			p := direct
			network := newProxy(t, server)
			p.URL = network.URL
			log := mustOpen(t, p)
			appends(t, log, 0)
			network.set(rule(network))
			appends(t, log, 1)
			appends(t, log, 2)
			holdsAll(t, direct, 3)
		})
	}
}

// testLateAppend holds an append on its way until it was given up and looked up. When it
// arrives, it changes nothing.
func testLateAppend(t *testing.T, server string) {
	direct := newPlace(server)
	p := direct
	network := newProxy(t, direct.URL)
	p.URL = network.URL
	log := mustOpen(t, p)
	appends(t, log, 0)

	ctx, giveUp := context.WithCancel(t.Context())
	held := make(chan func(), 1)
	answered := make(chan struct{})
	network.set(rule{request: func(l *link, b []byte) {
		if !isAppend(b) {
			_, _ = l.server.Write(b)
			return
		}
		l.kept.Store(true)
		late := bytes.Clone(b)
		held <- func() { _, _ = l.server.Write(late) }
		others := rule{request: func(other *link, b []byte) {
			if other != l { // what the client says when it gives up stays behind the append
				_, _ = other.server.Write(b)
			}
		}}
		network.set(others)
		giveUp()
	}})
	_, err := log.Append(ctx, storage.Fence{After: 1}, storagetest.Records(2, 1)...)
	if !errors.Is(err, storage.ErrNothingDone) {
		t.Errorf("given up: %v, want that nothing was done", err)
	}
	network.set(rule{answer: func(*link, []byte) { close(answered); network.set(rule{}) }})
	(<-held)() // arrives now
	<-answered
	holdsAll(t, direct, 1)
	appends(t, log, 1)
	holdsAll(t, direct, 2)
}

// testHangs has the server stop answering while it stores an append, and come back.
func testHangs(t *testing.T, server string) {
	direct := newPlace(server)
	p := direct
	network := newProxy(t, direct.URL)
	p.URL = network.URL
	p.limits.reach, p.limits.statement, p.limits.settle = time.Millisecond, time.Second, time.Second
	log := mustOpen(t, p)
	appends(t, log, 0)

	stored := make(chan struct{}, 1)
	silent := rule{answer: func(*link, []byte) {
		select {
		case stored <- struct{}{}:
		default:
		}
	}}
	network.set(rule{request: func(l *link, b []byte) {
		if isAppend(b) {
			network.set(silent)
		}
		_, _ = l.server.Write(b)
	}})
	_, err := log.Append(t.Context(), storage.Fence{After: 1}, storagetest.Records(2, 1)...)
	if err == nil || errors.Is(err, storage.ErrNothingDone) {
		t.Errorf("nothing is known: %v", err)
	}
	says(t, err, "127.0.0.1:PORT did not answer in time; check the network, and whether the database is overloaded")
	<-stored
	network.set(rule{})
	if _, err := log.Append(t.Context(), storage.Fence{After: 1}, storagetest.Records(9, 1)...); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("after it was stored all the same: %v, want ErrConflict", err)
	}
	appends(t, log, 2)
	holdsAll(t, direct, 3)
}
