package history

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// beginChange starts run d, a deployment with two steps.
func beginChange() *scenario {
	return began().add(event.RunStarted{
		Run: "d", What: work.Deployment, Release: "19.0.1", Plan: []work.Planned{{Name: "update", Title: "Set the image", Deadline: time.Minute}, {Name: "follow", Title: "Wait for it"}},
		Change: &work.Change{Environment: "production", To: build.Build{Version: "19.0.1"}},
	})
}

func (h *scenario) run() *work.Run { return h.state.Runs["d"] }

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
		event event.Event
		want  []string
	}{
		{"a planned one", event.StepStarted{Run: "d", Step: "update"}, planned},
		{"a planned one keeps its title", event.StepStarted{Run: "d", Step: "update", Title: "Something else"}, planned},
		{"one with a title comes last", event.StepStarted{Run: "d", Step: "abort", Title: "Stop it"}, []string{"Set the image", "Wait for it", "Stop it"}},
		{"one without a title is a mistake", event.StepStarted{Run: "d", Step: "abort"}, planned},
		{"another run's", event.StepStarted{Run: "other", Step: "abort", Title: "Stop it"}, planned},
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
	h := beginChange().add(event.RunEnded{Run: "d", Outcome: work.Cancelled}, event.StepStarted{Run: "d", Step: "abort", Title: "Stop it"})
	if diff := cmp.Diff(planned, h.titles()); diff != "" {
		t.Errorf("steps of a run that is over (-want +got):\n%s", diff)
	}
}

func TestQuestionAndAnswer(t *testing.T) {
	h := beginChange().add(event.RunAsked{Run: "d", Step: "update", Why: "did it happen?", Choices: []string{work.ChooseContinue, work.ChooseAbandon}, Interrupted: true})
	want := &work.Question{Step: "update", Why: "did it happen?", Choices: []string{work.ChooseContinue, work.ChooseAbandon}, Interrupted: true, At: h.now}
	if diff := cmp.Diff(want, h.run().Asked); diff != "" {
		t.Errorf("the question (-want +got):\n%s", diff)
	}
	h.add(event.RunAnswered{Run: "d", Step: "follow", Choice: work.ChooseAbandon, By: "U0DEV"}) // was not asked
	if h.run().Asked == nil || len(h.run().Answers) != 0 {
		t.Errorf("an answer to another question counted: %+v", h.run().Answers)
	}
	h.state = h.state.Next()
	h.add(event.RunAnswered{Run: "d", Step: "update", Choice: work.ChooseContinue, By: "U0TL"})
	first := work.Answer{Step: "update", Choice: work.ChooseContinue, By: "U0TL", At: h.now}
	h.add(event.RunAnswered{Run: "d", Step: "update", Choice: work.ChooseAbandon, By: "U0DEV"}) // too late
	if got, ok := h.run().AnswerTo("update"); !ok || got != first || h.run().Asked != nil {
		t.Errorf("answered %+v, asked still %+v; want %+v and nothing", got, h.run().Asked, first)
	}
	if got, ok := h.run().AnswerTo("follow"); ok {
		t.Errorf("what was never asked is answered: %+v", got)
	}
	h.add(event.RunAsked{Run: "d", Step: "update"}, event.RunAnswered{Run: "d", Step: "update", Choice: work.ChooseAbandon, By: "U0DEV"})
	if got, _ := h.run().AnswerTo("update"); got.Choice != work.ChooseAbandon || len(h.run().Answers) != 2 {
		t.Errorf("asked again, the answer is %+v of %d; want the last of 2", got, len(h.run().Answers))
	}
	h.add(event.RunAsked{Run: "d", Step: "follow"}, event.RunEnded{Run: "d", Outcome: work.Unsuccessful}, event.RunAsked{Run: "d", Step: "follow"})
	if h.run().Asked != nil {
		t.Errorf("a run that is over asks %+v", h.run().Asked)
	}
}

func TestProgressAndFacts(t *testing.T) {
	h := beginChange()
	if current := h.run().Current(); current == nil || current.Name != "update" || current.Deadline != time.Minute {
		t.Errorf("the run is at %+v, want update", current)
	}
	h.add(event.StepStarted{Run: "d", Step: "update", Facts: map[string]string{"before": "d-1"}})
	early := h.state
	h.state = h.state.Next()
	h.add(
		event.StepStarted{Run: "d", Step: "update", Facts: map[string]string{"spec": "4f1c"}},
		event.StepProgressed{Run: "d", Step: "update", Doing: "building", Parts: []work.StepPart{{Name: "build", Status: "running"}}},
		event.StepProgressed{Run: "d", Step: "unheard of", Doing: "nothing"},
	)
	if diff := cmp.Diff(map[string]string{"before": "d-1"}, early.Runs["d"].Steps[0].Facts); diff != "" {
		t.Errorf("facts of a state that was handed out (-want +got):\n%s", diff)
	}
	handedOut, started := h.state, h.run().Steps[0]
	if diff := cmp.Diff(work.Step{Name: "update", Title: "Set the image", Deadline: time.Minute, Started: h.now.Add(-3 * time.Minute), Doing: "building",
		Facts: map[string]string{"before": "d-1", "spec": "4f1c"}, Parts: []work.StepPart{{Name: "build", Status: "running"}}}, started); diff != "" {
		t.Errorf("the step under way (-want +got):\n%s", diff)
	}
	h.state = h.state.Next()
	h.add(event.StepEnded{Run: "d", Step: "update", Evidence: answer.Evidence{Verdict: answer.Passed}, Facts: map[string]string{"deployment": "d-2"}},
		event.StepStarted{Run: "d", Step: "follow", Facts: map[string]string{"spec": "ffff"}})
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
	key := answer.Key{Item: "http"}
	for i, tt := range []struct {
		verdict answer.Verdict
		want    int
	}{{answer.Errored, 1}, {answer.Errored, 2}, {answer.Failed, 0}, {answer.Errored, 1}, {answer.Passed, 0}} {
		h.state = h.state.Next()
		h.add(event.RunStarted{Run: "g", What: work.Gates, Release: "19.0.1", Steps: []string{"http"}},
			event.StepEnded{Run: "g", Step: "http", Item: "http", Evidence: answer.Evidence{Verdict: tt.verdict}})
		if got := h.state.OpenRelease().Streak(key); got != tt.want {
			t.Errorf("after run %d, %s, the streak is %d, want %d", i+1, tt.verdict, got, tt.want)
		}
	}
	before := h.state.OpenRelease().Evidence[key]
	h.add(event.RunStarted{Run: "d", Release: "19.0.1", Plan: []work.Planned{{Name: "http"}}}, event.StepEnded{Run: "d", Step: "http", Evidence: answer.Evidence{Verdict: answer.Errored}})
	if after := h.state.OpenRelease(); after.Streak(key) != 0 || !cmp.Equal(before, after.Evidence[key]) {
		t.Errorf("a deployment's step left evidence %+v", after.Evidence[key])
	}
}

func TestCommitIsFoundOnce(t *testing.T) {
	h := began().add(event.ReleaseOpened{Version: "2"}, event.CommitFound{Release: "2", Commit: "beef"}, event.CommitFound{Release: "2", Commit: "dead"},
		event.CommitFound{Release: "19.0.1", Commit: "dead"}, event.CommitFound{Release: "unheard of", Commit: "dead"})
	for version, want := range map[string]string{"2": "beef", "19.0.1": "c0ffee"} {
		if got := h.state.Releases[version].Commit; got != want {
			t.Errorf("the commit of %s is %s, want %s", version, got, want)
		}
	}
}

// What is asked about a step is asked no more once the step has ended.
func TestQuestionEndsWithItsStep(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.change("r", work.Deployment, "2", "").add(event.StepStarted{Run: "r", Step: "update", Title: "Update"}).
		add(event.RunAsked{Run: "r", Step: "update", Why: "did it happen?", Choices: []string{work.ChooseAbandon}, Interrupted: true})
	if h.state.Runs["r"].Asked == nil {
		t.Fatal("nothing is asked")
	}
	h.add(event.StepEnded{Run: "r", Step: "update", Evidence: answer.Evidence{Verdict: answer.Passed}})
	if asked := h.state.Runs["r"].Asked; asked != nil {
		t.Errorf("still asks %+v", asked)
	}
}

// However many gate runs end, deployments stay remembered; a run that is
// forgotten takes its messages with it.
func TestRunsAreForgotten(t *testing.T) {
	h := &scenario{state: NewState(), now: monday}
	h.change("d", work.Deployment, "2", "").add(event.AnchorPosted{Subject: "run/d", Channel: "C1", TS: "1.1"}).add(event.RunEnded{Run: "d", Outcome: work.Completed})
	for n := range keptRuns + 10 {
		id := fmt.Sprintf("g%d", n)
		h.add(event.RunStarted{Run: id, What: work.Gates}).add(event.AnchorPosted{Subject: "run/" + id, Channel: "C1", TS: "1.1"}).
			add(event.AnchorPosted{Subject: "run/" + id + "/steps", Channel: "C1", TS: "1.2"}).add(event.RunEnded{Run: id, Outcome: work.Completed})
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
