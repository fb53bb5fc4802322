// Package incidents notices that something is wrong where releases run, and notifies
// people: it receives alerts from Alertmanager, samples triggers itself, and escalates
// what nobody responds to.
//
//	Alertmanager ── POST ──▶ Alerts.Receive ──▶ AlertsReceived ──┐
//	             ◀── GET ─── Alerts.Run                          ├──▶ incident
//	Prometheus, HTTP ◀────── Triggers.Run ────▶ TriggerTripped ──┘      │
//	                                                                    ▼
//	on-call, next role, webhook ◀── Escalation.Run ◀── nobody responds in time
//
// [Alerts] treats one group of alerts as one incident, and asks each Alertmanager
// which of them are still firing. [Triggers] turns readings over a limit into
// incidents. [Escalation] also covers what isn't an incident, such as a run that waits
// for an answer.
//
// bot/web calls Alerts.Receive; the rest runs on its own. Nothing here knows of Slack:
// bot/chat shows incidents from the state. Nothing here starts or stops a run either:
// package runs does, on a person's word or, where the configuration says so, by itself.
//
// Everything known is in the ledger, as events of the incident, except a trigger's
// consecutive readings and the pauses between attempts; a restart starts both over. An
// Alertmanager that doesn't answer ends nothing, and its outage is an event of its own.
package incidents

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// incidentID derives an incident's ID from its subject and the time of its first event.
func incidentID(about string, at time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", about, at.UnixNano()))
	return hex.EncodeToString(sum[:4])
}
