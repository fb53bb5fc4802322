package cards

import (
	"cmp"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// noWayBack says why a card offers no rollback, what to do instead, and who may do it;
// nil if it offers one, or if nothing can be rolled back at all.
func (b Builder) noWayBack(v readiness.View, i *history.Incident) reply.Text {
	if !i.Firing() || !b.CanDeploy || len(b.Deploys) == 0 && i.Environment == "" {
		return nil
	}
	why := b.whyNoWayBack(v, i)
	if why == nil {
		return nil
	}
	roles := v.Checklist.Permissions["rollback"]
	if len(roles) == 0 {
		return append(why, reply.Say(" Nobody may roll back: ", reply.Typed("permissions"), " gives ", reply.Typed("rollback"), " to no role.")...)
	}
	return append(why, reply.Say(" Who may roll back: ", b.RolesText(roles), ".")...)
}

// otherWays says how to go back even if no version is known to be good.
func otherWays(s *history.State, env string) reply.Text {
	steps := reply.Say(" ", reply.Typed("/rollback by-hand "+env), " shows the steps at the platform.")
	if version, _ := s.LastWithdrawn(env); version != "" {
		return append(reply.Say(" ", version, " was rolled back there; ", reply.Typed("/rollback "+env+" to "+version), " rolls back to it anyway."), steps...)
	}
	return steps
}

func (b Builder) whyNoWayBack(v readiness.View, i *history.Incident) reply.Text {
	switch {
	case i.Environment == "":
		return reply.Say("No rollback from this card: ", b.namedBy(v.Checklist, i).noRollback(), ". Type ", reply.Typed("/rollback ENV"), " instead.")
	case !i.CanRollBack():
		return reply.Say("No rollback from this card: what cannot be measured says nothing about the release. Type ", reply.Typed("/rollback "+i.Environment), " instead.")
	case !slices.Contains(b.Deploys, i.Environment):
		why := cmp.Or(b.Obstacles[i.Environment], "the configuration does not say how gonogo deploys there")
		return reply.Say("No rollback from this card: ", reply.Shorten(why, 200), ". Use the platform's own console.")
	case b.rollingBack(v, i) == nil && len(v.State.WayBack(i.Environment)) == 0:
		return append(reply.Say("No rollback from this card: gonogo knows no other good version on ", i.Environment, "."), otherWays(v.State, i.Environment)...)
	}
	return nil
}

// rollingBack is the open rollback on an incident's environment, or nil.
func (b Builder) rollingBack(v readiness.View, i *history.Incident) *work.Run {
	if under := v.State.Changing(i.Environment); under != nil && under.What == work.Rollback {
		return under
	}
	return nil
}

// wayBack is the version that a firing incident's card offers to roll back to.
func (b Builder) wayBack(v readiness.View, i *history.Incident) (way history.Live, ok bool) {
	ways := v.State.WayBack(i.Environment)
	if !i.Firing() || !i.CanRollBack() || b.rollingBack(v, i) != nil || b.noWayBack(v, i) != nil || len(ways) == 0 {
		return history.Live{}, false
	}
	return ways[0], true
}

// wasLeftLines say that the version which a card offers was rolled back itself: it is good
// only because it went live again since.
func (b Builder) wasLeftLines(v readiness.View, i *history.Incident) []reply.Text {
	way, ok := b.wayBack(v, i)
	if _, was := v.State.LastRolledBack(i.Environment, way.Version); !ok || !was {
		return nil
	}
	return []reply.Text{append(reply.Say("The way back is ", reply.Bold(way.Version)), append(wording.Good(v.State, i.Environment, way), reply.Say(".")...)...)}
}

// IncidentActions are the buttons of a card: no way back that would be refused.
func (b Builder) IncidentActions(v readiness.View, i *history.Incident) reply.Part {
	actions := reply.Actions{}
	alarm := reply.Button{Label: "False alarm", Act: reply.Act{Verb: "rollback false-alarm", Incident: i.ID}}
	if !i.Firing() {
		if i.FalseAlarm == nil && withdrew(v.State, i.ID) {
			return append(actions, alarm)
		}
		return actions
	}
	if counting(v, i) {
		actions = append(actions, reply.Button{Label: "Stop the rollback", Act: reply.DoOn("rollback stop", i.Environment), Style: reply.Danger})
	}
	if way, ok := b.wayBack(v, i); ok {
		actions = append(actions, reply.Button{Label: "Roll back to " + way.Version, Act: reply.Act{Verb: "rollback", Environment: i.Environment, Incident: i.ID}, Style: reply.Danger})
	}
	if i.AckBy == "" {
		actions = append(actions, reply.Button{Label: "Acknowledge", Act: reply.Act{Verb: "rollback ack", Incident: i.ID}})
	}
	actions = append(actions, b.quietActions(v, i)...)
	if i.Trigger == "" || i.DeclaredBy != "" {
		actions = append(actions, reply.Button{Label: "Close", Act: reply.Act{Verb: "rollback close", Incident: i.ID}, Confirm: "Is it over, and gonogo was not told?", Yes: "Close the alert", No: "Leave it open"})
	}
	if !i.Dismissed() {
		actions = append(actions, alarm)
	}
	return actions
}

// withdrew reports whether a version is held since it was rolled back because of
// an incident.
func withdrew(s *history.State, incident string) bool {
	for _, w := range s.RolledBack {
		if w.Incident == incident {
			return true
		}
	}
	return false
}
