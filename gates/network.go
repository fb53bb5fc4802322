package gates

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"
	"unicode"

	"golang.org/x/net/idna"
)

// pause waits, or returns false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// isRefused reports whether nothing listens where a connection was tried.
func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// isUnreachable reports whether there is no way to an address: from this machine,
// which may lack that kind of address, or from a router on the way.
func isUnreachable(err error) bool {
	for _, cause := range []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// isTimeout reports whether the network, or a deadline for it, gave up.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// registered writes names with letters beyond ASCII as they are registered:
// müller.example is xn--mller-kva.example there. Underscores, which some records
// have in their names, are let through.
var registered = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false))

// asciiName is a host's name as servers and certificates know it. What is not
// one is given back as it is.
func asciiName(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return name
	}
	ascii, err := registered.ToASCII(name)
	if err != nil {
		return name
	}
	return ascii
}
