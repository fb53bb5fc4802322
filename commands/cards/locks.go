package cards

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// This file shows what people have to know about locks.

// lockNewsFor is how long it is news.
const lockNewsFor = 2 * time.Hour

// lockCards tell people in the releases channel about locks, each once.
func (b Builder) lockCards(v readiness.View) []Card {
	var cards []Card
	for _, n := range v.State.LockNews {
		if v.Now.Sub(n.At) < lockNewsFor {
			cards = append(cards, Card{Subject: fmt.Sprintf("lock/%s/%s/%s/%d", n.Environment, n.Kind, n.To, n.At.UnixMilli()), Channel: b.Releases, Reply: b.lockReply(v, n), Final: true})
		}
	}
	slices.SortFunc(cards, func(x, y Card) int { return cmp.Compare(x.Subject, y.Subject) })
	return cards
}

func (b Builder) lockReply(v readiness.View, n history.LockNews) reply.Reply {
	env, to := n.Environment, reply.User(n.To)
	unlock := reply.Actions{{Label: "Unlock", Act: reply.DoOn("deploy unlock", env)}}
	plan := reply.Actions{{Label: "Plan a deployment", Act: reply.DoOn("deploy", env)}, {Label: "Lock", Act: reply.DoOn("deploy lock", env)}}
	title, line, actions := "", reply.Text{}, reply.Actions{}
	switch n.Kind {
	case history.LockExpired:
		title = "The lock of " + env + " has ended"
		line, actions = reply.Say("Its time is over. ", to, " had locked it ", reply.Time(n.Since), ": ", n.Reason, "."), plan
	case history.LockTaken:
		title = "The lock of " + env + " was taken over"
		line = reply.Say(to, ", ", reply.User(n.By), " has taken over your lock of ", reply.Time(n.Since), ": ", n.Reason, ".")
		actions = LockActions(v, env)
	case history.LockLasts:
		title = env + " is still locked"
		line, actions = reply.Say(to, ", you locked it ", reply.Time(n.Since), ": ", n.Reason, ". Unlock it once that is done.", b.queueText(v, env)), unlock
	case history.LockIsNoMore:
		title = env + " is free"
		line, actions = reply.Say(to, ", you wanted to be told.", b.queueText(v, env)), plan
	}
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: reply.NonEmpty([]reply.Part{reply.Lines{line}, actions})}
}

// queueText says who waits for an environment, in a sentence after a space; nothing if
// nobody does.
func (b Builder) queueText(v readiness.View, env string) reply.Text {
	waiting := v.State.Queues[env].Waiting
	if len(waiting) == 0 {
		return nil
	}
	text := reply.Say(" Waiting for it: ")
	for i, w := range waiting {
		if i > 0 {
			text = append(text, reply.Say(", ")...)
		}
		text = append(text, reply.Say(reply.User(w.By))...)
	}
	return append(text, reply.Say(".")...)
}

// LockActions are what can be done about a person's lock.
func LockActions(v readiness.View, env string) reply.Actions {
	lock, locked := v.State.Locks[env]
	if !locked || lock.Run != "" || lock.Claim == history.PinClaim(env) || lock.Over(v.Now) {
		return nil
	}
	return reply.Actions{{Label: "Unlock", Act: reply.DoOn("deploy unlock", env)},
		{Label: "Take over", Act: reply.Act{Verb: "deploy lock", Environment: env, TakeOver: true}},
		{Label: "Tell me when it's free", Act: reply.DoOn("deploy queue", env)}}
}
