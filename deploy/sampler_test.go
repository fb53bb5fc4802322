package deploy

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"go.uber.org/goleak"

	"gonogo/clients/prometheus"
	"gonogo/gates"
	"gonogo/gates/web"
)

// serve answers every request until the test is over.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		goleak.VerifyNone(t)
	})
	return server
}

// Envelopes as in "Expression queries" of Prometheus's HTTP API documentation.
func TestPrometheusSampler(t *testing.T) {
	const vector = `{"status":"success","data":{"resultType":"vector","result":[%s]}}`
	for _, tt := range []struct {
		name, answer string
		status       int
		want         Sample
		fault        any // *E of the error wanted
	}{
		{"one series", fmt.Sprintf(vector, `{"metric":{},"value":[1435781451.781,"0.07"]}`), 200, Sample{Value: 0.07, Data: true}, nil},
		{"no series", fmt.Sprintf(vector, ""), 200, Sample{}, nil},
		{"nothing over nothing", fmt.Sprintf(vector, `{"metric":{},"value":[1435781451.781,"NaN"]}`), 200, Sample{}, nil},
		{"two series", fmt.Sprintf(vector, `{"metric":{},"value":[1,"1"]},{"metric":{},"value":[1,"2"]}`), 200, Sample{}, new(*prometheus.Inconclusive)},
		{"a bad query", `{"status":"error","errorType":"bad_data","error":"parse error"}`, 400, Sample{}, new(*prometheus.BadQuery)},
		{"overloaded", "", 503, Sample{}, new(*prometheus.Unavailable)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
			var asked string
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked = r.FormValue("query") + " at " + r.FormValue("time")
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.answer)
			})
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			client, err := prometheus.New(prometheus.Options{URL: server.URL, Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			got, err := PrometheusSampler{Client: client, Query: "sum(up)"}.Sample(t.Context(), now, gates.Scope{})
			if got != tt.want || (err == nil) != (tt.fault == nil) || err != nil && !errors.As(err, tt.fault) {
				t.Errorf("got %+v, error %v; want %+v and %T", got, err, tt.want, tt.fault)
			}
			if want := "sum(up) at 1762160400.000"; asked != want {
				t.Errorf("asked %q, want %q", asked, want)
			}
		})
	}
}

func httpGate(t *testing.T, settings string) gates.Built {
	t.Helper()
	built, err := web.HTTP.Build(func(into any) error { return yaml.Unmarshal([]byte(settings), into) }, gates.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func TestHTTPSampler(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusBadGateway)
		}
		fmt.Fprint(w, "version 19.0.1")
	})
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, tt := range []struct {
		name, settings string
		value          float64
		data           bool
		words          string // part of what people are told
	}{
		{"it answers", "url: " + server.URL + "/good", 0, true, ""},
		{"it answers badly", "url: " + server.URL + "/bad", 1, true, "502"},
		{"the environment's own address and version", `{url: "{target.url}/good", body: "{release.version}"}`, 0, true, ""},
		{"nobody answers", "url: " + gone.URL, 0, false, "refuses"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			built := httpGate(t, tt.settings)
			got, err := HTTPSampler{Built: built}.Sample(t.Context(), time.Time{}, gates.Scope{TargetURL: server.URL, Release: "19.0.1"})
			if got.Value != tt.value || got.Data != tt.data || (err == nil) != tt.data {
				t.Errorf("got %+v, error %v; want %v, data %t", got, err, tt.value, tt.data)
			}
			silent, err2 := HTTPSampler{Built: built, Silence: true}.Sample(t.Context(), time.Time{}, gates.Scope{TargetURL: server.URL, Release: "19.0.1"})
			if err2 != nil || silent.Silent == tt.data || silent.Failed != silent.Silent {
				t.Errorf("where silence is a breach: got %+v, error %v; want it silent: %t", silent, err2, !tt.data)
			}
			if said := got.Words + fmt.Sprint(err); !strings.Contains(said, tt.words) {
				t.Errorf("people are told %q, want %q in it", said, tt.words)
			}
		})
	}
}
