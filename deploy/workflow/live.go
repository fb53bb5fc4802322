package workflow

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"

	"gonogo/clients/github"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/phrase"
	"gonogo/readiness/build"
)

// This file finds out what is live: from what GitHub records of an environment's
// deployments, or from the site itself.

// liveSource says what is live.
type liveSource interface {
	read(ctx context.Context) (deploy.Current, error)
}

func (l liveSettings) faults(ref string) (faults gates.Faults) {
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: problem})
		}
	}
	found, ok := deploy.NewFinder(l.Version)
	named := l.Version != ""
	note(l.Environment != "" && l.URL != "", "live.url", "live has both environment and url; keep one")
	note(l == liveSettings{Version: l.Version} && named, "live.version", "live says nothing about where to look; add environment or url")
	note(l.Environment != "" && named && (!ok || !found.Pattern()), "live.version", `version is a regular expression with exactly one group for the name of the workflow run that deployed, such as 'Deploy (\S+)'`)
	note(l.Environment != "" && !named && !strings.Contains(ref, "{release.version}"), "live.environment",
		`GitHub records the ref of each deployment, which is the same here for every version; show the version in the workflow's run-name, and add version: a regular expression with one group, such as 'Deploy (\S+)'`)
	note(l.URL != "" && !ok, "live.version", "version is a path in JSON, such as $.version, or a regular expression with exactly one group")
	return faults
}

// source is what the settings say, which have no other faults.
func (l liveSettings) source(client *github.Client, ref string, deps deploy.Deps) (liveSource, error) {
	found, _ := deploy.NewFinder(cmp.Or(l.Version, refShape(ref)))
	if l.URL == "" {
		return environmentRecord{client, l.Environment, found, l.Version != ""}, nil
	}
	site, err := NewSiteVersion(l.URL, found, deps.Dialer)
	if err != nil {
		return nil, gates.Faults{{Field: "live.url", Problem: "this isn't a URL that begins with http:// or https://; write it like https://app.example.com/version"}}
	}
	return siteRecord{site}, nil
}

// siteRecord is what the site itself shows.
type siteRecord struct{ site *SiteVersion }

// read implements [liveSource].
func (s siteRecord) read(ctx context.Context) (deploy.Current, error) {
	now := deploy.Current{Unnamed: "check what the address in live.url answers"}
	version, err := s.site.Read(ctx)
	if err == nil {
		now.Live = build.Build{Version: version, Deployment: version}
	}
	return now, err
}

// environmentRecord is what GitHub records of the deployments to an environment.
type environmentRecord struct {
	client      *github.Client
	environment string
	shape       *deploy.Finder // finds the version
	byTitle     bool           // in the name of the run that deployed; else in the ref
}

// mostUnsuccessful is how many deployments without success may come after the last one
// that succeeded.
const mostUnsuccessful = 20

// read implements [liveSource]. GitHub marks a deployment as inactive once a later one
// has succeeded, or if somebody ended it: after the latter nothing is live.
func (e environmentRecord) read(ctx context.Context) (deploy.Current, error) {
	now := deploy.Current{Unnamed: "check what GitHub shows as the deployments to its environment " + e.environment}
	all, err := e.client.Deployments(ctx, e.environment)
	if err != nil {
		return now, classifyGitHubRead(err)
	}
	for _, d := range all[:min(len(all), mostUnsuccessful)] {
		state, err := e.client.DeploymentState(ctx, d.ID)
		switch {
		case err != nil:
			return now, classifyGitHubRead(err)
		case state.State == "success":
			return e.deployed(ctx, now, d, state.Run)
		case state.State == "inactive":
			return now, nil
		}
	}
	if len(all) > mostUnsuccessful {
		return now, fmt.Errorf("none of the last %d deployments to GitHub's environment %s succeeded, so it isn't known what is live", mostUnsuccessful, e.environment)
	}
	return now, nil
}

// deployed is what a deployment has brought.
func (e environmentRecord) deployed(ctx context.Context, now deploy.Current, d github.DeploymentRecord, id int64) (deploy.Current, error) {
	var run github.WorkflowRun
	if id != 0 {
		var err error
		if run, err = e.client.WorkflowRun(ctx, id); err != nil {
			return now, classifyGitHubRead(err)
		}
	}
	version, err := e.version(d, run)
	if err != nil {
		return now, err
	}
	if !e.byTitle {
		now.Digest = d.SHA
	}
	now.Live, now.Created, now.Mark = build.Build{Version: version, Deployment: version}, d.Created, runOfMark(run.Title)
	return now, nil
}

func (e environmentRecord) version(d github.DeploymentRecord, run github.WorkflowRun) (string, error) {
	text, in := d.Ref, "the ref of GitHub's last successful deployment to "+e.environment
	if e.byTitle {
		if run.ID == 0 {
			return "", fmt.Errorf("no workflow run made GitHub's last successful deployment to %s, so its version isn't known", e.environment)
		}
		text, in = run.Title, "the name of the workflow run that deployed to "+e.environment+" last"
	}
	found, err := e.shape.Find(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s is %q, and %w, so it isn't known what is live", in, phrase.Excerpt(text), err)
	case !deploy.SafeVersion(found[0]):
		return "", fmt.Errorf("%s is %q, and %q is no version", in, phrase.Excerpt(text), phrase.Excerpt(found[0]))
	}
	return found[0], nil
}

// refShape matches the refs that the setting makes.
func refShape(ref string) string {
	before, after, _ := strings.Cut(ref, "{release.version}")
	return "^(?:refs/(?:heads|tags)/)?" + regexp.QuoteMeta(before) + "(.+)" + regexp.QuoteMeta(after) + "$"
}

// The mark of gonogo's run, which an input carries into the name of a workflow run.
const markBegins = "gonogo-"

var markShape = regexp.MustCompile(`\b` + markBegins + `([0-9a-z]+)(-return)?\b`)

// runOfMark is the run whose mark is in a name; empty: there is none.
func runOfMark(title string) string {
	if m := markShape.FindStringSubmatch(title); m != nil {
		return m[1]
	}
	return ""
}

// shows reports whether a name has exactly this mark.
func shows(title, mark string) bool {
	return mark != "" && markShape.FindString(title) == mark
}
