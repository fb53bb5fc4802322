package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, time.March, 2, 9, 0, 0, 250e6, time.UTC)

// client is a client of a server; its connections are closed after the test.
func client(t *testing.T, address string) *Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := New(Options{URL: address, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve starts a server; its address ends with a path, as behind a proxy.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL + "/prometheus/"
}

// The envelopes are those of Prometheus's documentation, "HTTP API".
func TestReading(t *testing.T) {
	const vector = `{"status":"success","data":{"resultType":"vector","result":[%s]}}`
	for _, tt := range []struct {
		name, body string
		want       Reading
	}{
		{"one series", fmt.Sprintf(vector, `{"metric":{"__name__":"up","job":"prometheus"},"value":[1435781451.781,"1"]}`), Reading{1, true}},
		{"small", fmt.Sprintf(vector, `{"metric":{},"value":[1435781451,"4.9e-324"]}`), Reading{4.9e-324, true}},
		{"0/0", fmt.Sprintf(vector, `{"metric":{},"value":[1435781451,"NaN"]}`), Reading{}},
		{"no series", fmt.Sprintf(vector, ""), Reading{}},
		{"scalar", `{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"0.25"]}}`, Reading{0.25, true}},
		{"scalar 0/0", `{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"NaN"]}}`, Reading{}},
		{"with a note", `{"status":"success","data":{"resultType":"scalar","result":[1,"2"]},"infos":["metric might not be a counter"]}`, Reading{2, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.body) }))
			got, err := c.Value(t.Context(), "up", at)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

// kind is which of the package's errors one is.
func kind(err error) string {
	if _, ok := errors.AsType[*BadQuery](err); ok {
		return "bad query"
	}
	if _, ok := errors.AsType[*Inconclusive](err); ok {
		return "inconclusive"
	}
	if _, ok := errors.AsType[*Unavailable](err); ok {
		return "unavailable"
	}
	return fmt.Sprintf("%T", err)
}

func TestFailures(t *testing.T) {
	const twoSeries = `{"metric":{"pod":"a"},"value":[1,"1"]},{"metric":{"pod":"b"},"value":[1,"2"]}`
	vector := func(series string) string {
		return `{"status":"success","data":{"resultType":"vector","result":[` + series + `]}}`
	}
	for _, tt := range []struct {
		name       string
		status     int
		body       string
		kind, want string
	}{
		{"parse error", 400, `{"status":"error","errorType":"bad_data","error":"1:5: parse error: unclosed left parenthesis"}`,
			"bad query", "Prometheus rejected the query: 1:5: parse error: unclosed left parenthesis"},
		{"cannot execute", 422, `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory"}`,
			"bad query", "Prometheus rejected the query: query processing would load too many samples into memory"},
		{"timeout", 503, `{"status":"error","errorType":"timeout","error":"query timed out"}`,
			"unavailable", "Prometheus can't respond at the moment (503); see its log"},
		{"proxy without a server", 502, `<html>Bad Gateway</html>`,
			"unavailable", "Prometheus can't respond at the moment (502); see its log"},
		{"too many requests", 429, ``,
			"unavailable", "Prometheus can't respond at the moment (429); see its log"},
		{"not let in", 401, `Unauthorized`,
			"unavailable", "Prometheus rejected gonogo's credentials (401); check the user and password in the connection's URL, and restart gonogo after you change them"},
		{"another server", 404, `404 page not found`,
			"unavailable", "the response isn't from Prometheus (404); check the connection's URL"},
		{"another server's page", 200, `<html>Welcome</html>`,
			"unavailable", "the response isn't from Prometheus (200); check the connection's URL"},
		{"a division by zero", 200, vector(`{"metric":{},"value":[1,"+Inf"]}`),
			"inconclusive", "the query returns +Inf, which can't be compared with a limit; check whether it divides by zero"},
		{"a scalar below all", 200, `{"status":"success","data":{"resultType":"scalar","result":[1,"-Inf"]}}`,
			"inconclusive", "the query returns -Inf, which can't be compared with a limit; check whether it divides by zero"},
		{"another server's JSON", 200, `{"status":"ok"}`,
			"unavailable", "the response isn't from Prometheus (200); check the connection's URL"},
		{"several series", 200, vector(twoSeries),
			"inconclusive", "the query returns 2 series instead of one; sum them"},
		{"very many series", 200, vector(strings.Repeat(twoSeries+",", mostBody/len(twoSeries)) + twoSeries),
			"inconclusive", "the query returns more than 1 MiB instead of one number; sum its series"},
		{"range", 200, `{"status":"success","data":{"resultType":"matrix","result":[]}}`,
			"inconclusive", "the query returns a matrix instead of one number; ask for a scalar or a vector of one series"},
		{"histogram", 200, vector(`{"metric":{},"histogram":[1,{"count":"3","sum":"6","buckets":[]}]}`),
			"inconclusive", "the query returns a histogram instead of one number; use histogram_quantile"},
		{"warning", 200, `{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["remote read failed"]}`,
			"inconclusive", "Prometheus warns that the query's result may be incomplete: remote read failed"},
		{"no number", 200, vector(`{"metric":{},"value":[1,"many"]}`),
			"inconclusive", "Prometheus returned an invalid number; check the connection's URL"},
		{"nothing, with a reason", 200, `{"status":"success","data":{"resultType":"vector","result":[]},"infos":["PromQL info: ignored histogram in max aggregation (1:1)"]}`,
			"inconclusive", "the query returns no number, and Prometheus says why: PromQL info: ignored histogram in max aggregation (1:1)"},
		{"no value", 200, vector(`{"metric":{}}`),
			"inconclusive", "Prometheus returned an invalid number; check the connection's URL"},
		{"a value of another shape", 200, `{"status":"success","data":{"resultType":"scalar","result":{}}}`,
			"inconclusive", "Prometheus returned an invalid number; check the connection's URL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			got, err := c.Value(t.Context(), "up", at)
			if got != (Reading{}) || kind(err) != tt.kind || err.Error() != tt.want {
				t.Errorf("got %+v and, %s, %q\nwant %s, %q", got, kind(err), err, tt.kind, tt.want)
			}
		})
	}
}

func TestLongWordsAreCut(t *testing.T) {
	c := client(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"status":"error","errorType":"bad_data","error":"%s"}`, strings.Repeat("é", 301))
	}))
	_, err := c.Value(t.Context(), "up", at)
	if bad, ok := errors.AsType[*BadQuery](err); !ok || bad.Words != strings.Repeat("é", 300)+"…" {
		t.Errorf("got %v", err)
	}
}

// asked is a request as the server received it.
type asked struct {
	Method, Path, User, Password string
	Body, Address                url.Values
}

func look(r *http.Request) asked {
	a := asked{Method: r.Method, Path: r.URL.Path, Address: r.URL.Query()}
	a.User, a.Password, _ = r.BasicAuth()
	_ = r.ParseForm() // an invalid form is an empty one
	a.Body = r.PostForm
	return a
}

func TestWhatIsAsked(t *testing.T) {
	var seen []asked
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, look(r))
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}`)
	})
	c := client(t, strings.Replace(address, "http://", "http://watch:p%40ss@", 1))
	if got, err := c.Value(t.Context(), `up{job="a&b"}`, at); err != nil || !got.Data {
		t.Fatalf("got %+v, %v", got, err)
	}
	if len(seen) != 2 {
		t.Fatalf("asked %d times, want POST and then GET", len(seen))
	}
	for i, want := range []struct {
		method string
		form   url.Values
	}{{"POST", seen[0].Body}, {"GET", seen[1].Address}} {
		got := seen[i]
		if got.Method != want.method || got.Path != "/prometheus/api/v1/query" || got.User != "watch" || got.Password != "p@ss" {
			t.Errorf("asked %+v", got)
		}
		if want.form.Get("query") != `up{job="a&b"}` || want.form.Get("time") != "1772442000.250" {
			t.Errorf("%s with %v", want.method, want.form)
		}
	}
}

// A redirect would lose the query, so the error names the address to configure instead.
func TestRedirectIsNotFollowed(t *testing.T) {
	c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "elsewhere") {
			t.Error("it was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	if _, err := c.Value(t.Context(), "up", at); kind(err) != "unavailable" || !strings.Contains(err.Error(), "(302)") {
		t.Errorf("got %v", err)
	}
}

func TestNoServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := client(t, strings.Replace(server.URL, "http://", "http://watch:hunter2@", 1))
	_, err := c.Value(t.Context(), "up", at)
	if kind(err) != "unavailable" || err.Error() != "Prometheus doesn't respond; check that it is running and that the connection's URL is right" {
		t.Errorf("got %v", err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "hunter2") || strings.Contains(e.Error(), "watch") {
			t.Errorf("the user or the password is in %q", e)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	hangs := make(chan struct{})
	c := client(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-hangs
	}))
	defer close(hangs)
	if _, err := c.Value(ctx, "up", at); kind(err) != "unavailable" || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAddress(t *testing.T) {
	const notWeb = "the URL of Prometheus must begin with http:// or https://; write it like http://prometheus:9090"
	const more = "the URL of Prometheus can't have a query or fragment; write it like http://prometheus:9090"
	for _, tt := range []struct{ address, want string }{
		{"http://prometheus:9090", ""},
		{"https://watch:hunter2@example.com/prometheus/", ""},
		{"", notWeb},
		{"prometheus:9090", notWeb},
		{"http://:9090", notWeb},
		{"ftp://prometheus", notWeb},
		{"http://watch:hunter2@prometheus:port", notWeb},
		{"http://prometheus:9090/?tenant=a", more},
		{"http://prometheus:9090/#graph", more},
	} {
		_, err := New(Options{URL: tt.address, Transport: &http.Transport{}})
		if got := fmt.Sprint(err); got != tt.want && (tt.want != "" || err != nil) {
			t.Errorf("%q: got %v, want %q", tt.address, err, tt.want)
		}
	}
}
