package main

import (
	"context"
	"fmt"
	"strings"

	"gonogo/bot/config"
	"gonogo/commands/deploying"
	"gonogo/commands/reply"
	"gonogo/readiness/work"
)

// byHand shows how to roll back without gonogo, with what the ledger or, if it can't be
// read, the configuration says.
func (h *host) byHand(ctx context.Context, act reply.Act, why string) error {
	if h.faults != nil {
		fmt.Fprintf(h.s.Err, "%v\n\n", h.faults)
	} else if err := h.known(act.Environment); err != nil {
		return err
	}
	state, _, err := readState(ctx, h.cfg)
	if err != nil {
		state = nil
		why += " The ledger cannot be read either: " + strings.TrimSuffix(err.Error(), ".") + "."
	}
	deploying.ByHand{Checklist: h.cfg.Checklist, State: state, Environment: act.Environment, Version: act.To, Why: why, Choice: choiceOf(act), Host: true}.Reply().Print(h.s.Err, h.zone())
	if h.faults != nil && h.client == nil {
		return exit{code: 2}
	}
	return exit{code: 1}
}

// without shows what a command would do that needs a running bot, and how to do it by
// hand.
func (h *host) without(d decision, act reply.Act) error {
	if h.faults != nil {
		fmt.Fprintf(h.s.Err, "%v\n\n", h.faults)
	} else if err := h.known(act.Environment); err != nil {
		return err
	}
	typed := strings.Replace(d.usage, "ENV", act.Environment, 1)
	fmt.Fprintf(h.s.Err, "%s\n%s Start the bot with gonogo serve, then run this again: gonogo rollback %s\n", h.silent(), d.without, typed)
	if d.word != "record" {
		fmt.Fprintf(h.s.Err, "The steps of a rollback in the platform's console: gonogo rollback by-hand %s\n", act.Environment)
	}
	if h.faults != nil {
		return exit{code: 2}
	}
	return exit{code: 1}
}

// known refuses an environment that isn't in the configuration.
func (h *host) known(environment string) error {
	if _, ok := h.cfg.Checklist.Environment(environment); !ok {
		return fmt.Errorf("there is no environment %s; the configuration has %s", environment, strings.Join(environmentsOf(h.cfg), ", "))
	}
	return nil
}

// choiceOf is the answer that an act gives to a rollback: keep, return, or "".
func choiceOf(act reply.Act) string {
	for _, d := range decisions {
		if d.verb == act.Verb && (d.word == work.ChooseKeep || d.word == work.ChooseReturn) {
			return d.word
		}
	}
	return ""
}

func environmentsOf(cfg *config.Config) (names []string) {
	for _, e := range cfg.Checklist.Environments {
		names = append(names, e.Name)
	}
	return names
}
