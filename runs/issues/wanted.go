package issues

import (
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"slices"
	"time"
)

// wanted is what the issue of an answer should say now; nil means that it is left as
// it is. No gate run may be measuring the answer. Releases that are open side by side
// share the issue: it is about the newest for which the gate fails, and is closed only
// once it fails for none. Releases that were never measured don't count.
func (r *Reconciler) wanted(v readiness.View, it *checklist.Item, key answer.Key) *content {
	var about *content
	var answered []*content
	unsure := false
	for _, of := range releasesAsked(v, it) {
		text := r.ofRelease(of, it, key)
		if text == nil {
			unsure = unsure || of.Standing(it, key).Evidence.Verdict != ""
			continue
		}
		answered = append(answered, text)
		if about == nil || text.Failing && !about.Failing {
			about = text
		}
	}
	if about == nil || unsure && !about.Failing {
		return nil
	}
	for _, text := range answered {
		if text != about {
			about.Others = append(about.Others, otherRelease{text.Version, text.Evidence.Summary, text.Failing})
		}
	}
	return about
}

// releasesAsked are views of the releases whose checklist has an item, the newest
// first: the open ones, or the live one for an item that is due after a deployment.
func releasesAsked(v readiness.View, it *checklist.Item) []readiness.View {
	if section, after := afterSection(v.Checklist, it); after && section.Live != "" {
		if of := v.Of(v.State.Live[section.Live].Version); of.Version != "" && of.Release() != nil {
			return []readiness.View{of}
		}
		return nil
	} else if after {
		return allOpen(v)
	}
	return slices.DeleteFunc(allOpen(v), func(of readiness.View) bool {
		return !slices.ContainsFunc(of.Sections(), func(s checklist.Section) bool { return s.ID == it.Section })
	})
}

func allOpen(v readiness.View) []readiness.View {
	var views []readiness.View
	for _, version := range slices.Backward(v.State.Opens) {
		views = append(views, v.Of(version))
	}
	return views
}

// afterSection is the section of an item that is due after a deployment.
func afterSection(c *checklist.Checklist, it *checklist.Item) (checklist.Section, bool) {
	n := slices.IndexFunc(c.Afterwards, func(s checklist.Section) bool { return s.ID == it.Section })
	if n < 0 {
		return checklist.Section{}, false
	}
	return c.Afterwards[n], true
}

// ofRelease is what an issue would say about an answer for one release; nil means that
// the answer is unsettled.
func (r *Reconciler) ofRelease(v readiness.View, it *checklist.Item, key answer.Key) *content {
	release, standing := v.Release(), v.Standing(it, key)
	verdict := standing.Verdict()
	failing := verdict == answer.Failed || verdict == answer.Errored && release.Streak(key) >= history.SteadyErrors
	if !failing && (!standing.Through || standing.Waived) {
		return nil
	}
	text := &content{Failing: failing, Key: key, Item: it, Evidence: standing.Evidence, Version: release.Version, Commit: release.Commit, FixOn: r.fixOn(it, key), secrets: r.opts.Secrets}
	if section, ok := v.Checklist.Section(it.Section); ok {
		text.Section = section.Title
	}
	if failing {
		text.Needs, text.From = unmet(v, it), comesDue(v, it, key)
	}
	for _, w := range standing.Waivers {
		if w.Counts(v.Now) {
			text.Waivers = append(text.Waivers, w)
		}
	}
	return text
}

// fixOn is the environment for which an item's runbook would be run.
func (r *Reconciler) fixOn(it *checklist.Item, key answer.Key) string {
	switch environments := r.opts.Runbooks[it.Fix]; {
	case slices.Contains(environments, key.Environment):
		return key.Environment
	case len(environments) == 1:
		return environments[0]
	}
	return ""
}

// comesDue is when people are reminded of an answer that is due after a deployment:
// until then its failure is expected. It is zero for all others.
func comesDue(v readiness.View, it *checklist.Item, key answer.Key) time.Time {
	if section, after := afterSection(v.Checklist, it); !after || section.Within == 0 {
		return time.Time{}
	}
	for _, d := range v.Afterwards() {
		if d.Answer.Key == key && !d.At.IsZero() {
			return d.Soon()
		}
	}
	return time.Time{}
}

// withoutGate is what the issue of an answer says once its gate is no longer configured:
// no new evidence would ever close it.
func (r *Reconciler) withoutGate(v readiness.View, key answer.Key) *content {
	text := &content{Key: key, Item: &checklist.Item{ID: key.Item, Title: key.Item}, secrets: r.opts.Secrets,
		Evidence: answer.Evidence{Verdict: answer.NotApplicable, At: v.Now, Summary: "the gate was removed from the configuration"}}
	if it, ok := v.Checklist.Item(key.Item); ok {
		text.Item = it
	}
	if release := v.Release(); release != nil {
		text.Version, text.Commit = release.Version, release.Commit
	}
	return text
}

// unmet lists the items that an item needs and that don't pass.
func unmet(v readiness.View, it *checklist.Item) []*checklist.Item {
	var items []*checklist.Item
	for _, id := range it.Needs {
		if need, ok := v.Checklist.Item(id); ok && !v.Through(need) {
			items = append(items, need)
		}
	}
	return items
}

// measured names the answers that open gate runs are still measuring.
func measured(s *history.State) map[string]bool {
	names := map[string]bool{}
	for _, run := range s.OpenRuns() {
		for n := range run.Steps {
			if step := &run.Steps[n]; run.What == work.Gates && step.Ended.IsZero() {
				names[step.Name] = true
			}
		}
	}
	return names
}

// link adds the link to the Slack thread of the run that measured the evidence. While
// the link isn't known yet, it returns the time until which the text should wait.
func (r *Reconciler) link(v readiness.View, text *content) (until time.Time) {
	run := measuredIn(v.State, text)
	if run == "" || r.opts.Thread == nil {
		return time.Time{}
	}
	text.Thread = r.opts.Thread(run)
	end := text.Evidence.At.Add(threadWait)
	if text.Thread != "" || !v.Now.Before(end) {
		return time.Time{}
	}
	return earliest(end, v.Now.Add(threadPoll))
}

// measuredIn finds the gate run that measured a text's evidence.
func measuredIn(s *history.State, text *content) string {
	for id, run := range s.Runs {
		step, ok := run.Step(text.Key.String())
		if ok && run.What == work.Gates && step.Ended.Equal(text.Evidence.At) {
			return id
		}
	}
	return ""
}
