package deploying

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/commands/moment"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

const (
	longestSilence = 24 * time.Hour
	mostSilenced   = 20 // alerts of one incident; a silence of more is a decision about their route
)

// Silence is /rollback silence.
func Silence() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "silence"}, Usage: "INCIDENT [until|for TIME]", Permission: "alerts", Precedence: verb.Ahead,
		About: "silences exactly the alerts of an incident in Alertmanager, for a day at most", Do: silence, Validate: silenceFaults}
}

// Unsilence is /rollback unsilence.
func Unsilence() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "unsilence"}, Usage: "INCIDENT", Permission: "alerts", Precedence: verb.Ahead,
		About: "ends the silences that were asked for here", Do: unsilence}
}

// silenceFaults says, by input, what is wrong with a silence.
func silenceFaults(c verb.Call) map[string]string {
	if fault := untilFault(c, longestSilence, "A silence lasts 24 hours at most; make a longer one in Alertmanager."); fault != "" {
		return map[string]string{"until": fault}
	}
	return nil
}

// silence asks for the silences of an incident's alerts, one each with all its labels:
// alerts that begin later are heard.
func silence(ctx context.Context, c verb.Call) reply.Reply {
	i := c.View.State.Incidents[c.Act.Incident]
	if i == nil {
		return whichAlert(c, c.View, c.Act)
	}
	if refused := cannotSilence(c, c.View, i); refused != nil {
		return *refused
	}
	if faults := silenceFaults(c); len(faults) > 0 {
		return silenceForm(c, i, faults)
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		i := v.State.Incidents[c.Act.Incident]
		if i == nil {
			return nil, verb.Refusal(whichAlert(c, v, c.Act))
		} else if refused := cannotSilence(c, v, i); refused != nil {
			return nil, verb.Refusal(*refused)
		}
		return silencesOf(c, v, i), nil
	})
	if err != nil {
		return c.Failed(err)
	}
	asked := receipt.Events[0].(event.SilenceAsked)
	return reply.Reply{Title: "You asked to silence " + reply.Shorten(i.Title, 120), Parts: []reply.Part{reply.Lines{
		reply.Say(phrase.Count(len(receipt.Events), "alert"), " until ", reply.Time(asked.Until), ", with exactly these labels; any other is heard. Its card says once Alertmanager has it.")}}}
}

// silencesOf are the silences of what fires in an incident.
func silencesOf(c verb.Call, v readiness.View, i *history.Incident) (asked []event.Event) {
	_, until, _ := moment.Read(c.Act.Until, v.Now, c.Zone)
	for _, a := range i.FiringAlerts() {
		sum := sha256.Sum256([]byte(c.Key + "\x00" + a.Fingerprint))
		asked = append(asked, event.SilenceAsked{ID: hex.EncodeToString(sum[:6]), Incident: i.ID, Fingerprint: a.Fingerprint, Until: until, By: c.User})
	}
	return asked
}

// cannotSilence refuses where nothing can be silenced; nil: it can.
func cannotSilence(c verb.Call, v readiness.View, i *history.Incident) *reply.Reply {
	refuse := func(title string, why ...any) *reply.Reply {
		refused := reply.Refuse(title, reply.Say(why...))
		return &refused
	}
	switch firing := i.FiringAlerts(); {
	case !c.CanSilence:
		return refuse("gonogo can't silence alerts", "The configuration has no connection to Alertmanager; ", reply.Typed("connections"), " takes one. ", reply.Typed("/rollback snooze "+i.ID), " stops the escalation here.")
	case i.Trigger != "":
		return refuse("Alertmanager doesn't have this", "It is a trigger, which gonogo measures itself. ", reply.Typed("/rollback ack "+i.ID), " stops its escalation.")
	case len(firing) == 0:
		return refuse("Nothing of it fires", "It is over since ", reply.Time(i.Ended), reply.By(i.ClosedBy), ".")
	case len(firing) > mostSilenced:
		return refuse("These are too many alerts", phrase.Count(len(firing), "alert"), " fire; silence them in Alertmanager, by the labels that they share.")
	}
	for _, x := range v.State.SilencesOf(i.ID) {
		if x.Wanted(v.Now) && x.Failed(v.Now) == "" {
			return refuse("It is silenced already", "Until ", reply.Time(x.Until), reply.By(x.By), ". ", reply.Typed("/rollback unsilence "+i.ID), " ends that.")
		}
	}
	return nil
}

func silenceForm(c verb.Call, i *history.Incident, faults map[string]string) reply.Reply {
	var lines reply.Lines
	var amiss []reply.Text
	if c.Act.Until != "" {
		lines, amiss = verb.Objections(faults, verb.Said{Input: "until", Word: c.Act.Until})
	}
	lines = append(lines, reply.Say("Write ", reply.Typed("/rollback silence "+i.ID+" for 2h"), ", up to a day."))
	return reply.Reply{Title: "For how long?", Refused: true, Parts: []reply.Part{lines},
		Form: &reply.Form{Title: "Silence", Submit: "Silence", Act: reply.Act{Verb: "rollback silence", Incident: i.ID},
			Intro: append([]reply.Text{reply.Say(reply.Bold(reply.Shorten(i.Title, 150)))}, amiss...),
			Inputs: []reply.Input{{Name: "until", Label: "For", Kind: reply.Choice, Initial: "1h", Hint: "Alertmanager notifies nobody of exactly these alerts until then",
				Options: []reply.Option{{Value: "30m", Label: "30 minutes"}, {Value: "1h", Label: "1 hour"}, {Value: "2h", Label: "2 hours"}, {Value: "4h", Label: "4 hours"}, {Value: "8h", Label: "8 hours"}, {Value: "24h", Label: "24 hours"}}}}}}
}

// unsilence ends the silences that were asked for here.
func unsilence(ctx context.Context, c verb.Call) reply.Reply {
	id := c.Act.Incident
	_, err := c.Once(ctx, func(v readiness.View) (events []event.Event, err error) {
		i := v.State.Incidents[id]
		if i == nil {
			return nil, verb.Refusal(whichAlert(c, v, c.Act))
		}
		for _, x := range v.State.SilencesOf(id) {
			if x.Wanted(v.Now) {
				events = append(events, event.SilenceEndAsked{ID: x.ID, By: c.User})
			}
		}
		if len(events) == 0 {
			return nil, verb.Refusal(reply.Refuse("Nobody has silenced it here", reply.Say("A silence that was made in Alertmanager ends there.")))
		}
		return events, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	title := "it"
	if i := c.Latest().State.Incidents[id]; i != nil {
		title = i.Title
	}
	return reply.Reply{Title: "You ended the silence of " + reply.Shorten(title, 120), Parts: []reply.Part{reply.Lines{reply.Say("Alertmanager is told within seconds; the card says if it can't be.")}}}
}

// silencedLines say which alerts a plan with a cutover silences meanwhile.
func silencedLines(c verb.Call, env string, steps []deploy.Step) reply.Lines {
	if !deploy.CutsOver(steps) {
		return nil
	}
	labels := c.Runs.Silenced(env)
	if len(labels) == 0 {
		return reply.Lines{reply.Say("No alerts are silenced during the cutover; ", reply.Typed("silence"), " below ", reply.Typed("deploy"), " of ", env, " would name their labels.")}
	}
	var with []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		with = append(with, name+"="+labels[name])
	}
	return reply.Lines{reply.Say("Alerts with ", reply.Typed(strings.Join(with, ", ")), " are silenced in Alertmanager during the cutover; all others come through.")}
}
