package runs

import (
	"context"
	"errors"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/runs/runbook"
)

// recheckFixed starts a gate run over the items that the runbook fixes, once.
func (b *runbookRun) recheckFixed(ctx context.Context) error {
	view := readiness.View{Checklist: b.opts.Checklist, State: b.opts.Ledger.State(), Now: b.opts.Now()}
	answers := answersFixedBy(view, b.book)
	if len(answers) == 0 {
		return nil
	}
	run := b.run()
	_, err := b.StartGates(ctx, GateRunRequest{Key: "mended/" + b.id, Title: recheckTitle(b.book), By: run.By, Channel: run.Channel, Answers: answers, After: b.id})
	var running AlreadyRunning
	if errors.As(err, &running) || errors.Is(err, ErrNoRelease) {
		return nil
	}
	return err
}

// recheckTitle is the title of the gate run that re-checks what a runbook fixes.
func recheckTitle(book runbook.Runbook) string {
	if book.Environment != "" {
		return "re-check after " + book.ID + " on " + book.Environment
	}
	return "re-check after " + book.ID
}

// answersFixedBy lists the gates' answers that a runbook should fix: those for the
// environment that it runs for, and the release's.
func answersFixedBy(v readiness.View, book runbook.Runbook) []answer.Key {
	var keys []answer.Key
	for _, section := range v.Checklist.AllSections() {
		for _, it := range section.Items {
			if it.Fix != book.ID || it.Gate == nil || it.Off {
				continue
			}
			for _, s := range v.Standings(it) {
				elsewhere := book.Environment != "" && s.Key.Environment != "" && s.Key.Environment != book.Environment
				if s.Evidence.Verdict != answer.NotApplicable && !elsewhere {
					keys = append(keys, s.Key)
				}
			}
		}
	}
	return keys
}
