package alertmanager

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// still is an Alertmanager at a moment that a test moves.
type still struct {
	*Alertmanager
	now  time.Time
	base string
}

func newStill(t *testing.T) *still {
	t.Helper()
	s := &still{now: midnight}
	s.Alertmanager = New(Options{Receiver: "gonogo", GroupBy: []string{"alertname"}, GroupInterval: time.Hour, Now: func() time.Time { return s.now }})
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		server.Close()
	})
	s.base = server.URL
	return s
}

func (s *still) ask(t *testing.T, method, path, body string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, strings.TrimSpace(string(all))
}

var someID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// TestSilence is one silence from its beginning to its end, in Alertmanager
// 0.25's words.
func TestSilence(t *testing.T) {
	s := newStill(t)
	s.Fire(Alert{Labels: map[string]string{"alertname": "Fails"}, GeneratorURL: "http://practice.test/graph"})
	status, text := s.ask(t, "POST", "/api/v2/silences",
		`{"matchers":[{"name":"alertname","value":"Fail.*","isRegex":true}],"startsAt":"1999-12-31T23:00:00Z","endsAt":"2000-01-01T01:00:00Z","createdBy":"alice","comment":"a cutover"}`)
	id := someID.FindString(text)
	if status != 200 || text != `{"silenceID":"`+id+`"}` || id == "" {
		t.Fatalf("got status %d and %s", status, text)
	}
	const silenced = `{"id":"ID","status":{"state":"active"},"updatedAt":"2000-01-01T00:00:00Z","comment":"a cutover","createdBy":"alice","endsAt":"2000-01-01T01:00:00Z","matchers":[{"name":"alertname","value":"Fail.*","isRegex":true,"isEqual":true}],"startsAt":"2000-01-01T00:00:00Z"}`
	const ended = `{"id":"ID","status":{"state":"expired"},"updatedAt":"2000-01-01T00:10:00Z","comment":"a cutover","createdBy":"alice","endsAt":"2000-01-01T00:10:00Z","matchers":[{"name":"alertname","value":"Fail.*","isRegex":true,"isEqual":true}],"startsAt":"2000-01-01T00:00:00Z"}`
	const muted = `[{"annotations":{},"endsAt":"2000-01-01T00:05:00Z","fingerprint":"FP","receivers":[{"name":"gonogo"}],"startsAt":"2000-01-01T00:00:00Z","status":{"inhibitedBy":[],"silencedBy":["ID"],"state":"suppressed"},"updatedAt":"2000-01-01T00:00:00Z","generatorURL":"http://practice.test/graph","labels":{"alertname":"Fails"}}]`
	for _, step := range []struct {
		method, path, want string
		after              time.Duration
	}{
		{"GET", "/api/v2/silences", "[" + silenced + "]", 0},
		{"GET", "/api/v2/silence/ID", silenced, 0},
		{"GET", `/api/v2/silences?filter=alertname%3D"Fail.*"`, "[" + silenced + "]", 0},
		{"GET", `/api/v2/silences?filter=alertname%3DOther`, "[]", 0},
		{"GET", "/api/v2/alerts", muted, 0},
		{"GET", "/api/v2/alerts?active=false", muted, 0},
		{"GET", "/api/v2/alerts?silenced=false", "[]", 0},
		{"GET", "/api/v2/alerts?filter=alertname!%3DFails", "[]", 0},
		{"DELETE", "/api/v2/silence/ID", "", 10 * time.Minute},
		{"GET", "/api/v2/silence/ID", ended, 11 * time.Minute},
		{"DELETE", "/api/v2/silence/ID", "", 12 * time.Minute},
		{"GET", "/api/v2/silences", "[" + ended + "]", 13 * time.Minute},
		{"GET", "/api/v2/alerts?active=false", "[]", 13 * time.Minute},
	} {
		s.now = midnight.Add(step.after)
		status, text := s.ask(t, step.method, strings.ReplaceAll(step.path, "ID", id), "")
		text = strings.NewReplacer(id, "ID", fingerprint(map[string]string{"alertname": "Fails"}), "FP").Replace(text)
		if status != 200 || text != step.want {
			t.Errorf("%s %s after %v: got status %d and\n%s\nwant\n%s", step.method, step.path, step.after, status, text, step.want)
		}
	}
}

// A silence that is posted with an ID takes the other's place.
func TestSilenceReplaced(t *testing.T) {
	s := newStill(t)
	id := silence(t, s.Alertmanager, Silence{Matchers: []Matcher{{Name: "a", Value: "b"}}, EndsAt: midnight.Add(time.Hour)})
	body := `{"id":"` + id + `","matchers":[{"name":"a","value":"b"}],"startsAt":"2000-01-01T00:30:00Z","endsAt":"2000-01-01T02:00:00Z","createdBy":"alice","comment":"longer"}`
	if status, text := s.ask(t, "POST", "/api/v2/silences", body); status != 200 {
		t.Fatalf("got status %d and %s", status, text)
	}
	_, text := s.ask(t, "GET", "/api/v2/silences", "")
	var got []struct{ Status struct{ State string } }
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Status.State != "pending" || got[1].Status.State != "expired" {
		t.Errorf("got %s, want one that is pending and one that is expired", text)
	}
}

func TestRefusals(t *testing.T) {
	s := newStill(t)
	silence := func(matchers, starts, ends string) string {
		return `{"matchers":[` + matchers + `],"startsAt":"` + starts + `","endsAt":"` + ends + `","createdBy":"alice","comment":"c"}`
	}
	const matcher, noon, one = `{"name":"a","value":"b"}`, "2000-01-01T12:00:00Z", "2000-01-01T13:00:00Z"
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/api/v2/silences", silence(``, noon, one), 422, `{"code":612,"message":"matchers in body should have at least 1 items"}`},
		{"POST", "/api/v2/silences", `{"matchers":[` + matcher + `],"startsAt":"` + noon + `","endsAt":"` + one + `","createdBy":"a"}`, 422, `{"code":602,"message":"comment in body is required"}`},
		{"POST", "/api/v2/silences", silence(`{"name":"a","value":""}`, noon, one), 400, `"silence invalid: at least one matcher must not match the empty string"`},
		{"POST", "/api/v2/silences", silence(`{"name":"a","value":"[","isRegex":true}`, noon, one), 400, `"silence invalid: invalid label matcher: error parsing regexp: missing closing ]: ` + "`[)$`" + `"`},
		{"POST", "/api/v2/silences", silence(matcher, one, noon), 400, `"Failed to create silence: start time must be before end time"`},
		{"POST", "/api/v2/silences", silence(matcher, "1999-01-01T00:00:00Z", "1999-01-02T00:00:00Z"), 400, `"Failed to create silence: end time can't be in the past"`},
		{"POST", "/api/v2/silences", `{"id":"00000000-0000-4000-8000-000000000000",` + silence(matcher, noon, one)[1:], 404, ""},
		{"POST", "/api/v2/silences", "{", 400, `{"code":400,"message":"parsing body failed, because unexpected EOF"}`},
		{"POST", "/api/v2/silences", "", 415, `{"code":415,"message":"unsupported media type \"\", only [application/json] are allowed"}`},
		{"PUT", "/api/v2/silences", "{}", 405, "Method Not Allowed"},
		{"GET", "/api/v2/silence/00000000-0000-4000-8000-000000000000", "", 404, ""},
		{"DELETE", "/api/v2/silence/00000000-0000-4000-8000-000000000000", "", 404, ""},
		{"GET", "/api/v2/silence/zz", "", 422, `{"code":601,"message":"silenceID in path must be of type uuid: \"zz\""}`},
		{"GET", "/api/v2/alerts?filter=zz", "", 400, `"bad matcher format: zz"`},
		{"GET", "/api/v2/silences?filter=" + url.QueryEscape(`a="b`), "", 400, `"bad matcher format: a=\"b"`},
		{"POST", "/api/v2/alerts", `[{"labels":{}}]`, 400, `"at least one label pair required"`},
	} {
		if status, text := s.ask(t, tt.method, tt.path, tt.body); status != tt.status || text != tt.want {
			t.Errorf("%s %s %s: got status %d and %s, want %d and %s", tt.method, tt.path, tt.body, status, text, tt.status, tt.want)
		}
	}
}

// An alert that is posted without an end fires for five minutes.
func TestPostedAlert(t *testing.T) {
	s := newStill(t)
	if status, text := s.ask(t, "POST", "/api/v2/alerts", `[{"labels":{"alertname":"Fails"}}]`); status != 200 || text != "" {
		t.Fatalf("got status %d and %s", status, text)
	}
	count := func() (n int) {
		_, text := s.ask(t, "GET", "/api/v2/alerts", "")
		var all []json.RawMessage
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for after, want := range map[time.Duration]int{0: 1, 5*time.Minute - 1: 1, 5 * time.Minute: 0} {
		s.now = midnight.Add(after)
		if got := count(); got != want {
			t.Errorf("after %v: got %d alerts, want %d", after, got, want)
		}
	}
}

// An alert that is reported again began when it was first reported.
func TestBeginningIsKept(t *testing.T) {
	s := newStill(t)
	s.Fire(failing("a"))
	s.now = midnight.Add(time.Minute)
	s.Fire(failing("a"))
	if _, text := s.ask(t, "GET", "/api/v2/alerts", ""); !strings.Contains(text, `"startsAt":"2000-01-01T00:00:00Z"`) {
		t.Errorf("got %s, want the first beginning", text)
	}
}

func TestStatus(t *testing.T) {
	s := newStill(t)
	s.Fire(Alert{Labels: map[string]string{"alertname": "<Fails>"}})
	for path, want := range map[string]string{
		"/api/v2/status":    `"uptime":"2000-01-01T00:00:00Z"`,
		"/api/v2/receivers": `[{"name":"gonogo"}]`,
		"/-/healthy":        "OK",
		"/-/ready":          "OK",
		"/":                 "<strong>&lt;Fails&gt;</strong>, active since 00:00:00 UTC",
	} {
		if status, text := s.ask(t, "GET", path, ""); status != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: got status %d and %s, want %s", path, status, text, want)
		}
	}
}

func TestMatcher(t *testing.T) {
	no := false
	for _, tt := range []struct {
		text string
		want Matcher
	}{
		{`a="b c"`, Matcher{Name: "a", Value: "b c"}},
		{` a = b `, Matcher{Name: "a", Value: "b"}},
		{`a=~"b.*"`, Matcher{Name: "a", Value: "b.*", IsRegex: true}},
		{`a!="b"`, Matcher{Name: "a", Value: "b", IsEqual: &no}},
		{`a!~b`, Matcher{Name: "a", Value: "b", IsRegex: true, IsEqual: &no}},
	} {
		got, err := parseMatcher(tt.text)
		if tt.want.IsEqual == nil {
			yes := true
			tt.want.IsEqual = &yes
		}
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tt.text, err, diff)
		}
	}
}
