package sshlogin

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gonogo/gates/gatestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// asked asks with a deadline that only ends a hang.
func asked(t *testing.T, address, user string) (Offer, error) {
	t.Helper()
	return Server{Address: address, Timeout: time.Minute, Dialer: new(net.Dialer)}.Ask(t.Context(), user)
}

func TestAsk(t *testing.T) {
	for _, test := range []struct {
		name        string
		config      []string
		root, other []string
	}{
		{"keys alone", []string{"PasswordAuthentication no", "KbdInteractiveAuthentication no"}, []string{"publickey"}, []string{"publickey"}},
		{"OpenSSH's defaults", nil, []string{"publickey", "password", "keyboard-interactive"}, []string{"publickey", "password", "keyboard-interactive"}},
		{"root without passwords looks as with them", []string{"PermitRootLogin prohibit-password", "KbdInteractiveAuthentication no"}, []string{"publickey", "password"}, []string{"publickey", "password"}},
		{"root refused looks as if it were not", []string{"PermitRootLogin no", "PasswordAuthentication no", "KbdInteractiveAuthentication no"}, []string{"publickey"}, []string{"publickey"}},
		{"no method for root", []string{"PasswordAuthentication no", "KbdInteractiveAuthentication no", "Match User root", "PubkeyAuthentication no"}, nil, []string{"publickey"}},
		{"two methods, of which the first is shown", []string{"AuthenticationMethods publickey,password"}, []string{"publickey"}, []string{"publickey"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			address, fingerprint := gatestest.SSH(t, test.config...)
			for user, want := range map[string][]string{"root": test.root, "nobody-here": test.other} {
				got, err := asked(t, address, user)
				if err != nil || !slices.Equal(got.Methods, want) || got.Open || got.Key != (HostKey{"ssh-ed25519", fingerprint}) {
					t.Errorf("%s: got %+v, %v, want %q and %s", user, got, err, want, fingerprint)
				}
			}
		})
	}
}

// Whoever answers with something else has offered nothing, and that isn't an empty offer.
func TestAskOthers(t *testing.T) {
	for _, test := range []struct {
		name  string
		serve func(net.Conn)
		want  error
	}{
		{"a web server", func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, ErrNotSSH},
		{"an SSH 1", func(c net.Conn) { _, _ = c.Write([]byte("SSH-1.5-old\r\n")) }, ErrNotSSH},
		{"endless lines", func(c net.Conn) { endless(c, "hello\r\n") }, ErrNotSSH},
		{"an endless line", func(c net.Conn) { endless(c, "SSH-2.0-a") }, ErrHungUp},
		{"one that hangs up", func(net.Conn) {}, ErrHungUp},
		{"one that greets and hangs up", func(c net.Conn) { _, _ = c.Write([]byte("SSH-2.0-x\r\n")) }, ErrHungUp},
		{"noise", func(c net.Conn) { _, _ = c.Write(append([]byte("SSH-2.0-x\r\n"), make([]byte, 1000)...)) }, ErrHungUp},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := gatestest.Listen(t, test.serve)
			if got, err := asked(t, server.Address, "root"); !errors.Is(err, test.want) {
				t.Errorf("got %+v, %v, want %v", got, err, test.want)
			}
		})
	}
}

func endless(c net.Conn, text string) {
	for {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

// A server that is cut off at any moment of its answer has offered nothing.
func TestAskCutOff(t *testing.T) {
	address, _ := gatestest.SSH(t, "Match User root", "PubkeyAuthentication no", "PasswordAuthentication no", "KbdInteractiveAuthentication no")
	through := func(most int64) (Offer, int64, error) {
		sent := make(chan int64, 1)
		server := gatestest.Listen(t, func(c net.Conn) {
			behind, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer behind.Close()
			go func() {
				_, _ = io.Copy(behind, c)
				behind.Close()
			}()
			n, _ := io.Copy(c, io.LimitReader(behind, most))
			sent <- n
		})
		offer, err := asked(t, server.Address, "root")
		server.Close()
		return offer, <-sent, err
	}
	offer, whole, err := through(1 << 20)
	if err != nil || len(offer.Methods) != 0 {
		t.Fatalf("got %+v, %v", offer, err)
	}
	for n := int64(1); n < whole; n += whole / 12 {
		if offer, _, err := through(n); err == nil {
			t.Errorf("after %d of %d bytes: got %+v", n, whole, offer)
		}
	}
	if offer, _, err := through(whole - 1); err == nil {
		t.Errorf("without the last byte: got %+v", offer)
	}
}

func TestAskEnds(t *testing.T) {
	silent := gatestest.Listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-silent.Asked
		cancel()
	}()
	if _, err := (Server{Address: silent.Address, Timeout: time.Hour, Dialer: new(net.Dialer)}).Ask(ctx, "root"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzAsk talks to servers that send whatever they like. None of them can make an offer
// without a key exchange.
func FuzzAsk(f *testing.F) {
	for _, seed := range []string{"", "SSH-2.0-x\r\n", "hello\r\nSSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x14", "HTTP/1.1 200 OK\r\n\r\n", "SSH-1.99-Cisco\n\x00\x00\x00\x01", "SSH-2.0-x\r\n\xff\xff\xff\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		client, server := net.Pipe()
		over := make(chan struct{})
		go func() {
			defer close(over)
			go func() { _, _ = io.Copy(io.Discard, server) }()
			_, _ = server.Write(sent)
			server.Close()
		}()
		offer, err := ask(client, "server", "root")
		client.Close()
		<-over
		if err == nil || offer.Methods != nil {
			t.Errorf("got %+v, %v", offer, err)
		}
	})
}
