package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"gonogo/gates/gatestest"
)

func TestPlaces(t *testing.T) {
	many := make([]string, mostAddresses+1)
	for i := range many {
		many[i] = fmt.Sprintf("many.example. 60 IN A 192.0.2.%d", i+1)
	}
	resolver := gatestest.ZoneServer(t, append(many,
		"one.example. 60 IN A 192.0.2.1",
		"both.example. 60 IN A 192.0.2.2", "both.example. 60 IN A 192.0.2.1", "both.example. 60 IN AAAA 2001:db8::1",
		"six.example. 60 IN AAAA 2001:db8::1", "six.example. 60 IN AAAA 2001:db8::2",
		"mapped.example. 60 IN A 192.0.2.1", "mapped.example. 60 IN AAAA ::ffff:192.0.2.1",
		"half.example. 60 IN A 192.0.2.1", "half.example. AAAA SERVFAIL",
		"broken.example. A SERVFAIL", "broken.example. AAAA SERVFAIL",
	)...)
	for _, tt := range []struct {
		host   string
		routed func(netip.Addr) bool
		places []string
		unseen string // one line, or its beginning
		err    string
	}{
		{host: "192.0.2.7", places: []string{"192.0.2.7"}},
		{host: "2001:db8::7", routed: onlyIPv4, places: []string{"2001:db8::7"}},
		{host: "localhost", places: []string{"localhost"}},
		{host: "app.localhost", places: []string{"app.localhost"}},
		{host: "one.example", places: []string{"192.0.2.1"}},
		{host: "mapped.example", places: []string{"192.0.2.1"}},
		{host: "both.example", routed: anyRoute, places: []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}},
		{host: "both.example", routed: onlyIPv4, places: []string{"192.0.2.1", "192.0.2.2"}, unseen: "2001:db8::1 wasn't checked: this machine has no IPv6"},
		{host: "six.example", routed: onlyIPv4, err: "this machine has no route to six.example, which is at 2001:db8::1, 2001:db8::2; check its network"},
		{host: "many.example", err: "many.example has 33 addresses, but at most 32 can be checked; write one gate per address, with server_name"},
		{host: "nowhere.example", err: "the name of nowhere.example was not found"},
		{host: "half.example", routed: anyRoute, err: "the name server could not say which addresses half.example has; check the name and its servers"},
		{host: "half.example", routed: onlyIPv4, places: []string{"192.0.2.1"}, unseen: "Whether half.example has addresses of IPv6 is not known: this machine has none"},
		{host: "broken.example", routed: onlyIPv4, err: "the name server could not say which addresses broken.example has; check the name and its servers"},
	} {
		if tt.routed == nil {
			tt.routed = anyRoute
		}
		places, unseen, err := Resolver{resolver, tt.routed}.Addresses(t.Context(), tt.host)
		said := ""
		if err != nil {
			said = LookUpProblem(tt.host, err)
		}
		if !slices.Equal(places, tt.places) || strings.Join(unseen, "\n") != tt.unseen || said != tt.err {
			t.Errorf("%s: got %v %q, %v (%s)\nwant %v %q, %s", tt.host, places, unseen, err, said, tt.places, tt.unseen, tt.err)
		}
	}
}

// There is a route to this machine itself, and nothing is sent to find out.
func TestHasRoute(t *testing.T) {
	if !(Resolver{}).HasRoute(netip.MustParseAddr("127.0.0.1")) {
		t.Error("there is no route to 127.0.0.1")
	}
}

func TestASCIIName(t *testing.T) {
	for name, want := range map[string]string{
		"shop.example": "shop.example", "Müller.example": "xn--mller-kva.example", "_acme.shop.example": "_acme.shop.example", "\u0300.example": "\u0300.example",
	} {
		if got := ASCIIName(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestAddressProblem(t *testing.T) {
	for address, want := range map[string]string{
		"shop.example": "", "shop.example:8443": "", "[2001:db8::1]:443": "", "2001:db8::1": "", "[2001:db8::1]": "",
		"": "address is missing", "https://a": "address is more than a host and a port", "::g": "address names no host", ":443": "address names no host",
		"a:": "address has a port that is none", "a:99999": "address has a port that is none",
	} {
		if got := AddressProblem(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

// onlyIPv4 is a machine without IPv6.
func onlyIPv4(address netip.Addr) bool { return address.Is4() }

// anyRoute is a machine that has both.
func anyRoute(netip.Addr) bool { return true }
