package network

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"unicode"

	"golang.org/x/net/idna"
)

// IsRefused reports whether nothing listens at the address.
func IsRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// IsUnreachable reports whether there is no way to an address: from this machine,
// which may lack that kind of address, or from a router on the way.
func IsUnreachable(err error) bool {
	for _, cause := range []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// IsTimeout reports whether the network, or a deadline for it, gave up.
func IsTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// registered converts names with letters beyond ASCII to their registered form:
// müller.example is xn--mller-kva.example there. Underscores, which some record names
// have, are allowed.
var registered = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false))

// ASCIIName is a host's name as servers and certificates know it. An invalid name is
// returned unchanged.
func ASCIIName(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return name
	}
	ascii, err := registered.ToASCII(name)
	if err != nil {
		return name
	}
	return ascii
}
