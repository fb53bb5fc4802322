package deploying

import (
	"cmp"
	"context"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/moment"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
)

// Lock is /deploy lock.
func Lock() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "lock"}, Usage: "ENV [until|for TIME] REASON [--take-over]", Permission: "lock",
		About: "blocks deployments to an environment, until a time if one is given; with --take-over also if somebody else has locked it", Do: lock, Validate: validateLock}
}

// lockFaults says, by input, what is wrong with a lock.
func lockFaults(c verb.Call) map[string]string {
	faults := map[string]string{}
	if until := c.Act.Until; until != "" {
		switch _, at, ok := moment.Read(until, c.View.Now, c.Zone); {
		case !ok:
			faults["until"] = moment.Unreadable(until, "Say until when.")
		case !at.After(c.View.Now):
			faults["until"] = moment.Over(at, c.Zone)
		}
	}
	if c.Act.Text == "" {
		faults["reason"] = "Say why, so that others know when it may go."
	}
	return faults
}

func validateLock(c verb.Call) map[string]string { return lockFaults(c) }

// lock locks an environment, or takes another person's lock over.
func lock(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	if faults := lockFaults(c); len(faults) > 0 {
		return lockForm(c, env, faults)
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		locked := event.EnvironmentLocked{Environment: env, Claim: c.Key, By: c.User, Reason: reply.Shorten(c.Act.Text, 300)}
		held, is := v.State.Locks[env]
		switch {
		case !is || held.Over(v.Now):
		case !c.Act.TakeOver || held.Run != "" || held.Claim == history.PinClaim(env):
			return nil, verb.Refusal(heldLock(c, v, env, held))
		default:
			locked.Takes = held.Claim
		}
		if c.Act.Until != "" {
			_, locked.Until, _ = moment.Read(c.Act.Until, v.Now, c.Zone)
		}
		return []event.Event{locked}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return lockedReply(c, env, receipt.Events[0].(event.EnvironmentLocked), receipt.At)
}

func lockForm(c verb.Call, env string, faults map[string]string) reply.Reply {
	var amiss []reply.Text
	if c.Act.Text != "" || c.Act.Until != "" {
		_, amiss = verb.Objections(faults, verb.Said{Input: "until", Word: c.Act.Until}, verb.Said{Input: "reason", Word: c.Act.Text})
	}
	title, submit := "Why is "+env+" locked?", "Lock"
	if c.Act.TakeOver {
		title, submit = "Why do you take over the lock of "+env+"?", "Take over"
	}
	r := reply.Reply{Title: title, Refused: true, Form: &reply.Form{Title: submit + " " + reply.Shorten(env, 14), Submit: submit,
		Act: reply.Act{Verb: "deploy lock", Environment: env, TakeOver: c.Act.TakeOver}, Intro: amiss,
		Inputs: []reply.Input{{Name: "reason", Label: "Reason", Kind: reply.ShortText, Initial: c.Act.Text, Hint: "Everyone who wants to deploy sees it"},
			{Name: "until", Label: "Until", Kind: reply.ShortText, Optional: true, Initial: c.Act.Until, Hint: "Without it, until somebody unlocks it. " + moment.Hint}}}}
	if fault := faults["until"]; fault != "" {
		r.Parts = []reply.Part{reply.Lines{reply.Say(fault)}}
	}
	return r
}

func lockedReply(c verb.Call, env string, locked event.EnvironmentLocked, at time.Time) reply.Reply {
	until := reply.Say("Nobody can deploy there; on-call can still roll back.")
	if !locked.Until.IsZero() {
		until = reply.Say("Nobody can deploy there until ", reply.Time(locked.Until), "; on-call can still roll back.")
	}
	return reply.Reply{Title: env + " is locked", Public: true, Parts: []reply.Part{
		reply.Lines{append(reply.Say("By ", reply.User(c.User), ", ", reply.Time(at), ": ", c.Act.Text, ". "), until...)},
		reply.Actions{{Label: "Unlock", Act: reply.DoOn("deploy unlock", env)}}}}
}

// heldLock says that an environment is locked, by whom, and what can be done about it.
func heldLock(c verb.Call, v readiness.View, env string, held work.Lock) reply.Reply {
	if held.Run != "" {
		if run := v.State.Runs[held.Run]; run != nil {
			return busy(c, run)
		}
	}
	actions := cards.SettleActions(v, env)
	if len(actions) == 0 {
		actions = cards.LockActions(v, env)
	}
	line := reply.Say(held.Reason, ", since ", reply.Time(held.At), reply.By(held.By), ".")
	if !held.Until.IsZero() {
		line = reply.Say(held.Reason, ", since ", reply.Time(held.At), reply.By(held.By), ", until ", reply.Time(held.Until), ".")
	}
	return reply.Reply{Title: env + " is locked already", Refused: true, Parts: []reply.Part{reply.Lines{line}, actions}}
}

// Unlock is /deploy unlock.
func Unlock() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "unlock"}, Usage: "ENV", Permission: "lock",
		About: "removes a lock", Do: unlock}
}

func unlock(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	var was work.Lock
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		held, locked := v.State.Locks[env]
		switch {
		case !locked || held.Over(v.Now):
			return nil, verb.Refusal(reply.Refuse(env+" is not locked", reply.Say(reply.Typed("/deploy status "+env), " shows what is live.")))
		case held.Run != "":
			return nil, verb.Refusal(heldLock(c, v, env, held))
		case held.Claim == history.PinClaim(env):
			return nil, verb.Refusal(pinIsNoLock(v, env))
		}
		was = held
		return []event.Event{event.EnvironmentUnlocked{Environment: env, Claim: held.Claim, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: env + " is unlocked", Public: true, Parts: []reply.Part{reply.Lines{reply.Say("By ", reply.User(c.User), ". It was locked", reply.By(was.By), ": ", cmp.Or(was.Reason, "for a reason that the ledger has"), ".")}}}
}

// pinIsNoLock says how to remove a pin, which the platform keeps whatever gonogo's
// ledger says.
func pinIsNoLock(v readiness.View, env string) reply.Reply {
	return reply.Reply{Title: env + " is pinned, not locked", Refused: true, Parts: reply.NonEmpty([]reply.Part{
		reply.Lines{reply.Say("A rollback left the platform pinned. Choose which version stays. If the pin was released in the platform's console, ",
			reply.Typed("/deploy lift pin@"+env+" REASON"), " asks the platform and lifts the hold.")},
		cards.SettleActions(v, env)})}
}

// Queue is /deploy queue.
func Queue() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "queue"}, Usage: "ENV", Permission: "deploy",
		About: "tells you when an environment is free: neither locked nor being deployed to", Do: joinQueue}
}

// Unqueue is /deploy unqueue.
func Unqueue() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "unqueue"}, Usage: "ENV", ByButton: true,
		About: "takes you out of line for an environment", Do: leaveQueue}
}

// joinQueue puts a person in line. Who is in line already stays where they are.
func joinQueue(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		switch {
		case v.State.Free(env, v.Now):
			return nil, verb.Refusal(reply.Reply{Title: env + " is free", Refused: true, Parts: []reply.Part{
				reply.Lines{reply.Say("It is neither locked nor being deployed to.")}, reply.Actions{{Label: "Plan a deployment", Act: reply.DoOn("deploy", env)}}}})
		case placeIn(v.State.Queues[env], c.User) > 0:
			return nil, verb.Refusal(queuedReply(c, v.State, env))
		}
		return []event.Event{event.EnvironmentQueued{Environment: env, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return queuedReply(c, c.Ledger.State(), env)
}

// placeIn is a person's place in a queue, from 1 on; 0: they aren't in it.
func placeIn(q history.Queue, user string) int {
	for i, w := range q.Waiting {
		if w.By == user {
			return i + 1
		}
	}
	return 0
}

func queuedReply(c verb.Call, s *history.State, env string) reply.Reply {
	line := reply.Say("You are next. ")
	if before := placeIn(s.Queues[env], c.User) - 1; before > 0 {
		line = reply.Say(phrase.Count(before, "person is", "people are"), " before you. ")
	}
	return reply.Reply{Title: "You will be told when " + env + " is free", Parts: []reply.Part{
		reply.Lines{append(line, reply.Say("gonogo mentions you in ", reply.InChannel(c.Releases), "; if you don't take it within ", readiness.Span(runs.OfferLasts), ", it tells whoever is next.")...)},
		reply.Actions{{Label: "Don't tell me", Act: reply.DoOn("deploy unqueue", env)}}}}
}

func leaveQueue(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if placeIn(v.State.Queues[env], c.User) == 0 {
			return nil, verb.Refusal(reply.Refuse("You don't wait for "+env, reply.Say(reply.Typed("/deploy queue "+env), " tells you when it is free.")))
		}
		return []event.Event{event.EnvironmentQueued{Environment: env, By: c.User, Leaves: true}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: "You won't be told about " + env, Parts: []reply.Part{reply.Lines{reply.Say(reply.Typed("/deploy queue "+env), " puts you in line again.")}}}
}
