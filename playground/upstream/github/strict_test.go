package github_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHeadersAreStrict(t *testing.T) {
	for _, test := range []struct {
		name    string
		headers []string
		path    string
		status  int
		message string
	}{
		{"as they should be", nil, api + "/issues", 200, ""},
		{"plain JSON", []string{"Accept", "application/json"}, api + "/issues", 200, ""},
		{"no preference", []string{"Accept", ""}, api + "/issues", 200, ""},
		{"a retired preview", []string{"Accept", "application/vnd.github.squirrel-girl-preview"}, api + "/issues", 415, "Accept"},
		{"a good type and a preview", []string{"Accept", "application/json, application/vnd.github.mockingbird-preview+json"}, api + "/issues", 415, "Accept"},
		{"nobody in particular", []string{"User-Agent", ""}, api + "/issues", 403, "User-Agent"},
		{"a wrong token", []string{"Authorization", "Bearer ghp_other"}, api + "/issues", 401, "Bad credentials"},
		{"no token", []string{"Authorization", ""}, api + "/issues", 404, "Not Found"},
		{"the other scheme", []string{"Authorization", "token " + token}, api + "/issues", 200, ""},
		{"another version", []string{"X-GitHub-Api-Version", "2020-01-01"}, api + "/issues", 400, "2022-11-28"},
		{"another repository", nil, "/api/v3/repos/shop/secret/issues", 404, "Not Found"},
		{"search", nil, "/api/v3/search/issues?q=gonogo", 404, "Not Found"},
		{"an issue that is not there", nil, api + "/issues/77", 404, "Not Found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := open(t).send("GET", test.path, "", test.headers...)
			if got.status != test.status {
				t.Fatalf("got %d %s, want %d", got.status, got.body, test.status)
			}
			if test.message == "" {
				return
			}
			if message, _ := got.refused(t); !strings.Contains(message, test.message) {
				t.Errorf("it says %q, want something about %q", message, test.message)
			}
		})
	}
}

func TestBodiesAreStrict(t *testing.T) {
	long := func(n int) string { return strconv.Quote(strings.Repeat("ü", n)) }
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		faults                   []string
	}{
		{"a title of 256 characters", "POST", "/issues", `{"title":` + long(256) + `}`, 201, nil},
		{"a title of 257", "POST", "/issues", `{"title":` + long(257) + `}`, 422, []string{"Issue title custom"}},
		{"a body of 65536 characters", "POST", "/issues", `{"title":"x","body":` + long(65536) + `}`, 201, nil},
		{"a body of 65537", "POST", "/issues", `{"title":"x","body":` + long(65537) + `}`, 422, []string{"Issue body custom"}},
		{"no title", "POST", "/issues", `{"body":"x"}`, 422, []string{"Issue title missing_field"}},
		{"a number for a title", "POST", "/issues", `{"title":7}`, 422, []string{"Issue title invalid"}},
		{"labels as objects", "POST", "/issues", `{"title":"x","labels":[{"name":"bug"}]}`, 201, nil},
		{"a label without a name", "POST", "/issues", `{"title":"x","labels":[""]}`, 422, []string{"Issue labels invalid"}},
		{"fields that are not there", "POST", "/issues", `{"title":"x","state":"open","asignees":["ada"]}`, 422, []string{"Issue asignees invalid", "Issue state invalid"}},
		{"no JSON", "POST", "/issues", `{"title":`, 400, nil},
		{"two values", "POST", "/issues", `{"title":"x"}{}`, 400, nil},
		{"no object", "POST", "/issues", `null`, 400, nil},
		{"an unknown state", "PATCH", "/issues/4", `{"state":"done"}`, 422, []string{"Issue state invalid"}},
		{"an empty state", "PATCH", "/issues/4", `{"state":""}`, 422, []string{"Issue state invalid"}},
		{"no reason", "PATCH", "/issues/4", `{"state":"closed","state_reason":null}`, 200, nil},
		{"a reason that does not fit", "PATCH", "/issues/4", `{"state":"closed","state_reason":"reopened"}`, 422, []string{"Issue state_reason invalid"}},
		{"a blank title", "PATCH", "/issues/4", `{"title":" "}`, 422, []string{"Issue title missing_field"}},
		{"a body that is taken away", "PATCH", "/issues/4", `{"body":null}`, 200, nil},
		{"a blank comment", "POST", "/issues/4/comments", `{"body":""}`, 422, []string{"IssueComment body missing_field"}},
		{"a label twice", "POST", "/labels", `{"name":"BUG"}`, 422, []string{"Label name already_exists"}},
		{"a colour with a hash", "POST", "/labels", `{"name":"x","color":"#d73a4a"}`, 422, []string{"Label color invalid"}},
		{"a parameter that is not there", "GET", "/issues?label=bug", "", 422, []string{"Issue label invalid"}},
		{"a state that is not there", "GET", "/issues?state=done", "", 422, []string{"Issue state invalid"}},
		{"a time that is none", "GET", "/issues?since=today", "", 422, []string{"Issue since invalid"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := open(t)
			got := a.send(test.method, api+test.path, test.body)
			if got.status != test.status {
				t.Fatalf("got %d %.200s, want %d", got.status, got.body, test.status)
			}
			if good := got.status < 300; good != (len(a.Writes()) == 1) {
				t.Errorf("answered %d and did %v", got.status, a.Writes())
			}
			if got.status < 300 {
				return
			}
			if _, faults := got.refused(t); !cmp.Equal(faults, test.faults) {
				t.Errorf("it finds fault with %q, want %q", faults, test.faults)
			}
		})
	}
	if got := open(t).send("POST", api+"/issues", `{"title":"x"}`, "Content-Type", "text/plain"); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("a body of plain text gave %d", got.status)
	}
}

func TestEveryAnswerCountsRequests(t *testing.T) {
	a := open(t)
	for i, path := range []string{api, api + "/issues/77", api + "/issues"} {
		got := a.send("GET", path, "").header
		reset := strconv.FormatInt(a.now().Unix()+3600, 10)
		want := []string{"5000", strconv.Itoa(5000 - i - 1), strconv.Itoa(i + 1), reset}
		headers := []string{got.Get("X-RateLimit-Limit"), got.Get("X-RateLimit-Remaining"), got.Get("X-RateLimit-Used"), got.Get("X-RateLimit-Reset")}
		if !cmp.Equal(headers, want) {
			t.Errorf("request %d has %q, want %q", i+1, headers, want)
		}
	}
}
