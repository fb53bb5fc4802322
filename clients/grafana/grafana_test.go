package grafana

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gonogo/playground/upstream/grafana"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client asks a handler below a path, as behind a proxy.
func client(t *testing.T, token string, handler http.Handler) *Client {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix("/grafana", handler))
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	c, err := New(Options{URL: server.URL + "/grafana/", Token: token, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// practice is a Grafana with a little of everything.
func practice(forbids string) http.Handler {
	return grafana.New(grafana.Options{Token: "glsa_x",
		Dashboards: func() []grafana.Dashboard {
			return []grafana.Dashboard{
				{UID: "a", Title: "Shop", Folder: "Production", Panels: []grafana.Panel{{Title: "CPU", Type: "graph"}, {Title: "More", Type: "row", Panels: []grafana.Panel{{Title: "Disk", Type: "stat"}}}}},
				{UID: "b", Title: "Shop two"}, {UID: "c", Title: "Shop"},
			}
		},
		DataSources: func() []grafana.DataSource {
			return []grafana.DataSource{{UID: "p", Name: "Prometheus", Type: "prometheus"}, {UID: "l", Name: "Loki", Type: "loki", Broken: true}, {UID: "t", Name: "Test", Type: "testdata", NoTest: true}}
		},
		ContactPoints: func() []grafana.ContactPoint { return []grafana.ContactPoint{{Name: "on-call", Type: "slack"}} },
		Forbids:       func(permission string) bool { return permission == forbids },
	}).Handler()
}

func TestLooks(t *testing.T) {
	c := client(t, "glsa_x", practice(""))
	dashboards, err := c.Dashboards(t.Context(), "Shop")
	if diff := cmp.Diff([]Dashboard{{"a", "Shop", "Production"}, {"c", "Shop", ""}}, dashboards); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	panels, err := c.Panels(t.Context(), "a")
	if diff := cmp.Diff([]Panel{{"CPU", "graph"}, {"Disk", "stat"}}, panels); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	sources, err := c.DataSources(t.Context())
	if err != nil || len(sources) != 3 || sources[0] != (DataSource{"p", "Prometheus", "prometheus"}) {
		t.Errorf("%+v %v", sources, err)
	}
	for uid, want := range map[string]Health{"p": Healthy, "l": Broken, "t": Untested} {
		if got, err := c.Health(t.Context(), uid); got != want || err != nil {
			t.Errorf("%s is %s, %v", uid, got, err)
		}
	}
	points, err := c.ContactPoints(t.Context())
	if diff := cmp.Diff([]ContactPoint{{"on-call", "slack"}}, points); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestRefusals(t *testing.T) {
	all := func(c *Client) (said []string) {
		for _, ask := range []func() error{
			func() error { _, err := c.Dashboards(t.Context(), "Shop"); return err },
			func() error { _, err := c.Panels(t.Context(), "a"); return err },
			func() error { _, err := c.DataSources(t.Context()); return err },
			func() error { _, err := c.Health(t.Context(), "p"); return err },
			func() error { _, err := c.ContactPoints(t.Context()); return err },
		} {
			said = append(said, fmt.Sprint(ask()))
		}
		return said
	}
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "Grafana can't respond at the moment (503); see its log"},
		{"another server", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "the response isn't from Grafana's API (200); check the connection's URL"},
		{"null", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "null") }, "the response isn't from Grafana's API (200); check the connection's URL"},
		{"moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, "the response isn't from Grafana's API (302); check the connection's URL"},
		{"too large", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", mostBody+1)) }, "the response of Grafana is larger than 16 MiB, so it wasn't read"},
	} {
		for i, said := range all(client(t, "glsa_x", tt.handler)) {
			if said != tt.want {
				t.Errorf("%s, %d: got %s", tt.name, i, said)
			}
		}
	}
	for i, said := range all(client(t, "glsa_wrong", practice(""))) {
		if said != "Grafana rejected the token (401); set a valid token of a service account" {
			t.Errorf("%d: got %s", i, said)
		}
	}
	for i, permission := range []string{"dashboards:read", "dashboards:read", "datasources:read", "datasources:query", "alert.provisioning:read"} {
		if said := all(client(t, "glsa_x", practice(permission)))[i]; !strings.HasPrefix(said, "the service account may not look at that (403); give it ") {
			t.Errorf("without %s: got %s", permission, said)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"grafana:3000", "https://grafana.example/?x=1", "https://a:b@grafana.example"} {
		if _, err := New(Options{URL: address}); err == nil || strings.Contains(err.Error(), "a:b") {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

// The dashboards with elements are those of dynamic layouts, in the format of version 2.
const elements = `{"dashboard":{"elements":{"panel-1":{"kind":"Panel","spec":{"title":"CPU","vizConfig":{"kind":"VizConfig","group":"timeseries"}}}}}}`

func TestElements(t *testing.T) {
	panels, err := answer{200, []byte(elements)}.panels()
	if diff := cmp.Diff([]Panel{{"CPU", "timeseries"}}, panels); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := (answer{406, []byte(`{"message":"dashboard api version not supported, use /apis/dashboard.grafana.app/v2alpha1/namespaces/default/dashboards/x instead"}`)}).panels(); err == nil || !strings.Contains(err.Error(), "(406)") {
		t.Errorf("got %v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, body := range []string{elements, `{"dashboard":{"panels":[{"type":"row","title":"R","panels":[{"type":"row","panels":[{"title":"x"}]}]}]}}`,
		`[{"uid":"a","title":"b","folderTitle":"c","type":"dash-db"}]`, `{"status":"OK"}`, `{"status":"ERROR","message":"x"}`, `null`, `[null]`, `{}`, `[{"uid":1}]`} {
		f.Add(200, []byte(body))
		f.Add(400, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := answer{status, body}
		if health, err := a.health(); (err == nil) != (health != "") || health == Healthy && status != 200 {
			t.Errorf("%d %q is %q, %v", status, body, health, err)
		}
		panels, err := a.panels()
		for _, p := range panels {
			if p.Type == "row" && err == nil && !strings.Contains(string(body), "lement") {
				t.Errorf("a row is a panel in %q", body)
			}
		}
		for _, err := range []error{err, second(a.dashboards()), second(a.dataSources()), second(a.contactPoints())} {
			if err == nil && status != 200 {
				t.Errorf("%d was taken", status)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }
