package preparing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/moment"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// mostWaived is how long a waiver may last: what is waived for longer isn't an
// exception but a different checklist.
const mostWaived = 90 * 24 * time.Hour

// Waive is /ready waive.
func Waive() verb.Verb {
	return verb.Verb{Words: []string{"ready", "waive"}, Usage: "ITEM [ENV] [until DATE] [because REASON]", Permission: "waive", Release: true,
		About: "accepts an unmet item for one environment, until a date", Amiss: amissWaiver, Do: waive, Validate: validateWaiver}
}

// Unwaive is /ready unwaive.
func Unwaive() verb.Verb {
	return verb.Verb{Words: []string{"ready", "unwaive"}, Usage: "ITEM [ENV]", Permission: "waive", Release: true,
		About: "takes a waiver back", Amiss: amissWaiver, Do: unwaive}
}

// waiverRequest is what a person entered for a waiver.
type waiverRequest struct {
	env, until, reason string
	ceilings           map[string]string // by measure: how bad it may get, if the form says so
}

// waiverRequestOf is the waiver that a call asks for. An item that is asked per
// environment is waived there.
func waiverRequestOf(c verb.Call, key answer.Key) waiverRequest {
	w := waiverRequest{cmp.Or(key.Environment, c.Act.Environment), c.Act.Until, c.Act.Text, map[string]string{}}
	for name, value := range c.Form {
		if measure, ok := strings.CutPrefix(name, ceilingInput); ok {
			w.ceilings[measure] = strings.TrimSpace(value)
		}
	}
	return w
}

// ceilingInput is the prefix of the inputs for how bad a measure may get.
const ceilingInput = "ceiling/"

// mostCeilings is how many measures of an answer the form asks about; the others may
// not get worse than shown.
const mostCeilings = 5

// overLimit lists the measures of an answer that a waiver is about.
func overLimit(s readiness.Standing) []answer.Measure {
	var over []answer.Measure
	for _, m := range s.Evidence.Measures {
		if !m.OK && len(over) < mostCeilings {
			over = append(over, m)
		}
	}
	return over
}

// shown is what the waiver covers: the current answer, with ceilings that were raised
// or lowered.
func (w waiverRequest) shown(v readiness.View, it *checklist.Item, s readiness.Standing) *answer.Shown {
	shown := v.ToWaive(it, s)
	for _, m := range overLimit(s) {
		if said := w.ceilings[m.Name]; said != "" && said != m.Amount() {
			if shown.Ceilings == nil {
				shown.Ceilings = map[string]string{}
			}
			shown.Ceilings[m.Name] = said
		}
	}
	return shown
}

// ceilingLines say how bad the waived measures may get.
func ceilingLines(w waiverRequest, s readiness.Standing) reply.Lines {
	var lines reply.Lines
	for _, m := range overLimit(s) {
		lines = append(lines, reply.Say("It stops counting if ", m.Name, " gets worse than ", cmp.Or(w.ceilings[m.Name], m.Amount()), "."))
	}
	return lines
}

// ceilingFaults reports the ceilings that can't be compared with what is measured.
func (w waiverRequest) ceilingFaults(s readiness.Standing, faults map[string]string) {
	for _, m := range overLimit(s) {
		if said := w.ceilings[m.Name]; said != "" && said != m.Amount() && !answer.IsAmount(said) {
			faults[ceilingInput+m.Name] = "Write a number, a percentage or a duration, as in " + m.Amount() + "."
		}
	}
}

// waiverFaults says, by input, what is wrong with a request.
func waiverFaults(c verb.Call, w waiverRequest, it *checklist.Item, key answer.Key, now time.Time) map[string]string {
	faults := map[string]string{}
	if !slices.Contains(cards.Waivable(it, key), w.env) {
		faults["environment"] = "Name an environment that the item blocks: " + strings.Join(cards.Waivable(it, key), ", ") + "."
	}
	if len(strings.Fields(w.reason)) < 2 {
		faults["reason"] = "Say why the release may go out all the same; everybody sees it wherever the item is."
	}
	until, ok := moment.EndOfDay(w.until, c.Zone)
	switch {
	case !ok:
		faults["until"] = "Write the last day on which it counts as in 2026-12-31."
	case !until.After(now):
		faults["until"] = "That day is in the past; choose a later one."
	case until.After(now.Add(mostWaived)):
		faults["until"] = "A waiver counts for 90 days at most; name an earlier day."
	}
	return faults
}

// amissWaiver says what is wrong with a waiver, whichever release is meant.
func amissWaiver(c verb.Call) *reply.Reply {
	if refused := c.AmissItems(); refused != nil {
		return refused
	}
	if word := c.Act.Environment; word != "" && !slices.Contains(verb.EnvironmentNames(c.View.Checklist), word) {
		return c.NoEnvironment(word, func(a *reply.Act, name string) { a.Environment = name })
	}
	return nil
}

func validateWaiver(c verb.Call) map[string]string {
	if len(c.Act.Items) == 0 {
		return nil
	}
	it, key, refused := c.Answer(c.Item())
	if refused != nil {
		return nil
	}
	w := waiverRequestOf(c, key)
	faults := waiverFaults(c, w, it, key, c.View.Now)
	w.ceilingFaults(c.View.StandingFor(it, key, w.env), faults)
	return faults
}

// waive makes an item count as met for one environment.
func waive(ctx context.Context, c verb.Call) reply.Reply {
	if len(c.Act.Items) == 0 {
		return pickWaivable(c)
	}
	it, key, refused := c.Answer(c.Item())
	if refused != nil {
		return *refused
	}
	if len(cards.Waivable(it, key)) == 0 {
		return reply.Refuse("It blocks nothing", reply.Say(reply.Bold(it.Title), " holds no environment back, so there is nothing to waive."))
	}
	w := waiverRequestOf(c, key)
	if w.env == "" && len(cards.Waivable(it, key)) == 1 {
		w.env = cards.Waivable(it, key)[0]
	}
	s := c.View.StandingFor(it, key, w.env)
	if why := s.Waivable(it); why != "" {
		return reply.Refuse("There is nothing to waive", reply.Say(reply.Bold(it.Title), ": ", why, "."))
	}
	faults := waiverFaults(c, w, it, key, c.View.Now)
	if w.ceilingFaults(s, faults); len(faults) > 0 {
		return waiverForm(c, it, s, w, faults)
	}
	return giveWaiver(ctx, c, it, key, w)
}

func giveWaiver(ctx context.Context, c verb.Call, it *checklist.Item, key answer.Key, w waiverRequest) reply.Reply {
	until, _ := moment.EndOfDay(w.until, c.Zone)
	var s readiness.Standing
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if v.Release() == nil {
			return nil, verb.Refusal(cards.NoRelease())
		}
		s = v.StandingFor(it, key, w.env)
		if why := s.Waivable(it); why != "" {
			return nil, verb.Refusal(reply.Refuse("There is nothing to waive", reply.Say(reply.Bold(it.Title), ": ", why, ".")))
		}
		return []event.Event{event.WaiverGiven{Release: v.Release().Version, Item: it.ID, Environment: w.env, Reason: reply.Shorten(w.reason, 500), Until: until, By: c.User,
			Shown: w.shown(v, it, s)}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: fmt.Sprintf("%s is waived for %s", it.ID, w.env), Public: true, Parts: []reply.Part{
		append(reply.Lines{
			reply.Say(reply.Bold(it.Title), " counts as met for ", reply.Bold(w.env), " until ", reply.Time(until), reply.By(c.User), "."),
			reply.Say("Because: ", reply.Shorten(w.reason, 500)),
		}, append(ceilingLines(w, s), c.Effect()...)...),
		reply.Actions{{Label: "Take it back", Act: cards.Unwaive(it, w.env)}, {Label: "Status", Act: reply.Do("ready status")}},
	}}
}

// waiverForm asks for what is missing in a waiver.
func waiverForm(c verb.Call, it *checklist.Item, s readiness.Standing, w waiverRequest, faults map[string]string) reply.Reply {
	var inputs []reply.Input
	key := s.Key
	if environments := cards.Waivable(it, key); len(environments) > 1 {
		choice := reply.Input{Name: "environment", Label: "For which environment", Kind: reply.Choice, Initial: w.env}
		for _, env := range environments {
			choice.Options = append(choice.Options, reply.Option{Value: env, Label: env})
		}
		inputs = append(inputs, choice)
	}
	until := w.until
	if faults["until"] != "" {
		until = c.View.Now.AddDate(0, 0, 7).Format(time.DateOnly)
	}
	inputs = append(inputs,
		reply.Input{Name: "reason", Label: "Why it may go out all the same", Kind: reply.LongText, Initial: w.reason, Hint: "Shown wherever the item is."},
		reply.Input{Name: "until", Label: "Last day on which it counts", Kind: reply.Date, Initial: until, Hint: "At most 90 days from now."})
	for _, m := range overLimit(s) {
		inputs = append(inputs, reply.Input{Name: ceilingInput + m.Name, Label: reply.Shorten(reply.Capital(m.Name)+": how bad it may get", 150), Kind: reply.ShortText, Optional: true,
			Initial: cmp.Or(w.ceilings[m.Name], m.Amount()), Hint: "The waiver stops counting beyond this. Limit: " + m.Limit})
	}
	missing, amiss := verb.Objections(faults, verb.Said{Input: "environment", Word: w.env}, verb.Said{Input: "reason", Word: w.reason}, verb.Said{Input: "until", Word: w.until})
	act := c.Again(func(a *reply.Act) {
		if a.Items = []string{key.String()}; key.Environment == "" {
			a.Environment = w.env
		}
	})
	return reply.Reply{Title: "What is waived, and until when?", Refused: true, Parts: []reply.Part{missing},
		Form: &reply.Form{Title: "Waive an item", Submit: "Waive", Act: act, Intro: append([]reply.Text{reply.Say(reply.Bold(it.Title))}, amiss...), Inputs: inputs}}
}

// pickWaivable offers what could be waived.
func pickWaivable(c verb.Call) reply.Reply {
	const offered = 20
	var buttons reply.Actions
	more := 0
	for _, section := range c.View.Checklist.Sections {
		for _, it := range section.Items {
			for _, s := range c.View.Standings(it) {
				switch {
				case s.Through || len(cards.Waivable(it, s.Key)) == 0 || s.Waivable(it) != "":
				case len(buttons) < offered:
					buttons = append(buttons, reply.Button{Label: wording.ItemTitle(c.View.Checklist, s.Key.String()), Act: c.Again(func(a *reply.Act) { a.Items = []string{s.Key.String()} })})
				default:
					more++
				}
			}
		}
	}
	if len(buttons) == 0 {
		return reply.Refuse("There is nothing to waive", reply.Say("Nothing that was measured or asked is unmet."))
	}
	parts := []reply.Part{buttons}
	if more > 0 {
		parts = append(parts, reply.Note(reply.Say("… and ", phrase.Count(more, "more", "more"), ". Name it: ", reply.Typed("/ready waive ITEM"), ".")))
	}
	return reply.Reply{Title: "Waive which item?", Refused: true, Parts: parts}
}

// unwaive takes a waiver back.
func unwaive(ctx context.Context, c verb.Call) reply.Reply {
	if len(c.Act.Items) == 0 {
		return pickWaived(c)
	}
	it, key, refused := c.Answer(c.Item())
	if refused != nil {
		return *refused
	}
	env := cmp.Or(key.Environment, c.Act.Environment)
	if environments := cards.Waivable(it, key); env == "" && len(environments) == 1 {
		env = environments[0]
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if _, given := v.Waiver(it.ID, env); !given {
			return nil, verb.Refusal(reply.Refuse("There is no such waiver", reply.Say(reply.Bold(it.Title), " is not waived for ", cmp.Or(env, "any environment"), ". Name the environment: ", reply.Typed("/ready unwaive "+it.ID+" ENV"), ".")))
		}
		return []event.Event{event.WaiverRevoked{Release: v.Release().Version, Item: it.ID, Environment: env, By: c.User}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: fmt.Sprintf("%s is no longer waived for %s", it.ID, env), Public: true, Parts: []reply.Part{
		append(reply.Lines{reply.Say("Taken back", reply.By(c.User), ".")}, c.Effect()...), reply.Actions{{Label: "Status", Act: reply.Do("ready status")}}}}
}

func pickWaived(c verb.Call) reply.Reply {
	var buttons reply.Actions
	for _, env := range c.View.Checklist.Environments {
		for _, w := range c.View.Waivers(env.Name) {
			if it, ok := c.View.Checklist.Item(w.Item); ok && len(buttons) < 20 {
				buttons = append(buttons, reply.Button{Label: w.Item + " for " + env.Name, Act: cards.Unwaive(it, env.Name)})
			}
		}
	}
	if len(buttons) == 0 {
		return reply.Refuse("Nothing is waived", reply.Say(reply.Typed("/ready waive ITEM"), " waives an item for one environment."))
	}
	return reply.Reply{Title: "Take which waiver back?", Refused: true, Parts: []reply.Part{buttons}}
}
