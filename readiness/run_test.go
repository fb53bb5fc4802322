package readiness

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// beginChange starts run d, a deployment with two steps.
func beginChange() *scenario {
	return began().add(RunStarted{
		Run: "d", What: RunDeployment, Release: "19.0.1", Plan: []Planned{{Name: "update", Title: "Set the image", Deadline: time.Minute}, {Name: "follow", Title: "Wait for it"}},
		Change: &Change{Environment: "production", To: Build{Version: "19.0.1"}},
	})
}

func (h *scenario) run() *Run { return h.state.Runs["d"] }

// titles are the steps of run d in order.
func (h *scenario) titles() []string {
	var titles []string
	for _, s := range h.run().Steps {
		titles = append(titles, s.Title)
	}
	return titles
}

func TestStepsThatWereNotPlanned(t *testing.T) {
	planned := []string{"Set the image", "Wait for it"}
	for _, tt := range []struct {
		name  string
		event Event
		want  []string
	}{
		{"a planned one", StepStarted{Run: "d", Step: "update"}, planned},
		{"a planned one keeps its title", StepStarted{Run: "d", Step: "update", Title: "Something else"}, planned},
		{"one with a title comes last", StepStarted{Run: "d", Step: "abort", Title: "Stop it"}, []string{"Set the image", "Wait for it", "Stop it"}},
		{"one without a title is a mistake", StepStarted{Run: "d", Step: "abort"}, planned},
		{"another run's", StepStarted{Run: "other", Step: "abort", Title: "Stop it"}, planned},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := beginChange()
			before := h.state
			h.state = h.state.Next()
			h.add(tt.event, tt.event)
			if diff := cmp.Diff(tt.want, h.titles()); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			if got := len(before.Runs["d"].Steps); got != 2 {
				t.Errorf("the state before has %d steps, want 2", got)
			}
		})
	}
	h := beginChange().add(RunEnded{Run: "d", Outcome: Cancelled}, StepStarted{Run: "d", Step: "abort", Title: "Stop it"})
	if diff := cmp.Diff(planned, h.titles()); diff != "" {
		t.Errorf("steps of a run that is over (-want +got):\n%s", diff)
	}
}

func TestQuestionAndAnswer(t *testing.T) {
	h := beginChange().add(RunAsked{Run: "d", Step: "update", Why: "did it happen?", Choices: []string{ChooseContinue, ChooseAbandon}, Interrupted: true})
	want := &Question{Step: "update", Why: "did it happen?", Choices: []string{ChooseContinue, ChooseAbandon}, Interrupted: true, At: h.now}
	if diff := cmp.Diff(want, h.run().Asked); diff != "" {
		t.Errorf("the question (-want +got):\n%s", diff)
	}
	h.add(RunAnswered{Run: "d", Step: "follow", Choice: ChooseAbandon, By: "U0DEV"}) // was not asked
	if h.run().Asked == nil || len(h.run().Answers) != 0 {
		t.Errorf("an answer to another question counted: %+v", h.run().Answers)
	}
	h.state = h.state.Next()
	h.add(RunAnswered{Run: "d", Step: "update", Choice: ChooseContinue, By: "U0TL"})
	first := Answer{Step: "update", Choice: ChooseContinue, By: "U0TL", At: h.now}
	h.add(RunAnswered{Run: "d", Step: "update", Choice: ChooseAbandon, By: "U0DEV"}) // too late
	if got, ok := h.run().AnswerTo("update"); !ok || got != first || h.run().Asked != nil {
		t.Errorf("answered %+v, asked still %+v; want %+v and nothing", got, h.run().Asked, first)
	}
	if got, ok := h.run().AnswerTo("follow"); ok {
		t.Errorf("what was never asked is answered: %+v", got)
	}
	h.add(RunAsked{Run: "d", Step: "update"}, RunAnswered{Run: "d", Step: "update", Choice: ChooseAbandon, By: "U0DEV"})
	if got, _ := h.run().AnswerTo("update"); got.Choice != ChooseAbandon || len(h.run().Answers) != 2 {
		t.Errorf("asked again, the answer is %+v of %d; want the last of 2", got, len(h.run().Answers))
	}
	h.add(RunAsked{Run: "d", Step: "follow"}, RunEnded{Run: "d", Outcome: Unsuccessful}, RunAsked{Run: "d", Step: "follow"})
	if h.run().Asked != nil {
		t.Errorf("a run that is over asks %+v", h.run().Asked)
	}
}

func TestProgressAndFacts(t *testing.T) {
	h := beginChange()
	if current := h.run().Current(); current == nil || current.Name != "update" || current.Deadline != time.Minute {
		t.Errorf("the run is at %+v, want update", current)
	}
	h.add(StepStarted{Run: "d", Step: "update", Facts: map[string]string{"before": "d-1"}})
	early := h.state
	h.state = h.state.Next()
	h.add(
		StepStarted{Run: "d", Step: "update", Facts: map[string]string{"spec": "4f1c"}},
		StepProgressed{Run: "d", Step: "update", Doing: "building", Parts: []StepPart{{Name: "build", Status: "running"}}},
		StepProgressed{Run: "d", Step: "unheard of", Doing: "nothing"},
	)
	if diff := cmp.Diff(map[string]string{"before": "d-1"}, early.Runs["d"].Steps[0].Facts); diff != "" {
		t.Errorf("facts of a state that was handed out (-want +got):\n%s", diff)
	}
	handedOut, started := h.state, h.run().Steps[0]
	if diff := cmp.Diff(Step{Name: "update", Title: "Set the image", Deadline: time.Minute, Started: h.now.Add(-3 * time.Minute), Doing: "building",
		Facts: map[string]string{"before": "d-1", "spec": "4f1c"}, Parts: []StepPart{{Name: "build", Status: "running"}}}, started); diff != "" {
		t.Errorf("the step under way (-want +got):\n%s", diff)
	}
	h.state = h.state.Next()
	h.add(StepEnded{Run: "d", Step: "update", Evidence: Evidence{Verdict: Passed}, Facts: map[string]string{"deployment": "d-2"}},
		StepStarted{Run: "d", Step: "follow", Facts: map[string]string{"spec": "ffff"}})
	for name, want := range map[string]string{"before": "d-1", "deployment": "d-2", "spec": "ffff", "unheard of": ""} {
		if got := h.run().Fact(name); got != want {
			t.Errorf("fact %s is %q, want %q", name, got, want)
		}
	}
	ended, _ := h.run().Step("update")
	if ended.Doing != "" || ended.Ended.IsZero() || h.run().Current().Name != "follow" {
		t.Errorf("after its end the step is %+v, and the run is at %+v", ended, h.run().Current())
	}
	if diff := cmp.Diff(started, handedOut.Runs["d"].Steps[0]); diff != "" {
		t.Errorf("a state that was handed out has changed (-before +after):\n%s", diff)
	}
}

// How often in a row a gate could not measure is what an issue waits for. What
// a deployment's steps find is no evidence for an item.
func TestStreaks(t *testing.T) {
	h := began()
	key := Key{Item: "http"}
	for i, tt := range []struct {
		verdict Verdict
		want    int
	}{{Errored, 1}, {Errored, 2}, {Failed, 0}, {Errored, 1}, {Passed, 0}} {
		h.state = h.state.Next()
		h.add(RunStarted{Run: "g", What: RunGates, Release: "19.0.1", Steps: []string{"http"}},
			StepEnded{Run: "g", Step: "http", Item: "http", Evidence: Evidence{Verdict: tt.verdict}})
		if got := h.state.OpenRelease().Streak(key); got != tt.want {
			t.Errorf("after run %d, %s, the streak is %d, want %d", i+1, tt.verdict, got, tt.want)
		}
	}
	before := h.state.OpenRelease().Evidence[key]
	h.add(RunStarted{Run: "d", Release: "19.0.1", Plan: []Planned{{Name: "http"}}}, StepEnded{Run: "d", Step: "http", Evidence: Evidence{Verdict: Errored}})
	if after := h.state.OpenRelease(); after.Streak(key) != 0 || !cmp.Equal(before, after.Evidence[key]) {
		t.Errorf("a deployment's step left evidence %+v", after.Evidence[key])
	}
}

func TestCommitIsFoundOnce(t *testing.T) {
	h := began().add(ReleaseOpened{Version: "2"}, CommitFound{Release: "2", Commit: "beef"}, CommitFound{Release: "2", Commit: "dead"},
		CommitFound{Release: "19.0.1", Commit: "dead"}, CommitFound{Release: "unheard of", Commit: "dead"})
	for version, want := range map[string]string{"2": "beef", "19.0.1": "c0ffee"} {
		if got := h.state.Releases[version].Commit; got != want {
			t.Errorf("the commit of %s is %s, want %s", version, got, want)
		}
	}
}

// What is asked about a step is asked no more once the step has ended.
func TestQuestionEndsWithItsStep(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.change("r", RunDeployment, "2", "").add(StepStarted{Run: "r", Step: "update", Title: "Update"}).
		add(RunAsked{Run: "r", Step: "update", Why: "did it happen?", Choices: []string{ChooseAbandon}, Interrupted: true})
	if h.state.Runs["r"].Asked == nil {
		t.Fatal("nothing is asked")
	}
	h.add(StepEnded{Run: "r", Step: "update", Evidence: Evidence{Verdict: Passed}})
	if asked := h.state.Runs["r"].Asked; asked != nil {
		t.Errorf("still asks %+v", asked)
	}
}

// However many gate runs end, deployments stay remembered; a run that is
// forgotten takes its messages with it.
func TestRunsAreForgotten(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.change("d", RunDeployment, "2", "").add(AnchorPosted{Subject: "run/d", Channel: "C1", TS: "1.1"}).add(RunEnded{Run: "d", Outcome: Completed})
	for n := range keptRuns + 10 {
		id := fmt.Sprintf("g%d", n)
		h.add(RunStarted{Run: id, What: RunGates}).add(AnchorPosted{Subject: "run/" + id, Channel: "C1", TS: "1.1"}).
			add(AnchorPosted{Subject: "run/" + id + "/steps", Channel: "C1", TS: "1.2"}).add(RunEnded{Run: id, Outcome: Completed})
	}
	if h.state.Runs["d"] == nil {
		t.Error("the deployment is forgotten")
	}
	if got, want := len(h.state.Runs), keptRuns+1; got != want {
		t.Errorf("%d runs are kept, want %d", got, want)
	}
	if got, want := len(h.state.Anchors), 2*keptRuns+1; got != want {
		t.Errorf("%d messages are kept, want %d", got, want)
	}
}

func TestPermission(t *testing.T) {
	change := &Change{Environment: "production"}
	for want, run := range map[string]*Run{
		"run":      {What: RunGates},
		"fix":      {What: RunRunbook},
		"deploy":   {What: RunDeployment, Change: change},
		"rollback": {What: RunRollback, Change: change},
	} {
		if got := run.Permission(); got != want {
			t.Errorf("a %s takes %q, want %q", run.What, got, want)
		}
	}
	if got := (*Run)(nil).Permission(); got != "run" {
		t.Errorf("a run that nobody knows takes %q", got)
	}
}
