package readiness

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// A state that was written and read in the midst of any history ends as the
// fold of all of it, and the state that was written stays as it was.
func TestSnapshotAndTailAreTheFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := arbitraryEvents(t, arbitraryChecklist(t, true))
		at := rapid.IntRange(0, len(events)).Draw(t, "snapshot after")
		before := fold(history.NewState(), 0, events[:at])
		read := thaw(t, before)
		if diff := cmp.Diff(before, read, sameState); diff != "" {
			t.Fatalf("what was read (-written +read):\n%s", diff)
		}
		got := fold(read, at, events[at:])
		if diff := cmp.Diff(fold(history.NewState(), 0, events), got, sameState); diff != "" {
			t.Errorf("state from a snapshot after %d of %d events (-fold +snapshot):\n%s", at, len(events), diff)
		}
		if diff := cmp.Diff(fold(history.NewState(), 0, events[:at]), before, sameState); diff != "" {
			t.Errorf("the state that was written changed (-fold +state):\n%s", diff)
		}
	})
}

// fold applies events to a state, a minute apart, the first at the minute given.
func fold(s *history.State, minute int, events []event.Event) *history.State {
	for i, e := range events {
		s.Apply(monday.Add(time.Duration(minute+i)*time.Minute), e)
	}
	return s
}

// drawView draws a checklist, a history, and a moment after it.
func drawView(t *rapid.T, signOffs bool) (View, []event.Event) {
	list := arbitraryChecklist(t, signOffs)
	events := arbitraryEvents(t, list)
	later := time.Duration(rapid.IntRange(0, 72).Draw(t, "hours later")) * time.Hour
	return View{Checklist: list, State: fold(history.NewState(), 0, events), Now: monday.Add(later + time.Hour)}, events
}

// finish makes everything let through everywhere: items in the checklist's
// order, since later ones may read earlier ones, each environment live and the
// board's approval given on what stands at the end.
func finish(v View) View {
	state := v.State.Next()
	v = View{Checklist: v.Checklist, State: state, Now: v.Now}
	if v.Release() == nil {
		state.Apply(v.Now, event.ReleaseOpened{Version: "19.0.1", Commit: "c0ffee"})
	}
	release := v.Release()
	for _, env := range v.Checklist.Environments {
		state.Apply(v.Now, event.EnvironmentAdopted{Environment: env.Name, Version: release.Version, Commit: release.Commit})
	}
	for _, s := range v.Checklist.Sections {
		for _, it := range s.Items {
			pass(v, it)
		}
	}
	approve(v)
	for _, env := range v.Checklist.Environments {
		liftAll(v, env.Name)
	}
	return v
}

// liftAll lifts what holds an environment, on a state that may be changed.
func liftAll(v View, environment string) {
	for _, h := range v.Holds(environment) {
		v.State.Apply(v.Now, event.HoldLifted{Hold: h.Kind, Environment: h.Environment, Claim: h.Claim, Alerts: h.Alerts})
	}
}

// approve gives the board's approval on what stands now, on a state that may
// be changed.
func approve(v View) {
	rule := v.Checklist.SignOffs[0]
	for _, role := range rule.Roles {
		v.State.Apply(v.Now, event.SignOffGiven{
			Release: v.State.Open, Environment: rule.Environment, Role: role, By: role,
			Approved: true, Basis: v.Basis(rule.Environment),
		})
	}
}

// pass lets an item pass wherever it is asked, on a state that may be changed.
// Nobody answers a gate on gonogo's own state.
func pass(v View, it *checklist.Item) {
	if it.Gate != nil && it.Gate.Condition != nil {
		return
	}
	settings := ""
	if it.Gate != nil {
		settings = it.Gate.Settings
	}
	for _, key := range it.Keys() {
		v.State.Apply(v.Now, event.EvidenceRecorded{
			Release: v.State.Open, Item: key.Item, Environment: key.Environment,
			Evidence: answer.Evidence{Verdict: answer.Passed, Settings: settings},
		})
	}
}

// heldBack judges an item for an environment by the rules as people are told
// them, from the events and not from the state.
func heldBack(v View, events []event.Event, it *checklist.Item, environment string) bool {
	if it.Off {
		return false
	}
	if it.Gate != nil && it.Gate.Condition != nil {
		for _, key := range it.KeysFor(environment) {
			if !v.Standing(it, key).Through {
				return true
			}
		}
		return false
	}
	for _, key := range it.KeysFor(environment) {
		ev, answered := lastEvidence(v, events, key)
		switch {
		case !answered, ev.Verdict == answer.Failed, ev.Verdict == answer.Errored, ev.Verdict == answer.NotConfigured:
			return true
		case ev.Verdict == answer.NotApplicable:
		case it.Gate != nil && ev.Settings != it.Gate.Settings:
			return true
		case it.MaxAge > 0 && v.Now.Sub(ev.At) > it.MaxAge:
			return true
		}
	}
	return false
}

// lastEvidence is the newest answer for a key of the open release. Runs are
// not told apart from people here, so it is asked of histories without runs.
func lastEvidence(v View, events []event.Event, key answer.Key) (answer.Evidence, bool) {
	for i, e := range slices.Backward(events) {
		at := monday.Add(time.Duration(i) * time.Minute)
		switch e := e.(type) {
		case event.EvidenceRecorded:
			if e.Release == v.State.Open && (answer.Key{Item: e.Item, Environment: e.Environment}) == key {
				e.Evidence.At = at
				return e.Evidence, true
			}
		case event.ItemUnchecked:
			if e.Release == v.State.Open && (answer.Key{Item: e.Item, Environment: e.Environment}) == key {
				return answer.Evidence{}, false
			}
		}
	}
	return answer.Evidence{}, false
}

func isRun(e event.Event) bool {
	switch e.(type) {
	case event.RunStarted, event.StepStarted, event.StepEnded, event.RunCancelAsked, event.RunEnded:
		return true
	}
	return false
}

func TestNeverGoWithAnUnmetBlockingItem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := arbitraryChecklist(t, true)
		events := slices.DeleteFunc(arbitraryEvents(t, list), isRun)
		// The last answers are mostly good, so that GO is a close call.
		for _, id := range slices.Sorted(maps.Keys(itemsOf(list))) {
			for _, key := range itemsOf(list)[id].Keys() {
				if rapid.IntRange(0, 7).Draw(t, "left as it was") > 0 {
					settings := rapid.SampledFrom([]string{"s1", "s1", "s1", "s1", "s2"}).Draw(t, "settings")
					events = append(events, event.EvidenceRecorded{Release: "19.0.1", Item: key.Item, Environment: key.Environment, Evidence: answer.Evidence{Verdict: answer.Passed, Settings: settings}})
				}
			}
		}
		for _, env := range list.Environments {
			events = append(events, event.EnvironmentAdopted{Environment: env.Name, Version: "19.0.1", Commit: "c0ffee"})
		}
		now := monday.Add(time.Duration(rapid.IntRange(2, 6).Draw(t, "hours later")) * time.Hour)
		v := View{Checklist: list, State: fold(history.NewState(), 0, events), Now: now}
		approve(v)
		for _, env := range list.Environments {
			d := v.Decide(env.Name)
			for _, it := range itemsOf(list) {
				if it.BlocksOn(env.Name) && heldBack(v, events, it, env.Name) && d.Go {
					t.Fatalf("GO for %s although %s is unmet", env.Name, it.ID)
				}
			}
			if d.Go != (len(d.Blockers) == 0) {
				t.Fatalf("GO is %t for %s with %d blockers", d.Go, env.Name, len(d.Blockers))
			}
		}
	})
}

func TestOneBadItemTurnsGoIntoNoGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn, _ := drawView(t, false)
		v := finish(drawn)
		for _, env := range v.Checklist.Environments {
			if d := v.Decide(env.Name); !d.Go {
				t.Fatalf("all is done, and %s is NO-GO: %q", env.Name, reasons(d))
			}
			for it := range v.blocking(env.Name) {
				if it.Off || it.Gate != nil && it.Gate.Condition != nil {
					continue
				}
				bad := rapid.SampledFrom([]answer.Verdict{answer.Failed, answer.Errored, answer.NotConfigured}).Draw(t, "verdict")
				key := rapid.SampledFrom(it.KeysFor(env.Name)).Draw(t, "key")
				worse := View{Checklist: v.Checklist, State: v.State.Next(), Now: v.Now}
				worse.State.Apply(v.Now, event.EvidenceRecorded{Release: v.State.Open, Item: key.Item, Environment: key.Environment, Evidence: answer.Evidence{Verdict: bad, Settings: "s1"}})
				if d := worse.Decide(env.Name); d.Go || !names(d, key) {
					t.Fatalf("%s is %s: GO is %t for %s, blockers %q", key, bad, d.Go, env.Name, reasons(d))
				}
			}
		}
	})
}

func names(d Decision, key answer.Key) bool {
	return slices.ContainsFunc(d.Blockers, func(b Blocker) bool { return b.Kind == BlockedByItem && b.Answer().Key == key })
}

// Items that read sign-offs are left out: a sign-off rests on which items let
// through, so an item that passes can unsettle one on purpose.
func TestScoreNeverFallsWhenAnItemPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, _ := drawView(t, false)
		for _, s := range v.Checklist.Sections {
			for _, it := range s.Items {
				before := v.Score()
				v = View{Checklist: v.Checklist, State: v.State.Next(), Now: v.Now}
				pass(v, it)
				after := v.Score()
				if after.Percent < before.Percent || after.Through < before.Through {
					t.Fatalf("%s passes: the score goes from %v%% (%d) to %v%% (%d)", it.ID, before.Percent, before.Through, after.Percent, after.Through)
				}
				if after.Percent > 100.0001 || after.Through > after.Items {
					t.Fatalf("the score is %v%%, %d of %d", after.Percent, after.Through, after.Items)
				}
			}
		}
	})
}

func TestNoMilestoneBeforeTheLongestRemainingPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, _ := drawView(t, true)
		ends := finishTimes(v)
		for i, m := range v.Timeline().Milestones {
			var want time.Duration
			for _, name := range waitedFor(v, v.Checklist.Milestones[i]) {
				want = max(want, ends[name])
			}
			if m.Remaining != want {
				t.Fatalf("milestone %s: %v remain, the longest path is %v", m.ID, m.Remaining, want)
			}
			var along time.Duration
			for _, id := range m.Path {
				it, _ := v.Checklist.Item(id)
				along += it.Estimate
			}
			if along > m.Remaining {
				t.Fatalf("milestone %s: the items on %v take %v, the milestone only %v", m.ID, m.Path, along, m.Remaining)
			}
		}
	})
}

// finishTimes finds when each unfinished answer ("item@environment") and
// deployment ("to environment") is finished, by moving each behind all that
// comes before it until nothing moves any more.
func finishTimes(v View) map[string]time.Duration {
	takes, before := map[string]time.Duration{}, map[string][]string{}
	for _, it := range itemsOf(v.Checklist) {
		for _, key := range it.Keys() {
			if !v.Standing(it, key).Through {
				takes[key.String()] = it.Estimate
				before[key.String()] = comesBefore(v, it, key)
			}
		}
	}
	for _, env := range v.Checklist.Environments {
		if v.Met(checklist.Condition{Deployed: env.Name}).Verdict == answer.Passed {
			continue
		}
		name := "to " + env.Name
		takes[name] = 0
		for _, m := range v.Checklist.Milestones {
			if m.Environment == env.Name {
				takes[name] = max(takes[name], m.Estimate)
			}
		}
		for _, it := range itemsOf(v.Checklist) {
			if slices.Contains(it.Blocks, env.Name) {
				before[name] = append(before[name], keyNames(it, env.Name)...)
			}
		}
		for _, earlier := range env.After {
			before[name] = append(before[name], "to "+earlier)
		}
	}
	ends := map[string]time.Duration{}
	for moved := true; moved; {
		moved = false
		for name, own := range takes {
			end := own
			for _, b := range before[name] {
				end = max(end, ends[b]+own)
			}
			if end != ends[name] {
				ends[name], moved = end, true
			}
		}
	}
	return ends
}

func comesBefore(v View, it *checklist.Item, key answer.Key) []string {
	var before []string
	for _, id := range it.Needs {
		before = append(before, keyNames(itemsOf(v.Checklist)[id], key.Environment)...)
	}
	if it.Gate == nil || it.Gate.Condition == nil {
		return before
	}
	c := *it.Gate.Condition
	if c.Deployed != "" {
		before = append(before, "to "+c.Deployed)
	}
	for _, s := range v.Checklist.Sections {
		for _, other := range s.Items {
			readsAnswers := other.Gate != nil && other.Gate.Condition != nil && other.Gate.Condition.Deployed == ""
			if s.ID == c.Section || slices.Contains(other.Blocks, c.SignedOff) && !readsAnswers {
				before = append(before, keyNames(other, c.SignedOff)...)
			}
		}
	}
	return before
}

func keyNames(it *checklist.Item, environment string) []string {
	var all []string
	for _, key := range it.KeysFor(environment) {
		all = append(all, key.String())
	}
	return all
}

func waitedFor(v View, m checklist.Milestone) []string {
	var all []string
	for _, s := range v.Checklist.Sections {
		if slices.Contains(m.Sections, s.ID) {
			for _, it := range s.Items {
				all = append(all, keyNames(it, "")...)
			}
		}
	}
	return append(all, "to "+m.Environment)
}

// sameState compares all that a state holds; who owns which map is no part of it.
var sameState = cmp.Options{cmp.AllowUnexported(history.State{}), cmpopts.IgnoreFields(history.State{}, "own", "index"), cmpopts.EquateEmpty()}

func TestFoldInTwoPartsEqualsFoldInOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := arbitraryChecklist(t, true)
		events, other := arbitraryEvents(t, list), arbitraryEvents(t, list)
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")

		all := fold(history.NewState(), 0, events)
		handedOut := fold(history.NewState(), 0, events[:cut])
		inTwo := fold(handedOut.Next(), cut, events[cut:])
		if diff := cmp.Diff(all, inTwo, sameState); diff != "" {
			t.Fatalf("folded in two parts (-one +two):\n%s", diff)
		}

		fold(handedOut.Next(), cut, other)
		if diff := cmp.Diff(fold(history.NewState(), 0, events[:cut]), handedOut, sameState); diff != "" {
			t.Fatalf("a state that was handed out has changed (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(all, inTwo, sameState); diff != "" {
			t.Fatalf("a state has changed with its sibling (-before +after):\n%s", diff)
		}
	})
}

// Each event in a state of its own, as the ledger hands them out one by one.
func TestFoldEventByEventEqualsFoldInOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := arbitraryEvents(t, arbitraryChecklist(t, true))
		state := history.NewState()
		for i, e := range events {
			state = fold(state.Next(), i, []event.Event{e})
		}
		if diff := cmp.Diff(fold(history.NewState(), 0, events), state, sameState); diff != "" {
			t.Fatalf("folded event by event (-one +each):\n%s", diff)
		}
	})
}

func TestSignOffCountsOnceARoleAndOneNoVetoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles, rules := board()
		h := begin(checklist.Checklist{Roles: roles, SignOffs: rules, Environments: []checklist.Environment{{Name: "production"}}})
		last := map[string]bool{}
		for range rapid.IntRange(0, 30).Draw(t, "words") {
			role := rapid.SampledFrom(append(rules[0].Roles, "outsider")).Draw(t, "role")
			approved := rapid.IntRange(0, 4).Draw(t, "approves") > 0
			h.sign(role, "U"+role, approved)
			last[role] = approved
		}
		delete(last, "outsider")
		count, vetoed := 0, false
		for _, approved := range last {
			if approved {
				count++
			}
			vetoed = vetoed || !approved
		}
		a, d := h.view().Approval("production"), h.view().Decide("production")
		if a.Count() != count {
			t.Fatalf("%d approvals count, want %d", a.Count(), count)
		}
		if want := count == len(rules[0].Roles); a.Complete() != want || d.Go != want {
			t.Fatalf("complete %t, GO %t; want both %t after %v", a.Complete(), d.Go, want, last)
		}
		if vetoed && d.Go {
			t.Fatalf("GO against a rejection: %v", last)
		}
	})
}

// thaw writes a state and reads it back.
func thaw(t interface{ Fatal(...any) }, s *history.State) *history.State {
	var file bytes.Buffer
	if err := history.Encode(&file, s); err != nil {
		t.Fatal(err)
	}
	read, err := history.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	return read
}
