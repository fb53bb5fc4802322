package commands_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gonogo/commands"
	"gonogo/commands/cards"
	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/gates"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/incidents"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScripts plays the conversations in testdata and compares what gonogo
// answers. A line "> U0DEV: /ready" says something as that user, "> U0DEV
// {reason=…}: …" submits a form, "> U0DEV: […]" presses a button with that value,
// "> idle" waits until no run is open, "> cards"
// shows the messages that are kept true, "> told" posts them, "> home USER" a
// person's own page, "> role ROLE USER…" says who holds a role, "> begun" waits
// until a run is at a step, "> asked" waits until a run asks a person, "> alert
// STATUS LABEL=VALUE…" delivers an alert, "> tag-moved VERSION WAS IS"
// moves a tag, "> wait DURATION" lets time pass,
// "> platform ENVIRONMENT live VERSION, away, back, pinned, refuses WHY, warns WHAT or keeps
// VERSION…" changes what is deployed to,
// "> night DURATION" lets time pass until something is escalated,
// "> restart" has another bot go on, and "> gate NAME VERDICT" decides what a
// gate of the scripted checklist will find.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { playFile(t, file) })
	}
}

func playFile(t *testing.T, file string) {
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, strings.TrimSuffix(filepath.Base(file), ".txt"))
	var got bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(want))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "<") {
			continue
		}
		fmt.Fprintln(&got, line)
		if said, ok := strings.CutPrefix(line, "> "); ok {
			for answer := range strings.Lines(s.play(t, said)) {
				fmt.Fprintln(&got, strings.TrimRight("< "+strings.TrimRight(answer, "\n"), " "))
			}
		}
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got), go test -update rewrites it:\n%s", file, diff)
	}
}

// stage is a bot with a small checklist, an in-memory ledger and a clock that
// moves a second a line.
type stage struct {
	bot     *commands.Bot
	log     *storagetest.Memory
	full    *full // the ledger's way to log
	ledger  *storage.Ledger
	clock   *clock
	gates   map[string]*fakeGate
	members crew
	alerts  *incidents.Alerts

	platforms map[string]*deploytest.Platform // by environment

	said    int
	fired   time.Time // when the alert began
	outputs string    // folder of what runbooks print
}

// past gives the last records before one.
func (s *stage) past(_ context.Context, before uint64, n int) ([]storage.Record, error) {
	records := s.log.Records()
	if before > 0 {
		records = records[:before-1]
	}
	return records[max(0, len(records)-n):], nil
}

// clock is a time that the script moves while runs look at it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { return c.add(0) }

func (c *clock) add(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

// crew maps roles to their wearers; a role that is absent cannot be told.
type crew map[string][]string

func (c crew) Members(role checklist.Role) ([]string, error) {
	users, ok := c[role.ID]
	if !ok {
		return nil, errors.New("Slack did not answer")
	}
	return users, nil
}

// fakeGate finds what it is told to.
type fakeGate struct {
	verdict answer.Verdict
	hold    chan struct{} // it answers once this is closed; nil: at once
}

func (g *fakeGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	if g.hold != nil {
		select {
		case <-g.hold:
		case <-ctx.Done():
		}
	}
	ev := answer.Evidence{Verdict: g.verdict, Summary: "found " + string(g.verdict),
		Measures: []answer.Measure{{Name: "p95", Value: "3.4", Unit: "s", Limit: "< 3s", OK: g.verdict.LetsThrough()}}}
	if !g.verdict.LetsThrough() {
		ev.Details = []string{"a detail with <!channel> & *stars*"}
	}
	return ev
}

// newStage makes a stage for a script. In one whose name begins with deploy,
// staging and production can be deployed to; in fix and deploy-failed, there are runbooks; in
// deploy-alone one person approves and deploys a longer checklist; in
// deploy-shared both environments are on one app; in scope and deploy-overdue there are
// items of each scope, and some after the deployment.
func newStage(t testing.TB, script string) *stage {
	s := &stage{
		clock: &clock{at: time.Date(2025, 11, 3, 12, 0, 0, 0, time.UTC)},
		gates: map[string]*fakeGate{"modules-installed": {verdict: answer.Passed}, "suite-passes": {verdict: answer.Passed}, "login-page": {verdict: answer.Passed}},
		members: crew{"product_owner": {"U0PO"}, "technical_lead": {"U0TL", "U0DEV"}, "deployer": {"U0TL", "U0DEV"},
			"on_call": {"U0ONCALL"}},
		platforms: map[string]*deploytest.Platform{},
	}
	log, outputs := slog.New(slog.DiscardHandler), t.TempDir()
	s.log = storagetest.NewMemory()
	s.full = &full{Memory: s.log}
	ledger, err := storage.OpenLedger(t.Context(), s.full, storage.Options{Now: s.clock.now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	checklist, built := scriptedChecklist(s.gates)
	if script == "deploy-alone" || script == "bulk" {
		approveAlone(checklist)
	}
	if script == "scope" || script == "deploy-overdue" {
		scopedChecklist(checklist)
	}
	environments := map[string]deploy.Environment{}
	var runbooks []runs.Runbook
	if script == "fix" || script == "deploy-failed" {
		runbooks = scriptedRunbooks(checklist)
	}
	if strings.HasPrefix(script, "deploy") {
		for i, e := range checklist.Environments {
			platform := deploytest.New("1.0")
			platform.Named = deploy.App{ID: e.Name, Component: "web"}
			if script == "deploy-shared" {
				platform.Named = deploy.App{ID: "shop", Component: e.Name}
			}
			s.platforms[e.Name] = platform
			checklist.Environments[i].App = platform.App().String()
			env := deploy.Environment{Name: e.Name, Strategy: platform, Health: deploy.Health{Every: time.Millisecond}}
			if script == "deploy-unpinned" {
				env.Strategy = platform.Unpinned()
			}
			environments[e.Name] = env
		}
		for _, permission := range []string{"lock", "rollback", "alerts"} {
			checklist.Permissions[permission] = []string{"on_call", "deployer"}
		}
	}
	if strings.HasPrefix(script, "deploy-night") {
		s.deputise(checklist)
	}
	if script == "deploy-night" {
		s.nightShift(t, checklist, ledger)
	}
	work := runs.New(runs.Options{Ledger: ledger, Checklist: checklist, Gates: built, Environments: environments, Runbooks: runbooks, Outputs: outputs, Parallel: 1, Now: s.clock.now, Log: log})
	s.ledger, s.outputs = ledger, outputs
	s.alerts = incidents.NewAlerts(incidents.AlertOptions{Ledger: ledger, Checklist: checklist, Environments: environments})
	s.bot = commands.New(commands.Options{Ledger: ledger, Runs: work, Checklist: checklist, Members: s.members, Releases: "C0RELEASES", OnCall: "C0ONCALL", Past: s.past,
		NotYet: []string{"gate kind coverage"}, Now: s.clock.now, Log: log})
	if script == "deploy-failed" {
		s.bot.Options().Mention = cards.Mention{Groups: []string{"S0ONCALL"}}
	}
	runInBackground(t, ledger.Run)
	runInBackground(t, work.Run)
	work.Observe(t.Context())
	return s
}

// runInBackground runs until the test ends, and waits for it.
func runInBackground(t testing.TB, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopped with %v", err)
		}
	})
}

func scriptedChecklist(fakes map[string]*fakeGate) (*checklist.Checklist, map[answer.Key]gates.Built) {
	built := map[answer.Key]gates.Built{}
	gated := func(id, title string, it checklist.Item) *checklist.Item {
		it.ID, it.Title, it.Gate = id, title, &checklist.Gate{Kind: "http", Settings: "s1"}
		for _, key := range it.Keys() {
			built[key] = gates.Built{Gate: fakes[id], Settings: "s1"}
		}
		return &it
	}
	both := []string{"staging", "production"}
	c := &checklist.Checklist{
		Project: "Practice",
		Sections: []checklist.Section{
			{ID: "modules", Title: "Modules", Weight: 1, Items: []*checklist.Item{
				gated("modules-installed", "All modules are installed", checklist.Item{Blocks: both, Estimate: time.Hour}),
				{ID: "reviewed", Title: "The code is reviewed", Blocks: both, Manual: &checklist.Manual{By: []string{"technical_lead"}, Evidence: checklist.NeedsLink}},
			}},
			{ID: "tests", Title: "Tests", Weight: 3, Items: []*checklist.Item{
				gated("suite-passes", "The suite passes", checklist.Item{Blocks: both, Owner: "technical_lead", Needs: []string{"modules-installed"}, Estimate: 20 * time.Minute,
					Figures: []checklist.Figure{{Label: "tests in all", Value: "134"}, {Label: "sum of the modules", Value: "111"}}}),
				gated("login-page", "The login page loads", checklist.Item{Blocks: both, Environments: both}),
				{ID: "backups", Title: "Backups are tested", Blocks: []string{"production"}, Manual: &checklist.Manual{Evidence: checklist.NeedsFile}},
			}},
		},
		Environments: []checklist.Environment{{Name: "staging"}, {Name: "production", After: []string{"staging"}}},
		SignOffs:     []checklist.SignOffRule{{Environment: "production", Roles: []string{"product_owner", "technical_lead", "security_officer"}, Expires: 24 * time.Hour}},
		Roles: []checklist.Role{
			{ID: "product_owner", Title: "Product Owner"}, {ID: "technical_lead", Title: "Technical Lead"},
			{ID: "security_officer", Title: "Security Officer", Usergroup: "S0SEC"}, {ID: "deployer", Title: "Deployer"}, {ID: "on_call", Title: "On call"},
		},
		Permissions: map[string][]string{"run": {"deployer"}, "check": {"deployer"}, "release": {"deployer"}, "deploy": {"deployer"}, "waive": {"technical_lead"}},
		Milestones:  []checklist.Milestone{{ID: "tested", Title: "Tests passed", Sections: []string{"tests"}}},
	}
	return c.Index(), built
}

// scopedChecklist has an item of each scope, a part that opens after the
// deployment, and a kind of release.
func scopedChecklist(c *checklist.Checklist) {
	login, _ := c.Item("login-page")
	login.Scope, login.Environments, login.Blocks = answer.DeploymentScope, []string{"staging"}, []string{"production"}
	login.BlocksAfter = map[string][]string{"staging": {"production"}}
	c.Sections[0].Items = append(c.Sections[0].Items, &checklist.Item{ID: "gdpr", Title: "The GDPR assessment is done", Scope: answer.ProjectScope,
		MaxAge: 365 * 24 * time.Hour, Blocks: []string{"production"}, Manual: &checklist.Manual{By: []string{"technical_lead"}}})
	c.Afterwards = []checklist.Section{{ID: "day-1", Title: "Day 1", Weight: 1, Live: "production", Within: 24 * time.Hour,
		Items: []*checklist.Item{{ID: "restored", Title: "A backup was restored", Manual: &checklist.Manual{By: []string{"technical_lead"}}}}}}
	c.Kinds = []checklist.ReleaseKind{{ID: "hotfix", Title: "hotfix", Sections: []string{"tests"}}}
	c.Index()
}

// scriptedRunbooks are programs that every machine has.
func scriptedRunbooks(c *checklist.Checklist) []runs.Runbook {
	c.Permissions["fix"] = []string{"technical_lead"}
	suite, _ := c.Item("suite-passes")
	suite.Fix = "seed"
	reviewed, _ := c.Item("reviewed")
	reviewed.Fix = "ask"
	step := func(words ...string) runs.RunbookStep {
		return runs.RunbookStep{Run: words, Dir: "/", Timeout: time.Minute}
	}
	titled := step("echo", "one", "it's two")
	titled.Title, titled.Env = "Say so", []string{"GONOGO_TEST_SEED"}
	return []runs.Runbook{
		{ID: "seed", Title: "Seed the test data", Steps: []runs.RunbookStep{titled, step("sh", "-c", "echo seeding & wait; echo done >&2")}},
		{ID: "ask", Title: "Ask for a review", Steps: []runs.RunbookStep{step("true"), step("sh", "-c", "echo nobody is there; exit 3"), step("echo", "never")}},
		{ID: "wait", Title: "Wait for the nightly job", Steps: []runs.RunbookStep{step("sleep", "600")}},
		{ID: "gone", Title: "Call what is not there", Steps: []runs.RunbookStep{step("/no/such/program")}},
	}
}

var spoken = regexp.MustCompile(`^(U\w+)?(?: \{([\w:@-]+)=(.*)\})?: ?(.*)$`)

// play does one line of a script and gives what there is to see.
func (s *stage) play(t *testing.T, line string) string {
	words := strings.Fields(line)
	if words[0] != "idle" && words[0] != "asked" && words[0] != "begun" { // a run that is waited for sees one time
		s.clock.add(time.Second)
	}
	switch words[0] {
	case "cards":
		return s.cards(t)
	case "home":
		home := s.bot.Home(words[1])
		s.holds(t, home)
		return show(home)
	}
	if happen, ok := happenings[words[0]]; ok {
		happen(t, s, words[1:])
		return ""
	}
	return s.say(t, line)
}

// happenings are the lines of a script that show nothing themselves.
var happenings = map[string]func(t *testing.T, s *stage, words []string){
	"live": func(t *testing.T, s *stage, words []string) {
		s.happened(t, event.VersionWentLive{Environment: words[0], Verified: true, Build: build.Build{Version: words[1], Deployment: words[2]}})
	},
	"tag-moved": func(t *testing.T, s *stage, words []string) {
		s.happened(t, event.TagMoved{Release: words[0], Was: words[1], Is: words[2]})
	},
	"reword": func(_ *testing.T, s *stage, words []string) {
		it, _ := s.bot.Options().Checklist.Item(words[0])
		it.Title = strings.Join(words[1:], " ")
		s.bot.Options().Checklist.Index()
	},
	"idle":  func(t *testing.T, s *stage, _ []string) { s.awaitIdle(t) },
	"told":  func(t *testing.T, s *stage, _ []string) { s.tell(t) },
	"alert": func(t *testing.T, s *stage, words []string) { s.alert(t, words[0], words[1:]) },
	"issue": func(t *testing.T, s *stage, words []string) { s.issue(t, words[0], words[1:]) },
	"gate":  func(_ *testing.T, s *stage, words []string) { s.gates[words[0]].verdict = answer.Verdict(words[1]) },
	"role":  func(_ *testing.T, s *stage, words []string) { s.members[words[0]] = words[1:] },
	"asked": func(t *testing.T, s *stage, _ []string) {
		s.awaitRun(t, func(r *work.Run) bool { return r.Asked != nil })
	},
	"begun": func(t *testing.T, s *stage, _ []string) {
		s.awaitRun(t, func(r *work.Run) bool { step := r.Current(); return step != nil && !step.Started.IsZero() })
	},
	"platform": func(_ *testing.T, s *stage, words []string) {
		p := s.platforms[words[0]]
		p.Set(func() {
			switch p.Away = words[1] == "away"; {
			case words[1] == "keeps":
				p.Keeps = words[2:]
			case words[1] == "warns":
				p.Warns = []string{strings.Join(words[2:], " ")}
			case words[1] == "refuses":
				p.ActErr = errors.New(strings.Join(words[2:], " "))
			case words[1] == "pinned":
				p.Pinned = true
			case words[1] == "live" && len(words) > 2:
				p.Live = words[2]
			case words[1] == "live":
				p.Live = ""
			}
		})
	},
	"night":        func(t *testing.T, s *stage, words []string) { s.night(t, words[0]) },
	"nobody-knows": func(_ *testing.T, s *stage, words []string) { delete(s.members, words[0]) },
	"restart":      func(_ *testing.T, s *stage, _ []string) { s.bot = commands.New(*s.bot.Options()) },
	"flip": func(t *testing.T, s *stage, words []string) {
		if _, err := s.ledger.Update(t.Context(), func(state *history.State, _ time.Time) ([]event.Event, error) {
			return []event.Event{event.ItemFlipped{Release: state.Open, Item: words[0], Environment: strings.Trim(words[1], "-"),
				Verdict: answer.Verdict(words[2]), Summary: "found " + words[2]}}, nil
		}); err != nil {
			t.Fatal(err)
		}
	},
	"wait": func(t *testing.T, s *stage, words []string) {
		d, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		s.clock.add(d)
	},
}

// say says a line, or submits a form with it, as somebody.
func (s *stage) say(t testing.TB, line string) string {
	m := spoken.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("no line of a script: %q", line)
	}
	s.said++
	r := commands.Request{Key: fmt.Sprintf("line/%d", s.said), User: m[1], Channel: "C0RELEASES", Text: m[4]}
	if pressed, ok := strings.CutPrefix(m[4], "["); ok {
		r.Text, r.Pressed = "", strings.TrimSuffix(pressed, "]")
	}
	if m[2] != "" {
		r.Form = map[string]string{m[2]: m[3]}
		if faults := s.bot.Validate(r); len(faults) > 0 {
			return fmt.Sprintln("faults:", faults)
		}
	}
	reply := s.bot.Handle(t.Context(), r)
	s.holds(t, reply)
	return show(reply)
}

// awaitIdle waits for the ledger to hold no open run.
func (s *stage) awaitIdle(t *testing.T) {
	s.await(t, func(state *history.State) bool { return len(state.OpenRuns()) == 0 })
}

// awaitRun waits for an open run like this.
func (s *stage) awaitRun(t *testing.T, like func(*work.Run) bool) {
	s.await(t, func(state *history.State) bool { return slices.ContainsFunc(state.OpenRuns(), like) })
}

func (s *stage) await(t *testing.T, so func(*history.State) bool) {
	changes, stop := s.ledger.Watch()
	defer stop()
	for !so(s.ledger.State()) {
		select {
		case <-changes:
		case <-t.Context().Done():
			t.Fatal("it never came")
		}
	}
}

// alert delivers one alert as Alertmanager would.
func (s *stage) alert(t *testing.T, status string, labels []string) {
	a := alert.Alert{Fingerprint: "f1", Status: status, StartsAt: s.clock.now().Add(-time.Minute), Labels: map[string]string{},
		Annotations: map[string]string{"summary": "7 % of requests <fail>"}}
	if status == alert.Resolved {
		a.StartsAt, a.EndsAt = s.fired, s.clock.now()
	}
	s.fired = a.StartsAt
	for _, label := range labels {
		name, value, _ := strings.Cut(label, "=")
		a.Labels[name] = value
	}
	if err := s.alerts.Receive(t.Context(), alert.Delivery{GroupKey: "g", Status: status, GroupLabels: a.Labels, CommonLabels: a.Labels,
		Alerts: []alert.Alert{a}}); err != nil {
		t.Fatal(err)
	}
}
