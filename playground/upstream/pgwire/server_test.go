package pgwire_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"go.uber.org/goleak"

	"gonogo/playground/upstream/pgwire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server until the test ends or stop is called, which waits for
// it. The address holds for pgconn.
func serve(t *testing.T, opts pgwire.Options) (address string, stop func()) {
	t.Helper()
	opts.Database, opts.User, opts.Password = "shop", "reader", "pass word"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := pgwire.New(opts).Serve(ctx, l); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	}()
	stop = func() { end(); <-over }
	t.Cleanup(stop)
	return "postgres://reader:pass%20word@" + l.Addr().String() + "/shop?sslmode=disable", stop
}

func connect(t *testing.T, address string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// stuck is a server that never gets round to a statement that reads tables,
// and a channel that tells when one has begun.
func stuck() (pgwire.Options, <-chan struct{}) {
	begun := make(chan struct{}, 1)
	return pgwire.Options{Delay: func() time.Duration {
		begun <- struct{}{}
		return time.Hour
	}}, begun
}

func TestCancelStopsTheStatement(t *testing.T) {
	opts, begun := stuck()
	address, _ := serve(t, opts)
	conn := connect(t, address)
	said := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "select 1").ReadAll()
		said <- err
	}()
	<-begun
	if err := conn.CancelRequest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := code(<-said); got != "57014" {
		t.Errorf("the cancelled statement: got code %q, want 57014", got)
	}
	if _, err := conn.Exec(t.Context(), "begin read only").ReadAll(); err != nil {
		t.Errorf("after a cancel the connection goes on; got %v", err)
	}
}

// TestCancelNeedsTheKey sends a cancel with a wrong secret, and wants the
// statement to end by its own timeout all the same.
func TestCancelNeedsTheKey(t *testing.T) {
	opts, begun := stuck()
	address, _ := serve(t, opts)
	conn := connect(t, address)
	said := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "begin; select set_config('statement_timeout', '250ms', true); select 1").ReadAll()
		said <- err
	}()
	<-begun
	cancel(t, conn, []byte{1, 2, 3, 4, 5})
	err := <-said
	if want := "canceling statement due to statement timeout"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("after a cancel with a wrong secret: got %v, want %s", err, want)
	}
}

// cancel sends a CancelRequest and waits until the server has taken it, which
// it shows by hanging up.
func cancel(t *testing.T, conn *pgconn.PgConn, secret []byte) {
	t.Helper()
	c, err := net.Dial("tcp", conn.Conn().RemoteAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	request, err := (&pgproto3.CancelRequest{ProcessID: conn.PID(), SecretKey: secret}).Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	c.Read(make([]byte, 1))
}

// TestShutdownEndsEverySession stops a server that has an idle session, one in
// the middle of a statement and one that has not logged in.
func TestShutdownEndsEverySession(t *testing.T) {
	opts, begun := stuck()
	address, stop := serve(t, opts)
	idle, busy := connect(t, address), connect(t, address)
	silent, err := net.Dial("tcp", idle.Conn().RemoteAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	said := make(chan error, 1)
	go func() {
		_, err := busy.Exec(t.Context(), "select 1").ReadAll()
		said <- err
	}()
	<-begun
	stop()
	if got := code(<-said); got != "57P01" {
		t.Errorf("the busy session: got code %q, want 57P01", got)
	}
	if _, err := idle.Exec(t.Context(), "begin").ReadAll(); code(err) != "57P01" {
		t.Errorf("the idle session: got %v, want code 57P01", err)
	}
	if _, err := pgconn.Connect(t.Context(), address); err == nil {
		t.Error("a server that has stopped let someone in")
	}
}

// TestFull fills the server with sessions and wants the next refused until one
// has left.
func TestFull(t *testing.T) {
	address, _ := serve(t, pgwire.Options{})
	var last *pgconn.PgConn
	for range 100 {
		last = connect(t, address)
	}
	if _, err := pgconn.Connect(t.Context(), address); code(err) != "53300" {
		t.Errorf("the hundred and first: got %v, want code 53300", err)
	}
	last.Close(t.Context())
	<-last.CleanupDone()
	// The server may notice a moment later than the client.
	for {
		conn, err := pgconn.Connect(t.Context(), address)
		if err == nil {
			conn.Close(context.Background())
			return
		}
		if code(err) != "53300" {
			t.Fatal(err)
		}
	}
}

// TestGarbage wants the server to hang up on what is not the protocol, and to
// go on serving others.
func TestGarbage(t *testing.T) {
	address, _ := serve(t, pgwire.Options{})
	host := connect(t, address).Conn().RemoteAddr().String()
	for _, garbage := range []string{
		"GET / HTTP/1.1\r\nHost: practice\r\n\r\n",
		"\x00\x00\x00\x04", "\x00\x00\x00\x08\x00\x03\x00\x00", "\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x00\x00\x00\x09\x00\x03\x00\x00\x00", // a start-up message that names nobody
	} {
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(garbage)); err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		for err == nil {
			_, err = c.Read(make([]byte, 512))
		}
		if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
			t.Errorf("%q: the server did not hang up", garbage)
		}
		c.Close()
	}
	connect(t, address)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
