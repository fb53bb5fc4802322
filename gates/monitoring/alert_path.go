package monitoring

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/clients/alertmanager"
	"gonogo/gates"
	"gonogo/gates/alertpath"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// AlertPath is the kind alert_path.
var AlertPath = gates.Kind{
	Name: "alert_path", About: "how long a synthetic alert takes through Alertmanager and back to gonogo's own webhook", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "the alert came back in time",
		Warned:        "it came back in time, but not within the warning limit",
		Failed:        "Alertmanager accepted it, and it didn't come back in time",
		Errored:       "Alertmanager can't be reached or rejects the alert; or gonogo isn't serving where the gate runs, as in gonogo check",
		NotConfigured: "gonogo takes no alerts, because alerts.token or listen isn't set",
	},
	Notes: `The gate posts one alert to Alertmanager: ` + "`alertname`" + ` is ` + "`GonogoAlertPath-ID`, and `gonogo_probe`" + ` is the same ID, new each time. gonogo recognizes it by these
two when it comes back, so it opens no incident and notifies nobody. Once it is back, or the time is up, the gate resolves it; if gonogo is killed meanwhile, it
ends by itself.

Give it the ` + "`labels`" + ` by which Alertmanager routes the alerts that matter. Other receivers on that route get it too: send them only alerts without a probe, with
` + "`matchers: ['gonogo_probe=\"\"']`" + `. Alertmanager waits for ` + "`group_wait`" + `, 30 s by default, before it sends a new group, so ` + "`within`" + ` must be longer; if it doesn't group by
` + "`alertname`, it may wait for `group_interval`" + `.

The gate can't tell whether Prometheus reaches this Alertmanager, nor whether anybody reads what gonogo shows.`,
	Example: `connection: alerting
within: 1m
warn: "< 45s"
labels: { severity: critical }`,
	New: newAlertPath,
}

// alertPathSettings are the settings of kind alert_path.
type alertPathSettings struct {
	Connection string            `yaml:"connection" required:"true"` // a connection of kind alertmanager
	Within     limit.Duration    `yaml:"within"`                     // how long the alert may take; default: 1m
	Warn       limit.Times       `yaml:"warn"`                       // how long it should take: outside of it the gate warns
	Labels     map[string]string `yaml:"labels"`                     // labels of the alert, by which Alertmanager routes it
}

type alertPathGate struct {
	client   *alertmanager.Client
	watch    *alertpath.Watch
	settings alertPathSettings
}

const (
	longestPath = time.Hour
	endWithin   = 500 * time.Millisecond // for resolving the alert
	lookWithin  = 5 * time.Second        // for asking what became of it
)

func newAlertPath(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := alertPathSettings{Within: limit.Duration(time.Minute)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	var faults gates.Faults
	if s.Within <= 0 || time.Duration(s.Within) > longestPath {
		faults = append(faults, gates.Fault{Field: "within", Problem: "within is a time above zero and up to 1h"})
	}
	if s.Warn.Percentile != 0 {
		faults = append(faults, gates.Fault{Field: "warn", Problem: "there is only one time; remove the percentile"})
	}
	faults = append(faults, gates.NeverWarns("warn", s.Warn.Limit, s.most())...)
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		if alertpath.Reserved(name) || !labelName.MatchString(name) {
			faults = append(faults, gates.Fault{Field: "labels." + name, Problem: fmt.Sprintf("%q can't be a label of this alert; choose one by which your routes match, such as severity", name)})
		}
	}
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	server, err := gates.Client[*alertmanager.Client](deps, s.Connection, "alertmanager")
	if err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: &alertPathGate{server, deps.AlertPath, s}, Settings: gates.SettingsHash("alert_path", s, server.URL()), Secrets: server.Secrets()}, nil
}

// most is the limit that within means.
func (s *alertPathSettings) most() (l limit.Limit) {
	_ = l.UnmarshalText([]byte("<= " + time.Duration(s.Within).String())) // always a limit
	l.Text = "<= " + readiness.Span(time.Duration(s.Within))
	return l
}

// Deadline implements [gates.WithDeadline].
func (g *alertPathGate) Deadline() time.Duration {
	return time.Duration(g.settings.Within) + gates.UsualDeadline
}

// GracePeriod implements [gates.WithGracePeriod]: an alert that was sent is resolved.
func (g *alertPathGate) GracePeriod() time.Duration { return endWithin }

// Check implements [gates.Gate].
func (g *alertPathGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	problem := alertpath.ErrNotConfigured
	if g.watch != nil {
		problem = g.watch.Problem()
	}
	switch {
	case errors.Is(problem, alertpath.ErrNotConfigured):
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: problem.Error()}
	case problem != nil:
		return gates.Errored("%s", problem)
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	id := hex.EncodeToString(random[:])
	arrived, forget := g.watch.Expect(id)
	defer forget()
	start := time.Now()
	sent := g.alert(id, start)
	defer g.end(ctx, sent)
	if err := g.client.Send(ctx, sent); err != nil {
		if ctx.Err() != nil {
			return gates.Errored("cut off while it sent the alert")
		}
		return gates.Errored("%s", err)
	}
	return g.await(ctx, id, start, arrived)
}

// alert is the synthetic alert.
func (g *alertPathGate) alert(id string, start time.Time) alertmanager.Post {
	labels := maps.Clone(g.settings.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, alertpath.Labels(id))
	return alertmanager.Post{Labels: labels, StartsAt: start.UTC(), EndsAt: start.Add(time.Duration(g.settings.Within) + time.Minute).UTC(),
		Annotations: map[string]string{"summary": "A test of the alert path by gonogo; nothing is wrong"}}
}

// end resolves the alert, also when the gate was cut off. If that fails, the alert ends
// by itself.
func (g *alertPathGate) end(ctx context.Context, sent alertmanager.Post) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	sent.EndsAt = time.Now().UTC()
	_ = g.client.Send(ctx, sent)
}

// await waits until the alert has come back, or its time is up.
func (g *alertPathGate) await(ctx context.Context, id string, start time.Time, arrived <-chan struct{}) answer.Evidence {
	within := time.Duration(g.settings.Within)
	patience := time.NewTimer(within - time.Since(start))
	defer patience.Stop()
	allowed := "<= " + readiness.Span(within)
	select {
	case <-arrived:
	case <-ctx.Done():
		return gates.Errored("cut off before the alert came back")
	case <-patience.C:
		ev := answer.Evidence{Verdict: answer.Failed, Measures: []answer.Measure{{Name: "came back", Value: "no", Limit: allowed}}}
		ev.Summary = fmt.Sprintf("the alert didn't come back within %s: %s", readiness.Span(within), g.why(ctx, id))
		return ev
	}
	took := time.Since(start)
	m := answer.Measure{Name: "came back", Value: gates.Precisely(took), Limit: allowed, OK: true}
	ev := gates.Judged([]answer.Measure{m}, "the alert came back after "+m.Value)
	return gates.Warned(ev, !g.settings.Warn.Set() || g.settings.Warn.Allows(took.Seconds()), fmt.Sprintf("the alert came back after %s, warning limit %s", m.Value, g.settings.Warn.Text))
}

// why says where an alert that didn't come back is, as far as Alertmanager tells.
func (g *alertPathGate) why(ctx context.Context, id string) string {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	look, err := g.client.Look(ctx)
	if err != nil {
		return "Alertmanager accepted it, and then doesn't say what became of it"
	}
	at := slices.IndexFunc(look.Alerts, func(a alertmanager.Alert) bool { return a.Labels[alertpath.Label] == id })
	if at < 0 {
		return "Alertmanager accepted it, and no longer has it"
	}
	switch a := look.Alerts[at]; {
	case len(a.SilencedBy) > 0:
		return "a silence in Alertmanager mutes it"
	case len(a.InhibitedBy) > 0:
		return "another alert inhibits it in Alertmanager"
	case len(a.MutedBy) > 0:
		return "a time interval of its route in Alertmanager mutes it"
	default:
		return fmt.Sprintf("Alertmanager routes it to %s; that receiver must post to gonogo's /alerts/alertmanager with the token of alerts, and within must be longer than group_wait",
			phrase.ShortenAtWord(strings.Join(a.Receivers, ", "), 100))
	}
}
