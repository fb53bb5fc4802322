package outgoing

import (
	"errors"
	"net"
	"testing"
)

// TestAddresses judges addresses of every class, as they are and as IPv6 writes them.
func TestAddresses(t *testing.T) {
	refused := []string{
		"127.0.0.1", "127.8.9.10", "::1", "0.0.0.0", "::", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", // this host and its network
		"100.64.0.1", "100.127.255.254", "100.100.100.200", // carrier-grade NAT, and Alibaba's metadata
		"169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%lo", "fd00:ec2::254", "fc00::1", "fd12:3456::1", "fec0::1",
		"192.0.0.192", "168.63.129.16", // Oracle's and Azure's metadata
		"192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "ff02::1", "2001:db8::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", // IPv4-mapped and -compatible
		"64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", // NAT64, 6to4, Teredo
	}
	allowed := []string{"1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"}
	p := PublicOnly()
	for _, address := range refused {
		var why *Refused
		if err := p.checkAddress(net.JoinHostPort(address, "443")); !errors.As(err, &why) {
			t.Errorf("%s is not refused: %v", address, err)
		}
	}
	for _, address := range allowed {
		if err := p.checkAddress(net.JoinHostPort(address, "443")); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if p.checkAddress("no address") == nil {
		t.Error("what is no address is not refused")
	}
}

// TestExempt dials a server of this machine, which only the host and port that the
// operator named lead to.
func TestExempt(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	at := server.Addr().String()
	_, port, _ := net.SplitHostPort(at)
	p := PublicOnly()
	p.Exempt("http://reader:password@LOCALHOST:" + port + "/path")
	p.Exempt("://")
	p.Exempt("/no/host")
	for _, tt := range []struct {
		policy *Policy
		named  string
		ok     bool
	}{
		{nil, at, true}, {nil, "", true},
		{p, at, false}, {p, "", false}, {p, "localhost:" + port, true}, {p, "localhost.:" + port, true}, {p, "localhost:1", false},
	} {
		conn, err := tt.policy.Dialer(tt.named).DialContext(t.Context(), "tcp", at)
		if (err == nil) != tt.ok {
			t.Errorf("by the dialer of %q: %v", tt.named, err)
		}
		if err == nil {
			conn.Close()
		} else if got := Why("shop.example", err); got != "shop.example is at 127.0.0.1, which isn't a public address, and outgoing.private_addresses is false" {
			t.Errorf("%q", got)
		}
	}
	if p.Restricts() != true || (*Policy)(nil).Restricts() {
		t.Error("nil restricts, or PublicOnly does not")
	}
	if got := Why("shop.example", errors.New("other")); got != "" {
		t.Errorf("another error: %q", got)
	}
}
