package deploying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/moment"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs"
)

// Lift is /deploy lift.
func Lift() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "lift"}, Usage: "HOLD [VERSION] [until TIME] REASON",
		About: "lifts a hold for one version, with a reason", Do: lift, Validate: validateLift}
}

// liftRequest is what a person entered for a lift.
type liftRequest struct {
	hold, version, until, reason string
}

// liftRequestOf reads the lift from a call. The word after the hold is a version if
// gonogo knows it, and otherwise the beginning of the reason.
func liftRequestOf(c verb.Call) liftRequest {
	return liftRequest{hold: c.Act.Hold, version: c.Act.Release, until: c.Act.Until, reason: strings.TrimSpace(c.Act.Text)}
}

// lift lifts a hold for one version.
func lift(ctx context.Context, c verb.Call) reply.Reply {
	w := liftRequestOf(c)
	if refused := liftElsewhere(c, w); refused != nil {
		return *refused
	}
	h, refused := held(c, c.View, w)
	if refused != nil {
		return *refused
	}
	deputy, denied, ok := c.PermitAsk(c.Checklist.Permissions[h.Permission], liftSince(c.View.State, h))
	if !ok {
		return denied
	}
	c.Deputy = deputy
	switch {
	case h.Open(c.View.State):
		return reply.Reply{Title: "This hold ends with its run and can't be lifted", Refused: true, Parts: []reply.Part{reply.Lines{append(reply.Say("✗ "), c.Cards().Hold(c.View, h)...)}, cards.HoldActions(c.View, h)}}
	case byVersion(h.Kind) && w.version == "" && len(c.View.State.Opens) != 1:
		return liftWhich(c, h)
	}
	if byVersion(h.Kind) {
		w.version = h.For
	}
	if faults := liftFaults(c, c.View, h, w); len(faults) > 0 {
		return liftForm(h, w, faults)
	}
	if refused := stillPinned(ctx, c, h); refused != nil {
		return *refused
	}
	return liftHold(ctx, c, w, h)
}

// liftElsewhere refuses a hold on an environment that doesn't exist.
func liftElsewhere(c verb.Call, w liftRequest) *reply.Reply {
	kind, env, placed := strings.Cut(w.hold, "@")
	if !placed || slices.Contains(verb.EnvironmentNames(c.View.Checklist), env) {
		return nil
	}
	return c.NoEnvironment(env, func(a *reply.Act, name string) { a.Hold = kind + "@" + name })
}

// byVersion reports whether holds of a kind are lifted for one version.
func byVersion(kind event.HoldKind) bool {
	return kind == event.HeldByReturn || kind == event.HeldByAlert || kind == event.HeldByFreeze
}

// liftWhich asks for which of the open releases to lift a hold.
func liftWhich(c verb.Call, h readiness.Hold) reply.Reply {
	buttons := reply.Actions{}
	for _, version := range c.View.State.Opens {
		buttons = append(buttons, reply.Button{Label: version, Act: c.Again(func(a *reply.Act) { a.Hold, a.Release = h.ID, version })})
	}
	usage := "/deploy lift " + h.ID + " VERSION REASON"
	if h.Kind == event.HeldByFreeze {
		usage = "/deploy lift " + h.ID + " VERSION until TIME REASON"
	}
	return reply.Reply{Title: "For which version?", Refused: true, Parts: reply.NonEmpty([]reply.Part{reply.Lines{reply.Say("Write ", reply.Typed(usage), ".")}, buttons})}
}

// held finds the hold that a person means: by its ID, or by a part of it that no other
// hold has; if an environment is named after it, only there.
func held(c verb.Call, v readiness.View, w liftRequest) (readiness.Hold, *reply.Reply) {
	on := func(env string) []readiness.Hold {
		if w.version == "" {
			return v.Holds(env)
		}
		return slices.DeleteFunc(v.HoldsOf(env, w.version), func(h readiness.Hold) bool { return h.Lift != nil })
	}
	all := cards.AllHolds(v, on)
	if i := slices.IndexFunc(all, func(h readiness.Hold) bool { return strings.EqualFold(w.hold, h.ID) }); i >= 0 {
		return all[i], nil
	}
	kind, env, placed := strings.Cut(w.hold, "@")
	among := all
	if placed {
		among = on(env)
	}
	var meant []readiness.Hold
	for _, h := range among {
		name, _, _ := strings.Cut(h.ID, "@")
		if w.hold == "" || strings.EqualFold(kind, name) || strings.EqualFold(kind, string(h.Kind)) {
			meant = append(meant, h)
		}
	}
	if len(meant) == 1 && w.hold != "" {
		return meant[0], nil
	}
	r := whichHold(c, v, w, meant, all)
	return readiness.Hold{}, &r
}

// whichHold asks which hold is meant, or lists the holds.
func whichHold(c verb.Call, v readiness.View, w liftRequest, meant, all []readiness.Hold) reply.Reply {
	title := "Which hold?"
	if len(meant) == 0 {
		title, meant = fmt.Sprintf("Nothing called %q holds", w.hold), all
	}
	if len(all) == 0 {
		return reply.Refuse("Nothing holds a release back", reply.Say(reply.Typed("/deploy status"), " shows what is live where."))
	}
	lines, buttons := reply.Lines{}, reply.Actions{}
	for _, h := range meant {
		lines = append(lines, append(reply.Say("✗ "), c.Cards().Hold(v, h)...))
		act := cards.Lift(h)
		act.Until, act.Text = w.until, w.reason
		buttons = append(buttons, reply.Button{Label: "Lift " + h.ID, Act: act})
	}
	return reply.Reply{Title: title, Refused: true, Parts: reply.NonEmpty([]reply.Part{lines, buttons})}
}

// liftFaults says, by input, what is missing in a lift.
func liftFaults(c verb.Call, v readiness.View, h readiness.Hold, w liftRequest) map[string]string {
	faults := map[string]string{}
	if len(strings.Fields(w.reason)) == 0 {
		faults["reason"] = "Say why it may go out all the same; everybody sees it."
	}
	if h.Kind != event.HeldByFreeze {
		return faults
	}
	if at, _, ok := moment.Read(w.until, v.Now, c.Zone); !ok {
		faults["until"] = moment.Unreadable(w.until, "A freeze is passed until a time.")
	} else if !at.After(v.Now) {
		faults["until"] = moment.Over(at, c.Zone)
	}
	return faults
}

func validateLift(c verb.Call) map[string]string {
	w := liftRequestOf(c)
	h, refused := held(c, c.View, w)
	if refused != nil {
		return nil
	}
	return liftFaults(c, c.View, h, w)
}

// liftForm asks for what is missing in a lift.
func liftForm(h readiness.Hold, w liftRequest, faults map[string]string) reply.Reply {
	var inputs []reply.Input
	if h.Kind == event.HeldByFreeze {
		inputs = append(inputs, reply.Input{Name: "until", Label: "Until when it may pass", Kind: reply.ShortText, Initial: w.until, Hint: moment.Hint})
	}
	inputs = append(inputs, reply.Input{Name: "reason", Label: "Why it may go out", Kind: reply.ShortText, Initial: w.reason, Hint: "Everyone who looks at the release sees it"})
	lines, amiss := verb.Objections(faults, verb.Said{Input: "until", Word: w.until}, verb.Said{Input: "reason", Word: w.reason})
	lines = append(lines, reply.Say("Write ", reply.Typed(cards.LiftCommand(readiness.View{State: history.NewState()}, h)), "."))
	return reply.Reply{Title: liftLacks(faults, w), Refused: true, Parts: []reply.Part{lines},
		Form: &reply.Form{Title: "Lift a hold", Submit: "Lift", Act: cards.Lift(h), Intro: append(amiss, liftIntro(h)), Inputs: inputs}}
}

// liftIntro says what is lifted, and for which version.
func liftIntro(h readiness.Hold) reply.Text {
	text := reply.Say(reply.Bold(h.What), wording.Because(h.Reason), ".")
	if byVersion(h.Kind) && h.For != "" {
		text = append(text, reply.Say(" The lift is for ", reply.Bold(h.For), " only.")...)
	}
	return text
}

// liftLacks lists what is missing in a lift, in the order of its form.
func liftLacks(faults map[string]string, w liftRequest) string {
	var lacks []string
	if faults["until"] != "" && w.until == "" {
		lacks = append(lacks, "an end time")
	} else if faults["until"] != "" {
		lacks = append(lacks, "a valid end time")
	}
	if faults["reason"] != "" {
		lacks = append(lacks, "a reason")
	}
	return "A lift needs " + strings.Join(lacks, " and ")
}

// stillPinned refuses to lift a pin that the platform still has.
func stillPinned(ctx context.Context, c verb.Call, h readiness.Hold) *reply.Reply {
	if h.Kind != event.HeldByPin {
		return nil
	}
	now, err := current(ctx, c, h.Environment)
	var r reply.Reply
	switch {
	case errors.Is(err, runs.ErrNoStrategy) && c.Obstacles[h.Environment] != "":
		r = reply.Refuse("The platform can't be asked whether it is pinned", reply.Say(reply.Capital(c.Obstacles[h.Environment]), "."), reply.Say("Nothing was lifted. Fix that, restart gonogo and try again."))
	case errors.Is(err, runs.ErrNoStrategy), err == nil && !now.Pinned():
		return nil
	case err != nil:
		r = reply.Refuse("The platform does not say whether it is pinned", reply.Say(reply.Shorten(err.Error(), 300)), reply.Say("Nothing was lifted. Try again once it answers."))
	default:
		r = reply.Reply{Title: "The platform keeps " + h.Environment + " pinned", Refused: true, Parts: reply.NonEmpty([]reply.Part{
			reply.Lines{reply.Say("It takes no deployment until that version is kept or returned from.")}, cards.SettleActions(c.Latest(), h.Environment)})}
	}
	return &r
}

// liftHold lifts a hold on the ledger, if it is still the one that the person's
// permission was checked for.
func liftHold(ctx context.Context, c verb.Call, w liftRequest, judged readiness.Hold) reply.Reply {
	var h readiness.Hold
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		var refused *reply.Reply
		if h, refused = held(c, v, w); refused != nil {
			return nil, verb.Refusal(*refused)
		}
		if h.Kind != judged.Kind || h.Environment != judged.Environment || h.Claim != judged.Claim || h.Open(v.State) {
			return nil, verb.Refusal(reply.RefuseForNow("That hold has changed", append(reply.Say("✗ "), c.Cards().Hold(v, h)...), reply.Say("Nothing was lifted. Look at it, then lift it again.")))
		}
		return []event.Event{lifting(v, h, w, c)}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	version := w.version
	title, line := "Lifted", reply.Say(reply.Capital(reply.Shorten(w.reason, 200)), ". By ", reply.User(c.User), c.Roster().AsDeputy(c.Deputy), ", ", reply.Time(receipt.At))
	switch e := receipt.Events[0].(type) {
	case event.HoldLifted:
		version = cmp.Or(e.Version, version)
		title = wording.LiftedWhat(e) + holdName(c, e, h)
		if !e.Until.IsZero() {
			line = append(line, reply.Say(", until ", reply.Time(e.Until))...)
		}
	case event.EnvironmentUnlocked:
		title = e.Environment + " is unlocked"
	}
	return reply.Reply{Title: title, Public: true, Parts: []reply.Part{append(reply.Lines{append(line, reply.Say(".")...)}, c.EffectOn(c.Latest().Of(cmp.Or(version, c.View.Version)))...), reply.Actions{{Label: "Status", Act: reply.Do("ready status")}}}}
}

// holdName names the freeze or the alert that a lift is about, as it follows its kind:
// a freeze by its title in the configuration, or by the reason of the person who froze
// the environment.
func holdName(c verb.Call, e event.HoldLifted, h readiness.Hold) string {
	if e.Hold != event.HeldByFreeze && e.Hold != event.HeldByAlert {
		return ""
	}
	name := h.Reason // unknown if the lift is a repeat
	if id, configured := strings.CutPrefix(e.Claim, "freeze:"); configured {
		for _, f := range c.Checklist.Freezes {
			if f.ID == id {
				name = f.Title
			}
		}
	}
	if name == "" {
		return ""
	}
	return " “" + reply.Shorten(name, 60) + "”"
}

// lifting is the event that lifts a hold. A lock that no version is named for, and a
// pin that the platform no longer has, are removed altogether.
func lifting(v readiness.View, h readiness.Hold, w liftRequest, c verb.Call) event.Event {
	reason, user := reply.Shorten(w.reason, 300), c.User
	switch {
	case h.Kind == event.HeldByPin, h.Kind == event.HeldByLock && w.version == "":
		return event.EnvironmentUnlocked{Environment: h.Environment, Claim: strings.TrimPrefix(h.Claim, "lock/"), By: user, Reason: reason, Deputy: c.Deputy}
	case h.Kind == event.HeldByInterrupted:
		return event.HoldLifted{Hold: h.Kind, Environment: h.Environment, Claim: h.Claim, By: user, Reason: reason}
	}
	lifted := event.HoldLifted{Hold: h.Kind, Environment: h.Environment, Claim: h.Claim, Version: h.For, Alerts: h.Alerts, By: user, Reason: reason, Deputy: c.Deputy}
	if h.Kind == event.HeldByFreeze {
		lifted.Until = earlier(h.Until, passes(c, w, v.Now))
	}
	return lifted
}

// passes is until when a freeze is lifted.
func passes(c verb.Call, w liftRequest, now time.Time) time.Time {
	at, _, _ := moment.Read(w.until, now, c.Zone)
	return at
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// liftSince is since when what a hold is about has waited for somebody.
func liftSince(s *history.State, h readiness.Hold) time.Time {
	switch h.Kind {
	case event.HeldByAlert:
		return alertSince(s.Incidents[h.Incident])
	case event.HeldByPin:
		return h.Since
	}
	return time.Time{}
}
