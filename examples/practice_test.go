package examples_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gonogo/bot/config"
	"gonogo/examples"
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

// waits are states that only make gates wait, for 20 s and more.
var waits = []string{"github slow", "staging-site slow", "production-site slow", "staging-database slow", "production-database slow"}

// lasting are states whose effect outlasts them: lost data, and services that are not
// asked for a while after they refused. Each gets a world of its own.
var lasting = []string{"prometheus no-data", "github secondary-limit", "github 429"}

// trial is what some turns of switches must spoil of the chosen items.
type trial struct {
	name   string
	world  string // trials of one name share a practice world, one after the other
	chosen func(name string) bool
	want   effect
	turns  []string
}

// TestInsightPulseInPractice runs the example's gates in the practice world.
// All pass when the world is well. Each switch of the panel makes its own items fail and
// no other of its group; a whole group makes no other group's items fail. A desk tries
// a sample of the switches.
func TestInsightPulseInPractice(t *testing.T) {
	trials := suite.Sample(12, trialsOf(panelOf(t, practice(t))))
	var worlds []string
	in := map[string][]trial{}
	for _, one := range trials {
		if len(in[one.world]) == 0 {
			worlds = append(worlds, one.world)
		}
		in[one.world] = append(in[one.world], one)
	}
	for _, name := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newInstallation(t, settingsFor(in[name][0].turns))
			for _, one := range in[name] {
				t.Run(one.name, func(t *testing.T) { w.try(t, one) })
			}
		})
	}
}

// trialsOf are the trials of all switches.
func trialsOf(groups []group) []trial {
	trials := []trial{{"all is well", "well", all, effect{}, nil}, {"what no item looks at", "well", all, effect{}, unseen(groups)}}
	for _, g := range groups {
		own := map[string]bool{}
		var first []string // the first turn of each switch that an item looks at
		for _, s := range g.Switches {
			turns := s.trialTurns()
			if len(turns) > 0 {
				first = append(first, turns[0])
			}
			for _, turn := range turns {
				for _, name := range broken[turn].items() {
					own[name] = true
				}
			}
		}
		for _, s := range g.Switches {
			for _, turn := range s.badTurns() {
				if want, spoils := broken[turn]; spoils {
					trials = append(trials, trial{turn, worldOf(g, turn), func(name string) bool { return own[name] && want.worth(name) }, want, []string{turn}})
				}
			}
		}
		trials = append(trials, trial{"beside " + g.Title, g.Title, func(name string) bool { return !own[name] && effect{}.worth(name) }, effect{}, first})
	}
	return trials
}

// worldOf is the world in which a turn of a group's switch is tried.
func worldOf(g group, turn string) string {
	if slices.Contains(lasting, turn) || settingsFor([]string{turn}) != (settings{}) {
		return turn
	}
	return g.Title
}

// trialTurns are the bad turns of a switch that don't just make gates wait.
func (s panelSwitch) trialTurns() []string {
	return slices.DeleteFunc(s.badTurns(), func(turn string) bool { return slices.Contains(waits, turn) })
}

// unseen are the turns that no item looks at: they matter to deployments, issues and
// alerts.
func unseen(groups []group) (turns []string) {
	for _, g := range groups {
		for _, s := range g.Switches {
			for _, turn := range s.trialTurns() {
				if _, spoils := broken[turn]; !spoils {
					turns = append(turns, turn)
				}
			}
		}
	}
	return turns
}

// costly are the items whose gates compute for a second and more: load, and every chart.
const costly = loads + rendered + "accept-users dashboards-export rls-tried"

// worth reports whether to measure an item: a costly one only where it must fail, and
// when all is well.
func (e effect) worth(name string) bool {
	return slices.Contains(e.items(), name) || !slices.Contains(strings.Fields(costly), name)
}

// all is the choice of every item.
func all(string) bool { return true }

// untimed are the items that are not measured here: whether a query takes under 100 ms
// depends on what else the machine does.
var untimed = []string{"staging-query-time", "accept-query-time"}

// TestInsightPulseBreaks checks that each gate of the example fails in practice: it is
// in the list of a switch, and the panel has that switch.
func TestInsightPulseBreaks(t *testing.T) {
	known := map[string]bool{}
	for _, g := range panelOf(t, practice(t)) {
		for _, s := range g.Switches {
			for _, turn := range s.badTurns() {
				known[turn] = true
			}
		}
	}
	breaks := map[string]bool{}
	for turn, what := range broken {
		if !known[turn] {
			t.Errorf("the panel has no switch and state %q", turn)
		}
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

// TestInsightPulseWithoutSources checks that source code that isn't there, or of which
// only empty folders and files are, isn't taken for good.
func TestInsightPulseWithoutSources(t *testing.T) {
	missing, empty := filepath.Join(t.TempDir(), "missing"), t.TempDir()
	for _, folder := range []string{"addons", "deploy", "docs", "infra", "scripts", "supabase/migrations", ".github/workflows"} {
		if err := os.MkdirAll(filepath.Join(empty, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	looked := slices.Concat(broken["source-secrets committed"].items(), broken["source-files missing"].items(), broken["source-container one-stage"].items(), broken["source-container privileged"].items())
	looked = slices.DeleteFunc(looked, func(name string) bool { // these ask a service as well
		item, _, _ := strings.Cut(name, "@")
		return slices.Contains([]string{"environment-login", "keys-random-salt", "suite-script"}, item)
	})
	for _, dir := range []string{missing, empty} {
		c, err := config.Parse("insightpulse.yml", examples.InsightPulse, func(name string) (string, bool) {
			if name == "SOURCE_DIR" {
				return dir, true
			}
			return variables(name)
		})
		if err != nil {
			t.Fatal(err)
		}
		i := installation{config: c, opened: time.Now()}
		got := i.measure(t, func(name string) bool { return slices.Contains(looked, name) })
		if diff := cmp.Diff(slices.Sorted(slices.Values(looked)), slices.Sorted(slices.Values(got.items()))); diff != "" {
			t.Errorf("%s: do not pass: want -, got +:\n%s", filepath.Base(dir), diff)
		}
	}
}
