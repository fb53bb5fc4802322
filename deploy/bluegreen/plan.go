package bluegreen

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gonogo/clients/digitalocean"
	"gonogo/deploy"
	"gonogo/readiness/build"
)

var (
	_ deploy.Examiner    = (*strategy)(nil)
	_ deploy.HandStepper = (*strategy)(nil)
	_ deploy.Sharer      = (*strategy)(nil)

	_ deploy.VersionShower = (*strategy)(nil)
)

// Common implements [deploy.Sharer]. Which database an app has may be in an encrypted
// variable, so any database counts as that of both.
func (*strategy) Common(t deploy.Trigger) string {
	if _, database := t.Sample.(deploy.PostgresSampler); database {
		return "both apps may use the database that it asks, so moving the name back may not help"
	}
	return ""
}

// notes says where a deployment goes, what the cutover costs, and what both apps share.
func (s *strategy) notes(now apps, live int) (notes []string) {
	from, to := s.sides[live], s.sides[1-live]
	notes = append(notes,
		fmt.Sprintf("%s is live, and the new version goes to %s, which has %s", from.colour, to.colour, deploy.OrNothing(to.Build(now[1-live].Active).Version)),
		fmt.Sprintf("the cutover moves %s from %s to %s: expect errors for some minutes, until DigitalOcean has set it up there with a new certificate; triggers aren't measured meanwhile", s.Cutover.Domain, from.colour, to.colour))
	for i, app := range now {
		if app.Pinned != nil {
			notes = append(notes, s.sides[i].colour+" is pinned by a rollback made in DigitalOcean's control panel; commit or revert it there first")
		}
	}
	notes = append(notes, s.beside(now[1-live].Spec, to, from)...)
	notes = append(notes, to.Notes(now[1-live].Spec)...)
	return append(notes, shared(now))
}

// beside names what the idle app runs besides answering requests, which doesn't wait for
// the cutover.
func (s *strategy) beside(spec digitalocean.Spec, to, from side) (notes []string) {
	all, err := spec.Components()
	if err != nil {
		return []string{"the spec of " + to.colour + " can't be read, so its workers and jobs aren't known"}
	}
	for _, c := range all {
		switch {
		case c.Kind == "workers":
			notes = append(notes, fmt.Sprintf("the worker %s of %s works beside that of %s, before the cutover too, and with the new version", c.Name, to.colour, from.colour))
		case c.Job == "SCHEDULED":
			notes = append(notes, fmt.Sprintf("the job %s runs on schedule on %s as well as on %s", c.Name, to.colour, from.colour))
		}
	}
	return notes
}

// shared says what is known of the databases of both apps.
func shared(now apps) string {
	var both []string
	for _, cluster := range now[0].Spec.Clusters() {
		if slices.Contains(now[1].Spec.Clusters(), cluster) {
			both = append(both, cluster)
		}
	}
	if len(both) == 0 {
		return "if both apps use the same database, migrations of the new version reach the live one before the cutover, and going back doesn't undo them"
	}
	return "both apps use the database " + strings.Join(both, ", ") + ": migrations of the new version reach the live one before the cutover, and going back doesn't undo them"
}

// Examine implements [deploy.Examiner].
func (s *strategy) Examine(ctx context.Context) (faults, warnings []string) {
	now, err := s.read(ctx)
	if err != nil {
		return nil, nil // asking what is live says so
	}
	if err := s.primary(now); err != nil {
		faults = append(faults, err.Error())
	}
	if blue, green := now[0].Spec.Region(), now[1].Spec.Region(); blue != green {
		warnings = append(warnings, fmt.Sprintf("blue is in the region %s and green in %s; a cutover also changes how far the database is", cmp.Or(blue, "that the platform chose"), cmp.Or(green, "that the platform chose")))
	}
	return faults, warnings
}

// backByHand lists the steps for bringing a build back if the configuration can't be used.
func backByHand(app deploy.App, to build.Build) []deploy.HandStep {
	return byHand(app, "the public name", to)
}

// StepsByHand implements [deploy.HandStepper].
func (s *strategy) StepsByHand(_, _ string, to, _ build.Build) []deploy.HandStep {
	return byHand(s.App(), s.Cutover.Domain, to)
}

func byHand(app deploy.App, name string, to build.Build) []deploy.HandStep {
	var pages []string
	for _, id := range strings.Split(app.ID, "+") {
		pages = append(pages, "https://cloud.digitalocean.com/apps/"+id)
	}
	version := cmp.Or(to.Version, "the earlier version")
	return []deploy.HandStep{
		{Console: "Open " + strings.Join(pages, " and ") + ", and see which app has " + version + " in its active deployment, and which has " + name + " under Settings, Domains"},
		{Console: "If neither has " + version + ", deploy it to the app without " + name + ", by its image tag or branch under Settings, App Spec"},
		{Console: "Remove " + name + " from the domains of the app that has it, and wait until that is deployed"},
		{Console: "Add " + name + " to the domains of the app with " + version + ", with the same settings, and wait until it is active"},
		{Console: "Open " + name + " in a browser, and see that it answers with a valid certificate"},
	}
}
