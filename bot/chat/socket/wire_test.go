package socket

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// onWire is one frame of a WebSocket as a server writes it, RFC 6455 section
// 5.2; first holds the FIN bit, the reserved bits and the opcode.
func onWire(first byte, data string) []byte {
	b := []byte{first, 127}
	b = binary.BigEndian.AppendUint64(b, uint64(len(data)))
	return append(b, data...)
}

// However the bytes of an envelope arrive, it is taken and acknowledged, and the
// socket is kept.
func TestFramesOfEveryShape(t *testing.T) {
	s := newScript(t, nil)
	c := s.Next()
	pong := ""
	c.SetPongHandler(func(data string) error { pong = data; return nil })
	split := slash("e1", "split")
	for _, tt := range []struct {
		name, id string
		bytes    []byte
	}{
		{"in three parts, with a ping between", "e1", append(append(append(onWire(0x01, split[:9]), 0x89, 2, 'h', 'i'), onWire(0x00, split[9:50])...), onWire(0x80, split[50:])...)},
		{"binary", "e2", onWire(0x82, slash("e2", "binary"))},
		{"no UTF-8", "e3", onWire(0x81, strings.Replace(slash("e3", "odd"), "odd", "odd\xff", 1))},
		{"more than a megabyte", "e4", onWire(0x81, slash("e4", strings.Repeat("x", 3<<19)))},
		{"after a pong that nobody asked for", "e5", append([]byte{0x8a, 0}, onWire(0x81, slash("e5", "late"))...)},
		{"after a second hello", "e6", append(onWire(0x81, `{"type":"hello"}`), onWire(0x81, slash("e6", "hello"))...)},
		{"after nothing", "e7", append(onWire(0x81, ""), onWire(0x81, `{"type":"slash_commands","envelope_id":"e7"}`)...)},
	} {
		if _, err := c.NetConn().Write(tt.bytes); err != nil {
			t.Fatal(err)
		}
		if got, want := s.Read(c), `{"envelope_id":"`+tt.id+`"}`; got != want {
			t.Errorf("%s: ack = %s, want %s", tt.name, got, want)
		}
	}
	if pong != "hi" || s.opens.Load() != 1 {
		t.Errorf("the ping got %q, and %d connections were asked for; want hi and one", pong, s.opens.Load())
	}
}

// A socket that breaks the protocol, is closed with any code, or sends too much is
// replaced, and what it brought comes again.
func TestBrokenSocketsAreReplaced(t *testing.T) {
	s := newScript(t, nil)
	c := s.Next()
	for _, data := range [][]byte{
		onWire(0xc1, slash("z", "compressed, which nobody offered")),
		onWire(0x80, "a part of nothing"),
		{0x83, 0}, // an opcode that does not exist
		append([]byte{0x88, 2}, websocket.FormatCloseMessage(websocket.ClosePolicyViolation, "")...),
		append([]byte{0x88, 2}, websocket.FormatCloseMessage(4000, "")...),
		binary.BigEndian.AppendUint64([]byte{0x81, 127}, maxFrameBytes+1),
	} {
		s.Write(c, slash("a", "once"))
		s.Read(c)
		if _, err := c.NetConn().Write(data); err != nil {
			t.Fatal(err)
		}
		c = s.Next()
	}
	if got := s.acts.String(); got != "once" {
		t.Errorf("done: %s; want the one command once", got)
	}
}
