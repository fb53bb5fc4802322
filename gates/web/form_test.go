package web

import (
	"testing"

	"gonogo/gates/form/formtest"
)

func TestForms(t *testing.T) {
	formtest.Run(t, []formtest.Value{
		{Into: new(tlsProtocol), Takes: []string{"1.0", "1.3", "TLS 1.2", "tls1.1"}, Refuses: []string{"", "1.4", "2", "SSL 3.0"}},
		{Into: new(recordType), Takes: []string{"A", "aaaa", "Mx"}, Refuses: []string{"", "AAA", "PTR"}},
	})
}
