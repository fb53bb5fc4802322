// Package bluegreen is the strategy blue_green: it deploys to two apps on App Platform,
// of which one has the public name and the other is idle.
//
//	bluegreen.go  the settings
//	apps.go       reads both apps, and finds out which one is live
//	steps.go      the steps of a deployment and of a rollback
//	cutover.go    moves the name from one app to the other, in two writes
//	public.go     asks the sites, by their own addresses and by the public name
//	version.go    reads the version that the public name shows
//	plan.go       what to know before a deployment, and what a person does by hand
//
// Blue and green are only names. Which app is live is what the apps' specs say: the one
// that has the name among its domains. If both have it, or neither, nothing is known to be
// live, and nothing is deployed. The steps of a run name the app by its ID, so that they
// go on with the same one after the colours were swapped in the configuration.
//
// deploy/blue_green_test.go tests it from the configuration to the rollback, with gonogo
// killed at its appends.
package bluegreen

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"gonogo/clients/digitalocean"
	"gonogo/clients/dns"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/nameserver"
)

const kindName = "blue_green"

// Kind is the kind of strategy.
var Kind = deploy.Kind{
	Name:    kindName,
	About:   "two DigitalOcean apps: the idle one gets the version and is tested, and then the public name moves to it; the way back moves the name back",
	Example: `{connection: cloud, apps: {blue: "${BLUE_APP_ID}", green: "${GREEN_APP_ID}"}, version_as: {image_tag: web}, cutover: {domain: www.example.com}}`,
	New:     newStrategy,
	ByHand:  deploy.ByHand{Back: backByHand},
	Target:  deploy.Target{Field: "apps", Noun: "pair of apps"},
}

type settings struct {
	Connection string           `yaml:"connection" require:"the DigitalOcean connection to deploy through"`
	Apps       appIDs           `yaml:"apps" require:"the two apps, { blue: …, green: … }"`
	VersionAs  deploy.VersionAs `yaml:"version_as" require:"where the apps' specs have the version, such as { image_tag: web }"`
	Cutover    cutover          `yaml:"cutover" require:"the public name that moves, { domain: … }"`
	Version    versionSettings  `yaml:"version"` // where the public name shows the version, which must be the new one several times in a row after the cutover
}

type appIDs struct {
	Blue  string `yaml:"blue" require:"the ID of an app"`
	Green string `yaml:"green" require:"the ID of the other app"`
}

type cutover struct {
	Domain        string   `yaml:"domain" require:"the public name that moves from one app to the other"`
	Resolvers     []string `yaml:"resolvers"`     // addresses of resolvers that must have seen the change, such as 1.1.1.1
	Authoritative bool     `yaml:"authoritative"` // whether each of the authoritative servers of domain must have seen it too, where resolvers or servers are named; default: true
	Servers       []string `yaml:"servers"`       // addresses of the authoritative servers; default: looked up with the first resolver
}

// side is one of the two apps.
type side struct {
	colour string
	deploy.Side
}

type strategy struct {
	settings
	sides  [2]side // blue and green
	dialer func(address string) *net.Dialer
	shown  *shownVersion // nil: no address is known that shows it

	// wasIdle is which app was idle when the platform was asked last, for what a plan
	// shows. Nothing is decided by it.
	wasIdle atomic.Int32
}

func newStrategy(decode func(any) error, deps deploy.Deps) (deploy.Strategy, error) {
	s := settings{Cutover: cutover{Authoritative: true}}
	if err := decode(&s); err != nil {
		return nil, err
	}
	faults := s.faults()
	client, err := deploy.ClientOf[*digitalocean.Client](deps, digitalocean.Kind, s.Connection)
	var obstacle *deploy.Obstacle
	if err != nil && !errors.As(err, &obstacle) {
		faults = append(faults, gates.Fault{Field: "connection", Problem: err.Error()})
	}
	made := &strategy{settings: s, dialer: deps.Dialer, sides: [2]side{
		{"blue", deploy.NewSide(client, s.Apps.Blue, s.VersionAs)}, {"green", deploy.NewSide(client, s.Apps.Green, s.VersionAs)}}}
	made.wasIdle.Store(1)
	var bad gates.Faults
	made.shown, bad = newShownVersion(s.Version, s.Cutover.Domain, deps.Dialer)
	faults = append(faults, bad...)
	switch {
	case len(faults) > 0:
		return nil, faults
	case obstacle != nil:
		return nil, &deploy.Obstacle{Why: obstacle.Why, App: made.App()}
	}
	return made, nil
}

func (s settings) faults() (faults gates.Faults) {
	faults = append(faults, deploy.AppFaults("apps.blue", s.Apps.Blue)...)
	faults = append(faults, deploy.AppFaults("apps.green", s.Apps.Green)...)
	if strings.EqualFold(s.Apps.Blue, s.Apps.Green) && s.Apps.Blue != "" {
		faults = append(faults, gates.Fault{Field: "apps.green", Problem: "blue and green are the same app; use two different ones"})
	}
	faults = append(faults, s.VersionAs.Faults()...)
	return append(faults, s.Cutover.faults()...)
}

func (c cutover) faults() (faults gates.Faults) {
	if name := c.Domain; !dns.IsName(name) || !strings.Contains(strings.Trim(name, "."), ".") {
		faults = append(faults, gates.Fault{Field: "cutover.domain", Problem: fmt.Sprintf("%q can't be a public name; write it without http:// and path, such as app.example.com", name)})
	}
	faults = append(faults, addressFaults("resolver", c.Resolvers)...)
	faults = append(faults, addressFaults("server", c.Servers)...)
	if len(c.Servers) > 0 && !c.Authoritative {
		faults = append(faults, gates.Fault{Field: "cutover.servers", Problem: "servers are the authoritative ones, which authoritative: false doesn't ask; remove one of the two"})
	}
	if n := len(c.Resolvers) + len(c.Servers); n > nameserver.Most {
		faults = append(faults, gates.Fault{Field: "cutover.resolvers", Problem: fmt.Sprintf("more than %d servers are named", nameserver.Most)})
	}
	return faults
}

// addressFaults finds those of some servers, each a noun, that have no address.
func addressFaults(noun string, servers []string) (faults gates.Faults) {
	for i, server := range servers {
		_, plain := netip.ParseAddr(server)
		_, withPort := netip.ParseAddrPort(server)
		if plain != nil && withPort != nil {
			faults = append(faults, gates.Fault{Field: fmt.Sprintf("cutover.%ss.[%d]", noun, i), Problem: fmt.Sprintf("%q isn't the address of a %s; write its IP address, such as 1.1.1.1", server, noun)})
		}
	}
	return faults
}

// App implements [deploy.Strategy]. Which app has which colour doesn't matter.
func (s *strategy) App() deploy.App {
	ids := []string{s.Apps.Blue, s.Apps.Green}
	slices.Sort(ids)
	return deploy.App{ID: strings.Join(ids, "+"), Component: s.sides[0].App().Component, Kind: kindName}
}

// Refuses implements [deploy.Strategy].
func (s *strategy) Refuses(version string) string { return s.sides[0].Refuses(version) }
