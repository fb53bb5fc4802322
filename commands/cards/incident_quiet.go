package cards

import (
	"gonogo/commands/reply"
	"gonogo/readiness"
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
	return actions
}
