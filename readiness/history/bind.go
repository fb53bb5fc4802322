package history

import (
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// This file handles ledgers from before answers had a definition: at the first start of
// a newer version, one event binds the recorded answers to the questions as they were
// then.

// bind folds the event. The answers count for their release, never for a deployment: it
// isn't known what was live when they were taken.
func (s *State) bind(e event.AnswersBound) {
	s.Bound = true
	for version := range s.Releases {
		r := s.changeRelease(version)
		for key, ev := range r.Evidence {
			if ev.Definition == "" {
				ev.Definition = e.Definition(key.String())
				r.Evidence[key] = ev
			}
		}
		for env, given := range r.SignOffs {
			for role, so := range given {
				so.Basis = bound(so.Basis, e, env)
				given[role] = so
			}
		}
	}
}

// bound is a basis with the questions that it was given on, if the gates haven't
// changed since.
func bound(b answer.Basis, e event.AnswersBound, environment string) answer.Basis {
	if b.Definitions != nil || b.Gates != e.Gates[environment] {
		return b
	}
	b.Definitions = map[string]answer.Definition{}
	for key := range b.Items {
		b.Definitions[key] = e.Definition(key)
	}
	return b
}

// keepQuestions makes the answers of reworded items count for the new wording.
func (s *State) keepQuestions(e event.QuestionsKept) {
	r := s.changeRelease(e.Release)
	if r == nil {
		return
	}
	ownMap(&s.Carried, &s.own.carried)
	for _, answers := range []map[answer.Key]answer.Evidence{r.Evidence, s.Carried} {
		for key, ev := range answers {
			if now, kept := e.Items[key.Item]; kept && ev.Definition.Reworded(now) {
				ev.Definition = now
				answers[key] = ev
			}
		}
	}
	for key, w := range r.Waivers {
		if now, kept := e.Items[key.Item]; kept && w.Shown != nil && w.Shown.Definition.Reworded(now) {
			shown := *w.Shown
			shown.Definition, w.Shown = now, &shown
			r.Waivers[key] = w
		}
	}
}
