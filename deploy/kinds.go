package deploy

import (
	"errors"
	"fmt"
	"slices"

	"gonogo/clients/connection"
)

// Kind is a sort of strategy.
type Kind struct {
	Name    string
	About   string
	Example string
	New     func(decode func(any) error, deps Deps) (Strategy, error)
}

// Deps is what strategies are built with.
type Deps struct {
	// Connection finds a connection of a kind by its name, or says in a sentence
	// why there is none.
	Connection func(name, kind string) (connection.Connection, error)
	// Components names the components of an app that environments take their
	// version from. It is called once all strategies are built.
	Components func(app string) []string
}

// Obstacle is why a strategy cannot be built as things are, although its
// settings are right: a token is not set, say.
type Obstacle struct {
	Why string
	App App // what the strategy would deploy to
}

// Error implements error.
func (o *Obstacle) Error() string { return o.Why }

// kinds is the one list of strategies; a new one is one line here.
var kinds = []Kind{rollingKind}

// client finds the client of a connection of a kind. What the environment lacks
// is an [Obstacle].
func client[T any](deps Deps, name, kind string) (T, error) {
	var none T
	c, err := deps.Connection(name, kind)
	if err != nil {
		return none, err
	}
	found, err := connection.Client[T](c)
	var missing *connection.Missing
	if errors.As(err, &missing) {
		return none, &Obstacle{Why: missing.Why}
	}
	return found, err
}

// Build makes a strategy of a kind from its settings.
func Build(kind string, decode func(any) error, deps Deps) (Strategy, error) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == kind })
	if i < 0 {
		return nil, fmt.Errorf("there is no way to deploy called %q", kind)
	}
	return kinds[i].New(decode, deps)
}

// Known reports whether there is a strategy of that kind.
func Known(kind string) bool {
	return slices.ContainsFunc(kinds, func(k Kind) bool { return k.Name == kind })
}
