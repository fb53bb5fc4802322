package config

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/alertmanager"
	"gonogo/clients/github"
	"gonogo/clients/webhook"
	"gonogo/commands/cards"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/alertpath"
	"gonogo/gates/oncall"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/runs/runbook"
	"gonogo/storage/store"
)

// Faults is everything that is wrong with a configuration, in the order of the
// file. It is the error of [Load] and [Parse].
type Faults = strictyaml.Faults

// Config is a valid configuration: nothing is missing and nothing is ambiguous. It is
// not changed after it was made.
type Config struct {
	Project  string
	Location *time.Location // for display only; inside everything is UTC
	Slack    struct {
		Releases, OnCall string // channel IDs
		Connections      int    // sockets to hold, 1 to 10
	}
	Storage   store.Store // where the ledger is kept; relative to the folder of the configuration as written there
	Listen    string      // host:port; empty: nothing listens
	Checklist *checklist.Checklist
	Gates     map[answer.Key]gates.Built // what measures each answer
	Targets   map[string]string          // address by environment, where one is given
	// Environments are those that gonogo can deploy to. Obstacles says in a few words
	// why it can't deploy to others that have deploy.
	Environments map[string]deploy.Environment
	Obstacles    map[string]string
	Repository   *github.Client                   // where releases are made from; nil: none is named
	Notable      struct{ Paths, Titles []string } // which commits people should see first; no titles: the usual ones
	WaitToken    string                           // the token that pipelines on other hosts must know to wait for a decision; empty: none can
	Reviews      []Review                         // the environments whose deployments at GitHub gonogo approves, in the order of the file
	Databases    []Database                       // of connections, in their order
	Probes       []Probe                          // in the order of the connections
	Issues       *Issues                          // nil: failed gates open no issues
	Runbooks     []runbook.Runbook                // in the order of the file
	Environ      func(string) (string, bool)      // looks up variables, including those in the file
	Alerts       struct {
		Token             string   // the token that senders of alerts must know; empty: alerts are not accepted
		EnvironmentLabels []string // labels that may name an alert's environment; the first one that does counts
		Mention           cards.Mention
		Alertmanagers     []*alertmanager.Client // the ones to ask for firing alerts, in the order of the connections
		Path              *alertpath.Watch       // where gates wait for synthetic alerts to come back
	}
	OnCall   *oncall.Roster  // who is on call, for gates; it has the roles, and whoever knows their people opens it
	Pager    *webhook.Client // receives escalations; nil: nobody outside is notified
	NotYet   []string        // what the file uses and this version doesn't support, each with its position
	Warnings []string        // what is allowed but perhaps not meant, one sentence each
	Secrets  []string        // values of variables that must never be shown
}

// Database is where a connection of kind postgres leads to.
type Database struct {
	Connection, Environment string // environment "": all
	URL                     string // a secret
}

// Issues says how failed gates become issues in the repository.
type Issues struct{ Labels []string }

// Load reads a configuration file. environ looks up variables, as os.LookupEnv does.
// The error is Faults.
func Load(path string, environ func(string) (string, bool)) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, Faults{{File: path, Problem: unreadable(err)}}
	}
	return Parse(path, data, environ)
}

func unreadable(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file; name the configuration with --config FILE"
	case errors.Is(err, fs.ErrPermission):
		return "the file may not be read; give the user that gonogo runs as the right to"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return "the file cannot be read: " + err.Error()
}

// Parse reads a configuration from data. name is used in faults, and relative paths in
// the configuration are relative to its folder. The error is Faults.
func Parse(name string, data []byte, environ func(string) (string, bool)) (*Config, error) {
	d := strictyaml.NewDecoder(name, format, environ)
	doc, root := decodeDocument(d, data)
	if root == nil {
		return nil, d.Err()
	}
	b := newBuilder(d, doc, environ, filepath.Dir(name))
	if environments := root.Get("environments"); environments != nil {
		maps.Copy(b.shown, d.VariablesIn(environments))
	}
	b.build()
	if err := d.Err(); err != nil {
		return nil, err
	}
	b.warn()
	b.hideProgramVariables(string(data))
	b.config.Secrets = d.Secrets()
	return b.config, nil
}

// decodeDocument decodes data into Go structs. root is nil where data isn't a document
// at all; other faults are noted.
func decodeDocument(d *strictyaml.Decoder, data []byte) (doc *document, root *strictyaml.Node) {
	root, ok := d.Read(data)
	if !ok {
		return nil, nil
	}
	doc = &document{}
	d.Decode(root, doc, "the configuration")
	if root.Shape != strictyaml.Mapping {
		return nil, nil
	}
	return doc, root
}
