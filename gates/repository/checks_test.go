package repository

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gonogo/clients/github"
	"gonogo/readiness/answer"
)

// drawChecks draws checks of few names, Apps and suites, so that they meet.
func drawChecks(t *rapid.T) []github.Check {
	n := rapid.IntRange(0, 8).Draw(t, "checks")
	checks := make([]github.Check, n)
	for i := range checks {
		c := github.Check{ID: int64(i + 1), Suite: rapid.Int64Range(1, 3).Draw(t, "suite"), Name: rapid.SampledFrom([]string{"a", "b", "c*"}).Draw(t, "name")}
		c.App = rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "app")
		c.Result = rapid.SampledFrom([]string{"", "success", "success", "failure", "neutral", "skipped", "stale", "new word"}).Draw(t, "result")
		if c.Result == "" {
			c.Status = rapid.SampledFrom([]string{"queued", "in_progress", "waiting", "new word"}).Draw(t, "status")
		}
		checks[i] = c
	}
	return checks
}

// TestChecksProperties: whatever the checks are, a pass has a success of each that is
// asked for, no latest check that ended badly or runs, and the order doesn't matter.
func TestChecksProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawChecks(t)
		c := Checks{
			Names:  rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "*"}), 0, 2).Draw(t, "names"),
			Ignore: rapid.SliceOfN(rapid.Just("b"), 0, 1).Draw(t, "ignore"),
			App:    rapid.SampledFrom([]string{"", "x"}).Draw(t, "of"),
			Accept: rapid.SliceOfN(rapid.Just("skipped"), 0, 1).Draw(t, "accept"),
		}
		ev := c.Judge(all, "2222222", time.Time{})
		turned := slices.Clone(all)
		slices.Reverse(turned)
		if again := c.Judge(turned, "2222222", time.Time{}); again.Verdict != ev.Verdict {
			t.Errorf("in another order: %s, then %s", ev.Verdict, again.Verdict)
		}
		if !ev.Verdict.LetsThrough() {
			return
		}
		last := map[[2]string]github.Check{}
		for _, one := range all {
			last[[2]string{one.Name, one.App}] = one
		}
		for _, name := range c.Names {
			if name != "*" && last[[2]string{name, ""}].ID+last[[2]string{name, "x"}].ID+last[[2]string{name, "y"}].ID == 0 {
				t.Errorf("it is %s without %s", ev.Verdict, name)
			}
		}
		good := 0
		for _, one := range last {
			if slices.Contains(c.Ignore, one.Name) || c.App != "" && one.App != c.App || len(c.Names) > 0 && !slices.Contains(c.Names, "*") && !slices.Contains(c.Names, one.Name) {
				continue
			}
			idle := one.Result == "neutral" || one.Result == "skipped"
			switch {
			case one.Result == "success", one.Result == "skipped" && len(c.Accept) > 0:
				good++
			case !idle || len(c.Names) > 0:
				t.Errorf("it is %s in spite of %+v", ev.Verdict, one)
			}
		}
		if good == 0 {
			t.Errorf("it is %s without a success: %+v", ev.Verdict, ev)
		}
		if ev.Verdict == answer.Warned && len(ev.Details) == 0 {
			t.Error("it warns and doesn't say of what")
		}
	})
}

func TestAnalyzedWithoutAny(t *testing.T) {
	if ev := Analyzed(nil, nil, "2222222", "refs/heads/main"); ev.Verdict.LetsThrough() {
		t.Errorf("nothing analyzed the commit, and it is %s", ev.Verdict)
	}
}

func TestPagesThatPeopleAreSentTo(t *testing.T) {
	for address, want := range map[string]string{"https://x.test/1": "https://x.test/1", "http://x.test": "http://x.test", "javascript:alert(1)": "", "": ""} {
		if got := page(address); got != want {
			t.Errorf("%q: %q", address, got)
		}
	}
}

// TestEarlierRun: a warning says of which run it is, also where all else succeeded.
func TestEarlierRun(t *testing.T) {
	ev := Checks{}.Judge([]github.Check{
		{ID: 1, Suite: 1, Name: "test", App: "x", Result: "failure", URL: "https://x.test/1"}, {ID: 2, Suite: 2, Name: "test", App: "x", Result: "success"},
	}, "2222222", time.Time{})
	if want := []string{"Earlier, in another check suite: test (x): failure https://x.test/1"}; ev.Verdict != answer.Warned || !slices.Equal(ev.Details, want) {
		t.Errorf("got %+v", ev)
	}
}
