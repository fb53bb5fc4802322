package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gonogo/bot/config"
	"gonogo/examples"
	"gonogo/gates"
	"gonogo/playground"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
)

func TestMain(m *testing.M) {
	// These tests wait for slow sites and for checks three times in a row, and
	// compute the rest of the time: more at once only makes the gates time out.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// Items that stand or fall together.
const (
	coverage = "accept-coverage coverage-business coverage-models coverage-overall coverage-reached "
	suite    = "accept-tests no-failures none-skipped suite-duration suite-passes suite-run " +
		"tests-approvals tests-core tests-costsheet tests-expense tests-knowledge-ai tests-procure tests-subscriptions tests-superset "
	pages      = "staging-healthy staging-login accept-staging "
	pagesLive  = "production-healthy production-login accept-production day-responds "
	logins     = "staging-login accept-staging accept-page-time staging-answers staging-page-time"
	loginsLive = "production-login accept-production dns-https production-speed week-speed security-headers"
	staging    = "staging-certificate accept-tls tls-https "
	production = "production-certificate production-smoke-tls dns-certificate dns-https tls-enforced tls-https "
	monitoring = "prometheus-deployed prometheus-targets prometheus-metrics "
	address    = "dns-a production-dns "
)

// broken says which items do not let through when a switch of the panel is in
// a state that is not good. They have failed, or have errored where the switch
// leaves nothing to measure.
var broken = map[string]struct{ failed, errored string }{
	"test-run not-run":                   {failed: suite + coverage + "coverage-core coverage-reported"},
	"test-run three-fail":                {failed: suite},
	"test-run some-skipped":              {failed: "accept-tests none-skipped suite-passes"},
	"test-run cut-short":                 {failed: coverage + "coverage-core coverage-reported accept-tests suite-passes tests-knowledge-ai tests-procure tests-subscriptions tests-superset"},
	"test-run torn":                      {errored: suite},
	"test-coverage drops":                {failed: coverage},
	"staging-site down":                  {failed: pages + "accept-page-time staging-answers staging-page-time"},
	"staging-site wrong-page":            {failed: pages},
	"production-site down":               {failed: pagesLive + "dns-https production-speed week-speed security-headers"},
	"production-site wrong-page":         {failed: pagesLive},
	"staging-site login-fails":           {failed: logins},
	"production-site login-fails":        {failed: loginsLive},
	"production-headers missing":         {failed: "security-headers"},
	"staging-certificate ends-soon":      {failed: staging},
	"staging-certificate expired":        {failed: staging + "tls-minimum"},
	"staging-certificate other-name":     {failed: staging + "tls-minimum"},
	"staging-certificate self-signed":    {failed: staging + "tls-minimum"},
	"staging-protocols one-older":        {failed: "tls-minimum"},
	"staging-protocols old":              {failed: "tls-minimum"},
	"staging-plain serves":               {failed: "accept-tls"},
	"production-certificate ends-soon":   {failed: production},
	"production-certificate expired":     {failed: production + "production-tls tls-minimum"},
	"production-certificate other-name":  {failed: production + "production-tls tls-minimum"},
	"production-certificate self-signed": {failed: production + "production-tls tls-minimum"},
	"production-protocols one-older":     {failed: "production-tls tls-minimum"},
	"production-protocols old":           {failed: "production-tls tls-minimum"},
	"production-plain serves":            {failed: "tls-enforced"},
	"dns-address late":                   {failed: address},
	"dns-address old":                    {failed: address + "dns-resolves"},
	"dns-address missing":                {failed: address + "dns-resolves"},
	"dns-alias elsewhere":                {failed: "dns-cname"},
	"dns-alias missing":                  {failed: "dns-cname"},
	"dns-second slow":                    {errored: address + "dns-cname"},
	"dns-second lame":                    {failed: address + "dns-cname"},
	"dns-resolver remembers":             {failed: "dns-resolves production-dns"},
	"dns-resolver refuses":               {errored: "dns-resolves production-dns"},
	"prometheus down":                    {failed: monitoring},
	"prometheus no-data":                 {failed: "prometheus-metrics"},
}

func init() {
	for _, environment := range []string{"staging", "production"} {
		addDatabase(environment)
	}
}

// ofDatabase is what one environment's database alone is asked for: items about
// its modules, and others about the database.
var ofDatabase = map[string]struct{ modules, others string }{
	"staging":    {"accept-modules modules-before-tests staging-loaded staging-modules", "staging-database staging-migrated"},
	"production": {"production-loaded", "production-database production-migrated"},
}

// addDatabase says what the switches of an environment's database break: what is
// asked of that environment, and nothing of the other.
func addDatabase(environment string) {
	at := func(items string) string {
		return strings.ReplaceAll(items+" ", " ", "@"+environment+" ")
	}
	own := ofDatabase[environment]
	incomplete := at("dependencies-met ten-modules") + own.modules + " "
	remaining := at("ipai-expense ipai-knowledge-ai ipai-procure ipai-subscriptions")
	dependencies := at("base-tier-validation server-environment")
	migrations := at("migrations-done") + environment + "-migrated "
	first := at("ipai-approvals ipai-core ipai-ppm-costsheet ipai-rate-policy ipai-studio superset-connector")
	type effect = struct{ failed, errored string }
	for state, what := range map[string]effect{
		"oca-dependencies not-installed":  {failed: incomplete + remaining + dependencies},
		"remaining-modules not-installed": {failed: incomplete + remaining},
		"remaining-modules one-missing":   {failed: incomplete + at("ipai-knowledge-ai")},
		"remaining-modules stuck":         {failed: incomplete + remaining + migrations},
		"database refusing": {errored: incomplete + first + remaining + dependencies + at("migrations-done") +
			at("database-connects supabase-address") + own.others},
	} {
		broken[environment+"-"+state] = what
	}
}

// waits are states that only make gates wait, for 20 s and more.
var waits = []string{"staging-site slow", "production-site slow", "staging-database slow", "production-database slow"}

// TestInsightPulseInPractice runs the example's gates in the practice world.
// All pass when the world is well, and each switch of the panel makes its own
// items fail and no other.
func TestInsightPulseInPractice(t *testing.T) {
	turns := badTurns(t)
	for turn := range broken {
		if !slices.Contains(turns, turn) {
			t.Errorf("the panel has no switch and state %q", turn)
		}
	}
	var others []string // what no item looks at: it matters to deployments, issues and alerts
	for _, turn := range turns {
		want, known := broken[turn]
		if slices.Contains(waits, turn) {
			continue
		}
		if !known {
			others = append(others, turn)
			continue
		}
		t.Run(turn, func(t *testing.T) {
			t.Parallel()
			compare(t, want.failed, want.errored, turn)
		})
	}
	t.Run("all is well", func(t *testing.T) {
		t.Parallel()
		compare(t, "", "")
	})
	t.Run("what no item looks at", func(t *testing.T) {
		t.Parallel()
		compare(t, "", "", others...)
	})
}

// compare measures in a world that is well but for some turns.
func compare(t *testing.T, failed, errored string, turns ...string) {
	t.Helper()
	w := well(t)
	for _, turn := range turns {
		switchID, state, _ := strings.Cut(turn, " ")
		if err := w.Set(switchID, state); err != nil {
			t.Fatal(err)
		}
	}
	gotFailed, gotErrored := measure(t, w)
	for _, tt := range []struct {
		what, want string
		got        []string
	}{{"failed", failed, gotFailed}, {"errored", errored, gotErrored}} {
		if diff := cmp.Diff(slices.Sorted(slices.Values(strings.Fields(tt.want))), tt.got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tt.what, diff)
		}
	}
}

// group is a part of the panel, as the page reads it.
type group struct {
	Switches []struct {
		ID     string
		States []struct {
			ID   string
			Good bool
		}
	}
}

func panelOf(t *testing.T, w *playground.World) []group {
	t.Helper()
	response, err := http.Get(w.URL() + "/_/panel")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var panel struct{ Groups []group }
	if err := json.NewDecoder(response.Body).Decode(&panel); err != nil {
		t.Fatal(err)
	}
	return panel.Groups
}

// badTurns are the positions that are not good, as "switch state".
func badTurns(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, g := range panelOf(t, practice(t)) {
		for _, s := range g.Switches {
			for _, state := range s.States {
				if !state.Good {
					all = append(all, s.ID+" "+state.ID)
				}
			}
		}
	}
	return all
}

// practice is a practice world that lasts as long as the test.
func practice(t *testing.T) *playground.World {
	t.Helper()
	if testing.Short() {
		t.Skip("a practice world takes its time")
	}
	w, err := playground.New(playground.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- w.Run(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		end()
		if err := <-over; err != nil {
			t.Errorf("the world ended with %v", err)
		}
	})
	return w
}

// awaitMetrics waits until the world's Prometheus has looked at production.
func awaitMetrics(t *testing.T, w *playground.World) {
	t.Helper()
	for _, v := range w.Variables() {
		if v.Name != "PROMETHEUS_URL" {
			continue
		}
		for seen := false; !seen && t.Context().Err() == nil; {
			response, err := http.Get(v.Value + "/api/v1/query?query=" + url.QueryEscape(`count(http_requests_total{environment="production"})`))
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			seen = strings.Contains(string(text), `"value"`)
		}
	}
}

// well is a practice world in which every switch is good and whose metrics have
// been looked at.
func well(t *testing.T) *playground.World {
	t.Helper()
	w := practice(t)
	for _, g := range panelOf(t, w) {
		for _, s := range g.Switches {
			if s.States[0].Good {
				continue
			}
			for _, state := range s.States {
				if state.Good {
					if err := w.Set(s.ID, state.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	awaitMetrics(t, w)
	return w
}

// patient is the example with limits to the time of a page that a machine busy
// with a dozen worlds at once keeps too.
func patient(t *testing.T) []byte {
	const limit, wide = `p95: "< 3s"`, `p95: "< 300s"`
	if !bytes.Contains(examples.InsightPulse, []byte(limit)) {
		t.Fatalf("the example has no %s any more", limit)
	}
	return bytes.ReplaceAll(examples.InsightPulse, []byte(limit), []byte(wide))
}

// measure runs the gates but those that look at gonogo's own state, and lists
// the items that do not let through; those that several environments are asked
// for with the environment. Two more are left out: whether a query takes under 100 ms depends on what else the machine
// does.
func measure(t *testing.T, w *playground.World) (failed, errored []string) {
	t.Helper()
	values := map[string]string{"GITHUB_TOKEN": "for-the-test"}
	for _, v := range w.Variables() {
		values[v.Name] = v.Value
	}
	c, err := config.Parse("insightpulse.yml", patient(t), func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	view := readiness.View{Checklist: c.Checklist, State: history.NewState(), Now: time.Now()}
	var jobs []gates.Job
	for key, built := range c.Gates {
		if built.Condition == nil && key.Item != "staging-query-time" && key.Item != "accept-query-time" {
			jobs = append(jobs, gates.Job{Name: key.String(), Gate: built.Gate, Scope: gates.Scope{View: view}, Deadline: 5 * time.Minute})
		}
	}
	var mu sync.Mutex
	gates.Runner{Parallel: 4}.Run(t.Context(), jobs, func(gates.Job) error { return nil }, func(j gates.Job, ev answer.Evidence) {
		mu.Lock()
		defer mu.Unlock()
		item, _, _ := strings.Cut(j.Name, "@")
		if it, ok := c.Checklist.Item(item); ok && len(it.Environments) > 1 {
			item = j.Name
		}
		switch {
		case ev.Verdict == answer.Errored:
			errored = append(errored, item)
		case !ev.Verdict.LetsThrough():
			failed = append(failed, item)
		default:
			return
		}
		t.Logf("%s: %s: %s", j.Name, ev.Verdict, ev.Summary)
	})
	slices.Sort(failed)
	slices.Sort(errored)
	return slices.Compact(failed), slices.Compact(errored)
}
