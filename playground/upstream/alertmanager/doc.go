// Package alertmanager is a practice Alertmanager: it groups alerts and posts
// them to one webhook, by the rules and in the form of Prometheus's
// Alertmanager.
//
// # Nouns
//
// An [Alert] fires until its EndsAt. Alerts with the same values for the labels of
// Options.GroupBy are a group, and a post reports one group:
//
//	first alert ──GroupWait──▶ flush ──GroupInterval──▶ flush ──▶ …
//
// A flush posts only what the receiver does not know: an alert that is new, or
// resolved since the last post that was accepted, or nothing new for
// RepeatInterval. A group ends when all its alerts are resolved and posted. A
// [Silence] takes the alerts that match it out of every flush.
//
// # What happens on failure
//
// A post that is answered with 5xx, or not at all, is retried with growing pauses
// until the next flush is due; one that is answered with 4xx isn't. In both cases the
// receiver counts as not notified, so that the next flush posts again. Nothing is
// stored: alerts and silences end with the process.
//
// # Who calls it
//
// The practice world mounts [Alertmanager.Handler], with its prefix taken off,
// and runs [Alertmanager.Run]. Alerts come through [Alertmanager.Receive], the
// API, or [Alertmanager.Fire] and [Alertmanager.Resolve].
package alertmanager
