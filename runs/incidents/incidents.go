// Package incidents notices that something is wrong where releases run, and has
// people told: it takes alerts in from Alertmanager, samples triggers itself,
// and escalates what nobody takes.
//
//	Alertmanager ── POST ──▶ Alerts.Receive ──▶ AlertsReceived ──┐
//	             ◀── GET ─── Alerts.Run                          ├──▶ incident
//	Prometheus, HTTP ◀────── Triggers.Run ────▶ TriggerTripped ──┘      │
//	                                                                    ▼
//	on-call, next role, webhook ◀── Escalation.Run ◀── nobody takes it in time
//
// [Alerts] knows one group of alerts as one incident, and asks each Alertmanager
// which of them still fire. [Triggers] turns readings over a limit into
// incidents. [Escalation] also follows what is no incident: a run that waits for
// an answer, say.
//
// bot/web calls Alerts.Receive; the rest runs by itself. Nothing here knows of
// Slack: bot/chat shows incidents from the state. Nothing here starts or stops a
// run either: going back is a person's act, through commands and runs.
//
// All that is known is in the ledger, as events of the incident. What is not are
// the readings in a row of a trigger and the pauses between attempts; a restart
// begins to count both anew. An Alertmanager that does not answer ends nothing,
// and its outage is an event of its own.
package incidents

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// incidentID names an incident by what it is about and when it was heard of.
func incidentID(about string, at time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", about, at.UnixNano()))
	return hex.EncodeToString(sum[:4])
}
