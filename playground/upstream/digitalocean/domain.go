package digitalocean

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Domain is how the platform has set up a domain of an app's spec.
type Domain struct {
	Name    string
	Phase   string    // PENDING, CONFIGURING, ACTIVE or ERROR
	Expires time.Time // when its certificate expires; zero: it has none yet
}

// SetDomain sets how far a domain of the app is. Without that it is ACTIVE, with a
// certificate for 60 days, once it has been set up.
func (p *Platform) SetDomain(appID string, d Domain) error {
	return p.change(appID, func(a *app) error {
		a.Domains = append(slices.DeleteFunc(a.Domains, func(one Domain) bool { return one.Name == d.Name }), d)
		return nil
	})
}

// Holder is the app that a domain leads to, which has it in its live deployment and has
// set it up; empty if there is none.
func (p *Platform) Holder(domain string) (appID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.apps {
		live := a.active(p.now())
		if live == nil || !has(live.Spec, domain) {
			continue
		}
		for _, d := range a.domains(p.now()) {
			if d.name == domain && d.Phase == "ACTIVE" {
				return a.ID
			}
		}
	}
	return ""
}

// domains are those of the app's spec.
func (a *app) domains(now time.Time) (all []domainView) {
	spec, err := parse(a.Spec)
	if err != nil {
		return nil
	}
	for _, d := range spec.Domains {
		v := domainView{ID: digest(a.ID + d.Domain)[:32], Spec: d, name: d.Domain, primary: d.Type == "PRIMARY", Phase: "ACTIVE", Expires: new(now.AddDate(0, 0, 60))}
		if a.Settling[d.Domain] > 0 {
			v.Phase, v.Expires = "CONFIGURING", nil
		}
		for _, set := range a.Domains {
			if set.Name != d.Domain {
				continue
			}
			if v.Phase, v.Expires = set.Phase, nil; !set.Expires.IsZero() {
				v.Expires = new(set.Expires)
			}
		}
		all = append(all, v)
	}
	return all
}

// settle counts one reading of the app, after which its new domains are further.
func (a *app) settle() {
	for name := range a.Settling {
		if a.Settling[name]--; a.Settling[name] <= 0 {
			delete(a.Settling, name)
		}
	}
}

// assign notes which domains of a spec are new to the app, and so have to be set up.
func (p *Platform) assign(a *app, spec json.RawMessage) {
	for _, name := range domainsOf(spec) {
		if !has(a.Spec, name) && p.opts.Settling > 0 {
			if a.Settling == nil {
				a.Settling = map[string]int{}
			}
			a.Settling[name] = p.opts.Settling
		}
	}
}

// taken is a domain of the spec that another app has. What the real platform does then
// isn't described; other platforms let only one app have a name.
func (p *Platform) taken(appID string, spec json.RawMessage) (domain string) {
	for _, name := range domainsOf(spec) {
		for _, a := range p.apps {
			if a.ID != appID && has(a.Spec, name) {
				return name
			}
		}
	}
	return ""
}

func domainsOf(spec json.RawMessage) (names []string) {
	if s, err := parse(spec); err == nil {
		for _, d := range s.Domains {
			names = append(names, d.Domain)
		}
	}
	return names
}

func has(spec json.RawMessage, domain string) bool {
	return slices.ContainsFunc(domainsOf(spec), func(name string) bool { return strings.EqualFold(name, domain) })
}
