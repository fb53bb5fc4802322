package cards

import (
	"maps"
	"slices"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/history"
)

// snoozeLine says that an incident is snoozed, or why it no longer is; nil: it isn't, and
// its card has nothing to say of it.
func (b Builder) snoozeLine(v readiness.View, i *history.Incident) reply.Text {
	z := i.Snooze
	switch {
	case z.By == "" || !i.Firing() || i.AckBy != "":
		return nil
	case z.Lasts(v.Now):
		return reply.Say("Snoozed until ", reply.Time(z.Until), b.ByDeputy(z.By, z.Deputy), "; nobody is notified again before that, unless it gets worse.")
	case z.Worse:
		return reply.Say("It got worse, so the snooze", b.ByDeputy(z.By, z.Deputy), " ended ", reply.Time(z.Until), ".")
	}
	return nil
}

// quietActions are the buttons that make an incident quieter without an answer to it.
func (b Builder) quietActions(v readiness.View, i *history.Incident) reply.Actions {
	var actions reply.Actions
	if v.OnCall().Snoozable(i) && !i.Snooze.Lasts(v.Now) {
		actions = append(actions, reply.Button{Label: "Snooze", Act: reply.Act{Verb: "rollback snooze", Incident: i.ID}})
	}
	switch silences := v.State.SilencesOf(i.ID); {
	case !b.CanSilence || i.Trigger != "":
	case slices.ContainsFunc(silences, func(x history.Silence) bool { return x.Wanted(v.Now) && x.Failed(v.Now) == "" }):
		actions = append(actions, reply.Button{Label: "Unsilence", Act: reply.Act{Verb: "rollback unsilence", Incident: i.ID}})
	default:
		actions = append(actions, reply.Button{Label: "Silence", Act: reply.Act{Verb: "rollback silence", Incident: i.ID}})
	}
	return actions
}

// silenceLines say which silences gonogo keeps in Alertmanager for an incident, and what
// became of them. What they say of several alerts is said once.
func silenceLines(v readiness.View, i *history.Incident) []reply.Text {
	var lines []reply.Text
	said, all := map[string]bool{}, v.State.SilencesOf(i.ID)
	for n, x := range all {
		again := slices.ContainsFunc(all[n+1:], func(later history.Silence) bool { return later.Fingerprint == x.Fingerprint })
		line := silenceLine(v, x)
		if text := line.Raw(); i.Firing() && !again && text != "" && !said[text] {
			said[text] = true
			lines = append(lines, line)
		}
	}
	return lines
}

// silenceLine says how it is with a silence; nil: it is over.
func silenceLine(v readiness.View, x history.Silence) reply.Text {
	switch failed, wanted := x.Failed(v.Now), x.Wanted(v.Now); {
	case wanted && failed != "":
		return reply.Say("⚠ Not silenced, although ", reply.User(x.By), " asked for it until ", reply.Time(x.Until), ": ", reply.Shorten(failed, 200), ".")
	case wanted && x.InForce(v.Now):
		return reply.Say("Silenced until ", reply.Time(x.Until), reply.By(x.By), ".")
	case wanted:
		return append(reply.Say("Silence until ", reply.Time(x.Until), " asked for", reply.By(x.By), "; Alertmanager doesn't have it yet"), silenceProblem(x)...)
	case x.InForce(v.Now):
		return append(reply.Say("Still silenced, although ", reply.User(x.EndedBy), " ended it"), silenceProblem(x)...)
	}
	return nil
}

// silenceProblem is why Alertmanager couldn't be told of a silence yet, as the end of a
// sentence.
func silenceProblem(x history.Silence) reply.Text {
	for _, host := range slices.Sorted(maps.Keys(x.Sources)) {
		if why := x.Sources[host].Problem; why != "" {
			return reply.Say(": ", reply.Shorten(why, 200), ". It is tried again.")
		}
	}
	return reply.Say(".")
}

// others leaves out the silences that gonogo keeps, which have a line of their own.
func others(v readiness.View, i *history.Incident, m alert.Mute) alert.Mute {
	own := map[string]bool{}
	for _, x := range v.State.SilencesOf(i.ID) {
		for _, at := range x.Sources {
			own[at.ID] = true
		}
	}
	m.Silences = slices.DeleteFunc(slices.Clone(m.Silences), func(s alert.Silence) bool { return own[s.ID] })
	return m
}
