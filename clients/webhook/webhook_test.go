package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gonogo/clients/outgoing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client makes a client of a handler at an address with a token in it.
func client(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	c, err := New(Options{URL: server.URL + "/hook/s3cret-token?key=s3cret-key", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSend(t *testing.T) {
	var got map[string]string
	var header http.Header
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.URL.String() != "/hook/s3cret-token?key=s3cret-key" || json.Unmarshal(body, &got) != nil {
			t.Errorf("%s %s came with %s", r.Method, r.URL, body)
		}
		w.WriteHeader(http.StatusAccepted)
	})
	if err := c.Send(t.Context(), "k1", map[string]string{"title": "it burns"}); err != nil {
		t.Fatal(err)
	}
	if got["title"] != "it burns" || header.Get("Idempotency-Key") != "k1" || header.Get("Content-Type") != "application/json" {
		t.Errorf("got %v with %v", got, header)
	}
}

// Permanent failures differ from temporary ones. Each message is sent once, whatever
// happens.
func TestFailures(t *testing.T) {
	for status, want := range map[int]string{
		301: "it responded with a redirect (301), which isn't followed; configure the URL that it leads to",
		400: "it rejected the message (400)",
		403: "it rejected gonogo (403); check the token in its URL, and restart gonogo after you change it",
		410: "the URL doesn't exist (410); check it",
		408: "it can't accept the message at the moment (408)",
		429: "it can't accept the message at the moment (429)",
		503: "it can't accept the message at the moment (503)",
	} {
		asked := 0
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		err := c.Send(t.Context(), "k1", "it burns")
		var refused *Refused
		lasting := status < 500 && status != 408 && status != 429
		if err == nil || err.Error() != want || errors.As(err, &refused) != lasting || asked != 1 {
			t.Errorf("%d: after %d requests: %v, want %s", status, asked, err, want)
		}
	}
}

// A connection that breaks during an answer isn't tried again.
func TestBrokenConnectionIsAskedOnce(t *testing.T) {
	var asked atomic.Int32
	c := client(t, func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		panic(http.ErrAbortHandler)
	})
	err := c.Send(t.Context(), "k1", "it burns")
	var unavailable *Unavailable
	if !errors.As(err, &unavailable) || strings.Contains(err.Error(), "s3cret") || asked.Load() != 1 {
		t.Errorf("after %d requests: %v", asked.Load(), err)
	}
}

// A server that never answers is given up with the context.
func TestHangingServerIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := client(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	})
	if err := c.Send(ctx, "k1", "it burns"); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

// Reach connects and sends nothing.
func TestReach(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			came <- -1
			return
		}
		sent, _ := io.ReadAll(conn)
		conn.Close()
		came <- len(sent)
	}()
	c, err := New(Options{URL: "http://" + l.Addr().String() + "/s3cret-token"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Reach(t.Context()); err != nil {
		t.Errorf("it cannot be reached: %v", err)
	}
	if sent := <-came; sent != 0 {
		t.Errorf("%d bytes were sent", sent)
	}
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Reach(ctx); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("where nobody listens: %v", err)
	}
}

// An https address is only reached with a valid certificate.
func TestReachTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	c, err := New(Options{URL: server.URL + "/s3cret-token"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Reach(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, address := range []string{"", "pager.example", "ftp://pager.example/s3cret", "http:///s3cret", "http://%zz/s3cret"} {
		if _, err := New(Options{URL: address}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

// If private addresses are forbidden, neither a message nor a test connection goes to
// one, written as a name or as an address.
func TestPrivateAddresses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) }))
	defer server.Close()
	host := server.Listener.Addr().String()
	for _, at := range []string{host, strings.Replace(host, "127.0.0.1", "localhost", 1), strings.Replace(host, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		client, err := New(Options{URL: "http://" + at + "/s3cret", Outgoing: outgoing.PublicOnly()})
		if err != nil {
			t.Fatal(err)
		}
		sent, reached := client.Send(t.Context(), "k", "m"), client.Reach(t.Context())
		for _, err := range []error{sent, reached} {
			if err == nil || !strings.Contains(err.Error(), "isn't a public address, and outgoing.private_addresses is false") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: %v", at, err)
			}
		}
		var unavailable *Unavailable
		if !errors.As(sent, &unavailable) {
			t.Errorf("%s: %T", at, sent)
		}
	}
}
