package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
	"gonogo/gates/certificate"
	"gonogo/gates/files"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// components judges those that the settings name.
func (g *appGate) components(all []digitalocean.Component) (parts []answer.Evidence) {
	for _, name := range slices.Sorted(maps.Keys(g.settings.Components)) {
		i := slices.IndexFunc(all, func(c digitalocean.Component) bool { return c.Name == name })
		if i < 0 {
			parts = append(parts, absent(name, all))
			continue
		}
		parts = append(parts, g.settings.Components[name].judge(all[i])...)
	}
	return parts
}

// absent is the evidence of a component that the app doesn't have.
func absent(name string, all []digitalocean.Component) answer.Evidence {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return failed("the live app has no component %q; it has %s", name, phrase.UpTo(5, names))
}

func (w componentWant) judge(c digitalocean.Component) (parts []answer.Evidence) {
	if w.Size != "" {
		parts = append(parts, w.size(c))
	}
	if w.Instances.Set() || w.Warn.Set() {
		parts = append(parts, w.instances(c))
	}
	if w.HealthCheck != "" {
		parts = append(parts, w.healthCheck(c))
	}
	if len(parts) == 0 {
		parts = append(parts, passed("%s exists", c.Name))
	}
	return parts
}

func (w componentWant) size(c digitalocean.Component) answer.Evidence {
	if c.Size == "" {
		return gates.Errored("the spec doesn't say the instance size of %s", c.Name)
	}
	size := answer.Measure{Name: c.Name + ": instance size", Value: c.Size, Limit: w.Size, OK: c.Size == w.Size}
	return gates.Judged([]answer.Measure{size}, fmt.Sprintf("%s runs on %s", c.Name, c.Size))
}

func (w componentWant) instances(c digitalocean.Component) answer.Evidence {
	count := gates.CountMeasure(c.Name+": instances", c.Instances, w.Instances)
	count.OK = count.OK || !w.Instances.Set()
	ev := gates.Judged([]answer.Measure{count}, fmt.Sprintf("%s has %s", c.Name, phrase.Count(c.Instances, "instance")))
	within := !w.Warn.Set() || w.Warn.Allows(float64(c.Instances))
	return gates.Warned(ev, within, fmt.Sprintf("%s has %s, warning limit %s", c.Name, phrase.Count(c.Instances, "instance"), w.Warn.Text))
}

func (w componentWant) healthCheck(c digitalocean.Component) answer.Evidence {
	var paths []string
	for _, check := range []*digitalocean.HealthCheck{c.Health, c.Liveness} {
		if check != nil && check.HTTPPath != "" {
			paths = append(paths, check.HTTPPath)
		}
	}
	switch {
	case slices.Contains(paths, w.HealthCheck):
		return passed("the health check of %s asks for %s", c.Name, w.HealthCheck)
	case len(paths) == 0:
		return failed("%s has no health check with a path", c.Name)
	}
	return failed("the health check of %s asks for %s, not for %s", c.Name, phrase.UpTo(2, paths), w.HealthCheck)
}

// everywhere judges what all components must have.
func (g *appGate) everywhere(all []digitalocean.Component) (parts []answer.Evidence) {
	if g.settings.HealthChecks {
		parts = append(parts, lacking(all, digitalocean.Component.Runs, checked, "health check", "services or workers"))
	}
	if g.settings.LogForwarding {
		logs := func(c digitalocean.Component) bool { return c.Kind != "static_sites" }
		forwards := func(c digitalocean.Component) bool { return len(c.LogDestinations) > 0 }
		parts = append(parts, lacking(all, logs, forwards, "log forwarding", "components with a log"))
	}
	return parts
}

// lacking is about those of some components that don't have something. An app without
// any of them doesn't pass: there is nothing that could have it.
func lacking(all []digitalocean.Component, counts, has func(digitalocean.Component) bool, what, none string) answer.Evidence {
	var without []string
	n := 0
	for _, c := range all {
		if !counts(c) {
			continue
		}
		n++
		if !has(c) {
			without = append(without, c.Name)
		}
	}
	switch {
	case n == 0:
		return failed("the app has no %s", none)
	case len(without) > 0:
		return failed("no %s for %s", what, phrase.UpTo(5, without))
	}
	return passed("%s for %s", what, phrase.Count(n, "component"))
}

// checked reports whether a component that runs has a health check.
func checked(c digitalocean.Component) bool {
	if c.Kind == "workers" {
		return c.Liveness != nil
	}
	return c.Health != nil && c.Health.HTTPPath != "" || c.Liveness != nil && c.Liveness.HTTPPath != ""
}

// domains judges those that the settings name.
func (g *appGate) domains(app digitalocean.App, s gates.Scope) (parts []answer.Evidence) {
	for _, name := range slices.Sorted(maps.Keys(g.settings.Domains)) {
		i := slices.IndexFunc(app.Domains, func(d digitalocean.Domain) bool { return sameName(d.Name, name) })
		if i < 0 {
			parts = append(parts, failed("the app has no domain %s", name))
			continue
		}
		parts = append(parts, g.settings.Domains[name].judge(name, app.Domains[i], s)...)
	}
	return parts
}

func sameName(one, other string) bool {
	return strings.EqualFold(strings.TrimSuffix(one, "."), strings.TrimSuffix(other, "."))
}

func (w domainWant) judge(name string, d digitalocean.Domain, s gates.Scope) []answer.Evidence {
	parts := []answer.Evidence{domainPhase(name, d.Phase)}
	if w.MinimumTLS != "" {
		tls := answer.Measure{Name: name + ": minimum TLS", Value: d.MinimumTLS, Limit: w.MinimumTLS, OK: d.MinimumTLS >= w.MinimumTLS}
		if d.MinimumTLS == "" {
			tls.Value = "not set"
		}
		parts = append(parts, gates.Judged([]answer.Measure{tls}, fmt.Sprintf("%s accepts TLS %s and newer", name, d.MinimumTLS)))
	}
	return append(parts, w.certificate(name, d, s)...)
}

func domainPhase(name, phase string) answer.Evidence {
	switch phase {
	case "ACTIVE":
		return passed("%s is active", name)
	case "ERROR":
		return failed("DigitalOcean couldn't set up %s; the app's settings there say why", name)
	case "PENDING", "CONFIGURING":
		return failed("%s is not active yet (%s)", name, phase)
	}
	return gates.Errored("DigitalOcean doesn't know the state of %s", name)
}

// certificate judges how long the certificate lasts; an expired one fails without any
// limit.
func (w domainWant) certificate(name string, d digitalocean.Domain, s gates.Scope) []answer.Evidence {
	wanted := w.CertificateDays.Set() || w.Warn.Set()
	switch {
	case d.CertificateExpires.IsZero() && !wanted:
		return nil
	case d.CertificateExpires.IsZero():
		return []answer.Evidence{gates.Errored("DigitalOcean doesn't say when the certificate of %s expires", name)}
	case !d.CertificateExpires.After(s.Now()):
		return []answer.Evidence{failed("the certificate of %s has expired", name)}
	case !wanted:
		return nil
	}
	days := certificate.DaysUntil(d.CertificateExpires, s.Now())
	left := answer.Measure{Name: name + ": days left", Value: strconv.Itoa(days), Limit: w.CertificateDays.Text, OK: !w.CertificateDays.Set() || w.CertificateDays.Allows(float64(days))}
	lasts := fmt.Sprintf("the certificate of %s lasts %s", name, phrase.Count(days, "more day"))
	ev := gates.Judged([]answer.Measure{left}, lasts)
	return []answer.Evidence{gates.Warned(ev, !w.Warn.Set() || w.Warn.Allows(float64(days)), fmt.Sprintf("%s, warning limit %s", lasts, w.Warn.Text))}
}

// mostSpec is how many bytes of a spec's file are read.
const mostSpec = 4 << 20

// drift compares the live spec with the file.
func (g *appGate) drift(ctx context.Context, app digitalocean.App) answer.Evidence {
	file, ev := g.readSpec(ctx)
	if ev.Verdict != "" {
		return ev
	}
	found, err := app.Active.Spec.Differences(file)
	if err != nil {
		return gates.Errored("%s", err)
	}
	changed, err := app.Spec.Differences(app.Active.Spec)
	if err != nil {
		return gates.Errored("%s", err)
	}
	var places []string
	for _, d := range found {
		if !g.ignores(d.Path) {
			places = append(places, d.String())
		}
	}
	ev = gates.Judged([]answer.Measure{{Name: "differences from " + g.settings.Spec, Value: strconv.Itoa(len(places)), Limit: "0", OK: len(places) == 0}}, "the live spec agrees with "+g.settings.Spec)
	switch {
	case len(places) > 0:
		ev.Summary = fmt.Sprintf("the live app and %s differ in %s: %s", g.settings.Spec, phrase.Count(len(places), "place"), phrase.UpTo(3, places))
		ev.Details = places
	case len(changed) > 0:
		ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("the app's spec was changed, and that isn't live (%s)", phrase.Count(len(changed), "place"))
	}
	return ev
}

// readSpec reads the file of the spec.
func (g *appGate) readSpec(ctx context.Context) (spec digitalocean.Spec, ev answer.Evidence) {
	f, err := os.Open(g.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return spec, answer.Evidence{Verdict: answer.NotConfigured, Summary: fmt.Sprintf("there is no file %s; write the app's spec there", g.settings.Spec)}
	case err != nil:
		return spec, gates.Errored("%s can't be read: %s", g.settings.Spec, files.Cause(err))
	}
	defer f.Close()
	var text bytes.Buffer
	n, err := io.Copy(&text, io.LimitReader(files.Reader(ctx, f), mostSpec+1))
	switch {
	case ctx.Err() != nil:
		return spec, gates.Errored("cut off while it read %s", g.settings.Spec)
	case err != nil:
		return spec, gates.Errored("%s can't be read: %s", g.settings.Spec, files.Cause(err))
	case n > mostSpec:
		return spec, gates.Errored("%s is larger than %d MiB, and so no app's spec", g.settings.Spec, mostSpec>>20)
	}
	spec, err = digitalocean.ParseSpec(text.Bytes())
	if err != nil {
		return spec, gates.Errored("%s can't be read: %s", g.settings.Spec, err)
	}
	return spec, ev
}

// ignores reports whether a place of the spec may differ.
func (g *appGate) ignores(place string) bool {
	if place == "envs.GONOGO_RUN" || strings.HasPrefix(place, "envs.GONOGO_RUN.") {
		return true
	}
	return slices.ContainsFunc(g.settings.Ignore, func(pattern string) bool { return under(pattern, place) })
}

// under reports whether a place is at or below a pattern.
func under(pattern, place string) bool {
	want, got := strings.Split(pattern, "."), strings.Split(place, ".")
	if len(got) < len(want) {
		return false
	}
	for i, part := range want {
		if part != "*" && part != got[i] {
			return false
		}
	}
	return true
}
