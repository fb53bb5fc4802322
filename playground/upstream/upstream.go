// Package upstream has the outside services of the practice world: web sites with their
// certificates and names, test reports, each environment's Odoo database, the platform
// that releases are deployed to, GitHub, the monitoring, the dashboards and a host with
// SSH. Each behaves towards a client as the real service does, and each has switches that
// break and fix it. One switch is of the workspace's: who is on call.
//
// # Nouns
//
// An [Upstream] is one of them: a heading on the panel, its switches, the variables by
// which a client finds it, and what it serves. A [Switch] is in one of its states
// ([State]); in a new world it is in the first. A [Place] is what the world gives an
// upstream: a folder, an address, and the positions that its switches had before a
// restart.
//
// # Adding one
//
// A new upstream is one file with a constructor, and one line in [All]. It starts
// nothing until its Run is called, and Run returns when everything it started is over.
//
// # What is stored
//
// The world remembers the switches' positions, and an upstream may keep files in its
// place. A position is stored only after its effect: if writing the reports fails, for
// example, the switch stays where it was.
package upstream

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Upstream is one outside service of the practice world.
type Upstream struct {
	Title     string
	Switches  []*Switch
	Variables []Variable

	// Prefix is the path under which Handler is mounted in the world, as in
	// "/sites/staging/"; empty if the upstream isn't served at the world's own
	// address.
	Prefix  string
	Handler http.Handler

	// Run works until ctx ends; nil if there is nothing to run.
	Run func(ctx context.Context) error

	// Writes are the requests for changes that its API has received so far, in order and
	// including rejected ones, as "METHOD /path"; nil if clients can't change anything.
	Writes func() []string
}

// Variable is a setting that a client needs to find the practice world.
type Variable struct {
	Name, Value, About string
}

// Place is what the world provides to an upstream.
type Place struct {
	Dir        string                                                  // the world's folder; each upstream creates its own in it
	URL        string                                                  // the world's URL, without a trailing slash
	Listen     func(name string) (net.Listener, error)                 // opens a port on the loopback address, the same one after a restart if it is free
	ListenBoth func(name string) (net.Listener, net.PacketConn, error) // such a port for TCP and UDP
	Position   func(switchID string) (state string)                    // a switch's position before a restart; empty: none is stored
	Receiver   func() string                                           // the URL to which alerts are posted
	SetGroup   func(group string, users ...string) error               // sets who is in a user group of the workspace
	Now        func() time.Time
	Haste      int // the factor by which things are faster than usual; 0: 1
	Log        *slog.Logger
}

// scaled is how long something takes here, given its usual duration.
func (p Place) scaled(usually time.Duration) time.Duration {
	return usually / time.Duration(max(p.Haste, 1))
}

// host is the host of the world's URL.
func (p Place) host() string {
	u, err := url.Parse(p.URL)
	if err != nil {
		panic(err) // the world made it
	}
	return u.Hostname()
}

// All makes every upstream, in the order of the panel. Those that others depend on are
// made first: the sites show the version that the cloud has live, and the monitoring
// counts the sites' requests. After an error, the caller closes the listeners that were
// opened before it.
func All(p Place) ([]*Upstream, error) {
	cloud, err := newCloud(p)
	if err != nil {
		return nil, err
	}
	staging, production := stagingSite(p, cloud), productionSite(p, cloud)
	monitoring, err := newMonitoring(p, watched{"staging", staging.Requests}, watched{"production", production.Requests})
	if err != nil {
		return nil, err
	}
	outside, err := newOutside(p, staging, production)
	if err != nil {
		return nil, err
	}
	return each(p,
		testReports,
		codeHost,
		newCheckout,
		cloud.upstream,
		stagingDatabase,
		staging.upstream,
		outside.staging.upstream,
		productionDatabase,
		production.upstream,
		outside.production.upstream,
		newProductionHost,
		outside.domain,
		monitoring.prometheus,
		monitoring.alertmanager,
		newBoards,
		newDashboards,
		newSlack,
	)
}

func each(p Place, kinds ...func(Place) (*Upstream, error)) ([]*Upstream, error) {
	all := make([]*Upstream, 0, len(kinds))
	for _, kind := range kinds {
		one, err := kind(p)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
