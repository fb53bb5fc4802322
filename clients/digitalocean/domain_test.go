package digitalocean_test

import (
	"slices"
	"testing"

	"gonogo/clients/digitalocean"
)

// TestSpecMovesADomain takes a domain out of one spec and puts it into another, with all
// that its entry says. Nothing else is changed.
func TestSpecMovesADomain(t *testing.T) {
	const entry = `{"domain": "App.Example", "type": "PRIMARY", "zone": "example", "future": 1.10}`
	for _, tt := range []struct{ name, from, without, with string }{
		{"the only one", `{"name":"a","domains":[` + entry + `]}`, `{"name":"a"}`, `{"name":"a","domains":[` + entry + `]}`},
		{"one of two", `{"domains": [ {"domain":"b.example","x":"a<b>"}, ` + entry + ` ], "name":"a"}`, `{"domains": [{"domain":"b.example","x":"a<b>"}], "name":"a"}`,
			`{"domains": [{"domain":"b.example","x":"a<b>"},` + entry + `], "name":"a"}`},
		{"no list", `{"name":"a","domains":null}`, `{"name":"a","domains":null}`, `{"name":"a","domains":[` + entry + `]}`},
	} {
		out, err := spec(tt.from).WithoutDomain("app.example.")
		if err != nil || written(t, out) != tt.without || out.Domain("app.example") != "" {
			t.Errorf("%s: taken out gives %s, %v; want %s", tt.name, written(t, out), err, tt.without)
		}
		in, err := out.WithDomain(entry)
		if err != nil || written(t, in) != tt.with || in.Domain("APP.example") != entry || in.PrimaryDomain() != "App.Example" {
			t.Errorf("%s: put back gives %s, %v; want %s", tt.name, written(t, in), err, tt.with)
		}
		if again, err := in.WithDomain(entry); err != nil || !again.Equal(in) {
			t.Errorf("%s: put in twice gives %s, %v", tt.name, written(t, again), err)
		}
	}
	for _, bad := range []string{"", "{}", "[]", `{"domain":7}`} {
		if _, err := spec(`{}`).WithDomain(bad); err == nil {
			t.Errorf("%q is taken for a domain", bad)
		}
	}
	if _, err := (digitalocean.Spec{}).WithDomain(entry); err == nil {
		t.Error("no spec takes a domain")
	}
}

func TestSpecNamesWhatItShares(t *testing.T) {
	s := spec(`{"region":"sgp","databases":[{"name":"db","cluster_name":"prod-pg"},{"name":"dev"}]}`)
	if got := s.Clusters(); !slices.Equal(got, []string{"prod-pg"}) || s.Region() != "sgp" {
		t.Errorf("clusters %q in %q", got, s.Region())
	}
	if got := spec(`{"databases":7}`).Clusters(); got != nil {
		t.Errorf("clusters of none: %q", got)
	}
}
