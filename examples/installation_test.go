package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

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
)

// group is a part of the panel, as the page reads it.
type group struct {
	Title    string
	Switches []panelSwitch
}

type panelSwitch struct {
	ID     string
	State  string
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

// good is the first of its states that are good.
func (s panelSwitch) good() string {
	for _, state := range s.States {
		if state.Good {
			return state.ID
		}
	}
	return s.States[0].ID
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
			if good := s.good(); good != s.State {
				if err := w.Set(s.ID, good); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return w
}

// settings are what a world needs the example changed in.
type settings struct {
	silent bool // no alert comes back, so none is waited for
	slow   bool // something takes longer than its limit, which stays
	loaded bool // load lasts as long as in the file
}

// settingsFor are the settings for turns of switches.
func settingsFor(turns []string) settings {
	return settings{
		silent: slices.Contains(turns, "alertmanager silent"),
		slow:   slices.ContainsFunc(turns, func(turn string) bool { return slices.Contains(tooLong, turn) }),
	}
}

// tooLong are states in which something takes longer than its limit, on any machine.
var tooLong = []string{"superset-charts slow", "superset-charts exports-slow", "staging-site crowded", "production-site crowded"}

// example is the example with limits to times, and to that of an alert unless none comes,
// that a machine busy with a dozen worlds at once keeps too. Its uptime is looked at as
// often as the world's metrics are collected.
func (s settings) example(t testing.TB) []byte {
	t.Helper()
	within := "within: 10m"
	if s.silent {
		within = "within: 1s"
	}
	text := examples.InsightPulse
	changes := [][2]string{{`200, requests: 5, p95: "< 3s"`, `200, requests: 5, p95: "< 300s"`}, {`p95: "< 500ms"`, `p95: "< 300s"`}, {"within: 1m", within}, {"every: 30s", "every: 1s"}}
	if !s.loaded {
		changes = append(changes, [2]string{"for: 10s", "for: 1s"})
	}
	if !s.slow {
		changes = append(changes, [][2]string{{`errors: "< 1%", p95: "< 3s"`, `errors: "< 1%", p95: "< 300s"`}, {`time: "P95 < 2s"`, `time: "P95 < 300s"`}, {`time: "P95 < 3s"`, `time: "P95 < 300s"`}, {`export_time: "< 10s"`, `export_time: "< 300s"`}}...)
	}
	for _, change := range changes {
		if !bytes.Contains(text, []byte(change[0])) {
			t.Fatalf("the example has no %s any more", change[0])
		}
		text = bytes.ReplaceAll(text, []byte(change[0]), []byte(change[1]))
	}
	return text
}

// installation is the example, configured for a practice world of its own. Its release
// was opened before the world began.
type installation struct {
	world  *playground.World
	config *config.Config
	opened time.Time
}

// newInstallation is one in a world that is well, which lasts as long as the test.
func newInstallation(t testing.TB, s settings) installation {
	t.Helper()
	opened := time.Now()
	w := well(t)
	values := variablesOf(w)
	c, err := config.Parse("insightpulse.yml", s.example(t), func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	listen(t, w, c)
	api := slack.New(values["SLACK_BOT_TOKEN"], slack.OptionAPIURL(values["SLACK_API_URL"]))
	c.OnCall.Open(func(ctx context.Context, role checklist.Role) ([]string, error) {
		return api.GetUserGroupMembersContext(ctx, role.Usergroup)
	})
	return installation{w, c, opened}
}

// try turns switches, compares what fails with what must fail, and turns them back.
func (i installation) try(t *testing.T, one trial) {
	t.Helper()
	good := map[string]string{}
	for _, g := range panelOf(t, i.world) {
		for _, s := range g.Switches {
			good[s.ID] = s.good()
		}
	}
	for _, turn := range one.turns {
		switchID, state, _ := strings.Cut(turn, " ")
		i.turn(t, switchID, state)
		defer i.turn(t, switchID, good[switchID])
	}
	if slices.ContainsFunc(strings.Fields("prometheus-metrics "+monitoring), one.chosen) {
		turned := time.Now()
		if slices.Contains(one.turns, "prometheus no-data") {
			turned = turned.Add(3 * time.Second) // the uptime is looked at every second
		}
		awaitMetrics(t, i.world, turned)
	}
	got := i.measure(t, one.chosen)
	for _, tt := range []struct{ what, want, got string }{{"failed", one.want.failed, got.failed}, {"errored", one.want.errored, got.errored}} {
		if diff := cmp.Diff(slices.Sorted(strings.FieldsSeq(tt.want)), slices.Sorted(strings.FieldsSeq(tt.got))); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tt.what, diff)
		}
	}
}

func (i installation) turn(t testing.TB, switchID, state string) {
	t.Helper()
	if err := i.world.Set(switchID, state); err != nil {
		t.Fatal(err)
	}
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

// measure runs the chosen gates but those that look at gonogo's own state.
func (i installation) measure(t testing.TB, chosen func(name string) bool) (got effect) {
	t.Helper()
	jobs := i.jobs(chosen)
	if len(jobs) == 0 {
		t.Fatal("no item was chosen")
	}
	for n := range jobs {
		jobs[n].Deadline = 15 * time.Minute // a dozen worlds at once take their time
	}
	var mu sync.Mutex
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

// jobs are the chosen gates but those that look at gonogo's own state.
func (i installation) jobs(chosen func(name string) bool) (jobs []gates.Job) {
	view := readiness.View{Checklist: i.config.Checklist, State: history.NewState(), Now: time.Now()}
	for key, built := range i.config.Gates {
		name := nameOf(i.config.Checklist, key)
		if built.Condition == nil && !slices.Contains(untimed, key.Item) && chosen(name) {
			jobs = append(jobs, gates.Job{Name: name, Gate: built.Gate, Scope: gates.Scope{View: view, Commit: released, Opened: i.opened}})
		}
	}
	return jobs
}

// nameOf names an item, with the environment if it is asked for several.
func nameOf(c *checklist.Checklist, key answer.Key) string {
	if it, ok := c.Item(key.Item); ok && len(it.Environments) > 1 {
		return key.String()
	}
	return key.Item
}
