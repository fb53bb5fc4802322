package verb

import (
	"gonogo/commands/pages"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// overview is the glance at a release, and what it was computed from.
type overview struct {
	state  *history.State
	about  string // version of the release; empty: the newest
	second int64  // the second in which it was computed, since evidence and estimates age
	glance pages.Glance
}

// Glance looks at the release of a view, at most once a second while nothing changes: in
// a critical moment everybody asks at once. ok is false if there is none.
func (d *Desk) Glance(v readiness.View) (g pages.Glance, ok bool) {
	if v.Release() == nil {
		return pages.Glance{}, false
	}
	second := v.Now.Unix()
	if o := d.overview.Load(); o != nil && o.state == v.State && o.about == v.Version && o.second == second {
		return o.glance, true
	}
	o := &overview{v.State, v.Version, second, pages.At(d.Cards(), v)}
	d.overview.Store(o)
	return o.glance, true
}
