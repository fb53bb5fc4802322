package alertmanager

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Look is the state of an Alertmanager.
type Look struct {
	Started  time.Time          // when the Alertmanager started
	Alerts   []Alert            // all that are firing, including muted ones
	Silences map[string]Silence // by ID: those that Silenced has looked up
}

// Alert is a firing alert.
type Alert struct {
	Fingerprint string
	Labels      map[string]string
	Receivers   []string
	SilencedBy  []string // IDs of silences
	InhibitedBy []string // fingerprints of alerts
	MutedBy     []string // names of time intervals; Alertmanager 0.28 and later
}

// Find returns the alert with a fingerprint, or nil.
func (l *Look) Find(fingerprint string) *Alert {
	i := slices.IndexFunc(l.Alerts, func(a Alert) bool { return a.Fingerprint == fingerprint })
	if i < 0 {
		return nil
	}
	return &l.Alerts[i]
}

type statusView struct{ Uptime time.Time } // when it started, in spite of its name

type alertView struct {
	Fingerprint string
	Labels      map[string]string
	Receivers   []struct{ Name string }
	Status      *struct{ SilencedBy, InhibitedBy, MutedBy []string }
}

// Look reads the status and all alerts. It is an error if any part can't be read.
func (c *Client) Look(ctx context.Context) (*Look, error) {
	var status statusView
	if err := c.get(ctx, &status, "api/v2/status"); err != nil {
		return nil, err
	}
	var views []alertView
	if err := c.get(ctx, &views, "api/v2/alerts"); err != nil {
		return nil, err
	}
	if status.Uptime.IsZero() || views == nil {
		return nil, &Unavailable{Status: 200, cause: errors.New("fields are missing")}
	}
	look := &Look{Started: status.Uptime.UTC(), Silences: map[string]Silence{}}
	for _, v := range views {
		if v.Fingerprint == "" || v.Status == nil {
			return nil, &Unavailable{Status: 200, cause: errors.New("an alert has no fingerprint or status")}
		}
		a := Alert{Fingerprint: v.Fingerprint, Labels: v.Labels, SilencedBy: v.Status.SilencedBy, InhibitedBy: v.Status.InhibitedBy, MutedBy: v.Status.MutedBy}
		for _, r := range v.Receivers {
			a.Receivers = append(a.Receivers, r.Name)
		}
		look.Alerts = append(look.Alerts, a)
	}
	return look, nil
}

// Silenced looks up silences by ID, at most 20, and adds them to a look. Those that
// can't be read are left out, because they are only details of an alert.
func (c *Client) Silenced(ctx context.Context, look *Look, ids []string) {
	for _, id := range ids[:min(len(ids), mostSilences)] {
		var v silenceView
		if c.get(ctx, &v, "api/v2/silence", id) == nil && v.ID == id {
			look.Silences[id] = v.silence()
		}
	}
}
