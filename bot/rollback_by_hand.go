package main

import (
	"context"
	"fmt"
	"strings"

	"gonogo/bot/config"
	"gonogo/commands/deploying"
	"gonogo/commands/reply"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/spelling"
)

// byHand shows how to roll back without gonogo, with what the ledger or, if it can't be
// read, the configuration says.
func (h *host) byHand(ctx context.Context, act reply.Act, why string) error {
	if h.faults != nil {
		fmt.Fprintf(h.s.Err, "%v\n\n", h.faults)
	} else if err := h.known(act.Environment); err != nil {
		return err
	}
	state, err := h.readInTime(ctx)
	if err != nil {
		state = nil
		why += " The ledger cannot be read either: " + strings.TrimSuffix(err.Error(), ".") + "."
	}
	h.print(h.s.Err, deploying.ByHand{Checklist: h.cfg.Checklist, State: state, Strategy: h.cfg.Environments[act.Environment].Strategy, Environment: act.Environment, Version: act.To, Why: why, Choice: choiceOf(act), Host: true}.Reply())
	if h.faults != nil && h.client == nil {
		return exit{code: 2}
	}
	return exit{code: 1}
}

// readInTime reads the state for a terminal, but waits no longer than whoever has to go
// back can: the disk may hang, too.
func (h *host) readInTime(ctx context.Context) (*history.State, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.patience.read, fmt.Errorf("it could not be read within %s; look at its disk", h.patience.read))
	defer cancel()
	type result struct {
		state *history.State
		err   error
	}
	read := make(chan result, 1)
	go func() {
		state, _, err := readState(ctx, h.cfg)
		read <- result{state, err}
	}()
	select {
	case r := <-read:
		return r.state, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
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
	fmt.Fprintf(h.s.Err, "%s\n%s Start the bot with gonogo serve%s, then run this again: %s\n", h.silent(), d.without, h.flags, h.command(typed))
	if d.word != "record" {
		fmt.Fprintf(h.s.Err, "The steps of a rollback in the platform's console: %s\n", h.command("by-hand "+act.Environment))
	}
	if h.faults != nil {
		return exit{code: 2}
	}
	return exit{code: 1}
}

// known refuses an environment that isn't in the configuration.
func (h *host) known(environment string) error {
	all := environmentsOf(h.cfg)
	if _, ok := h.cfg.Checklist.Environment(environment); !ok {
		near := ""
		if name := spelling.Nearest(environment, all, len(environment)/3+1); name != "" {
			near = "; did you mean " + name + "?"
		}
		return fmt.Errorf("there is no environment %s; the configuration has %s%s", environment, strings.Join(all, ", "), near)
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
