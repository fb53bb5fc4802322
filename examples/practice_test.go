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
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/suite"
)

func TestMain(m *testing.M) {
	// These tests wait for slow sites and for checks three times in a row, and
	// compute the rest of the time: more at once only makes the gates time out.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// Items that stand or fall together.
const (
	coverage = "accept-coverage coverage-business coverage-models coverage-overall coverage-reached "
	testRun  = "accept-tests no-failures none-skipped suite-duration suite-passes suite-run " +
		"tests-approvals tests-core tests-costsheet tests-expense tests-knowledge-ai tests-procure tests-subscriptions tests-superset "
	speeds       = "speed-approval-create speed-approval-submit speed-cost-sheet speed-expense speed-mrr speed-rfq speed-search "
	scanned      = "credentials-scan oauth-history "
	imageScanned = "container-scan image-scanning "
	committed    = "admin-hardcoded credentials-config database-odoo-conf default-passwords environment-login github-keys-stored keys-random-salt " +
		"keys-salt oauth-env oauth-env-example ssh-addresses test-credentials "
	secrets      = "secrets-removed security-scan "
	register     = "found-critical found-high found-low found-medium vulnerabilities "
	pages        = "staging-healthy staging-login accept-staging "
	pagesLive    = "production-healthy production-login accept-production day-responds " + opened
	opened       = "day-users production-modules production-users "
	quick        = "accept-module-time staging-module-time "
	counts       = "clean-database staging-core staging-user "
	auditLog     = "accept-audit-log audit-log logging-audit "
	countsLive   = auditLog + "mfa rls-mapping "
	logins       = "staging-login accept-staging accept-page-time staging-answers staging-page-time " + quick
	loginsLive   = "production-login accept-production cors dns-https production-speed week-speed security-headers " + opened
	staging      = "staging-certificate accept-tls tls-https "
	production   = "production-certificate production-smoke-tls dns-certificate dns-https tls-enforced tls-https "
	logs         = "staging-logs staging-no-errors "
	logsLive     = "day-logs production-no-errors "
	collected    = "accept-uptime prometheus-metrics prometheus-storage prometheus-targets "
	rules        = "alert-cpu alert-database alert-errors alert-memory alert-rules-set "
	arriving     = "accept-monitoring day-monitoring production-monitored "
	monitoring   = "monitoring-set " + arriving
	panels       = "panel-application panel-business panel-database panel-network panel-odoo panel-system "
	domains      = "tls-certificates tls-renewal "
	budget       = "budget-actual budget-limit budget-overrun "
	secretsSet   = "github-keys-encrypted secret-admin secret-github-id secret-github-key secret-openai secret-postgres secret-superset "
	plainSecrets = "credential-injection credentials-variables database-variables "
	address      = "dns-a production-dns "
	created      = "executive-created finance-created operations-created procurement-created sales-created "
	charted      = "executive-charts finance-charts operations-charts procurement-charts sales-charts "
	refreshed    = "executive-refresh finance-refresh operations-refresh procurement-refresh sales-refresh "
	ownRows      = "executive-company finance-company operations-company procurement-company sales-company "
	filtered     = "executive-dates finance-period finance-type operations-department operations-process procurement-dates procurement-status procurement-vendor sales-dates sales-team "
	chartData    = "finance-volume superset-databases "
)

// appOf are the items about each environment's app at DigitalOcean.
var appOf = map[string]string{
	"staging":    "staging-containers staging-created staging-health-set staging-limits staging-logging staging-provisioned staging-size staging-spec ",
	"production": "dns-address logging-central production-containers production-created production-health-set production-provisioned production-size production-spec ",
}

// effect is which items do not let through. They have failed, or have errored.
type effect struct{ failed, errored string }

func (e effect) items() []string { return strings.Fields(e.failed + " " + e.errored) }

// broken says which items do not let through when a switch of the panel is in
// a state that is not good. They have failed, or have errored where the switch
// leaves nothing to measure.
var broken = map[string]effect{
	"test-run not-run":                    {failed: testRun + coverage + speeds + "coverage-core coverage-reported"},
	"test-run three-fail":                 {failed: testRun},
	"test-run some-skipped":               {failed: "accept-tests none-skipped suite-passes"},
	"test-run cut-short":                  {failed: coverage + speeds + "coverage-core coverage-reported accept-tests suite-passes tests-knowledge-ai tests-procure tests-subscriptions tests-superset"},
	"test-run torn":                       {errored: testRun},
	"test-coverage drops":                 {failed: coverage},
	"benchmark slow":                      {failed: "speed-cost-sheet"},
	"benchmark no-runs":                   {errored: "speed-search"},
	"security-scan not-run":               {failed: scanned + secrets + imageScanned},
	"security-scan secret-found":          {failed: scanned + secrets},
	"security-scan stale":                 {errored: scanned + secrets + imageScanned},
	"security-scan image-vulnerable":      {failed: "container-scan"},
	"source-secrets committed":            {failed: committed},
	"source-files missing":                {failed: "no-report-xlsx rollback-plan suite-script supabase-scripts test-data"},
	"source-container root":               {failed: "container-non-root container-user"},
	"source-container one-stage":          {failed: "container-stages"},
	"source-container privileged":         {failed: "container-privilege"},
	"github-code-scanning alert":          {failed: "input-validation"},
	"github-code-scanning off":            {failed: "input-validation"},
	"github-code-scanning stale":          {errored: "input-validation"},
	"github down":                         {errored: register + secrets + "dependency-scanning input-validation secret-scanning"},
	"github secondary-limit":              {errored: register + secrets + "dependency-scanning input-validation secret-scanning"},
	"github 429":                          {errored: register + secrets + "dependency-scanning input-validation secret-scanning"},
	"github-audit incomplete":             {failed: register},
	"github-secret-scanning alert":        {failed: secrets},
	"github-secret-scanning off":          {failed: secrets + "secret-scanning"},
	"github-dependabot off":               {failed: "dependency-scanning"},
	"digitalocean down":                   {errored: logs + logsLive + appOf["staging"] + appOf["production"] + domains + secretsSet + plainSecrets + budget + "logging-errors staging-secrets variables-set"},
	"staging-app unhealthy":               {failed: appOf["staging"] + "tls-certificates"},
	"production-app unhealthy":            {failed: appOf["production"] + domains},
	"staging-spec larger":                 {failed: "budget-actual budget-overrun staging-limits staging-size staging-spec"},
	"staging-spec unchecked":              {failed: "staging-health-set staging-spec"},
	"staging-spec unlogged":               {failed: "staging-logging staging-spec"},
	"production-spec larger":              {failed: "budget-actual budget-overrun production-size production-spec"},
	"production-spec unchecked":           {failed: "production-health-set production-spec"},
	"production-spec unlogged":            {failed: "logging-central production-spec"},
	"staging-secrets plain":               {failed: plainSecrets + "secret-postgres staging-secrets staging-spec"},
	"staging-secrets missing":             {failed: plainSecrets + secretsSet + "staging-secrets staging-spec"},
	"production-secrets plain":            {failed: plainSecrets + "production-spec secret-postgres variables-set"},
	"production-secrets missing":          {failed: plainSecrets + secretsSet + "logging-errors production-spec variables-set"},
	"staging-domain ends-soon":            {failed: "tls-certificates"},
	"staging-domain failed":               {failed: "tls-certificates"},
	"production-domain ends-soon":         {failed: domains},
	"production-domain failed":            {failed: domains},
	"staging-log errors":                  {failed: "staging-no-errors"},
	"staging-log silent":                  {errored: logs},
	"production-log errors":               {failed: logsLive},
	"production-log silent":               {errored: logsLive},
	"staging-site down":                   {failed: pages + quick + "accept-page-time staging-answers staging-page-time", errored: counts},
	"staging-site wrong-page":             {failed: pages + quick, errored: counts},
	"production-site down":                {failed: pagesLive + "cors dns-https production-speed week-speed security-headers", errored: countsLive},
	"production-site wrong-page":          {failed: pagesLive, errored: countsLive},
	"staging-site login-fails":            {failed: logins},
	"production-site login-fails":         {failed: loginsLive},
	"staging-site token-refused":          {failed: quick},
	"production-site token-refused":       {failed: opened},
	"production-site module-fails":        {failed: "day-users production-modules"},
	"staging-records left-over":           {failed: "clean-database"},
	"staging-records core-broken":         {errored: "staging-core"},
	"production-records no-second-factor": {failed: "mfa"},
	"production-records no-company":       {failed: "rls-mapping"},
	"production-records audit-off":        {failed: auditLog},
	"production-headers open":             {failed: "cors"},
	"production-headers missing":          {failed: "security-headers"},
	"staging-certificate ends-soon":       {failed: staging},
	"staging-certificate expired":         {failed: staging + "tls-minimum"},
	"staging-certificate other-name":      {failed: staging + "tls-minimum"},
	"staging-certificate self-signed":     {failed: staging + "tls-minimum"},
	"staging-protocols one-older":         {failed: "tls-minimum"},
	"staging-protocols old":               {failed: "tls-minimum"},
	"staging-plain serves":                {failed: "accept-tls"},
	"production-certificate ends-soon":    {failed: production},
	"production-certificate expired":      {failed: production + "production-tls tls-minimum"},
	"production-certificate other-name":   {failed: production + "production-tls tls-minimum"},
	"production-certificate self-signed":  {failed: production + "production-tls tls-minimum"},
	"production-protocols one-older":      {failed: "production-tls tls-minimum"},
	"production-protocols old":            {failed: "production-tls tls-minimum"},
	"production-plain serves":             {failed: "tls-enforced"},
	"dns-address late":                    {failed: address},
	"dns-address old":                     {failed: address + "dns-resolves"},
	"dns-address missing":                 {failed: address + "dns-resolves"},
	"dns-alias elsewhere":                 {failed: "dns-cname"},
	"dns-alias missing":                   {failed: "dns-cname"},
	"dns-second slow":                     {errored: address + "dns-cname"},
	"dns-second lame":                     {failed: address + "dns-cname"},
	"dns-resolver remembers":              {failed: "dns-resolves production-dns"},
	"dns-resolver refuses":                {errored: "dns-resolves production-dns"},
	"prometheus down":                     {failed: "prometheus-deployed", errored: collected + rules + monitoring},
	"prometheus no-data":                  {failed: collected + monitoring},
	"prometheus-node down":                {failed: "prometheus-targets " + monitoring},
	"prometheus-rules five-percent":       {failed: "alert-errors"},
	"prometheus-rules broken":             {failed: "alert-database alert-errors alert-rules-set " + monitoring},
	"prometheus-rules none":               {failed: rules + monitoring},
	"alertmanager silent":                 {failed: arriving},
	"grafana down":                        {failed: "grafana-deployed", errored: panels + "alert-channels grafana-panels grafana-source"},
	"grafana-dashboard panel-missing":     {failed: "grafana-panels panel-business"},
	"grafana-dashboard missing":           {failed: panels + "grafana-panels"},
	"grafana-source broken":               {failed: "grafana-source"},
	"grafana-source missing":              {failed: "grafana-source"},
	"superset down":                       {failed: "superset-provisioned", errored: created + charted + refreshed + ownRows + filtered + chartData + "rls-company rls-tried"},
	"superset-dashboards chart-missing":   {failed: charted},
	"superset-dashboards filter-missing":  {failed: filtered + ownRows},
	"superset-dashboards hourly":          {failed: refreshed},
	"superset-dashboards gone":            {failed: created + charted + refreshed + filtered + ownRows},
	"superset-rules gone":                 {failed: ownRows + "rls-company rls-tried"},
	"superset-rules leaks":                {failed: ownRows + "rls-tried"},
	"superset-charts broken":              {failed: chartData, errored: ownRows + "rls-tried"},
	"grafana-contact missing":             {failed: "alert-channels"},
}

func init() {
	for _, environment := range []string{"staging", "production"} {
		addDatabase(environment)
	}
}

// ofDatabase is what one environment's database alone is asked for: items about
// its modules, and others about the database.
var ofDatabase = map[string]struct{ modules, others, schema, security, pooled, reports, replica string }{
	"staging": {modules: "accept-modules modules-before-tests staging-loaded staging-modules", others: "staging-containers staging-database staging-migrated"},
	"production": {
		modules: "production-loaded", others: "production-database production-migrated",
		security: "rls-policies superset-rls ", pooled: "database-pooling ", reports: "superset-views ", replica: "supabase-replication ",
	},
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
	const schema = "database-indexes database-migrated database-tables database-views installed-quietly supabase-integrity"
	pooled, secured := at("supabase-pooler"), at("database-rls")+own.security
	first := at("ipai-approvals ipai-core ipai-ppm-costsheet ipai-rate-policy ipai-studio superset-connector")
	for state, what := range map[string]effect{
		"oca-dependencies not-installed":  {failed: incomplete + remaining + dependencies},
		"remaining-modules not-installed": {failed: incomplete + remaining},
		"remaining-modules one-missing":   {failed: incomplete + at("ipai-knowledge-ai")},
		"remaining-modules stuck":         {failed: incomplete + remaining + migrations},
		"database refusing": {errored: incomplete + first + remaining + dependencies + at("migrations-done") + at(schema) + secured + pooled +
			at("database-connects supabase-address") + own.others + " " + own.pooled + own.reports + own.replica},
		"schema table-missing":   {failed: at("database-indexes database-tables")},
		"schema index-invalid":   {failed: at("database-indexes")},
		"schema view-missing":    {failed: at("database-views")},
		"schema unchecked":       {failed: at("supabase-integrity")},
		"migrations one-missing": {failed: at("database-migrated") + environment + "-migrated"},
		"row-security off":       {failed: secured},
		"row-security open":      {failed: secured},
		"installation errors":    {failed: at("installed-quietly")},
		"installation empty":     {failed: at("installed-quietly")},
		"pooler bypassed":        {failed: own.pooled},
		"pooler off":             {failed: own.pooled, errored: secured + pooled},
		"reports old":            {failed: own.reports},
		"replica lost":           {failed: own.replica},
	} {
		if len(what.items()) == 0 {
			continue
		}
		broken[environment+"-"+state] = what
	}
}

// waits are states that only make gates wait, for 20 s and more.
var waits = []string{"github slow", "staging-site slow", "production-site slow", "staging-database slow", "production-database slow"}

// TestInsightPulseInPractice runs the example's gates in the practice world.
// All pass when the world is well. Each switch of the panel makes its own items fail and
// no other of its group; a whole group makes no other group's items fail. A desk tries
// a sample of the switches.
func TestInsightPulseInPractice(t *testing.T) {
	groups := panelOf(t, practice(t))
	known := map[string]bool{}
	var worlds []world
	var others []string // what no item looks at: it matters to deployments, issues and alerts
	for _, g := range groups {
		var first []string // the first turn of each switch that an item looks at
		own := map[string]bool{}
		for _, s := range g.Switches {
			turns := slices.DeleteFunc(s.badTurns(), func(turn string) bool { return slices.Contains(waits, turn) })
			for _, turn := range turns {
				known[turn] = true
				if _, spoils := broken[turn]; !spoils {
					others = append(others, turn)
				}
				for _, name := range broken[turn].items() {
					own[name] = true
				}
			}
			if len(turns) > 0 {
				first = append(first, turns[0])
			}
		}
		for _, s := range g.Switches {
			for _, turn := range s.badTurns() {
				if want, spoils := broken[turn]; spoils {
					worlds = append(worlds, world{turn, func(name string) bool { return own[name] }, want, []string{turn}})
				}
			}
		}
		worlds = append(worlds, world{"beside " + g.Title, func(name string) bool { return !own[name] }, effect{}, first})
	}
	for turn := range broken {
		if !known[turn] {
			t.Errorf("the panel has no switch and state %q", turn)
		}
	}
	worlds = append([]world{{"all is well", all, effect{}, nil}, {"what no item looks at", all, effect{}, others}}, worlds...)
	for _, one := range suite.Sample(12, worlds) {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			compare(t, one.chosen, one.want, one.turns...)
		})
	}
}

// world is a practice world with some of its switches turned, and what they spoil of
// the chosen items.
type world struct {
	name   string
	chosen func(name string) bool
	want   effect
	turns  []string
}

// all is the choice of every item.
func all(string) bool { return true }

// untimed are the items that are not measured here: whether a query takes under 100 ms
// depends on what else the machine does.
var untimed = []string{"staging-query-time", "accept-query-time"}

// TestInsightPulseBreaks checks that each gate of the example fails in practice: it is
// in the list of a switch.
func TestInsightPulseBreaks(t *testing.T) {
	breaks := map[string]bool{}
	for _, what := range broken {
		for _, name := range what.items() {
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

// compare measures the chosen items in a world that is well but for some turns.
func compare(t *testing.T, chosen func(name string) bool, want effect, turns ...string) {
	t.Helper()
	opened := time.Now()
	w := well(t)
	for _, turn := range turns {
		switchID, state, _ := strings.Cut(turn, " ")
		if err := w.Set(switchID, state); err != nil {
			t.Fatal(err)
		}
	}
	if chosen("prometheus-metrics") {
		turned := time.Now()
		if slices.Contains(turns, "prometheus no-data") {
			turned = turned.Add(3 * time.Second) // the uptime is looked at every second
		}
		awaitMetrics(t, w, turned)
	}
	got := measure(t, w, chosen, opened, slices.Contains(turns, "alertmanager silent"))
	for _, tt := range []struct{ what, want, got string }{{"failed", want.failed, got.failed}, {"errored", want.errored, got.errored}} {
		if diff := cmp.Diff(slices.Sorted(strings.FieldsSeq(tt.want)), slices.Sorted(strings.FieldsSeq(tt.got))); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tt.what, diff)
		}
	}
}

// group is a part of the panel, as the page reads it.
type group struct {
	Title    string
	Switches []panelSwitch
}

type panelSwitch struct {
	ID     string
	States []struct {
		ID   string
		Good bool
	}
}

// badTurns are its states that are not good, as "switch state".
func (s panelSwitch) badTurns() (turns []string) {
	for _, state := range s.States {
		if !state.Good {
			turns = append(turns, s.ID+" "+state.ID)
		}
	}
	return turns
}

func panelOf(t testing.TB, w *playground.World) []group {
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

// practice is a practice world that lasts as long as the test.
func practice(t testing.TB) *playground.World {
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
func awaitMetrics(t testing.TB, w *playground.World, after time.Time) {
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
func seen(t testing.TB, w *playground.World, what string) (at []time.Time, ok bool) {
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
func well(t testing.TB) *playground.World {
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
func patient(t testing.TB, silent bool) []byte {
	t.Helper()
	within := "within: 10m"
	if silent {
		within = "within: 1s"
	}
	text := examples.InsightPulse
	for _, change := range [][2]string{{`p95: "< 3s"`, `p95: "< 300s"`}, {`p95: "< 500ms"`, `p95: "< 300s"`}, {"within: 1m", within}, {"every: 30s", "every: 1s"}} {
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
func listen(t testing.TB, w *playground.World, c *config.Config) {
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

// released is a commit of the practice repository, the one of v19.0.3.
const released = "fe890e0a68f46460d32a48d19890f4bdc8955c62"

// measure runs the chosen gates but those that look at gonogo's own state, for a release
// that was opened then. silent says that no alert comes back.
func measure(t testing.TB, w *playground.World, chosen func(name string) bool, opened time.Time, silent bool) effect {
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
		name := nameOf(c.Checklist, key)
		if built.Condition == nil && !slices.Contains(untimed, key.Item) && chosen(name) {
			jobs = append(jobs, gates.Job{Name: name, Gate: built.Gate, Scope: gates.Scope{View: view, Commit: released, Opened: opened}, Deadline: 15 * time.Minute})
		}
	}
	if len(jobs) == 0 {
		t.Fatal("no item was chosen")
	}
	var mu sync.Mutex
	var got effect
	gates.Runner{Parallel: 4}.Run(t.Context(), jobs, func(gates.Job) error { return nil }, func(j gates.Job, ev answer.Evidence) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case ev.Verdict == answer.Errored:
			got.errored += j.Name + " "
		case !ev.Verdict.LetsThrough():
			got.failed += j.Name + " "
		default:
			return
		}
		t.Logf("%s: %s: %s", j.Name, ev.Verdict, ev.Summary)
	})
	return got
}

// nameOf names an item, with the environment if it is asked for several.
func nameOf(c *checklist.Checklist, key answer.Key) string {
	if it, ok := c.Item(key.Item); ok && len(it.Environments) > 1 {
		return key.String()
	}
	return key.Item
}
