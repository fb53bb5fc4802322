package readiness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// This file makes the event that binds the checklist to a ledger from before answers
// had a definition.

// Bind is the event that binds the recorded answers to the checklist.
func Bind(v View) event.AnswersBound {
	e := event.AnswersBound{Definitions: map[string]answer.Definition{}, Gates: map[string]string{}}
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
			if c := it.Gate.Condition; c != nil && c.ReadsAnswers() {
				continue
			}
			fmt.Fprintf(gates, "%s %s\n", it.ID, it.Gate.Settings)
		}
	}
	return hex.EncodeToString(gates.Sum(nil))[:12]
}

func blockedBefore(it *checklist.Item, environment string) bool {
	if it.BlockedBefore != nil {
		return slices.Contains(it.BlockedBefore, environment)
	}
	return it.BlocksOn(environment)
}

// Reworded lists the items whose answers ended only because the wording changed, in one
// section or, with "", in all.
func (v View) Reworded(section string) []*checklist.Item {
	var items []*checklist.Item
	for _, s := range slices.Concat(v.Sections(), v.Checklist.Afterwards) {
		for _, it := range s.Items {
			if (section == "" || s.ID == section) && v.reworded(it) {
				items = append(items, it)
			}
		}
	}
	return items
}

func (v View) reworded(it *checklist.Item) bool {
	if v.Release() == nil {
		return false
	}
	return slices.ContainsFunc(it.Keys(), func(key answer.Key) bool {
		ev, answered := v.given(it, key)
		return answered && ev.Definition.Reworded(it.Definition)
	})
}
