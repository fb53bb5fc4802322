// Package sshlogin asks an SSH server which methods of authentication it offers, without
// logging in.
//
// [Server.Ask] connects and sends the request "none" for one user name, to which the
// server answers with a list of methods (RFC 4252, section 5.2), and hangs up. A server
// asks for the name once per connection, so each name takes a connection. The host key is
// returned and not judged. Nothing is stored and nothing is retried; the server's log has
// a line for each question.
//
// This is the only package that imports golang.org/x/crypto/ssh.
package sshlogin

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Server is an SSH server at one address.
type Server struct {
	Address string        // host and port to connect to
	Timeout time.Duration // of a question
	Dialer  *net.Dialer   // what connects
}

// Offer is what a server answers for one user name.
type Offer struct {
	Methods []string // names as in RFC 4252, such as publickey and password, in the server's order
	Open    bool     // the user was let in without any of them
	Key     HostKey
}

// HostKey is the key with which a server has proved itself. A server may have several,
// and shows one of them.
type HostKey struct {
	Type        string // such as ssh-ed25519
	Fingerprint string // as ssh-keygen -l prints it: SHA256: and base64 without padding
}

// The errors of a server that could be reached.
var (
	ErrNotSSH    = errors.New("what answers isn't an SSH server")
	ErrHungUp    = errors.New("the server hung up before it had answered")
	ErrAlgorithm = errors.New("the server and gonogo have no algorithm in common")
)

// errAsked ends a connection once the server has answered.
var errAsked = errors.New("the server has answered")

// Ask asks for the methods that are offered to a user. Errors of the network are
// returned as they are; a server that doesn't behave as one gives [ErrNotSSH],
// [ErrHungUp] or [ErrAlgorithm].
func (s Server) Ask(ctx context.Context, user string) (Offer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	conn, err := s.Dialer.DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return Offer{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	offer, err := ask(conn, s.Address, user)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return offer, err
}

// ask asks over a connection, which it leaves open.
func ask(conn net.Conn, address, user string) (offer Offer, err error) {
	began := &watched{Conn: conn}
	config := &ssh.ClientConfig{
		User: user, Config: algorithms(), HostKeyAlgorithms: hostKeyAlgorithms(),
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			offer.Key = hostKey(key)
			return nil
		},
		AuthCallback: func(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
			if len(c.AllowedMethods) == 0 {
				return nil, nil // the library calls this after an error as well, and returns that now
			}
			offer.Methods = c.AllowedMethods
			return nil, errAsked
		},
	}
	c, channels, requests, err := ssh.NewClientConn(began, address, config)
	if err == nil {
		offer.Open = true
		ssh.NewClient(c, channels, requests).Close()
		return offer, nil
	}
	if errors.Is(err, errAsked) || offersNothing(err) {
		return offer, nil
	}
	return Offer{}, cause(err, began)
}

// offersNothing reports whether a server has answered with an empty list. The library has
// only a text for that; if it changes, the server seems to have hung up.
func offersNothing(err error) bool {
	inner := errors.Unwrap(err)
	return inner != nil && inner.Error() == "ssh: unable to authenticate, attempted methods [none], no supported methods remain"
}

// cause says what the error of a handshake means.
func cause(err error, began *watched) error {
	var none *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &none):
		return ErrAlgorithm
	case !began.isSSH():
		return ErrNotSSH
	}
	return ErrHungUp
}

// algorithms are all that the library has: an old server may know none of the good ones,
// and nothing secret is sent.
func algorithms() ssh.Config {
	good, bad := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	return ssh.Config{KeyExchanges: append(good.KeyExchanges, bad.KeyExchanges...), Ciphers: append(good.Ciphers, bad.Ciphers...), MACs: append(good.MACs, bad.MACs...)}
}

func hostKeyAlgorithms() []string {
	return append(ssh.SupportedAlgorithms().HostKeys, ssh.InsecureAlgorithms().HostKeys...)
}

// hostKey describes a host key; of a certificate, the key that it is about.
func hostKey(key ssh.PublicKey) HostKey {
	if certificate, ok := key.(*ssh.Certificate); ok {
		key = certificate.Key
	}
	return HostKey{Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key)}
}

// watched notes how what a server sends begins.
type watched struct {
	net.Conn
	first strings.Builder
}

// longestGreeting is how much is noted. Lines may come before the version (RFC 4253,
// section 4.2).
const longestGreeting = 8 << 10

// Read implements io.Reader.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if room := longestGreeting - w.first.Len(); room > 0 {
		w.first.Write(b[:min(n, room)])
	}
	return n, err
}

// isSSH reports whether the server has sent the version of a protocol that is spoken
// here, or nothing.
func (w *watched) isSSH() bool {
	text := "\n" + w.first.String()
	return text == "\n" || strings.Contains(text, "\nSSH-2.0-") || strings.Contains(text, "\nSSH-1.99-")
}
