package readiness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// This file takes ledgers on that were written before answers had a
// definition: one event, at the first start that knows better, binds what was
// answered to the questions as they are then.

// Bind is the event that binds what a ledger holds to the checklist.
func (v View) Bind() AnswersBound {
	e := AnswersBound{Definitions: map[string]Definition{}, Gates: map[string]string{}}
	for _, section := range v.Checklist.AllSections() {
		for _, it := range section.Items {
			e.Definitions[it.ID] = it.Definition
			for _, key := range it.Keys() {
				if asks := it.Asks(key); asks != it.Definition {
					e.Definitions[key.String()] = asks
				}
			}
		}
	}
	for _, env := range v.Checklist.Environments {
		e.Gates[env.Name] = v.formerGates(env.Name)
	}
	return e
}

// formerGates is what Basis.Gates was for an environment: a hash over the gates
// of the items that blocked it, before items had scopes.
func (v View) formerGates(environment string) string {
	gates := sha256.New()
	for _, section := range v.Checklist.Sections {
		for _, it := range section.Items {
			if it.Gate == nil || !blockedBefore(it, environment) {
				continue
			}
			if c := it.Gate.Condition; c != nil && c.Deployed == "" {
				continue
			}
			fmt.Fprintf(gates, "%s %s\n", it.ID, it.Gate.Settings)
		}
	}
	return hex.EncodeToString(gates.Sum(nil))[:12]
}

func blockedBefore(it *Item, environment string) bool {
	if it.BlockedBefore != nil {
		return slices.Contains(it.BlockedBefore, environment)
	}
	return it.BlocksOn(environment)
}

// bind folds the event. Answers become answers of their release, never of a
// deployment: what was live when they were taken is not known.
func (s *State) bind(e AnswersBound) {
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

// bound is a basis with the questions it was given on, where the gates are
// still what they were then.
func bound(b Basis, e AnswersBound, environment string) Basis {
	if b.Definitions != nil || b.Gates != e.Gates[environment] {
		return b
	}
	b.Definitions = map[string]Definition{}
	for key := range b.Items {
		b.Definitions[key] = e.Definition(key)
	}
	return b
}

// Definition is the question behind an answer, by Key.String().
func (e AnswersBound) Definition(key string) Definition {
	if own, ok := e.Definitions[key]; ok {
		return own
	}
	item, _, _ := strings.Cut(key, "@")
	return e.Definitions[item]
}

// Reworded lists the items whose answers ended only because their wording has
// changed, of one section or, with "", of all.
func (v View) Reworded(section string) []*Item {
	var items []*Item
	for _, s := range slices.Concat(v.Sections(), v.Checklist.Afterwards) {
		for _, it := range s.Items {
			if (section == "" || s.ID == section) && v.reworded(it) {
				items = append(items, it)
			}
		}
	}
	return items
}

func (v View) reworded(it *Item) bool {
	if v.Release() == nil {
		return false
	}
	return slices.ContainsFunc(it.Keys(), func(key Key) bool {
		ev, answered := v.given(it, key)
		return answered && ev.Definition.Reworded(it.Definition)
	})
}

// keepQuestions takes the answers of reworded items for answers to the new
// wording.
func (s *State) keepQuestions(e QuestionsKept) {
	r := s.changeRelease(e.Release)
	if r == nil {
		return
	}
	ownMap(&s.Carried, &s.own.carried)
	for _, answers := range []map[Key]Evidence{r.Evidence, s.Carried} {
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
