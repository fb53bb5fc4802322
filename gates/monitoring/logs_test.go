package monitoring

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	cloud "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

func TestLogsOfFile(t *testing.T) {
	dir, noon := t.TempDir(), time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for name, text := range map[string]string{
		"clean.log":   "2026-11-28 10:00:00 INFO a\n2026-11-28 11:55:00 INFO b\n",
		"errors.log":  "2026-11-28 10:00:00 INFO a\n2026-11-28 11:55:00 ERROR b\n2026-11-28 11:56:00 ERROR c\n",
		"young.log":   "2026-11-28 11:55:00 INFO b\n",
		"ended.log":   "2026-11-28 10:00:00 INFO a\n",
		"manila.log":  "2026-11-28 18:00:00 INFO a\n2026-11-28 19:55:00 INFO b\n",
		"access.log":  "10.0.0.1 - - [28/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 7\n10.0.0.1 - - [28/Nov/2026:11:55:00 +0000] \"GET / HTTP/1.1\" 503 7\n",
		"empty.log":   "",
		"undated.log": "ERROR x\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{`file: clean.log`, answer.Passed, "0 error lines among 1 line of the last 1h"},
		{`file: errors.log`, answer.Failed, "2 error lines among 2 lines of the last 1h, limit 0"},
		{`file: errors.log, match: ERROR b`, answer.Failed, "1 error line among"},
		{`file: errors.log, ignore: ["ERROR b", "c$"]`, answer.Passed, "0 error lines"},
		{`file: young.log`, answer.Errored, "the log says nothing of this time: it goes back only to 2026-11-28 11:55:00 UTC"},
		{`file: young.log, from_start: true`, answer.Passed, "0 error lines"},
		{`file: ended.log`, answer.Errored, "it ends at 2026-11-28 10:00:00 UTC"},
		{`file: manila.log`, answer.Errored, "in the future; set timezone"},
		{`file: manila.log, timezone: Asia/Manila`, answer.Passed, "0 error lines"},
		{`file: access.log`, answer.Passed, "0 error lines"},
		{`file: access.log, match: '" 5\d\d '`, answer.Failed, "1 error line"},
		{`file: empty.log, from_start: true`, answer.Errored, "it is empty"},
		{`file: undated.log, from_start: true`, answer.Errored, "none of its lines has a time stamp"},
		{`file: nowhere.log`, answer.NotConfigured, "there is no file nowhere.log"},
		{`file: folder`, answer.Errored, "folder can't be read: it isn't a file"},
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, Logs, "{minutes: 60, errors: 0, "+tt.settings+"}", gates.Deps{Dir: dir}), gates.Scope{View: readiness.View{Now: noon}})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("%s: %s", tt.settings, wrong)
		}
		if strings.Contains(strings.Join(ev.Details, " "), "ERROR") {
			t.Errorf("%s: the text of the log is in %q", tt.settings, ev.Details)
		}
	}
}

// TestLogsOfApp looks at the log of an app on the practice platform, from its deployment
// on.
func TestLogsOfApp(t *testing.T) {
	const app = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	platform, err := cloud.New(cloud.Options{Token: "t0k3n", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if err := platform.Seed(cloud.App{ID: app, Name: "shop", Component: "web", Tag: "1"}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(platform.Handler())
	defer server.Close()
	deps := gates.Deps{Connections: map[string]connection.Connection{"cloud": gatestest.PlatformAt(t, server.URL, "t0k3n"), "wrong": gatestest.PlatformAt(t, server.URL, "other")}}
	for _, tt := range []struct {
		name     string
		after    time.Duration
		log      cloud.Log
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{"just deployed", 10 * time.Minute, cloud.LogGood, ``, answer.Errored, "it goes back only to 2026-11-28 12:00:00 UTC, 10m of 1h; measure again after 2026-11-28 13:00:00 UTC"},
		{"just deployed, which is enough", 0, cloud.LogGood, `, from_start: true`, answer.Passed, "0 error lines among 61 lines"},
		{"errors since", 0, cloud.LogErrors, `, from_start: true`, answer.Failed, "3 error lines among 61 lines of the last 1h, limit 0"},
		{"two hours later", 110 * time.Minute, cloud.LogGood, ``, answer.Passed, "0 error lines among 361 lines"},
		{"of one component", 0, cloud.LogGood, `, component: web`, answer.Passed, "0 error lines among 361 lines"},
		{"of no component", 0, cloud.LogGood, `, component: other`, answer.Errored, "DigitalOcean refused to find the app's log (404 Not Found)"},
		{"errors", 0, cloud.LogErrors, ``, answer.Failed, "error lines among 361 lines of the last 1h, limit 0"},
		{"silent", 0, cloud.LogSilent, ``, answer.Errored, "it ends at 2026-11-28 13:00:00 UTC, 1h ago, so it may have stopped"},
		{"the log of an instance is cut", time.Hour, cloud.LogGood, `, from_start: true, minutes: 180`, answer.Errored, "it goes back only to 2026-11-28 13:00:00 UTC"},
		{"another token", 0, cloud.LogGood, `, connection: wrong`, answer.Errored, "the token is wrong or has expired"},
	} {
		now = now.Add(tt.after)
		if err := platform.SetLog(app, tt.log); err != nil {
			t.Fatal(err)
		}
		settings := "minutes: 60, errors: 0, connection: cloud, app: " + app + tt.settings
		if strings.Contains(tt.settings, "minutes") {
			settings = strings.Replace(settings, "minutes: 60, ", "", 1)
		}
		if strings.Contains(tt.settings, "connection") {
			settings = strings.Replace(settings, "connection: cloud, ", "", 1)
		}
		ev := kindtest.Measured(t, kindtest.Built(t, Logs, "{"+settings+"}", deps), gates.Scope{View: readiness.View{Now: now}})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("%s: %s", tt.name, wrong)
		}
	}
}

// TestLogsOfAReplacedDeployment has the platform replace the live deployment after the
// gate has looked which one is live. The log of the earlier one says nothing of the later.
func TestLogsOfAReplacedDeployment(t *testing.T) {
	const app = "4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf"
	for _, tt := range []struct {
		replaced int // how often
		verdict  answer.Verdict
		words    string
	}{
		{1, answer.Passed, "0 error lines among"},
		{100, answer.Errored, "deployed again each time its log was read; measure once the deployments are over"},
	} {
		var at atomic.Int64 // seconds after the start
		start := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
		now := func() time.Time { return start.Add(time.Duration(at.Load()) * time.Second) }
		platform, err := cloud.New(cloud.Options{Token: "t0k3n", Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if err := platform.Seed(cloud.App{ID: app, Name: "shop", Component: "web", Tag: "1"}); err != nil {
			t.Fatal(err)
		}
		platform.OnCall(func(c cloud.Call) cloud.Fault {
			if !strings.HasSuffix(c.Route, "/logs") || c.N > tt.replaced {
				return cloud.Fault{}
			}
			return cloud.Fault{Before: func() {
				if _, err := platform.Maintenance(app); err != nil {
					t.Error(err)
				}
				at.Add(600)
			}}
		})
		server := httptest.NewServer(platform.Handler())
		deps := gates.Deps{Connections: map[string]connection.Connection{"cloud": gatestest.PlatformAt(t, server.URL, "t0k3n")}}
		gate := kindtest.Built(t, Logs, "{minutes: 60, errors: 0, silence: 1h, from_start: true, connection: cloud, app: "+app+"}", deps)
		ev := kindtest.Measured(t, gate, gates.Scope{View: readiness.View{Now: start.Add(20 * time.Minute)}})
		server.Close()
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("replaced %d times: %s", tt.replaced, wrong)
		}
	}
}

func TestLogsFaults(t *testing.T) {
	for settings, want := range map[string][]string{
		`{}`: {"errors", "file", "minutes"},
		`{file: a, connection: cloud, app: x, minutes: 60, errors: 0}`:                                                     {"file"},
		`{connection: cloud, app: shop, minutes: 60, errors: 0}`:                                                           {"app"},
		`{connection: cloud, minutes: 60, errors: 0}`:                                                                      {"app"},
		`{app: 4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf, minutes: 60, errors: 0}`:                                              {"connection"},
		`{file: a, minutes: 10081, errors: 0, silence: 0s, show: 21, timezone: Nowhere, match: "(", ignore: [a, ")", ""]}`: {"ignore.[1]", "ignore.[2]", "match", "minutes", "show", "silence", "timezone"},
	} {
		_, err := kindtest.Build(Logs, settings, gates.Deps{})
		faults, _ := err.(gates.Faults)
		var fields []string
		for _, f := range faults {
			fields = append(fields, f.Field)
		}
		slices.Sort(fields)
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", settings, err, diff)
		}
	}
}
