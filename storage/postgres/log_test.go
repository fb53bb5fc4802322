package postgres

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"gonogo/gates/gatestest"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(writerEnv); url != "" {
		writeUntilKilled(url)
		return
	}
	goleak.VerifyTestMain(m)
}

// TestLog runs the suite on a server, and through a pooler that changes the server's
// connections between transactions.
func TestLog(t *testing.T) {
	direct := gatestest.Postgres(t)
	for name, url := range map[string]string{"direct": direct, "through PgBouncer": gatestest.PgBouncer(t, direct)} {
		t.Run(name, func(t *testing.T) {
			storagetest.Run(t, func(t *testing.T) func() (storage.Log, error) {
				p := newPlace(url)
				return func() (storage.Log, error) { return p.Open(t.Context()) }
			})
		})
	}
}

// TestServer has the tests that need nothing of a server but to be there.
func TestServer(t *testing.T) {
	server := gatestest.Postgres(t)
	for _, test := range []struct {
		name string
		run  func(t *testing.T, server string)
	}{
		{"refused", testRefused},
		{"read-only", testOpenReadOnly},
		{"one writer", testOneWriter},
		{"a start waits for a stop", testOpenWaits},
		{"created once", testCreatedOnce},
		{"an answer is lost", testAnswerLost},
		{"an append comes late", testLateAppend},
		{"the server hangs", testHangs},
		{"built", testBuild},
		{"examined", testExamine},
		{"the same server", testSameServer},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, server) })
	}
}

var places atomic.Int64

// newPlace is a schema that no other test uses. Who has a ledger and is alive isn't
// waited for.
func newPlace(url string) Place {
	limits := usual
	limits.patience = 0
	return Place{URL: url, Schema: fmt.Sprintf("Gonogo's %d", places.Add(1)), limits: limits}
}

// mustOpen opens a ledger until the test ends.
func mustOpen(t *testing.T, p Place) *Log {
	t.Helper()
	log, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}
