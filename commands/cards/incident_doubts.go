package cards

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// lastHeard is when an incident was last known to fire, if that isn't now; otherwise
// zero. While every Alertmanager answers, what it lists fires now.
func lastHeard(v readiness.View, i *history.Incident) time.Time {
	heard := i.Last
	if !i.Listed() || i.Trigger != "" {
		return heard
	}
	outages := outagesOf(v, i)
	if len(outages) == 0 {
		return time.Time{}
	}
	answered := v.State.AlertOutages[outages[0]].Answered
	for _, host := range outages {
		if at := v.State.AlertOutages[host].Answered; at.Before(answered) {
			answered = at
		}
	}
	return later(heard, answered)
}

// outagesOf are the hosts of the Alertmanagers that do not say whether an
// incident still fires, in order.
func outagesOf(v readiness.View, i *history.Incident) []string {
	if !i.Firing() || i.Trigger != "" {
		return nil
	}
	return slices.Sorted(maps.Keys(v.State.AlertOutages))
}

// outageLines say since when which Alertmanager does not answer, and why.
func outageLines(v readiness.View, i *history.Incident) []reply.Text {
	var lines []reply.Text
	for _, host := range outagesOf(v, i) {
		outage := v.State.AlertOutages[host]
		lines = append(lines, reply.Say("⚠ Alertmanager (", host, ") hasn't responded since ", reply.Time(outage.Since), ", so it is not known whether this still fires. ",
			reply.Shorten(reply.Capital(strings.TrimPrefix(outage.Problem, "Alertmanager doesn't respond; ")), 200), "."))
	}
	return lines
}

// refusedCards inform on-call of alerts that couldn't be read.
func (b Builder) refusedCards(v readiness.View) []Card {
	refused := v.State.Refused
	if refused == nil || !b.keptUpToDate(refused.At, v.Now) {
		return nil
	}
	const title = "Alerts were refused"
	takes := "; gonogo takes up to " + wording.Mebibytes(refused.Limit)
	remedy := reply.Say("Set ", reply.Typed("max_alerts"), " in the webhook_config that posts to gonogo, to 500 for example, or group its alerts by more labels. ")
	if wording.LongAlert(refused) {
		takes, remedy = "", reply.Say("Shorten the labels and annotations of that alert. ")
	}
	lines := reply.Lines{append(b.Mention.text(), reply.Say(reply.Time(refused.At), ": a delivery of ", wording.RefusedSize(refused), " from Alertmanager was refused", takes, ". ",
		reply.Bold("No card shows its alerts."), " Look at Alertmanager.")...),
		append(remedy, reply.Say("Further refusals are reported once a day.")...)}
	return []Card{{Subject: fmt.Sprintf("refused/%d", refused.At.Unix()), Channel: cmp.Or(b.OnCall, b.Releases), Final: true,
		Reply: reply.Reply{Title: title, Summary: title + ".", Parts: []reply.Part{lines}, Public: true}}}
}
