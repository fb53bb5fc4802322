package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// Types lists the supported types of records.
func Types() []string { return []string{"A", "AAAA", "CNAME", "MX", "NS", "TXT", "CAA", "SRV"} }

// examples has a record of each type except TXT, which can be any text.
var examples = map[string]string{
	"A": "192.0.2.10", "AAAA": "2001:db8::10", "CNAME": "www.shop.example", "NS": "ns1.host.example", "MX": "10 mail.shop.example",
	"SRV": "10 5 5060 sip.shop.example", "CAA": "0 issue letsencrypt.org",
}

// recordText is a record as people write it.
func recordText(rr dns.RR) string {
	switch rr := rr.(type) {
	case *dns.TXT:
		return unescape(strings.Join(rr.Txt, ""))
	case *dns.CAA:
		return fmt.Sprintf("%d %s %s", rr.Flag, rr.Tag, unescape(rr.Value))
	case *dns.A:
		return rr.A.String()
	case *dns.AAAA:
		return rr.AAAA.String()
	}
	return strings.TrimSpace(strings.TrimPrefix(rr.String(), rr.Header().String()))
}

// unescape undoes the escapes of zone files, such as \" and \009 (RFC 1035, section
// 5.1).
func unescape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		if i+3 < len(text) {
			if code, err := strconv.ParseUint(text[i+1:i+4], 10, 8); err == nil {
				out.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		i++
		out.WriteByte(text[i])
	}
	return out.String()
}

// Canonical is the canonical form of a record of a type, in which equal records are
// equal strings: addresses are shortened, and names are in lower case and without the
// final dot. A TXT record stays as it is.
func Canonical(kind, record string) string {
	fields := strings.Fields(record)
	switch {
	case kind == "TXT" || len(fields) == 0:
		return record
	case kind == "CAA" && len(fields) >= 3:
		value := strings.Trim(strings.Join(fields[2:], " "), `"`)
		return fmt.Sprintf("%s %s %q", fields[0], strings.ToLower(fields[1]), value)
	}
	last := &fields[len(fields)-1]
	if address, err := netip.ParseAddr(*last); err == nil {
		*last = address.Unmap().String()
	} else if *last != "." { // a null record
		*last = normalizeName(*last)
	}
	return strings.Join(fields, " ")
}

func normalizeName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// Fault says why a text isn't a record of a type, with an example of one; "" if it is.
// For A and AAAA a name is valid too, as the target of an alias.
func Fault(kind, record string) string {
	if fits(kind, strings.Fields(record)) {
		return ""
	}
	return fmt.Sprintf("%q is no %s record; write it as in %s", record, kind, examples[kind])
}

func fits(kind string, fields []string) bool {
	numbers := map[string]int{"MX": 1, "SRV": 3}[kind] // in front of the name
	switch {
	case kind == "TXT":
		return true
	case kind == "CAA":
		return len(fields) >= 3 && allNumbers(fields[:1])
	case len(fields) != numbers+1 || !allNumbers(fields[:numbers]):
		return false
	case fields[numbers] == ".": // a null record, as in RFC 7505
		return numbers > 0
	}
	address, err := netip.ParseAddr(fields[numbers])
	if err != nil {
		labels := strings.Split(normalizeName(fields[numbers]), ".")
		return IsName(fields[numbers]) && (numbers > 0 || len(labels) > 1) && !allNumbers(labels[len(labels)-1:])
	}
	return kind == "A" && address.Unmap().Is4() || kind == "AAAA" && address.Is6()
}

func allNumbers(fields []string) bool {
	return !slices.ContainsFunc(fields, func(field string) bool {
		_, err := strconv.ParseUint(field, 10, 16)
		return err != nil
	})
}

// IsName reports whether a text can be a name in DNS. An internationalized name must be
// in its xn-- form.
func IsName(name string) bool {
	_, valid := dns.IsDomainName(name)
	odd := strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/:@?#,;"\`, r) })
	return valid && !odd && normalizeName(name) != ""
}
