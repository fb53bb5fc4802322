package deploy

import (
	"cmp"
	"regexp"
	"strings"
)

// App is what a strategy deploys to on its platform.
type App struct {
	ID        string // the platform's ID
	Component string // the component whose version changes; empty: it has no components
	Kind      string // the strategy's kind; empty: the first one
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
