package checklist

import (
	"slices"
	"strings"
)

// Environment is a place a release goes to.
type Environment struct {
	Name  string
	URL   string
	After []string // environments on which the same version must be live first
	App   string   // the app that gonogo asks its platform about; empty: there is no platform to ask
	Site  bool     // a site says which version is live, and there is no platform to ask

	// Override is who may have a version go out past which items; nil: nobody.
	Override *Override
}

// ComesAfter lists the environments after one, directly or through others.
func (c *Checklist) ComesAfter(environment string) []string {
	var after []string
	for _, e := range c.Environments {
		if e.Name != environment && c.isAfter(e.Name, environment, map[string]bool{}) {
			after = append(after, e.Name)
		}
	}
	return after
}

func (c *Checklist) isAfter(name, earlier string, seen map[string]bool) bool {
	e, ok := c.Environment(name)
	if !ok || seen[name] {
		return false
	}
	seen[name] = true
	return slices.ContainsFunc(e.After, func(before string) bool {
		return before == earlier || c.isAfter(before, earlier, seen)
	})
}

// UpTo lists an environment and all those before it.
func (c *Checklist) UpTo(environment string) []string {
	all := []string{environment}
	for i := 0; i < len(all); i++ {
		env, _ := c.Environment(all[i])
		for _, earlier := range env.After {
			if !slices.Contains(all, earlier) {
				all = append(all, earlier)
			}
		}
	}
	return all
}

// Sharing lists the other environments on the same app, each with another component:
// deploying or rolling back the whole app changes them too.
func (c *Checklist) Sharing(environment string) []string {
	env, _ := c.Environment(environment)
	var names []string
	for _, other := range c.Environments {
		if other.Name != environment && env.App != "" && wholeApp(other.App) == wholeApp(env.App) {
			names = append(names, other.Name)
		}
	}
	return names
}

// wholeApp is an app without the component of an environment.
func wholeApp(app string) string {
	whole, _, _ := strings.Cut(app, "/")
	return whole
}
