// Package handshake shakes hands with TLS servers, to see which certificates they show
// and which protocol versions they accept.
//
// [Server.Greet] returns the certificates that a server shows, without verifying them.
// [Server.Lowest] finds the lowest protocol version that a server accepts, down to SSL
// 3.0, which Go's own client can't speak (hello.go). [Refused] and [UnknownName] say
// what an error of these means for the server. Each connection has the server's
// timeout; nothing is retried.
package handshake

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// Server is a TLS server at one address.
type Server struct {
	Address string        // host and port to connect to
	Name    string        // that is asked for
	Timeout time.Duration // of each connection
	Dialer  *net.Dialer   // what connects; nil: the usual
}

func (s Server) dialer() *net.Dialer {
	if s.Dialer == nil {
		return new(net.Dialer)
	}
	return s.Dialer
}

// Greet shakes hands with the newest protocol that both support. It accepts any
// certificate; the caller judges it. A server that requires a client certificate ends
// the handshake, but has shown its own by then.
func (s Server) Greet(ctx context.Context) (tls.ConnectionState, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	var state tls.ConnectionState
	wanted := false
	config := &tls.Config{ServerName: s.Name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10,
		VerifyConnection: func(shown tls.ConnectionState) error { state = shown; return nil },
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			wanted = true
			return new(tls.Certificate), nil
		},
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID) // an old server may know none of the good ones
	}
	dialer := tls.Dialer{Config: config, NetDialer: s.dialer()}
	conn, err := dialer.DialContext(ctx, "tcp", s.Address)
	switch {
	case err == nil:
		conn.Close()
	case !wanted || !Refused(err):
		return tls.ConnectionState{}, err
	}
	return state, nil
}

// Refused reports whether a server has refused: with an alert, by closing the
// connection, or with something that isn't part of a handshake.
func Refused(err error) bool {
	var alert tls.AlertError
	var network *net.OpError
	return errors.As(err, &alert) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.As(err, &network) && (network.Op == "remote error" || network.Op == "local error") || strings.HasPrefix(err.Error(), "tls: ")
}

// UnknownName reports whether a server has answered that it has no such name.
func UnknownName(err error) bool {
	return strings.HasSuffix(err.Error(), tls.AlertError(alertUnknownName).Error())
}

// Lowest finds the lowest protocol that a server accepts, by offering each that
// is older than known, which is one that it does (a version of crypto/tls). That it hangs up is a refusal
// only if it then still shakes hands: it may be that it takes few connections.
func (s Server) Lowest(ctx context.Context, known uint16) (uint16, error) {
	hungUp := false
	for _, version := range []uint16{ssl30, tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		if version >= known {
			break
		}
		chosen, err := s.offer(ctx, version)
		switch {
		case err == nil:
			return min(chosen, version), nil
		case errors.Is(err, errHungUp):
			hungUp = true
		case !errors.Is(err, errHelloRefused):
			return 0, fmt.Errorf("asked for %s, it gave no answer", tls.VersionName(version))
		}
	}
	if hungUp {
		if _, err := s.Greet(ctx); err != nil {
			return 0, errors.New("it hung up on the older ones, and then on one that it had accepted before")
		}
	}
	return known, nil
}
