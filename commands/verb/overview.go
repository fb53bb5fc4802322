package verb

import (
	"gonogo/commands/pages"
	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// overview is the page with the whole release, and what it was computed from.
type overview struct {
	state  *history.State
	about  string // version of the release; empty: the newest
	second int64  // the second in which it was computed, since evidence and estimates age
	reply  reply.Reply
}

// Overview computes the overview at most once a second while nothing changes: in a
// critical moment everybody asks at once.
func (d *Desk) Overview(v readiness.View) reply.Reply {
	second := v.Now.Unix()
	if o := d.overview.Load(); o != nil && o.state == v.State && o.about == v.Version && o.second == second {
		return o.reply
	}
	o := &overview{v.State, v.Version, second, pages.Release(d.Cards(), v)}
	d.overview.Store(o)
	return o.reply
}
