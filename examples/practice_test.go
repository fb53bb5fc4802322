package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gonogo/bot/config"
	"gonogo/bot/web"
	"gonogo/examples"
	"gonogo/gates"
	"gonogo/playground"
	"gonogo/readiness"
	"gonogo/readiness/alert"
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
	speeds     = "speed-approval-create speed-approval-submit speed-cost-sheet speed-expense speed-mrr speed-rfq speed-search "
	scanned    = "credentials-scan oauth-history "
	secrets    = "secrets-removed security-scan "
	register   = "found-critical found-high found-low found-medium vulnerabilities "
	pages      = "staging-healthy staging-login accept-staging "
	pagesLive  = "production-healthy production-login production-users accept-production day-responds "
	logins     = "staging-login accept-staging accept-page-time staging-answers staging-page-time"
	loginsLive = "production-login production-users accept-production dns-https production-speed week-speed security-headers"
	staging    = "staging-certificate accept-tls tls-https "
	production = "production-certificate production-smoke-tls dns-certificate dns-https tls-enforced tls-https "
	logs       = "staging-logs staging-no-errors "
	logsLive   = "day-logs production-no-errors "
	collected  = "accept-uptime prometheus-metrics prometheus-storage prometheus-targets "
	rules      = "alert-cpu alert-database alert-errors alert-memory alert-rules-set "
	arriving   = "accept-monitoring day-monitoring production-monitored "
	monitoring = "monitoring-set " + arriving
	panels     = "panel-application panel-business panel-database panel-network panel-odoo panel-system "
	address    = "dns-a production-dns "
)

// broken says which items do not let through when a switch of the panel is in
// a state that is not good. They have failed, or have errored where the switch
// leaves nothing to measure.
var broken = map[string]struct{ failed, errored string }{
	"test-run not-run":                   {failed: suite + coverage + speeds + "coverage-core coverage-reported"},
	"test-run three-fail":                {failed: suite},
	"test-run some-skipped":              {failed: "accept-tests none-skipped suite-passes"},
	"test-run cut-short":                 {failed: coverage + speeds + "coverage-core coverage-reported accept-tests suite-passes tests-knowledge-ai tests-procure tests-subscriptions tests-superset"},
	"test-run torn":                      {errored: suite},
	"test-coverage drops":                {failed: coverage},
	"benchmark slow":                     {failed: "speed-cost-sheet"},
	"benchmark no-runs":                  {errored: "speed-search"},
	"security-scan not-run":              {failed: scanned + secrets},
	"security-scan secret-found":         {failed: scanned + secrets},
	"security-scan stale":                {errored: scanned + secrets},
	"github down":                        {errored: register + secrets + "dependency-scanning secret-scanning"},
	"github secondary-limit":             {errored: register + secrets + "dependency-scanning secret-scanning"},
	"github 429":                         {errored: register + secrets + "dependency-scanning secret-scanning"},
	"github-audit incomplete":            {failed: register},
	"github-secret-scanning alert":       {failed: secrets},
	"github-secret-scanning off":         {failed: secrets + "secret-scanning"},
	"github-dependabot off":              {failed: "dependency-scanning"},
	"digitalocean down":                  {errored: logs + logsLive},
	"staging-log errors":                 {failed: "staging-no-errors"},
	"staging-log silent":                 {errored: logs},
	"production-log errors":              {failed: logsLive},
	"production-log silent":              {errored: logsLive},
	"staging-site down":                  {failed: pages + "accept-page-time staging-answers staging-page-time"},
	"staging-site wrong-page":            {failed: pages},
	"production-site down":               {failed: pagesLive + "dns-https production-speed week-speed security-headers"},
	"production-site wrong-page":         {failed: pagesLive},
	"staging-site login-fails":           {failed: logins},
	"production-site login-fails":        {failed: loginsLive},
	"production-site token-refused":      {failed: "production-users"},
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
	"prometheus down":                    {failed: "prometheus-deployed", errored: collected + rules + monitoring},
	"prometheus no-data":                 {failed: collected + monitoring},
	"prometheus-node down":               {failed: "prometheus-targets " + monitoring},
	"prometheus-rules five-percent":      {failed: "alert-errors"},
	"prometheus-rules broken":            {failed: "alert-database alert-errors alert-rules-set " + monitoring},
	"prometheus-rules none":              {failed: rules + monitoring},
	"alertmanager silent":                {failed: arriving},
	"grafana down":                       {failed: "grafana-deployed", errored: panels + "alert-channels grafana-panels grafana-source"},
	"grafana-dashboard panel-missing":    {failed: "grafana-panels panel-business"},
	"grafana-dashboard missing":          {failed: panels + "grafana-panels"},
	"grafana-source broken":              {failed: "grafana-source"},
	"grafana-source missing":             {failed: "grafana-source"},
	"grafana-contact missing":            {failed: "alert-channels"},
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
var waits = []string{"github slow", "staging-site slow", "production-site slow", "staging-database slow", "production-database slow"}

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

// untimed are the items that are not measured here: whether a query takes under 100 ms
// depends on what else the machine does.
var untimed = []string{"staging-query-time", "accept-query-time"}

// TestInsightPulseBreaks checks that each gate of the example fails in practice: it is
// in the list of a switch.
func TestInsightPulseBreaks(t *testing.T) {
	breaks := map[string]bool{}
	for _, what := range broken {
		for name := range strings.FieldsSeq(what.failed + " " + what.errored) {
			item, _, _ := strings.Cut(name, "@")
			breaks[item] = true
		}
	}
	for key, built := range parse(t, "insightpulse.yml", examples.InsightPulse).Gates {
		if built.Condition == nil && !slices.Contains(untimed, key.Item) && !breaks[key.Item] {
			t.Errorf("no switch makes %s fail", key)
		}
	}
}

// compare measures in a world that is well but for some turns.
func compare(t *testing.T, failed, errored string, turns ...string) {
	t.Helper()
	opened := time.Now()
	w := well(t)
	for _, turn := range turns {
		switchID, state, _ := strings.Cut(turn, " ")
		if err := w.Set(switchID, state); err != nil {
			t.Fatal(err)
		}
	}
	turned := time.Now()
	if slices.Contains(turns, "prometheus no-data") {
		turned = turned.Add(3 * time.Second) // the uptime is looked at every second
	}
	awaitMetrics(t, w, turned)
	gotFailed, gotErrored := measure(t, w, opened, slices.Contains(turns, "alertmanager silent"))
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

// awaitMetrics waits until the world's Prometheus has looked at its targets and rules
// after a time. One that is down is not waited for.
func awaitMetrics(t *testing.T, w *playground.World, after time.Time) {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for looked := false; !looked && t.Context().Err() == nil; <-again.C {
		targets, ok := seen(t, w, "targets")
		rules, _ := seen(t, w, "rules")
		looked = !ok || !slices.ContainsFunc(append(targets, rules...), func(at time.Time) bool { return at.Before(after) })
	}
}

// seen says when the world's Prometheus last looked at each of its targets or rules;
// ok is false if it doesn't answer.
func seen(t *testing.T, w *playground.World, what string) (at []time.Time, ok bool) {
	t.Helper()
	response, err := http.Get(variablesOf(w)["PROMETHEUS_URL"] + "/api/v1/" + what)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, false
	}
	var body struct {
		Data struct {
			ActiveTargets []struct{ LastScrape time.Time }
			Groups        []struct {
				Rules []struct{ LastEvaluation time.Time }
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	for _, target := range body.Data.ActiveTargets {
		at = append(at, target.LastScrape)
	}
	for _, group := range body.Data.Groups {
		for _, rule := range group.Rules {
			at = append(at, rule.LastEvaluation)
		}
	}
	return at, true
}

// well is a practice world in which every switch is good.
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
	return w
}

// patient is the example with limits to the time of a page, and of an alert unless none
// comes, that a machine busy with a dozen worlds at once keeps too. Its uptime is looked
// at as often as the world's metrics are collected.
func patient(t *testing.T, silent bool) []byte {
	t.Helper()
	within := "within: 10m"
	if silent {
		within = "within: 1s"
	}
	text := examples.InsightPulse
	for _, change := range [][2]string{{`p95: "< 3s"`, `p95: "< 300s"`}, {"within: 1m", within}, {"every: 30s", "every: 1s"}} {
		if !bytes.Contains(text, []byte(change[0])) {
			t.Fatalf("the example has no %s any more", change[0])
		}
		text = bytes.ReplaceAll(text, []byte(change[0]), []byte(change[1]))
	}
	return text
}

// receiver takes alerts that are not synthetic, and forgets them.
type receiver struct{}

func (receiver) Receive(context.Context, alert.Delivery) error      { return nil }
func (receiver) Refused(_ context.Context, size, limit int64) error { return nil }

// listen has the world's alerts sent to a webhook like the bot's.
func listen(t *testing.T, w *playground.World, c *config.Config) {
	t.Helper()
	server := web.New(web.Options{
		Listen: "127.0.0.1:0", Health: func() web.Health { return web.Health{} }, Log: slog.New(slog.DiscardHandler),
		AlertToken: c.Alerts.Token, Alerts: receiver{}, Probes: c.Alerts.Path,
	})
	ctx, end := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- server.Run(ctx) }()
	t.Cleanup(func() {
		end()
		if err := <-over; err != nil {
			t.Errorf("the webhook ended with %v", err)
		}
	})
	address, err := server.Addr(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.SendAlertsTo("http://" + address + web.AlertPath)
}

// variablesOf are the variables by which gonogo finds the world.
func variablesOf(w *playground.World) map[string]string {
	values := map[string]string{}
	for _, v := range w.Variables() {
		values[v.Name] = v.Value
	}
	return values
}

// measure runs the gates but those that look at gonogo's own state, for a release that
// was opened then, and lists the items that do not let through; those that several
// environments are asked for with the environment. silent says that no alert comes back.
func measure(t *testing.T, w *playground.World, opened time.Time, silent bool) (failed, errored []string) {
	t.Helper()
	values := variablesOf(w)
	c, err := config.Parse("insightpulse.yml", patient(t, silent), func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	listen(t, w, c)
	view := readiness.View{Checklist: c.Checklist, State: history.NewState(), Now: time.Now()}
	var jobs []gates.Job
	for key, built := range c.Gates {
		if built.Condition == nil && !slices.Contains(untimed, key.Item) {
			jobs = append(jobs, gates.Job{Name: key.String(), Gate: built.Gate, Scope: gates.Scope{View: view, Opened: opened}, Deadline: 15 * time.Minute})
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
