package digitalocean

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Component is a part of an app, as its spec describes it. Package godo has no type that
// all kinds of components share.
type Component struct {
	Kind            string // the list that it is in: services, workers, jobs, static_sites or functions
	Name            string
	Job             string // of a job, when it runs: PRE_DEPLOY, POST_DEPLOY, FAILED_DEPLOY or SCHEDULED
	Size            string // the slug of its instance size; empty: the spec names none
	Instances       int    // how many it has at least
	MostInstances   int    // how many autoscaling may make of it; without autoscaling, as many as Instances
	Health          *HealthCheck
	Liveness        *HealthCheck
	LogDestinations []string // names of where its log is forwarded to
	Variables       []Variable
}

// HealthCheck is how the platform looks after a component's instances.
type HealthCheck struct {
	HTTPPath string `json:"http_path"` // empty: it opens a TCP connection
}

// Variable is an environment variable without its value.
type Variable struct {
	Key       string
	Scope     string // RUN_TIME, BUILD_TIME or RUN_AND_BUILD_TIME, which is what an empty one stands for
	Secret    bool   // the platform keeps it encrypted
	Encrypted bool   // the platform has given an encrypted value for it
	Empty     bool   // it has no value
}

// Runs reports whether the component runs all the time, and so has a health.
func (c Component) Runs() bool { return c.Kind == "services" || c.Kind == "workers" }

// wireComponent is a component on the wire. Source: DigitalOcean's OpenAPI description
// at 7c1300c (specification/resources/apps/models), as is every default here.
type wireComponent struct {
	Name        string `json:"name"`
	Kind        string `json:"kind"` // of a job
	Size        string `json:"instance_size_slug"`
	Count       int    `json:"instance_count"`
	Autoscaling *struct {
		Min int `json:"min_instance_count"`
		Max int `json:"max_instance_count"`
	} `json:"autoscaling"`
	Health   *HealthCheck `json:"health_check"`
	Liveness *HealthCheck `json:"liveness_health_check"`
	Logs     []struct {
		Name string `json:"name"`
	} `json:"log_destinations"`
	Envs []wireVariable `json:"envs"`
}

type wireVariable struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Scope string `json:"scope"`
	Type  string `json:"type"`
}

func (w wireComponent) component(kind string) Component {
	c := Component{Kind: kind, Name: w.Name, Job: w.Kind, Size: w.Size, Health: w.Health, Liveness: w.Liveness, Variables: variables(w.Envs)}
	c.Instances = max(w.Count, 1)
	c.MostInstances = c.Instances
	if w.Autoscaling != nil {
		c.Instances = max(w.Autoscaling.Min, 1)
		c.MostInstances = max(w.Autoscaling.Max, c.Instances)
	}
	for _, l := range w.Logs {
		c.LogDestinations = append(c.LogDestinations, l.Name)
	}
	return c
}

func variables(wire []wireVariable) []Variable {
	var all []Variable
	for _, w := range wire {
		encrypted := strings.HasPrefix(w.Value, encryptedPrefix)
		all = append(all, Variable{Key: w.Key, Scope: w.Scope, Secret: w.Type == "SECRET", Encrypted: encrypted, Empty: w.Value == ""})
	}
	return all
}

// encryptedPrefix begins a value that the platform gives back encrypted.
const encryptedPrefix = "EV["

// Components are the app's components. An error says that the spec can't be read.
func (s Spec) Components() ([]Component, error) {
	var all []Component
	for _, kind := range componentLists {
		var some []wireComponent
		if err := s.read(kind, &some); err != nil {
			return nil, err
		}
		for _, w := range some {
			all = append(all, w.component(kind))
		}
	}
	return all, nil
}

// Variables are those of the whole app, which all its components have.
func (s Spec) Variables() ([]Variable, error) {
	var some []wireVariable
	err := s.read("envs", &some)
	return variables(some), err
}

// Name is what the app is called.
func (s Spec) Name() string { return whole(s.text).string("name") }

// Extras are what a spec has that costs money and has no instances, in a few words:
// databases that are made for the app, and dedicated IP addresses. A database on a
// cluster is paid for with the cluster.
func (s Spec) Extras() ([]string, error) {
	var databases []struct {
		Name       string `json:"name"`
		Production bool   `json:"production"`
		Cluster    string `json:"cluster_name"`
	}
	var egress struct {
		Type string `json:"type"`
	}
	if err := errors.Join(s.read("databases", &databases), s.read("egress", &egress)); err != nil {
		return nil, err
	}
	var all []string
	for _, d := range databases {
		if !d.Production && d.Cluster == "" {
			all = append(all, "the database "+d.Name)
		}
	}
	if egress.Type == "DEDICATED_IP" {
		all = append(all, "a dedicated IP address")
	}
	return all, nil
}

// read reads a field of the spec; one that isn't there leaves into as it is.
func (s Spec) read(field string, into any) error {
	if _, err := whole(s.text).members(); err != nil {
		return errNoSpec
	}
	held, there := whole(s.text).member(field)
	if !there {
		return nil
	}
	if err := json.Unmarshal(held.bytes(), into); err != nil {
		// The text of package json can have values of the spec in it.
		return fmt.Errorf("the app's spec has a field %s that can't be read; look at the app in DigitalOcean's control panel", field)
	}
	return nil
}
