package fetch

import (
	"net"
	"testing"
)

// Hosts of a page are whole before they are asked, and said to be none otherwise.
func TestNew(t *testing.T) {
	for _, tt := range []struct{ url, host, page, dials, err string }{
		{"https://shop.example/x", "", "https://shop.example/x", "shop.example:443", ""},
		{"https://192.0.2.1:8443/x", "shop.example", "https://shop.example/x", "192.0.2.1:8443", ""},
		{"http://[2001:db8::1]/x", "shop.example:81", "http://shop.example:81/x", "[2001:db8::1]:80", ""},
		{"http://Müller.example/", "", "http://M%C3%BCller.example/", "xn--mller-kva.example:80", ""},
		{"http://u:p@shop.example/", "", "http://shop.example/", "shop.example:80", ""},
		{"http:///x", "", "", "", "url is no address"},
		{"http://a/", "b/c", "", "", "the header Host is no name"},
	} {
		target, err := New(Request{URL: tt.url, Headers: map[string]string{"Host": tt.host}})
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: got %v, want %s", tt.url, err, tt.err)
			}
			continue
		}
		if err != nil || target.page.String() != tt.page || net.JoinHostPort(target.host, target.port) != tt.dials {
			t.Errorf("%s: got %s at %s:%s, %v; want %s at %s", tt.url, target.page, target.host, target.port, err, tt.page, tt.dials)
		}
	}
}
