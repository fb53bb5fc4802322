package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/fetch"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/network"
	"gonogo/readiness/answer"
)

// onlyIPv4 is a machine without IPv6.
func onlyIPv4(address netip.Addr) bool { return address.Is4() }

// anyRoute is a machine that has both.
func anyRoute(netip.Addr) bool { return true }

// onOnePort listens at several addresses of this machine, at one port.
func onOnePort(t *testing.T, addresses ...string) (port string, all []net.Listener) {
	t.Helper()
	for range 50 {
		all = nil
		port = "0"
		for _, address := range addresses {
			l, err := net.Listen("tcp", net.JoinHostPort(address, port))
			if err != nil {
				break
			}
			_, port, _ = net.SplitHostPort(l.Addr().String())
			all = append(all, l)
		}
		if len(all) == len(addresses) {
			return port, all
		}
		for _, l := range all {
			l.Close()
		}
	}
	t.Fatalf("no port is free at all of %v", addresses)
	return "", nil
}

// A server is looked at by each of its addresses, and the worst of them is named.
func TestTLSAtEachAddress(t *testing.T) {
	ca, days := gatestest.Root(t, nil, "Test root"), 24*time.Hour
	file := gatestest.WritePEM(t, ca)
	ending := func(left time.Duration) *gatestest.Authority {
		template := gatestest.Leaf("shop.example")
		template.NotBefore, template.NotAfter = time.Now().Add(-90*days), time.Now().Add(left+time.Hour)
		return gatestest.Issue(t, ca, template)
	}
	good, soon, expired := ending(50*days), ending(9*days), ending(-3*days)
	for _, tt := range []struct {
		name     string
		at       map[string]*gatestest.Authority // nil: nothing listens there
		routed   func(netip.Addr) bool
		settings string
		verdict  answer.Verdict
		summary  []string
		details  []string
	}{
		{"all good", map[string]*gatestest.Authority{"127.0.0.1": good, "127.0.0.2": soon}, anyRoute, "", answer.Passed,
			[]string{"good until " + soon.Cert.NotAfter.UTC().Format(time.DateOnly) + ", at the worst of 2 addresses"}, []string{"127.0.0.1: the certificate", "127.0.0.2: the certificate"}},
		{"the second has expired", map[string]*gatestest.Authority{"127.0.0.1": good, "127.0.0.2": expired}, anyRoute, "", answer.Failed,
			[]string{"at 127.0.0.2, one of 2 addresses: chain is expired on "}, []string{"127.0.0.1: the certificate for shop.example is good", "127.0.0.2: chain is expired"}},
		{"the first has expired", map[string]*gatestest.Authority{"127.0.0.1": expired, "127.0.0.2": good}, anyRoute, "", answer.Failed, []string{"at 127.0.0.1, one of 2"}, nil},
		{"of two that fail the worse", map[string]*gatestest.Authority{"127.0.0.1": soon, "127.0.0.2": expired, "127.0.0.3": good}, anyRoute, `, days_left: ">= 14"`, answer.Failed, []string{"at 127.0.0.2, one of 3", "days left is -3"}, nil},
		{"IPv6 too", map[string]*gatestest.Authority{"127.0.0.1": good, "::1": expired}, anyRoute, "", answer.Failed, []string{"at ::1, one of 2"}, nil},
		{"no IPv6 here", map[string]*gatestest.Authority{"127.0.0.1": good, "::1": expired}, onlyIPv4, "", answer.Passed, []string{"good until"}, []string{"::1 wasn't checked: this machine has no IPv6"}},
		{"one does not listen", map[string]*gatestest.Authority{"127.0.0.1": good, "127.0.0.2": nil}, anyRoute, "", answer.Errored, []string{"at 127.0.0.2, one of 2 addresses: nothing listens"}, []string{"127.0.0.1: the certificate"}},
		{"what has failed counts more than what is not known", map[string]*gatestest.Authority{"127.0.0.1": expired, "127.0.0.2": nil}, anyRoute, "", answer.Failed, []string{"at 127.0.0.1"}, []string{"127.0.0.2: nothing listens"}},
		{"none listens", map[string]*gatestest.Authority{"127.0.0.1": nil, "127.0.0.2": nil}, anyRoute, "", answer.Errored, []string{"nothing listens"}, nil},
		{"all protocols, at each", map[string]*gatestest.Authority{"127.0.0.1": good, "127.0.0.2": good}, anyRoute, `, min_version: "1.3"`, answer.Failed, []string{"lowest protocol accepted is 1.2"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var addresses, zone []string
			for address := range tt.at {
				addresses = append(addresses, address)
				kind := map[bool]string{true: "AAAA", false: "A"}[strings.Contains(address, ":")]
				zone = append(zone, "shop.example. 60 IN "+kind+" "+address)
			}
			port, listeners := onOnePort(t, addresses...)
			for i, l := range listeners {
				own := tt.at[addresses[i]]
				if own == nil {
					l.Close()
					continue
				}
				config := &tls.Config{Certificates: []tls.Certificate{{PrivateKey: own.Key, Certificate: [][]byte{own.Cert.Raw}}}}
				gatestest.ServeConns(t, l, func(c net.Conn) { _ = tls.Server(c, config).Handshake() })
			}
			deps := gates.Deps{Network: network.Resolver{Names: gatestest.ZoneServer(t, zone...), Routed: tt.routed}}
			ev := kindtest.Measured(t, kindtest.Built(t, TLS, fmt.Sprintf("{address: %q, ca: %s, timeout: 5s%s}", "shop.example:"+port, file, tt.settings), deps), gates.Scope{})
			if wrong := kindtest.Odd(ev, tt.verdict, tt.summary...); wrong != "" {
				t.Error(wrong)
			}
			for _, line := range tt.details {
				if !slices.ContainsFunc(ev.Details, func(got string) bool { return strings.HasPrefix(got, line) }) {
					t.Errorf("no line of %q begins with %q", ev.Details, line)
				}
			}
		})
	}
}

// What a cancel leaves unlooked at is no pass.
func TestTLSCutOffAtAnAddress(t *testing.T) {
	own := gatestest.Issue(t, nil, x509.Certificate{DNSNames: []string{"shop.example"}})
	port, listeners := onOnePort(t, "127.0.0.1", "127.0.0.2")
	config := &tls.Config{Certificates: []tls.Certificate{{PrivateKey: own.Key, Certificate: [][]byte{own.Cert.Raw}}}}
	ctx, cancel := context.WithCancel(t.Context())
	gatestest.ServeConns(t, listeners[0], func(c net.Conn) { _ = tls.Server(c, config).Handshake() })
	gatestest.ServeConns(t, listeners[1], func(net.Conn) { cancel(); <-ctx.Done() })
	deps := gates.Deps{Network: network.Resolver{Names: gatestest.ZoneServer(t, "shop.example. 60 IN A 127.0.0.1", "shop.example. 60 IN A 127.0.0.2"), Routed: anyRoute}}
	ev := kindtest.Built(t, TLS, fmt.Sprintf("{address: %q}", "shop.example:"+port), deps).Gate.Check(ctx, gates.Scope{})
	if ev.Verdict == answer.Passed {
		t.Errorf("got %+v", ev)
	}
}

// Where there is no way to an address that is said, and not that its server has a
// fault.
func TestNoRoute(t *testing.T) {
	for _, cause := range []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EAFNOSUPPORT} {
		err := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", cause)}
		target, problem := fetch.New(fetch.Request{URL: "http://[2001:db8::1]/"})
		if problem != nil {
			t.Fatal(problem)
		}
		const want = "there is no route to [2001:db8::1]"
		if got := target.Explain(t.Context(), err); !strings.HasPrefix(got, want+"; check the network") {
			t.Errorf("%v: http says %s", cause, got)
		}
		if wrong := kindtest.Odd(new(tlsGate).noGreeting(t.Context(), point{address: "[2001:db8::1]:443"}, err), answer.Errored, want+":443; check the network"); wrong != "" {
			t.Errorf("%v: %s", cause, wrong)
		}
	}
}
