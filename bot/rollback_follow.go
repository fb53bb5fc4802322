package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// follow shows the progress of a run until it asks something or has ended. A person at
// the terminal is asked there, unless quiet.
func (h *host) follow(ctx context.Context, env, run string, quiet bool) error {
	shown := standings{out: h.s.Out}
	for {
		last, err := h.watch(ctx, env, run, &shown)
		var silent errSilent
		switch {
		case errors.As(err, &silent):
			return fmt.Errorf("%w. The rollback goes on when the bot does; to follow it then: %s", err, h.again(env))
		case err != nil && ctx.Err() == nil && gone(err):
			if h.redial(ctx) {
				continue
			}
			return fmt.Errorf("the bot has not started again, so the rollback may have stopped halfway. The rollback resumes when the bot does: start it with gonogo serve%s, then follow the rollback with: %s\nWithout the bot: %s", h.flags, h.again(env), h.command("by-hand "+env))
		case err != nil:
			return fmt.Errorf("the rollback goes on without this terminal, which could not follow it: %w", err)
		case !last.Open:
			return h.ended(env, last)
		}
		fmt.Fprintln(h.s.Out)
		h.print(h.s.Out, last.Reply)
		act, ok := h.choose(env, run, last, quiet)
		if !ok {
			return h.leftOpen(env, last)
		}
		return h.do(ctx, newKey(), act, quiet)
	}
}

// watch shows the progress of a run until it asks something or has ended.
func (h *host) watch(ctx context.Context, env, run string, shown *standings) (last commands.RunStanding, err error) {
	err = h.attend(ctx, env, func(ctx context.Context) (err error) {
		last, err = h.client.Follow(ctx, run, func(now commands.RunStanding) {
			h.writing.Lock()
			defer h.writing.Unlock()
			shown.tell(now)
		})
		return err
	})
	return last, err
}

// choose asks the person at the terminal what the run asks.
func (h *host) choose(env, run string, now commands.RunStanding, quiet bool) (reply.Act, bool) {
	if quiet {
		return reply.Act{}, false
	}
	said, rest, _ := strings.Cut(h.ask(fmt.Sprintf("\nType %s, or press Enter to leave it open: ", strings.Join(usages(now.Choices), " or "))), " ")
	for _, d := range decisions {
		if d.word == said && slices.Contains(now.Choices, said) {
			return reply.Act{Verb: d.verb, Environment: env, Run: run, Text: reasonFor(d, rest)}, true
		}
	}
	return reply.Act{}, false
}

// reasonFor is the reason that was typed after a word that takes one.
func reasonFor(d decision, said string) string {
	if !strings.HasSuffix(d.usage, "REASON") {
		return ""
	}
	return strings.TrimSpace(said)
}

// usages are the words for some choices, as they are typed.
func usages(choices []string) (words []string) {
	for _, d := range decisions {
		if slices.Contains(choices, d.word) {
			words = append(words, strings.Replace(d.usage, " ENV", "", 1))
		}
	}
	return words
}

// leftOpen says how to answer a question that stays open.
func (h *host) leftOpen(env string, now commands.RunStanding) error {
	fmt.Fprintln(h.s.Out, "\nThe question is open. Answer it in Slack, or here:")
	for _, d := range decisions {
		if slices.Contains(now.Choices, d.word) {
			fmt.Fprintf(h.s.Out, "    %s\n", h.command(strings.Replace(d.usage, "ENV", env, 1)))
		}
	}
	if !now.Good {
		return exit{code: 1}
	}
	return nil
}

// ended shows how a run has ended.
func (h *host) ended(env string, last commands.RunStanding) error {
	out := h.s.Out
	if !last.Good {
		out = h.s.Err
	}
	fmt.Fprintln(out)
	h.print(out, last.Reply)
	if last.Good {
		return nil
	}
	if h.rehearsal {
		fmt.Fprintf(h.s.Err, "\nAgain: %s\n", h.again(env))
		return exit{code: 1}
	}
	fmt.Fprintf(h.s.Err, "\nAgain, or to another version: %s [--to VERSION]\nBy hand: %s, and then %s\n", h.command(env), h.command("by-hand "+env), h.command("record "+env))
	return exit{code: 1}
}
