package prometheus

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// update writes testdata/answers.json anew, from a real Prometheus.
var update = flag.Bool("update", false, "ask a real Prometheus for the answers and keep them")

const answersFile = "testdata/answers.json"

// began is the time of the first sample.
var began = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// history is what both servers know: counters that begin again, one that
// begins late, gauges, and one that is not a number. They are read every 15
// seconds for 20 minutes, and one of them is missing for a while.
func history(each func(s Sample, at time.Time)) {
	for i := range 80 {
		at := began.Add(time.Duration(i) * 15 * time.Second)
		for _, environment := range []string{"production", "staging"} {
			labels := Labels{"environment": environment, "instance": "web-1:80", "code": "200"}
			good := float64(i * (40 + len(environment)))
			each(Sample{"http_requests_total", labels, good}, at)
			each(Sample{"http_requests_total", labels.with(Labels{"code": "500"}), float64((i % 31) * 3)}, at)
		}
		if i >= 30 {
			each(Sample{"late_total", Labels{"environment": "production"}, float64((i - 30) * 7)}, at)
		}
		if i < 20 || i > 38 {
			each(Sample{"queue_length", Labels{"queue": "mail", "environment": "production"}, math.Sin(float64(i)) * 1e-9}, at)
		}
		each(Sample{"queue_length", Labels{"queue": "jobs", "environment": "production"}, float64(i % 7)}, at)
		each(Sample{"queue_length", Labels{"queue": "jobs", "environment": "staging"}, -2.5e22}, at)
		each(Sample{"queue_limit", Labels{"queue": "jobs", "environment": "production"}, 4}, at)
		each(Sample{"broken", Labels{"environment": "production"}, math.NaN()}, at)
		each(Sample{"up", Labels{"instance": "web-1:80"}, 1}, at)
		each(Sample{"up", Labels{"instance": "web-2:80", "zone": "a b"}, 0}, at)
	}
}

// queries are asked at each of the moments. These lie between two samples, so
// that it does not matter whether a range has its left end.
var queries = []string{
	"1", "-1.5e3", "0x1F", "Inf", "-NaN", "1 + 2 * 3 - 4 / 8", "(1 + 2) * 3", "1 / 0", "0 / 0", "2 > bool 1", "2 == bool 3", "- - 2",
	"vector(3)", "vector(1) / vector(0)", "scalar(up)", `scalar(queue_limit)`, "scalar(nothing)", "vector(scalar(queue_limit)) + 1",
	"up", "up{}", "{__name__=\"up\"}", `{__name__=~"queue_.+"}`, `up{instance="web-1:80"}`, `up{instance!="web-1:80"}`, `up{instance=~"web-[12]:.*"}`,
	`up{instance=~"web"}`, `up{instance!~".*1:80"}`, `up{zone=""}`, `up{zone!=""}`, `up{zone='a b'}`, "up{zone=`a b`,}", "up{zone=\"a\\x20b\"}", "nothing",
	"up # the rest is a comment", "queue_length", "queue_length offset 5m", "queue_length offset -1m", "broken", "late_total", "late_total offset 10m",
	"rate(http_requests_total[5m])", "increase(http_requests_total[5m])", "rate(http_requests_total[30s])", "rate(http_requests_total[10s])",
	"increase(late_total[10m])", "increase(late_total[5m] offset 2m)", "rate((late_total[1h]))", "increase(http_requests_total{code=\"500\"}[1m30s])",
	"rate(queue_length[10m])", `increase(queue_length{queue="mail"}[34s])`, "rate(nothing[5m])", "rate({instance=\"web-1:80\",code=\"500\"}[5m])", "queue_length[40s]", "up[20s] offset 1m", "broken[20s]",
	"sum(up)", "avg(up)", "min(queue_length)", "max(queue_length)", "count(up)", "count(nothing)", "sum(nothing)", "max(broken)", "min(broken or up)",
	"sum by (environment) (queue_length)", "sum(queue_length) by (environment, nothing,)", "SUM WITHOUT (queue) (queue_length)", "avg by () (up)", "count by (__name__) ({environment!=\"\"})",
	"max without (environment, instance) (http_requests_total)",
	`sum by (environment) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (environment) (rate(http_requests_total[5m]))`,
	`sum by (environment) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (environment) (rate(http_requests_total[5m])) > 0.05`,
	`sum(increase(http_requests_total{code=~"5.."}[1m])) > 500`, `sum(rate(nothing[5m])) / sum(rate(nothing[5m]))`,
	"up == 1", "up == bool 1", "1 == up", "0 < bool up", "up != 0", "queue_length > queue_limit", "queue_length > bool queue_limit", "queue_length <= 3", "queue_length >= 3 < 6",
	"queue_length / queue_limit", "queue_length - queue_length", "queue_limit * 2", "2 - queue_limit", "-up", "+up", "-sum(up) + 2", "up + nothing", "broken > 0", "broken != 0",
	"up and up{zone=\"\"}", "up and nothing", "up or nothing", "up or queue_limit", "up unless up{zone=\"\"}", "queue_length and queue_limit", "queue_limit or queue_length", "up or up == 0 and up",
	"up == 0 or up == 1 unless up", "absent(nothing)", "absent(up)", `absent(nothing{a="b",c=~"d",e="f",e="g"})`, "absent(sum(nothing))", "absent((nothing{a=\"b\"}))",
	"sum_over_time(queue_limit[5m])", "count_over_time(up[2m])", "sum_over_time((max(up) >= 0 <= 1)[10m:1m])", "count_over_time((queue_length > 3)[5m:20s])", "up[1m:20s]",
	"count_over_time(nothing[5m:1m])", "count_over_time(sum(up)[10m: 1m])", "sum_over_time((broken >= 0 <= 1)[5m:1m])", "count_over_time((\n(up) # all\n)[300000ms:20000ms])",
}

// wrong are what both refuse, or find to be no query.
var wrong = []string{
	"", "foo(", "up ==", "up{", "up{a", "up{a=", "up{a=1}", "up{a=\"b\"", "sum(up", "sum(up) by (a", "sum(up, up)", "sum()", "rate(up)", "rate(1)", "vector(up)", "scalar(1)", "sum(1)", "absent()", "up)", "up up",
	"1 == 1", "up and 1", "1 or up", "up + bool 1", "up[5m] + 1", "-up[5m]", `{a=""}`, `{a=~".*"}`, "{}", `up{a=~"["}`, "up[5]", "up[0s]", "up[5m", "up offset 1", "up offset", "sum(up) offset 5m", "sum(up)[5m]", "1[5m:1m]", "sum_over_time(up)", "5m", "1x", "up[1m1h]",
	"up{__name__=\"a\"}", "up{a:b=\"c\"}", "up; up", `up{a="\q"}`, "\"\xff", "{__name__=~\".+\"} + {__name__=~\".+\"}", `-{environment="production"}`, `rate({instance="web-1:80"}[5m])`,
	"up + {instance=~\".+\"}", "queue_length[5m:", "sum", "bool", "sum by", "offset", "#", "on", "ignoring", "group_left", "without", "by", "and", "atan2",
}

// moments are in seconds from the first sample.
var moments = []float64{-10, 21.3, 472.3, 601.3, 1003.7, 1196.25, 1490}

// ranges are asked from /api/v1/query_range.
var ranges = []url.Values{
	{"query": {"up"}, "start": {"0"}, "end": {"60"}, "step": {"7"}},
	{"query": {"queue_length > 3"}, "start": {"303"}, "end": {"703"}, "step": {"1m"}},
	{"query": {"vector(1)"}, "start": {"0"}, "end": {"3"}, "step": {"1s500ms"}},
	{"query": {"sum(rate(http_requests_total[2m]))"}, "start": {"100.2"}, "end": {"900"}, "step": {"100"}},
	{"query": {"2"}, "start": {"5"}, "end": {"5"}, "step": {"10"}},
	{"query": {"nothing"}, "start": {"5"}, "end": {"50"}, "step": {"10"}},
	{"query": {"up[5m]"}, "start": {"5"}, "end": {"50"}, "step": {"10"}},
	{"query": {"up"}, "start": {"50"}, "end": {"5"}, "step": {"10"}},
	{"query": {"up"}, "start": {"5"}, "end": {"50"}, "step": {"0"}},
	{"query": {"up"}, "start": {"5"}, "end": {"50"}, "step": {"-1"}},
	{"query": {"up"}, "start": {"5"}, "end": {"50"}, "step": {"x"}},
	{"query": {"up"}, "start": {"5"}, "end": {"50"}},
	{"query": {"up"}, "start": {"0"}, "end": {"11001"}, "step": {"1"}},
	{"query": {"up"}, "end": {"50"}, "step": {"1"}},
	{"query": {"up{"}, "start": {"0"}, "end": {"1"}, "step": {"1"}},
}

// others are requests whose moments are not moved.
var others = []string{
	"/api/v1/query?query=1&time=x", "/api/v1/query?query=1&time=2026-03-02T10:05:00.5Z", "/api/v1/query?query=up&time=2026-03-02T10:05:00.5%2B01:00",
	"/api/v1/query?query=1&time=1&timeout=x", "/api/v1/query?query=1&time=1&timeout=1m", "/api/v1/query?query=1&time=1&timeout=2.5", "/api/v1/query?query=up&time=1&timeout=0s",
	"/api/v1/query_range?query=1&start=x&end=2&step=1", "/api/v1/query_range?query=1&start=1&end=&step=1", "/api/v1/rules?type=record", "/api/v1/rules?type=nothing", "/api/v1/alerts", "/api/v1/nothing",
}

// requests are all that is asked, as paths.
func requests() []string {
	var all []string
	shift := func(text string) string {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return text
		}
		return strconv.FormatFloat(float64(began.Unix())+seconds, 'f', -1, 64)
	}
	for _, query := range queries {
		for _, at := range moments {
			all = append(all, "/api/v1/query?"+url.Values{"query": {query}, "time": {shift(fmt.Sprint(at))}}.Encode())
		}
	}
	for _, query := range wrong {
		all = append(all, "/api/v1/query?"+url.Values{"query": {query}, "time": {shift("601.3")}}.Encode())
	}
	for _, one := range ranges {
		asked := url.Values{"query": one["query"], "step": one["step"]}
		for _, name := range []string{"start", "end"} {
			if text := one.Get(name); text != "" {
				asked.Set(name, shift(text))
			}
		}
		all = append(all, "/api/v1/query_range?"+asked.Encode())
	}
	return append(all, others...)
}

// reply is what an answer says. Its sentences are each server's own.
type reply struct {
	Status    int             `json:"status"`
	Type      string          `json:"type"`
	ErrorType string          `json:"errorType,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
}

func ask(t *testing.T, address string) reply {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	return readReply(t, response)
}

func readReply(t *testing.T, response *http.Response) reply {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{Status: response.StatusCode, Type: response.Header.Get("Content-Type")}
	if !strings.HasPrefix(got.Type, "application/json") {
		return got
	}
	var envelope struct {
		Status, ErrorType, Error string
		Data                     json.RawMessage
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		t.Fatalf("the answer %q is not the envelope: %v", body, err)
	}
	if (envelope.Status == "error") != (envelope.Error != "") || envelope.Status == "success" && envelope.ErrorType != "" {
		t.Errorf("the envelope contradicts itself: %s", body)
	}
	got.ErrorType, got.Data = envelope.ErrorType, envelope.Data
	return got
}

// same compares answers: numbers, also those in strings, may differ by
// rounding, and the results of a vector have no order.
var same = cmp.Options{
	cmp.Transformer("read", func(raw json.RawMessage) any {
		var v any
		if len(raw) > 0 && json.Unmarshal(raw, &v) != nil {
			return string(raw)
		}
		return numbers(v)
	}),
	cmpopts.EquateApprox(1e-11, 0), cmpopts.EquateNaNs(),
	cmpopts.SortSlices(func(a, b map[string]any) bool { return fmt.Sprint(a["metric"]) < fmt.Sprint(b["metric"]) }),
}

// numbers turns the values of samples into numbers, and lists of results into
// slices that can be sorted.
func numbers(v any) any {
	switch v := v.(type) {
	case []any:
		if len(v) == 2 {
			if text, ok := v[1].(string); ok {
				value, err := strconv.ParseFloat(text, 64)
				// The text counts too: 1e-7 is not to be written 0.0000001.
				return []any{v[0], value, strings.Contains(text, "e"), err != nil}
			}
		}
		results := []map[string]any{}
		var rest []any
		for _, one := range v {
			if m, ok := one.(map[string]any); ok {
				results = append(results, numbers(m).(map[string]any))
			} else {
				rest = append(rest, numbers(one))
			}
		}
		if len(rest) > 0 {
			return rest
		}
		return results
	case map[string]any:
		for name, one := range v {
			v[name] = numbers(one)
		}
	}
	return v
}

// practice serves a server that has the history.
func practice(t *testing.T) string {
	t.Helper()
	server, err := New(Options{URL: "http://practice.test/prometheus", Interval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	history(server.Add)
	return serve(t, server.Handler())
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		s.Close()
	})
	return s.URL
}

// TestAnswers compares the practice server's answers with those that a real
// Prometheus gave.
func TestAnswers(t *testing.T) {
	text, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	var kept map[string]reply
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	base := practice(t)
	for _, path := range requests() {
		want, ok := kept[path]
		if !ok {
			t.Errorf("there is no answer for %s; run the tests with -update where a Prometheus is installed", readable(path))
			continue
		}
		if diff := cmp.Diff(want, ask(t, base+path), same); diff != "" {
			t.Errorf("%s is answered other than by Prometheus (-real +practice):\n%s", readable(path), diff)
		}
	}
}

func readable(path string) string {
	text, err := url.QueryUnescape(path)
	if err != nil {
		return path
	}
	return text
}
