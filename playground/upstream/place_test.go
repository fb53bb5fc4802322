package upstream

import (
	"context"
	"net"
	"testing"
	"time"
)

// practice makes one upstream in a place of its own, and runs it until the
// test ends.
func practice(t *testing.T, kind func(Place) (*Upstream, error)) *Upstream {
	t.Helper()
	return practiceIn(t, newPlace(t), kind)
}

func newPlace(t *testing.T) Place {
	return Place{
		Dir: t.TempDir(), URL: "http://practice.test",
		Listen:     func(string) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") },
		ListenBoth: listenBoth,
		Position:   func(string) string { return "" },
		Receiver:   func() string { return "" },
		Now:        time.Now,
	}
}

// listenBoth opens a port for streams, and the same for datagrams unless
// somebody has that one.
func listenBoth(string) (net.Listener, net.PacketConn, error) {
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		if packets, err := net.ListenPacket("udp", l.Addr().String()); err == nil {
			return l, packets, nil
		}
		l.Close()
	}
}

func practiceIn(t *testing.T, p Place, kind func(Place) (*Upstream, error)) *Upstream {
	t.Helper()
	u, err := kind(p)
	if err != nil {
		t.Fatal(err)
	}
	if u.Run == nil {
		return u
	}
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- u.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Errorf("the upstream ended with %v", err)
		}
	})
	return u
}

// turn turns the upstream's switch with this ID.
func turn(t *testing.T, u *Upstream, id, state string) {
	t.Helper()
	for _, s := range u.Switches {
		if s.ID == id {
			if err := s.Turn(state); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("there is no switch %q", id)
}
