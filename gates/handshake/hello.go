package handshake

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"gonogo/gates/network"
)

// Go's own client can't offer SSL 3.0, nor the older cipher suites that a server may
// require with TLS 1.0 (such as finite-field Diffie-Hellman), and would conclude that
// such a server refuses the protocol. So this file writes the first message itself, and
// reads the version in the answer; the handshake isn't completed. SSL 2.0, whose
// messages differ, isn't tried.
//
// Sources: RFC 6101 (SSL 3.0), RFC 2246, 4346 and 5246 (TLS 1.0, 1.1 and 1.2), sections
// "Client hello"; RFC 8446, section 4.1.3 for a server of TLS 1.3; RFC 6066, section 3
// for the server's name.

// ssl30 is the oldest protocol that is asked about.
const ssl30 uint16 = 0x0300

// The content types and messages that matter here (RFC 5246, sections 6.2.1 and 7.4).
const (
	recordAlert     = 21
	recordHandshake = 22
	serverHello     = 2

	// renegotiation stands among the suites, and says that the client knows RFC
	// 5746: some servers hang up on one that does not.
	renegotiation = 0x00ff

	alertWarning     = 1
	alertUnknownName = 112
)

var (
	errHelloRefused = errors.New("the server does not accept this protocol")
	errHungUp       = errors.New("the server hangs up")
	errNoHello      = errors.New("the server's answer is not one of TLS")
)

// offer offers a server one protocol of up to TLS 1.2, and returns the one that it
// chooses. A server that answers with an alert has refused. One that closes the
// connection may have refused, or takes no more connections. One that stays silent has
// said nothing.
func (s Server) offer(ctx context.Context, v uint16) (uint16, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	conn, err := s.dialer().DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_, err = conn.Write(hello(v, s.Name))
	if err != nil {
		return 0, saidNothing(ctx, err)
	}
	chosen, err := readHello(conn)
	if err != nil {
		return 0, saidNothing(ctx, err)
	}
	return chosen, nil
}

// readHello reads the server's answer up to the version in it: a record's
// header of five bytes, the message's of four, and the version.
func readHello(conn io.Reader) (uint16, error) {
	var start [11]byte
	for {
		if _, err := io.ReadFull(conn, start[:7]); err != nil {
			return 0, err
		}
		if start[0] != recordAlert {
			break
		}
		// A warning that the name is unknown comes before the answer (RFC 6066, section 3).
		if start[5] != alertWarning || start[6] != alertUnknownName {
			return 0, errHelloRefused
		}
	}
	if start[0] != recordHandshake || start[5] != serverHello {
		return 0, errNoHello
	}
	_, err := io.ReadFull(conn, start[7:])
	chosen := binary.BigEndian.Uint16(start[9:])
	if err != nil || chosen < ssl30 || chosen > tls.VersionTLS12 {
		return 0, errNoHello // it has begun to accept, and doesn't continue as TLS does
	}
	return chosen, nil
}

// saidNothing distinguishes a connection that the server closed, which is how some
// refuse, from one that was given up here.
func saidNothing(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errNoHello), errors.Is(err, errHelloRefused):
		return err
	case ctx.Err() != nil || network.IsTimeout(err):
		return fmt.Errorf("no answer: %w", err)
	}
	return errHungUp
}

// hello is the first message of a client that speaks one protocol and knows
// every cipher suite.
func hello(v uint16, serverName string) []byte {
	body := binary.BigEndian.AppendUint16(nil, v)
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails, by its documentation
	body = append(body, random...)
	body = append(body, 0) // no session to resume
	body = append(body, sized(allSuites())...)
	body = append(body, 1, 0) // one compression method: none
	if v > ssl30 {            // which has no extensions
		body = append(body, sized(extensions(serverName))...)
	}
	message := append([]byte{1, 0}, sized(body)...) // a client hello, its length in three bytes
	return append([]byte{recordHandshake, 3, byte(min(v, tls.VersionTLS10))}, sized(message)...)
}

// sized puts a length of two bytes before a text.
func sized(text []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(text))), text...)
}

// allSuites are the cipher suites of IANA's registry that belong to protocols
// up to TLS 1.2, unused numbers among them: a server passes over those. The
// suites that encrypt nothing come last, before the sign that a server may
// insist on.
func allSuites() []byte {
	var suites []byte
	for _, of := range [][2]uint16{{0xc001, 0xc0af}, {0xcca8, 0xccae}, {0x0003, 0x006d}, {0x0084, 0x00c5}, {0x0001, 0x0002}, {renegotiation, renegotiation}} {
		for suite := of[0]; suite <= of[1]; suite++ {
			suites = binary.BigEndian.AppendUint16(suites, suite)
		}
	}
	return suites
}

// extensions say whom the client wants, which curves and signatures it knows,
// and what hardened servers insist on: that a record is encrypted before it is
// authenticated (RFC 7366), and that keys hang on the whole handshake (RFC 7627).
func extensions(serverName string) []byte {
	var all []byte
	add := func(number uint16, text []byte) {
		all = append(binary.BigEndian.AppendUint16(all, number), sized(text)...)
	}
	if serverName != "" && net.ParseIP(serverName) == nil { // RFC 6066 allows no addresses
		add(0, sized(append([]byte{0}, sized([]byte(serverName))...)))
	}
	add(10, sized(curves()))
	add(11, []byte{1, 0}) // points are not compressed
	add(13, sized([]byte{4, 3, 5, 3, 6, 3, 8, 4, 8, 5, 8, 6, 8, 7, 4, 1, 5, 1, 6, 1, 2, 3, 2, 1}))
	add(22, nil)
	add(23, nil)
	return all
}

// curves are those of IANA's registry, the usual ones first: X25519, P-256,
// P-384 and P-521, then older ones, those of Brainpool and X448.
func curves() []byte {
	all := []byte{0, 29, 0, 23, 0, 24, 0, 25}
	for curve := byte(1); curve <= 30; curve++ {
		if curve < 23 || curve > 25 && curve != 29 {
			all = append(all, 0, curve)
		}
	}
	return all
}
