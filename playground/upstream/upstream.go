// Package upstream is what a release is checked against in the practice world: web
// sites with their certificates and names, test reports, each environment's Odoo
// database, and what it is deployed to. Each behaves towards a client as the real
// thing does, and each has switches that break and fix it.
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
	"time"
)

// Upstream is one outside service of the practice world.
type Upstream struct {
	Title     string
	Switches  []*Switch
	Variables []Variable

	// Prefix is the path under which Handler is mounted in the world, as in
	// "/sites/staging/"; empty for what is not reached through the world's own
	// address.
	Prefix  string
	Handler http.Handler

	// Run works until ctx ends; nil when there is nothing to do meanwhile.
	Run func(ctx context.Context) error

	// Writes are the requests for a change that its API has had so far, in their
	// order and whether they were let in or not, as "METHOD /path"; nil where
	// clients change nothing.
	Writes func() []string
}

// Variable is a setting that a client needs to find the practice world.
type Variable struct {
	Name, Value, About string
}

// Place is where an upstream lives.
type Place struct {
	Dir        string                                                  // the world's folder; each upstream makes its own in it
	URL        string                                                  // the world's address, without a slash at its end
	Listen     func(name string) (net.Listener, error)                 // a port of its own on the loopback address, the same after a restart if it is free
	ListenBoth func(name string) (net.Listener, net.PacketConn, error) // such a port for streams and datagrams
	Position   func(switchID string) (state string)                    // where a switch stood before; empty: a new world
	Receiver   func() string                                           // where alerts are posted now
	Now        func() time.Time
	Haste      int // how many times as fast as usual things take their course; 0: once
	Log        *slog.Logger
}

// soon is how long something takes here that usually takes so long.
func (p Place) soon(usually time.Duration) time.Duration {
	return usually / time.Duration(max(p.Haste, 1))
}

// All makes every upstream, in the order of the panel. Those that others look
// at are made first: the sites show what the cloud has live, and the monitoring
// counts the sites' requests. On an error what was opened before it is the
// world's to close.
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
		cloud.upstream,
		stagingDatabase,
		staging.upstream,
		outside.staging.upstream,
		productionDatabase,
		production.upstream,
		outside.production.upstream,
		outside.domain,
		monitoring.prometheus,
		monitoring.alertmanager,
		newBoards,
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
