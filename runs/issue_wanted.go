package runs

import (
	"time"

	"gonogo/readiness"
)

// wanted is what the issue of an answer should say now, which no gate run
// measures; nil means that it is to be left as it is.
func (i *Issues) wanted(v readiness.View, it *readiness.Item, key readiness.Key) *issueText {
	release := v.Release()
	if release == nil {
		return nil
	}
	standing := v.Standing(it, key)
	verdict := standing.Verdict()
	failing := verdict == readiness.Failed || verdict == readiness.Errored && release.Streak(key) >= streakToAsk
	if !failing && (!standing.Through || standing.Waived) {
		return nil
	}
	text := &issueText{Failing: failing, Key: key, Item: it, Evidence: standing.Evidence, Version: release.Version, Commit: release.Commit, secrets: i.opts.Secrets}
	if section, ok := v.Checklist.Section(it.Section); ok {
		text.Section = section.Title
	}
	if failing {
		text.Needs = unmet(v, it)
	}
	for _, w := range standing.Waivers {
		if w.Counts(v.Now) {
			text.Waivers = append(text.Waivers, w)
		}
	}
	return text
}

// unasked is what the issue says of an answer that no gate gives any more: by
// evidence it would never be closed.
func (i *Issues) unasked(v readiness.View, key readiness.Key) *issueText {
	text := &issueText{Key: key, Item: &readiness.Item{ID: key.Item, Title: key.Item}, secrets: i.opts.Secrets,
		Evidence: readiness.Evidence{Verdict: readiness.NotApplicable, At: v.Now, Summary: "the configuration has no gate for this any more"}}
	if it, ok := v.Checklist.Item(key.Item); ok {
		text.Item = it
	}
	if release := v.Release(); release != nil {
		text.Version, text.Commit = release.Version, release.Commit
	}
	return text
}

// unmet lists the items that an item needs and that do not let through.
func unmet(v readiness.View, it *readiness.Item) []*readiness.Item {
	var items []*readiness.Item
	for _, id := range it.Needs {
		if need, ok := v.Checklist.Item(id); ok && !v.Through(need) {
			items = append(items, need)
		}
	}
	return items
}

// measured names the answers that open gate runs have still to give.
func measured(s *readiness.State) map[string]bool {
	names := map[string]bool{}
	for _, run := range s.OpenRuns() {
		for n := range run.Steps {
			if step := &run.Steps[n]; run.What == readiness.RunGates && step.Ended.IsZero() {
				names[step.Name] = true
			}
		}
	}
	return names
}

// link finds the Slack thread of the run that a text tells of. While it is not
// known, and might be soon, the text waits for it: until the time returned.
func (i *Issues) link(v readiness.View, text *issueText) (until time.Time) {
	run := measuredIn(v.State, text)
	if run == "" || i.opts.Thread == nil {
		return time.Time{}
	}
	text.Thread = i.opts.Thread(run)
	end := text.Evidence.At.Add(threadWait)
	if text.Thread != "" || !v.Now.Before(end) {
		return time.Time{}
	}
	return earliest(end, v.Now.Add(threadPoll))
}

// measuredIn finds the gate run that a text's evidence comes from.
func measuredIn(s *readiness.State, text *issueText) string {
	for id, run := range s.Runs {
		step, ok := run.Step(text.Key.String())
		if ok && run.What == readiness.RunGates && step.Ended.Equal(text.Evidence.At) {
			return id
		}
	}
	return ""
}
