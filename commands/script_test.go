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
	"strconv"
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
	"gonogo/runs/runbook"
	"gonogo/storage"
	"gonogo/storage/storagetest"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScripts plays the transcripts in testdata: conversations with a bot that has a
// small checklist (scriptedChecklist), an in-memory ledger and a clock that only the
// script moves.
//
// To add one, write testdata/NAME.txt with nothing but lines that begin with "> ",
// run go test ./commands -run TestScripts/NAME -update, which writes the answers below
// them as lines that begin with "<", and read whether they are right. Any other line is
// a comment and stays. The names of some scripts, such as deploy-…, decide what the
// stage has (newStage).
//
// A line that begins with a user ID is a request of that person in #releases. The
// people and their roles are in newStage.
//
//	> U0DEV: /ready run tests            types a command
//	> U0DEV: [{"verb":"ready status"}]   presses a button; its value is between the brackets
//	> U0DEV {reason=Why}: …              submits a form, with one input, that the command or
//	                                     press opened; Validate's faults are shown if it has any
//
// Some lines show something else:
//
//	> cards               all messages that are kept up to date, as they should look now
//	> home USER           a person's Home tab
//
// The others show nothing. They wait, or change something outside of the bot:
//
//	> idle                wait until no run is open
//	> begun               wait until a run is at a step
//	> asked               wait until a run asks a person
//	> wait DURATION       move the clock, such as 90m
//	> night DURATION      move the clock, and wait until something was escalated
//	> restart             replace the bot by a new one on the same ledger
//	> told                record that every card was posted, and shows its final state if it has one
//	> role ROLE USER…     change who holds a role
//	> nobody-knows ROLE   Slack doesn't answer who holds a role
//	> gate ITEM VERDICT   change what a gate measures from now on
//	> reword ITEM TITLE   change an item's title in the configuration
//	> alert STATUS LABEL=VALUE…            deliver an alert, firing or resolved
//	> flip ITEM ENV|- VERDICT              record that an answer changed in a scheduled check
//	> issue ITEM[@ENV] open|update|close [AWAY]   record that the item's GitHub issue was
//	                                       written, or is AWAY, such as locked
//	> review ENV RUN COMMIT [VERSION]      record that a workflow run waits at GitHub, with the commits
//	                                       that it brings; without a version it opens a release
//	> review-delayed ENV/RUN/1 WHY         record why gonogo doesn't answer it
//	> review-ended ENV/RUN/1 OUTCOME [BY [WHY]]   record how it ended; BY is - for gonogo
//	> live ENV VERSION DEPLOYMENT          record that a version went live by itself
//	> reminded ENV        record that whoever holds the lock there is reminded of it
//	> offered ENV         record that the next in line is told that it is free
//	> scheduled ENV reminds|ends|misses WHY  what gonogo itself does about what is scheduled there
//	> tag-moved RELEASE WAS IS             record that a release's tag moved between commits
//	> platform ENV live [VERSION]          change what is live on the platform; without a version nothing
//	> platform ENV away, back or pinned    it doesn't answer, answers again, or is pinned by a rollback
//	> platform ENV refuses WHY             it refuses the next write
//	> platform ENV warns WHAT              it warns of something in a rollback
//	> platform ENV keeps VERSION…          the versions that it can go back to
//
// Each line takes a second on the clock, except idle, asked and begun.
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

// review records that a workflow run waits.
func (s *stage) review(t *testing.T, words []string) {
	t.Helper()
	env, run, commit, version := words[0], words[1], words[2], words[2]
	number, err := strconv.ParseInt(run, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if len(words) > 3 {
		version = words[3]
	} else {
		s.happened(t, event.ReleaseOpened{Version: version, Commit: commit, Beside: true})
	}
	id := env + "/" + run + "/1"
	s.happened(t, event.ReviewFound{Review: id, Environment: env, Run: number, Attempt: 1, Release: version, Commit: commit, Title: "Merge <!channel> #7", URL: "https://github.test/acme/shop/actions/runs/" + run, By: "ann", Began: s.clock.now()})
	s.happened(t, event.ReviewCompared{Review: id, Since: "beef123", Compared: work.Compared{Ahead: 7, URL: "https://github.test/acme/shop/compare", Commits: []work.ChangedCommit{{SHA: commit, Title: "Fix the login", Author: "Ann"}, {SHA: "0dd0dd0", Title: "Add *dark* mode", Author: "Bob"}}}})
}

// stage is what a script runs on: a bot with a small checklist, an in-memory ledger and
// a clock that moves one second per line.
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

// crew maps roles to the people who hold them; for an absent role, Slack gives no answer.
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
	var runbooks []runbook.Runbook
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
			env := deploy.Environment{Name: e.Name, Strategy: platform, Rehearse: true, Health: deploy.Health{Every: time.Millisecond}}
			if script == "deploy-unpinned" {
				env.Strategy = platform.Unpinned()
			}
			environments[e.Name] = env
		}
		for _, permission := range []string{"lock", "rollback", "alerts"} {
			checklist.Permissions[permission] = []string{"on_call", "deployer"}
		}
	}
	if script == "deploy-override" {
		s.allowOverrides(checklist)
	}
	if strings.HasPrefix(script, "deploy-night") {
		s.deputise(checklist)
	}
	if script == "deploy-night" || script == "deploy-night-snooze" {
		s.nightShift(t, checklist, ledger)
	}
	work := runs.New(runs.Options{Ledger: ledger, Checklist: checklist, Gates: built, Environments: environments, Runbooks: runbooks, Outputs: outputs, Parallel: 1, Now: s.clock.now, Log: log})
	s.ledger, s.outputs = ledger, outputs
	s.alerts = incidents.NewAlerts(incidents.AlertOptions{Ledger: ledger, Checklist: checklist, Environments: environments})
	s.bot = commands.New(commands.Options{Ledger: ledger, Runs: work, Checklist: checklist, Members: s.members, Releases: "C0RELEASES", OnCall: "C0ONCALL", Past: s.past,
		CanSilence: script == "deploy-silence", NotYet: []string{"gate kind coverage"}, Now: s.clock.now, Log: log})
	if script == "deploy-failed" {
		s.bot.Options().Mention = cards.Mention{Groups: []string{"S0ONCALL"}}
	}
	runInBackground(t, ledger.Run)
	runInBackground(t, work.Run)
	for _, e := range checklist.Environments {
		work.Observe(t.Context(), e.Name)
	}
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

// allowOverrides lets a technical lead and a security officer override two items of
// production together, which one person signs off.
func (s *stage) allowOverrides(c *checklist.Checklist) {
	s.members["security_officer"] = []string{"U0SEC", "U0TL"}
	c.SignOffs[0].Roles, c.SignOffs[0].Expires = []string{"product_owner"}, 0
	c.Environments[1].Override = &checklist.Override{Roles: []string{"technical_lead"}, Second: []string{"security_officer"}, Items: []string{"backups", "suite-passes"}}
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
func scriptedRunbooks(c *checklist.Checklist) []runbook.Runbook {
	c.Permissions["fix"] = []string{"technical_lead"}
	suite, _ := c.Item("suite-passes")
	suite.Fix = "seed"
	reviewed, _ := c.Item("reviewed")
	reviewed.Fix = "ask"
	step := func(words ...string) runbook.Step {
		return runbook.Step{Run: words, Dir: "/", Timeout: time.Minute}
	}
	titled := step("echo", "one", "it's two")
	titled.Title, titled.Env = "Say so", []string{"GONOGO_TEST_SEED"}
	return []runbook.Runbook{
		{ID: "seed", Title: "Seed the test data", Steps: []runbook.Step{titled, step("sh", "-c", "echo seeding & wait; echo done >&2")}},
		{ID: "ask", Title: "Ask for a review", Steps: []runbook.Step{step("true"), step("sh", "-c", "echo nobody is there; exit 3"), step("echo", "never")}},
		{ID: "wait", Title: "Wait for the nightly job", Steps: []runbook.Step{step("sleep", "600")}},
		{ID: "gone", Title: "Call what is not there", Steps: []runbook.Step{step("/no/such/program")}},
	}
}

var spoken = regexp.MustCompile(`^(U\w+)?(?: \{([\w:@-]+)=(.*)\})?: ?(.*)$`)

// play runs one line of a script and returns what it shows.
func (s *stage) play(t *testing.T, line string) string {
	words := strings.Fields(line)
	if words[0] != "idle" && words[0] != "asked" && words[0] != "begun" { // so that the time doesn't depend on how far the run is
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

// happenings are the lines of a script that show nothing.
var happenings = map[string]func(t *testing.T, s *stage, words []string){
	"live": func(t *testing.T, s *stage, words []string) {
		s.happened(t, event.VersionWentLive{Environment: words[0], Verified: true, Build: build.Build{Version: words[1], Deployment: words[2]}})
	},
	"pipeline": func(t *testing.T, s *stage, words []string) {
		s.happened(t, event.PlatformObserved{Environment: words[0], Build: build.Build{Version: words[1], Deployment: words[2]}, Tagged: true, Began: s.clock.now()})
	},
	"reminded": func(t *testing.T, s *stage, words []string) {
		s.happened(t, event.LockReminded{Environment: words[0], Claim: s.ledger.State().Locks[words[0]].Claim})
	},
	"offered": func(t *testing.T, s *stage, words []string) {
		s.happened(t, event.EnvironmentOffered{Environment: words[0], To: s.ledger.State().Queues[words[0]].Waiting[0].By})
	},
	"scheduled": func(t *testing.T, s *stage, words []string) {
		d, _ := s.ledger.State().ScheduledOn(words[0])
		why := strings.Join(words[2:], " ")
		s.happened(t, map[string]event.Event{"reminds": event.DeploymentReminded{ID: d.ID, Blockers: []string{why}},
			"ends": event.DeploymentUnscheduled{ID: d.ID, Why: "it is NO-GO", Blockers: []string{why}}, "misses": event.DeploymentUnscheduled{ID: d.ID, Why: why, Missed: true}}[words[1]])
	},
	"review": func(t *testing.T, s *stage, words []string) { s.review(t, words) },
	"review-delayed": func(t *testing.T, s *stage, words []string) {
		s.happened(t, event.ReviewDelayed{Review: words[0], Why: strings.Join(words[1:], " ")})
	},
	"review-ended": func(t *testing.T, s *stage, words []string) {
		words = append(words, "-")
		s.happened(t, event.ReviewEnded{Review: words[0], Outcome: event.ReviewOutcome(words[1]), By: strings.Trim(words[2], "-"), Why: strings.TrimRight(strings.Join(words[3:], " "), " -")})
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
	"night": func(t *testing.T, s *stage, words []string) { s.night(t, words[0]) },
	"silenced": func(t *testing.T, s *stage, _ []string) {
		s.silences(t, func(x history.Silence) event.Event {
			return event.SilenceWritten{ID: x.ID, Source: "am:9093", Silence: "s1", Until: x.Until}
		})
	},
	"silence-lost": func(t *testing.T, s *stage, _ []string) {
		s.silences(t, func(x history.Silence) event.Event { return event.SilenceGone{ID: x.ID, Source: "am:9093", Lost: true} })
	},
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

// say runs a line as a request of a person.
func (s *stage) say(t testing.TB, line string) string {
	m := spoken.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("%q is not a line of a script; the comment of TestScripts has them all", line)
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
			t.Fatal("the state that the script waits for never came")
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
