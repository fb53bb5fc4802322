package deploy

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"

	"gonogo/clients/connection"
)

// Kind is a kind of strategy: everything that the rest of gonogo needs to know about it
// before there is one.
type Kind struct {
	Name    string // the field under deploy that chooses it; the names of its apps contain it too
	About   string
	Example string
	New     func(decode func(any) error, deps Deps) (Strategy, error)
	ByHand  ByHand
	Target  Target // zero: an app, in the field of that name
}

// Target is what the settings of a kind call the thing that it deploys to.
type Target struct {
	Field string // which identifies it
	Noun  string
}

// TargetOf is what the settings call an app.
func TargetOf(app App) Target {
	kind, _ := lookup(app.Strategy())
	return cmp.Or(kind.Target, Target{Field: "app", Noun: "app"})
}

// Deps is what strategies are built with.
type Deps struct {
	// Connection finds a connection of a kind by its name, or says in a sentence why
	// there is none.
	Connection func(name, kind string) (connection.Connection, error)
	// Components names the components of an app that environments take their
	// version from. It is called once all strategies are built.
	Components func(app string) []string
	// Dir is the configuration's folder, in which programs are run.
	Dir string
	// Environ looks up a variable; nil: gonogo's own.
	Environ func(string) (string, bool)
	// Dialer connects to a host and port that the settings name, or with "" to those of a
	// redirect; nil: the usual one.
	Dialer func(address string) *net.Dialer
	// YAML reads a file that isn't gonogo's.
	YAML func(text []byte, into any) error
	// Hide has the values of named variables, which programs see and may print, redacted
	// everywhere; nil: they aren't.
	Hide func(names ...string)
}

// Obstacle is why a strategy can't be built now, although its settings are valid: a
// token is not set, for example.
type Obstacle struct {
	Why string
	App App // what the strategy would deploy to
}

// Error implements error.
func (o *Obstacle) Error() string { return o.Why }

// kinds is the list of strategies; a new one is one line here. Ledgers don't name the
// kind of apps of the first one, which was the only one for a long time.
var kinds = []Kind{
	rollingKind,
}

// Kinds lists the kinds of strategies.
func Kinds() []Kind { return slices.Clone(kinds) }

// lookup finds a kind by its name.
func lookup(name string) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

// client finds the client of a connection of a kind. If the environment lacks
// something, the error is an [Obstacle].
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
	k, ok := lookup(kind)
	if !ok {
		return nil, fmt.Errorf("there is no deployment strategy %q", kind)
	}
	s, err := k.New(decode, deps)
	if err == nil && s.App().Strategy() != k.Name {
		return nil, fmt.Errorf("deploy: the strategy %s says that its app is one of %s", k.Name, s.App().Strategy())
	}
	return s, err
}
