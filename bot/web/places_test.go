package web

import (
	"bufio"
	"context"
	"fmt"
	"gonogo/readiness/alert"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// client is a connection on which a test writes and reads by hand.
type client struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func connect(t *testing.T, base string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{conn, t, bufio.NewReader(conn)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// status is that of the next answer; 0: the connection was closed instead.
func (c *client) status() (status int, header http.Header) {
	c.t.Helper()
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, response.Header
}

// asks sends a whole request and checks the status.
func (c *client) asks(request string, want int) {
	c.t.Helper()
	c.send(request)
	if got, _ := c.status(); got != want {
		c.t.Errorf("status %d, want %d", got, want)
	}
}

const look = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

// delivery is a request that delivers an alert with the token.
func deliveryOf() string {
	body := `{"version":"4","status":"firing","groupKey":"g","alerts":[{"status":"firing","fingerprint":"f1","labels":{"alertname":"Down"},"startsAt":"2025-11-03T09:00:00Z"}]}`
	return fmt.Sprintf("POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", alertToken, len(body), body)
}

// few is a server with places for so many connections, on which nothing times out
// while a test runs.
func few(t *testing.T, alerts Alerts, connections, spare int) (base string) {
	t.Helper()
	s := New(alertOptions(alerts))
	s.limits.connections, s.limits.spare = connections, spare
	s.limits.headers, s.limits.request, s.limits.idle, s.limits.alertTime = time.Hour, time.Hour, time.Hour, time.Hour
	base, _ = start(t, s)
	return base
}

// taking takes every alert.
func taking(context.Context, alert.Delivery) error { return nil }

// Connections that wait between requests give way to who comes.
func TestIdleConnectionsGiveWay(t *testing.T) {
	base := few(t, receiver(taking), 3, 0)
	for range 12 {
		connect(t, base).asks(look, 200)
	}
	connect(t, base).asks(deliveryOf(), 200)
}

// Strangers give way before senders who have shown the token, who waits before who is
// served, and of equal ones the one that has been so for longest. A sender that is
// served stays.
func TestWhoGivesWay(t *testing.T) {
	p := newPlaces(nil, limits{connections: 9}, false, slog.New(slog.DiscardHandler))
	var order []*place
	for _, one := range []struct {
		known bool
		now   doing
	}{{false, waiting}, {false, waiting}, {false, served}, {false, asking}, {true, waiting}, {true, asking}, {false, checked}, {true, checked}, {true, served}} {
		here, gone := p.admit(&net.TCPConn{})
		if gone != nil {
			t.Fatal("a connection gave way though there was room")
		}
		here.known = one.known
		here.set(one.now)
		order = append(order, here)
	}
	p.follow(order[1], http.StateActive)
	p.follow(order[1], http.StateIdle) // and so it waits since later than the first
	for i, want := range order[:7] {
		here, gone := p.admit(&net.TCPConn{})
		if here == nil || gone != want.Conn {
			t.Errorf("%d: %+v gave way, want %+v", i, gone, want)
		}
		here.known = true
		here.set(served)
	}
	late := &net.TCPConn{}
	if here, gone := p.admit(late); here != nil || gone != late {
		t.Errorf("where nobody can be missed, %v was let in and %v closed; want the one that comes closed", here, gone)
	}
}

// However many connections say nothing, or send a byte now and then, health is
// answered and an alert is taken. Nothing has timed out.
func TestSlowConnectionsGiveWay(t *testing.T) {
	for name, tt := range map[string]struct {
		sent   string
		answer int // that comes before the rest; 0: none does
	}{
		"silent":              {"", 0},
		"headers without end": {"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", 0},
		"an alert's headers":  {"POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + alertToken + "\r\nX-Slow: ", 0},
		"a body, no token":    {"POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{", 401},
		"a body, wrong token": {"POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 1000000\r\n\r\n{", 401},
		"a body for health":   {"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{", 405},
		"a body with health":  {"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{", 200},
		"a body for nothing":  {"POST /elsewhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde", 404},
	} {
		t.Run(name, func(t *testing.T) {
			base := few(t, receiver(taking), 4, 0)
			slow := func() {
				c := connect(t, base)
				c.send(tt.sent)
				if tt.answer == 0 {
					return
				}
				if got, _ := c.status(); got != tt.answer {
					t.Errorf("status %d, want %d", got, tt.answer)
				}
			}
			for range 8 {
				slow()
			}
			first, rest, _ := strings.Cut(look, "Host")
			prober := connect(t, base)
			prober.send(first)
			slow() // in the place of another slow one
			prober.asks("Host"+rest, 200)
			connect(t, base).asks(deliveryOf(), 200)
		})
	}
}

// If every place has a delivery in progress, none is closed. Health is still answered,
// alerts have to come again, and whoever comes once there is space is served.
func TestDeliveriesStay(t *testing.T) {
	arrived, let := make(chan bool, 8), make(chan bool)
	slow := receiver(func(ctx context.Context, _ alert.Delivery) error {
		arrived <- true
		<-let
		return nil
	})
	base := few(t, slow, 2, 1)
	var senders []*client
	for range 2 {
		c := connect(t, base)
		c.send(deliveryOf())
		<-arrived
		senders = append(senders, c)
	}
	prober := connect(t, base)
	prober.asks(look, 200)
	prober.asks("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n", 200)
	third := connect(t, base) // in the place of the prober, which waits
	third.send(deliveryOf())
	status, header := third.status()
	if status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("a delivery beyond the places: %d, %v; want 503 with Retry-After", status, header)
	}
	if status, _ := prober.status(); status != 0 {
		t.Errorf("the prober that waits has an answer, %d; want it closed", status)
	}
	connect(t, base).asks(look, 200)
	close(let)
	for i, c := range senders {
		if status, _ := c.status(); status != 200 {
			t.Errorf("delivery %d: %d, want 200", i, status)
		}
	}
	for { // the server takes a moment to note that a sender waits
		next := connect(t, base)
		next.send(deliveryOf())
		status, _ := next.status()
		if status == 200 {
			return
		}
		if status != 503 {
			t.Fatalf("the next delivery: %d, want 503 or 200", status)
		}
	}
}

// A connection for which there is no place at all is closed.
func TestNoPlaceAtAll(t *testing.T) {
	arrived, let := make(chan bool), make(chan bool)
	base := few(t, receiver(func(context.Context, alert.Delivery) error {
		arrived <- true
		<-let
		return nil
	}), 1, 0)
	sender := connect(t, base)
	sender.send(deliveryOf())
	<-arrived
	if status, _ := connect(t, base).status(); status != 0 {
		t.Errorf("a connection without a place has an answer, %d", status)
	}
	close(let)
	if status, _ := sender.status(); status != 200 {
		t.Errorf("the delivery: %d, want 200", status)
	}
}

// Who sends all of a large body before reading finds an answer, whatever it is, and no
// reset.
func TestLargeBodyGetsItsAnswer(t *testing.T) {
	const large = 16 << 20
	s := New(alertOptions(receiver(taking)))
	base, _ := start(t, s)
	token := "Authorization: Bearer " + alertToken + "\r\n"
	for name, tt := range map[string]struct {
		head string
		size int
		want int
	}{
		"no token":       {"POST /alerts/alertmanager HTTP/1.1\r\n", large, 401},
		"nothing there":  {"POST /elsewhere HTTP/1.1\r\n", large, 404},
		"another method": {"PUT /readyz HTTP/1.1\r\n", large, 405},
		"no JSON":        {"POST /alerts/alertmanager HTTP/1.1\r\n" + token, large, 400},
		"no JSON, asked": {"POST /alerts/alertmanager HTTP/1.1\r\nExpect: 100-continue\r\n" + token, large, 400},
		"too large":      {"POST /alerts/alertmanager HTTP/1.1\r\n" + token, 48 << 20, 413},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, base)
			c.send(fmt.Sprintf("%sHost: x\r\nContent-Length: %d\r\n\r\n", tt.head, tt.size))
			if strings.Contains(tt.head, "Expect") {
				if status, _ := c.status(); status != 100 {
					t.Fatalf("status %d before the body, want 100", status)
				}
			}
			body := []byte(strings.Repeat(" ", 1<<20))
			for sent := 0; sent < tt.size; sent += len(body) {
				if body[0] = ' '; tt.want == 400 && sent == 0 {
					body[0] = 'x'
				}
				if _, err := c.Write(body); err != nil {
					t.Fatalf("after %d MiB: %v", sent>>20, err)
				}
			}
			if status, _ := c.status(); status != tt.want {
				t.Errorf("status %d, want %d", status, tt.want)
			}
		})
	}
}

// A sender that asks before sending a body gets the answer without sending it, and
// nobody waits for it.
func TestAnswerBeforeTheBody(t *testing.T) {
	c := connect(t, few(t, receiver(taking), 4, 0))
	c.asks("POST /alerts/alertmanager HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10000000\r\n\r\n", 401)
	if status, _ := c.status(); status != 0 {
		t.Errorf("a second answer, %d; want the connection closed", status)
	}
}

// A body that never ends isn't read forever.
func TestBodyWithoutEnd(t *testing.T) {
	t.Parallel()
	s := New(alertOptions(receiver(taking)))
	s.limits.alertBytes = 1 << 20
	base, _ := start(t, s)
	c := connect(t, base)
	c.send("POST /elsewhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
	if status, _ := c.status(); status != 404 {
		t.Errorf("status %d, want 404", status)
	}
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat("x", 1<<20))
	for sent := 0; ; sent++ {
		if _, err := io.WriteString(c, chunk); err != nil {
			break
		}
		if sent > 100 {
			t.Fatal("100 MiB were read")
		}
	}
}
