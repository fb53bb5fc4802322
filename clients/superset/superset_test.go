package superset

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gonogo/playground/upstream/superset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client asks a handler below a path, as behind a proxy.
func client(t *testing.T, username, password string, handler http.Handler) *Client {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix("/bi", handler))
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	c, err := New(Options{URL: server.URL + "/bi/", Username: username, Password: password, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func practice(async bool) http.Handler {
	o := superset.Options{Async: async, Users: []superset.User{{Name: "gonogo", Password: "right", Admin: true}, {Name: "low", Password: "low", Rows: func(row map[string]any) bool { return row["company"] == "Acme" }}},
		Dashboards: []superset.Dashboard{{Title: "It's 100!", Charts: []string{"Revenue"}, Metadata: `{"refresh_frequency":600,"native_filter_configuration":[{"name":"Company","type":"NATIVE_FILTER","cascadeParentIds":[]},{"name":"","type":"DIVIDER"}]}`}, {Title: "Bare", Draft: true}},
		Charts:     []superset.Chart{{Name: "Revenue", Rows: []map[string]any{{"company": "Acme", "sum": 1.5}, {"company": nil, "sum": 2}}}, {Name: "Imported", NoContext: true}, {Name: "Broken", Broken: true}},
	}
	for i := range 201 {
		o.Rules = append(o.Rules, superset.Rule{Name: fmt.Sprint("Rule ", i), Type: "Regular", Clause: "company_id = 1", Tables: []string{"sales"}, Roles: []string{"Analyst"}})
	}
	return superset.New(o).Handler()
}

func session(t *testing.T, c *Client) *Session {
	t.Helper()
	s, err := c.LogIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLooks(t *testing.T) {
	s := session(t, client(t, "gonogo", "right", practice(false)))
	boards, err := s.Dashboards(t.Context(), "It's 100!")
	if diff := cmp.Diff([]Dashboard{{1, "It's 100!", true}}, boards); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if none, err := s.Dashboards(t.Context(), "It's 100"); len(none) > 0 || err != nil {
		t.Errorf("got %v, %v", none, err)
	}
	charts, err := s.ChartsOf(t.Context(), 1)
	if diff := cmp.Diff([]Chart{{1, "Revenue"}}, charts); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	layout, err := s.Layout(t.Context(), 1)
	if diff := cmp.Diff(Layout{[]string{"Company"}, 10 * time.Minute}, layout); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if bare, err := s.Layout(t.Context(), 2); bare.Refresh != 0 || len(bare.Filters) > 0 || err != nil {
		t.Errorf("got %v, %v", bare, err)
	}
	if rules, err := s.Rules(t.Context()); len(rules) != 201 || err != nil || rules[200].Tables[0].Name != "sales" || rules[200].Roles[0].Name != "Analyst" {
		t.Errorf("got %d rules, %v", len(rules), err)
	}
}

func TestData(t *testing.T) {
	s := session(t, client(t, "gonogo", "right", practice(false)))
	data, err := s.Data(t.Context(), 1)
	if diff := cmp.Diff([]Row{{"company": "Acme", "sum": "1.5"}, {"company": "null", "sum": "2"}}, data.Rows); diff != "" || err != nil || data.Took <= 0 {
		t.Errorf("%v, %s\n%s", err, data.Took, diff)
	}
	if _, err := s.Data(t.Context(), 2); !errors.Is(err, ErrNoContext) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Data(t.Context(), 3); !errors.As(err, new(*QueryFailed)) || strings.Contains(err.Error(), "relation") {
		t.Errorf("got %v", err)
	}
	if took, err := s.Export(t.Context(), 1, "csv"); took <= 0 || err != nil {
		t.Errorf("got %s, %v", took, err)
	}
	if _, err := s.Export(t.Context(), 1, "xlsx"); err == nil {
		t.Error("a refused export was taken")
	}
	if _, err := session(t, client(t, "gonogo", "right", practice(true))).Data(t.Context(), 1); !errors.Is(err, ErrAsync) {
		t.Errorf("got %v", err)
	}
	low := session(t, client(t, "low", "low", practice(false)))
	if data, err := low.Data(t.Context(), 1); len(data.Rows) != 1 || err != nil {
		t.Errorf("got %v, %v", data.Rows, err)
	}
	if _, err := low.Rules(t.Context()); err == nil || err.Error() != "the user may not look at that (403); give them a role that can read RowLevelSecurity, such as Admin" {
		t.Errorf("got %v", err)
	}
}

func TestRefusals(t *testing.T) {
	if _, err := client(t, "gonogo", "wrong", practice(false)).LogIn(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "Superset rejected the login (401); set the username") {
		t.Errorf("got %v", err)
	}
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "Superset can't respond at the moment (503); see its log"},
		{"another server", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "the response isn't from Superset's API (200); check the connection's URL"},
		{"null", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "null") }, "the response isn't from Superset's API (200); check the connection's URL"},
		{"moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login/", http.StatusFound) }, "the response isn't from Superset's API (302); check the connection's URL"},
		{"too large", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", mostBody+1)) }, "the response of Superset is larger than 16 MiB, so it wasn't read"},
		{"an endless list", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"count":9,"result":[]}`) }, "a list of Superset's ended early; measure it again"},
	} {
		c := client(t, "gonogo", "right", tt.handler)
		s := &Session{c, "token"}
		_, login := c.LogIn(t.Context())
		_, boards := s.Dashboards(t.Context(), "x")
		_, charts := s.ChartsOf(t.Context(), 1)
		_, layout := s.Layout(t.Context(), 1)
		_, data := s.Data(t.Context(), 1)
		for i, err := range []error{login, boards, charts, layout, data, second(s.Export(t.Context(), 1, "csv"))} {
			if tt.name == "an endless list" {
				err = boards
			}
			if fmt.Sprint(err) != tt.want {
				t.Errorf("%s, %d: got %v", tt.name, i, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestAddresses(t *testing.T) {
	for _, address := range []string{"superset:8088", "https://superset.example/?x=1", "https://a:b@superset.example"} {
		if _, err := New(Options{URL: address}); err == nil || strings.Contains(err.Error(), "a:b") {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	for _, body := range []string{`{"access_token":"x"}`, `{"count":1,"result":[{"id":1,"dashboard_title":"a","published":true}]}`, `{"count":-1,"result":[null]}`,
		`{"result":{"json_metadata":"{\"refresh_frequency\":1e300,\"native_filter_configuration\":[{\"name\":\"x\"}]}"}}`, `{"result":[{"id":1,"slice_name":"x"}]}`,
		`{"result":[{"status":"success","error":null,"rowcount":1,"data":[{"a":"b","c":null,"d":[1]}]}]}`, `{"result":[{"status":"failed","error":"x","data":null}]}`, `{"result":[{}]}`,
		`{"message":"Chart has no query context saved. Please save the chart again."}`, `{"message":"Error: x"}`, `null`, `{}`} {
		for _, status := range []int{200, 202, 400} {
			f.Add(status, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := answer{status, "text/csv", body}
		_, boards, err := pageOf[Dashboard](a, "x")
		if err == nil && boards == nil {
			t.Errorf("%q is a list", body)
		}
		token, failed := a.token()
		if (failed == nil) != (token != "") {
			t.Errorf("%q has the token %q, %v", body, token, failed)
		}
		for _, err := range []error{err, failed, second(a.charts()), second(a.layout()), second(a.rows()), a.export("csv")} {
			if err == nil && status != 200 {
				t.Errorf("%d was taken", status)
			}
		}
	})
}
