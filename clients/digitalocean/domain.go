package digitalocean

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// domain finds the entry of a domain among those of the spec; ok is false if it has
// none.
func (s Spec) domain(name string) (entry value, ok bool) {
	held, _ := whole(s.text).member("domains")
	all, _ := held.items() // a list that is not there is empty
	for _, d := range all {
		if sameDomain(d.string("domain"), name) {
			return d, true
		}
	}
	return value{}, false
}

func sameDomain(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "."), strings.TrimSuffix(b, "."))
}

// Domain is the entry of a domain, as the platform's own JSON; empty if the app
// doesn't have it.
func (s Spec) Domain(name string) (entry string) {
	held, _ := s.domain(name)
	return string(held.bytes())
}

// PrimaryDomain is the domain that the spec names as the app's primary one; empty if
// it names none.
func (s Spec) PrimaryDomain() string {
	held, _ := whole(s.text).member("domains")
	all, _ := held.items()
	for _, d := range all {
		if d.string("type") == "PRIMARY" {
			return d.string("domain")
		}
	}
	return ""
}

// WithoutDomain is the spec without a domain. Everything else stays.
func (s Spec) WithoutDomain(name string) (Spec, error) {
	held, there := whole(s.text).member("domains")
	all, err := held.items()
	if !there || err != nil {
		return s, nil // it has none
	}
	var kept [][]byte
	for _, d := range all {
		if !sameDomain(d.string("domain"), name) {
			kept = append(kept, d.bytes())
		}
	}
	if len(kept) == 0 {
		text, err := without(s.text, "domains")
		return Spec{text}, err
	}
	return Spec{held.replaced(slices.Concat([]byte("["), bytes.Join(kept, []byte(",")), []byte("]")))}, nil
}

// WithDomain is the spec with a domain, given as its entry in another one.
func (s Spec) WithDomain(entry string) (Spec, error) {
	name := whole([]byte(entry)).string("domain")
	if name == "" {
		return Spec{}, fmt.Errorf("%q is no domain of an app", entry)
	}
	if _, there := s.domain(name); there {
		return s, nil
	}
	held, _ := whole(s.text).member("domains")
	all, err := held.items()
	if err != nil { // there are none, or null
		text, err := set(s.text, "domains", []byte("["+entry+"]"))
		if err != nil {
			return Spec{}, fmt.Errorf("%w: %w", errNoSpec, err)
		}
		return Spec{text}, nil
	}
	return Spec{held.replaced(added(held.bytes(), len(all) == 0, []byte(entry)))}, nil
}

// Domain is a domain of the app as the platform has set it up.
func (a App) Domain(name string) (d Domain, ok bool) {
	for _, d := range a.Domains {
		if sameDomain(d.Name, name) {
			return d, true
		}
	}
	return Domain{}, false
}

// Clusters names the database clusters that the app's components are connected to.
func (s Spec) Clusters() []string {
	var databases []struct {
		Cluster string `json:"cluster_name"`
	}
	_ = s.read("databases", &databases) // what can't be read names none
	var names []string
	for _, d := range databases {
		if d.Cluster != "" {
			names = append(names, d.Cluster)
		}
	}
	return names
}

// Region is where the spec says that the app runs; empty if it doesn't say.
func (s Spec) Region() string { return whole(s.text).string("region") }
