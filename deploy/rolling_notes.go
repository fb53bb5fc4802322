package deploy

import (
	"cmp"
	"fmt"
	"slices"

	"gonogo/clients/digitalocean"
)

// notes says what else a deployment runs, and what it leaves behind: components that come
// from the same image or repository and keep their version.
func (r *rolling) notes(spec digitalocean.Spec) (notes []string) {
	all, err := spec.Components()
	if err != nil {
		return []string{"the app's spec can't be read, so its jobs aren't known"}
	}
	mine, others := r.as.names(), r.otherComponents()
	sources := map[string]bool{}
	for _, name := range mine {
		if source := spec.Source(name); source != "" {
			sources[source] = true
		}
	}
	for _, c := range all {
		deployed := slices.Contains(mine, c.Name)
		version := cmp.Or(r.versionOf(spec, c.Name), "its version")
		switch {
		case c.Job == "PRE_DEPLOY" && deployed:
			notes = append(notes, fmt.Sprintf("the job %s runs with the new version before it goes live; if it fails, nothing is replaced, and a rollback doesn't undo what it did", c.Name))
		case c.Job == "PRE_DEPLOY":
			notes = append(notes, fmt.Sprintf("the job %s runs before the new version goes live, and keeps %s; a rollback doesn't undo what it did", c.Name, version))
		case !deployed && sources[spec.Source(c.Name)] && !slices.Contains(others, c.Name):
			notes = append(notes, fmt.Sprintf("%s comes from the same source and keeps %s; if it belongs to the release, add it to version_as", c.Name, version))
		}
	}
	return notes
}
