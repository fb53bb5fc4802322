package digitalocean

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The phases of a deployment
// (https://docs.digitalocean.com/reference/api/digitalocean/#tag/Apps).
const (
	pendingBuild  = "PENDING_BUILD"
	building      = "BUILDING"
	pendingDeploy = "PENDING_DEPLOY"
	deploying     = "DEPLOYING"
	active        = "ACTIVE"
	superseded    = "SUPERSEDED"
	failed        = "ERROR"
	canceled      = "CANCELED"
)

// deployment is one attempt to make a spec live. All that is going to happen
// to it is fixed when it is made, but for being cut short.
type deployment struct {
	ID         string          `json:"id"`
	Spec       json.RawMessage `json:"spec"`
	Cause      cause           `json:"cause"`
	Created    time.Time       `json:"created"`
	Pace       Pace            `json:"pace"`
	Fault      *flaw           `json:"fault,omitempty"`
	Cut        *cut            `json:"cut,omitempty"`
	Previous   string          `json:"previous,omitempty"` // the one that was live when it was made
	ClonedFrom string          `json:"cloned_from,omitempty"`

	names  []string // the domains in its spec, once somebody asked
	serves *source  // what its spec has the first component serve, once somebody asked: a spec stays as it is
}

// source is what a component is made of: an image's tag, or else a branch and
// the commit that was built.
type source struct{ version, commit string }

// source reads the deployment's spec, once.
func (d *deployment) source() source {
	if d.serves == nil {
		d.serves = &source{}
		if all := componentsOf(d.Spec); len(all) > 0 {
			*d.serves = source{all[0].version(), all[0].commit()}
		}
	}
	return *d.serves
}

// has reports whether the deployment's spec has a domain.
func (d *deployment) has(domain string) bool {
	if d.names == nil {
		d.names = append([]string{}, domainsOf(d.Spec)...)
	}
	return slices.ContainsFunc(d.names, func(name string) bool { return strings.EqualFold(name, domain) })
}

// cause says why there is a deployment: in words, as the API's type, and as
// the name of the user's action where a user caused it.
type cause struct {
	Text   string `json:"text"`
	Type   string `json:"type"`
	Action string `json:"action,omitempty"`
}

// The types and actions are the API's; the words of manual deployments too, and
// those of the rest are ours.
var (
	initial     = cause{"initial deployment", "MANUAL", "CREATE_DEPLOYMENT"}
	updated     = cause{"app spec updated", "MANUAL", "UPDATE_SPEC"}
	manual      = cause{"manual", "MANUAL", "CREATE_DEPLOYMENT"}
	rolledBack  = cause{"manual rollback", "MANUAL_ROLLBACK", "ROLLBACK_APP"}
	reverted    = cause{"rollback reverted", "MANUAL", "REVERT_APP_ROLLBACK"}
	maintenance = cause{"app platform maintenance", "MAINTENANCE", ""}
	push        = cause{"deploy on push", "DEPLOY_ON_PUSH", ""}
)

// flaw is what makes a deployment fail: while building, or while deploying.
type flaw struct {
	Component string `json:"component"`
	Building  bool   `json:"building"`
	Code      string `json:"code"`
	Message   string `json:"message"`
}

// cut is an end before the plan's.
type cut struct {
	Phase string    `json:"phase"`
	At    time.Time `json:"at"`
}

// span is the time from one instant to the next.
type span struct{ from, to time.Time }

// spans are when the deployment is in each of its four phases, as planned.
func (d *deployment) spans() (s [4]span) {
	at := d.Created
	for i, long := range []time.Duration{d.Pace.PendingBuild, d.Pace.Building, d.Pace.PendingDeploy, d.Pace.Deploying} {
		s[i] = span{at, at.Add(long)}
		at = s[i].to
	}
	return s
}

// upAt is when the deployment becomes active if nothing is in its way.
func (d *deployment) upAt() time.Time { return d.spans()[3].to }

// endAt is when the deployment ends by its plan: active, or in its fault.
func (d *deployment) endAt() time.Time {
	if d.Fault == nil {
		return d.upAt()
	}
	return failsAt(d.spans(), d.Fault)
}

// cut ends a deployment that is still under way.
func (d *deployment) cut(phase string, now time.Time) {
	if d.underWay(now) {
		d.Cut = &cut{phase, now}
	}
}

func (d *deployment) underWay(now time.Time) bool { return d.Cut == nil && now.Before(d.endAt()) }

// cameUp reports whether the deployment has been active, now or earlier.
func (d *deployment) cameUp(now time.Time) bool {
	phase, _ := d.phase(now)
	return phase == active
}

// phase is where the deployment stands, and since when, without regard to
// those after it.
func (d *deployment) phase(now time.Time) (phase string, since time.Time) {
	if d.Cut != nil {
		return d.Cut.Phase, d.Cut.At
	}
	if end := d.endAt(); !now.Before(end) {
		if d.Fault != nil {
			return failed, end
		}
		return active, end
	}
	for i, one := range d.spans() {
		if now.Before(one.to) {
			return []string{pendingBuild, building, pendingDeploy, deploying}[i], one.from
		}
	}
	return active, d.upAt()
}
