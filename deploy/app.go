package deploy

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// App is what a strategy deploys to on its platform.
type App struct {
	ID        string // the platform's ID, or several with plus signs between them
	Component string // the component whose version changes, or several, separated by commas; empty: it has no components
	Kind      string // the strategy's kind; empty: the first one
}

// joinComponents is the name of several components, as in [App].
func joinComponents(names []string) string { return strings.Join(names, ",") }

// Components are the components of an app by name; none if it has none.
func (a App) Components() []string {
	if a.Component == "" {
		return nil
	}
	return strings.Split(a.Component, ",")
}

// Shares reports whether two apps are, or have in common, something that is deployed.
func (a App) Shares(b App) bool {
	if !a.overlaps(b) {
		return false
	}
	theirs := b.Components()
	return a.Component == b.Component || slices.ContainsFunc(a.Components(), func(name string) bool { return slices.Contains(theirs, name) })
}

// overlaps reports whether two apps are the same, or one of them is among several apps
// that the other stands for. The ID of an app among several is known whatever the kind.
func (a App) overlaps(b App) bool {
	mine, theirs := strings.Split(a.ID, "+"), strings.Split(b.ID, "+")
	if a.Strategy() != b.Strategy() && len(mine) == len(theirs) {
		return false
	}
	return slices.ContainsFunc(mine, func(id string) bool { return slices.Contains(theirs, id) })
}

// String is the app's name in the ledger: KIND:ID/COMPONENT, without the kind if it is
// the first one, and without the component if there is none.
func (a App) String() string {
	text := a.ID
	if a.Kind != "" {
		text = a.Kind + ":" + a.ID
	}
	if a.Component == "" && a.Kind != "" {
		return text
	}
	return text + "/" + a.Component
}

var named = regexp.MustCompile(`^([a-z_]+):(.+)$`)

// ParseApp reads what [App.String] wrote.
func ParseApp(text string) App {
	id, component, _ := strings.Cut(text, "/")
	if m := named.FindStringSubmatch(id); m != nil {
		return App{ID: m[2], Component: component, Kind: m[1]}
	}
	return App{ID: id, Component: component}
}

// Known reports whether this version knows the kind of an app's strategy.
func (a App) Known() bool {
	_, ok := lookup(a.Strategy())
	return ok
}

// Strategy is the name of the kind of an app's strategy.
func (a App) Strategy() string { return cmp.Or(a.Kind, kinds[0].Name) }
