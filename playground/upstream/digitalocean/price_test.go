package digitalocean_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/digitalocean/godo"
	"github.com/google/go-cmp/cmp"

	"gonogo/playground/upstream/digitalocean"
)

// TestInstanceSizes reads the sizes with DigitalOcean's own client.
func TestInstanceSizes(t *testing.T) {
	a := open(t)
	all, _, err := a.client.Apps.ListInstanceSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]godo.AppInstanceSize{}
	for _, s := range all {
		sizes[s.Slug] = *s
	}
	large, small, older := sizes["apps-d-1vcpu-2gb"], sizes["apps-s-1vcpu-0.5gb"], sizes["professional-xs"]
	if large.USDPerMonth != "39.00" || large.CPUType != "DEDICATED" || large.SingleInstanceOnly {
		t.Errorf("got %+v", large)
	}
	if small.USDPerMonth != "5.00" || !small.SingleInstanceOnly {
		t.Errorf("got %+v", small)
	}
	// The API has answered with these two prices.
	if older.USDPerMonth != "12.00" || older.USDPerSecond != "0.000004960317" {
		t.Errorf("got %+v", older)
	}
}

// TestDomains reads an app's domains with DigitalOcean's own client.
func TestDomains(t *testing.T) {
	a := open(t)
	const id = "5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01"
	spec := `{"name":"pages","static_sites":[{"name":"site","github":{"repo":"acme/site","branch":"main"}}],"domains":[{"domain":"a.example","minimum_tls_version":"1.3"},{"domain":"b.example"}]}`
	if err := a.Seed(digitalocean.App{ID: id, Spec: json.RawMessage(spec), URL: "https://a.example"}); err != nil {
		t.Fatal(err)
	}
	if err := a.SetDomain(id, digitalocean.Domain{Name: "b.example", Phase: "CONFIGURING"}); err != nil {
		t.Fatal(err)
	}
	app, _, err := a.client.Apps.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if len(app.Domains) != 2 {
		t.Fatalf("got %d domains", len(app.Domains))
	}
	one, two := app.Domains[0], app.Domains[1]
	if one.Spec.MinimumTLSVersion != "1.3" || one.Phase != godo.AppJobSpecKindPHASE_Active || one.CertificateExpiresAt.Sub(a.now()) < 59*24*time.Hour {
		t.Errorf("got %+v", one)
	}
	if two.Phase != godo.AppJobSpecKindPHASE_Configuring || !two.CertificateExpiresAt.IsZero() {
		t.Errorf("got %+v", two)
	}
}

// TestDomainMoves moves a domain from one app to another: only one app may have it, and
// the other sets it up while it is read.
func TestDomainMoves(t *testing.T) {
	a := open(t)
	ids := []string{"5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01", "5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b02"}
	specs := []string{`{"name":"blue","static_sites":[{"name":"site","github":{"repo":"acme/site","branch":"main"}}],"domains":[{"domain":"a.example"}]}`,
		`{"name":"green","static_sites":[{"name":"site","github":{"repo":"acme/site","branch":"main"}}]}`}
	for i, id := range ids {
		if err := a.Seed(digitalocean.App{ID: id, Spec: json.RawMessage(specs[i])}); err != nil {
			t.Fatal(err)
		}
	}
	put := func(id string, change func(*godo.AppSpec)) error {
		app, _, err := a.client.Apps.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		change(app.Spec)
		_, _, err = a.client.Apps.Update(t.Context(), id, &godo.AppUpdateRequest{Spec: app.Spec})
		return err
	}
	with := func(s *godo.AppSpec) { s.Domains = []*godo.AppDomainSpec{{Domain: "a.example"}} }
	without := func(s *godo.AppSpec) { s.Domains = nil }
	if err := put(ids[1], with); err == nil || !strings.Contains(err.Error(), `the domain "a.example" belongs to another app`) {
		t.Errorf("two apps have it: %v", err)
	}
	if err := put(ids[0], without); err != nil {
		t.Fatal(err)
	}
	if err := put(ids[1], with); err != nil {
		t.Fatal(err)
	}
	a.pass(time.Hour)
	var phases []string
	for range 3 {
		app, _, err := a.client.Apps.Get(t.Context(), ids[1])
		if err != nil {
			t.Fatal(err)
		}
		phases = append(phases, string(app.Domains[0].Phase)+" of "+a.Holder("a.example"))
	}
	if diff := cmp.Diff([]string{"CONFIGURING of ", "CONFIGURING of " + ids[1], "ACTIVE of " + ids[1]}, phases); diff != "" {
		t.Errorf("its phases (-want +got):\n%s", diff)
	}
}
