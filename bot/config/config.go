package config

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gonogo/clients/alertmanager"
	"gonogo/clients/github"
	"gonogo/clients/webhook"
	"gonogo/commands"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/runs"
)

// Config is a configuration in which nothing is missing and nothing is in
// doubt. It is not changed after it was made.
type Config struct {
	Project  string
	Location *time.Location // for people only; inside everything is UTC
	Slack    struct {
		Releases, OnCall string // channel IDs
		Connections      int    // sockets to hold, 1 to 10
	}
	Storage struct {
		Bolt string // path of the ledger; relative to the folder of the configuration as written there
	}
	Listen    string // host:port; empty: nothing listens
	Checklist *readiness.Checklist
	Gates     map[readiness.Key]gates.Built // what measures each answer
	Targets   map[string]string             // address by environment, where one is given
	// Environments are those that can be deployed to. Obstacles says for others
	// that the file describes why not, in a few words.
	Environments map[string]deploy.Environment
	Obstacles    map[string]string
	Repository   *github.Client              // the one that releases are made from; nil: none is named
	Probes       []Probe                     // in the order of the connections
	Issues       *Issues                     // nil: failed gates open none
	Runbooks     []runs.Runbook              // in the order of the file
	Environ      func(string) (string, bool) // answers for variables, as for those in the file
	Alerts       struct {
		Token             string   // what senders must know; empty: none are taken
		EnvironmentLabels []string // labels that may name an alert's environment, the first that does counts
		Mention           commands.Mention
		Alertmanagers     []*alertmanager.Client // that can be asked which alerts fire, in the order of the connections
	}
	Pager    *webhook.Client // told of what nobody takes; nil: nobody outside is
	NotYet   []string        // what the file names and this version cannot do, each with its place
	Warnings []string        // what is allowed and perhaps not meant, one sentence each
	Secrets  []string        // values that came in through variables and must never be shown
}

// Issues says how failed gates become issues in the repository.
type Issues struct{ Labels []string }

// Load reads a configuration file. environ answers for variables, as
// os.LookupEnv does. The error is Faults.
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

// Parse reads a configuration from data. name stands in faults, and relative
// paths in the configuration are below its folder. The error is Faults.
func Parse(name string, data []byte, environ func(string) (string, bool)) (*Config, error) {
	d := newDecoder(name, environ)
	doc, ok := d.document(data)
	if !ok {
		return nil, d.err()
	}
	b := newBuilder(d, doc, filepath.Dir(name))
	b.build()
	if err := d.err(); err != nil {
		return nil, err
	}
	b.warn()
	b.config.Secrets = slices.Sorted(maps.Keys(d.secrets))
	return b.config, nil
}

func newDecoder(name string, environ func(string) (string, bool)) *decoder {
	return &decoder{diagnostics: &diagnostics{file: name}, environ: environ, secrets: map[string]bool{}, names: map[string]string{}, redactor: &redactor{}, places: map[string]string{}}
}

// tree reads data as YAML. ok is false when it is none; other faults are noted.
func (d *decoder) tree(data []byte) (root *node, ok bool) {
	text, ok := d.readable(data)
	if !ok {
		return nil, false
	}
	tree, ok := d.parse(text)
	if !ok {
		return nil, false
	}
	b := &nodeBuilder{diagnostics: d.diagnostics, anchors: map[string]*node{}}
	return b.node(tree, ""), true
}

// document reads data into Go structs. ok is false when it is not a document
// at all; other faults are noted.
func (d *decoder) document(data []byte) (doc *document, ok bool) {
	root, ok := d.tree(data)
	if !ok {
		return nil, false
	}
	if expandedSize(root, map[*node]int{}) > mostNodes {
		d.fault(root.pos, "the document holds more than 200,000 values, with what its aliases repeat; write less, or repeat less")
		return nil, false
	}
	doc = &document{}
	d.decode(root, settable(doc), "the configuration")
	if environments := root.get("environments"); environments != nil {
		maps.Copy(d.places, d.variablesIn(environments))
	}
	return doc, root.shape == mapping
}
