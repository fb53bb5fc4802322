package data

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/gates"
	"gonogo/gates/database"
	"gonogo/gates/limit"
	"gonogo/gates/schema"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// replicationWant is what must be true of replication.
type replicationWant struct {
	Role     string      `yaml:"role"`     // primary or standby, which the server must be; default: either
	Standbys limit.Count `yaml:"standbys"` // how many standbys stream from the server
	Lag      limit.Times `yaml:"lag"`      // how far a standby is behind: of a primary, the one that is furthest behind
	Warn     limit.Times `yaml:"warn"`     // the same as a warning only
}

const (
	primary = "primary"
	standby = "standby"
)

func (w *replicationWant) faults(add func(field, problem string)) {
	if w == nil {
		return
	}
	if w.Role == "" && !w.Standbys.Set() && !w.Lag.Set() {
		add("replication", "this checks nothing; name a role, standbys or lag")
	}
	if w.Role != "" && w.Role != primary && w.Role != standby {
		add("replication.role", fmt.Sprintf("role is primary or standby, not %s", phrase.Excerpt(w.Role)))
	}
	if w.Lag.Percentile != 0 || w.Warn.Percentile != 0 {
		add("replication", "the lag is measured once, so remove the percentile")
	}
	if w.Warn.Set() && !w.Lag.Set() {
		add("replication", "lag is missing; write it like < 30s")
	}
}

// replication is what a server and its standbys say at one moment.
type replication struct {
	schema.Server
	standbys  []schema.Standby
	receiving bool
	hidden    error // why receiving isn't known, if it isn't
}

// A standby that was level reports no lag. When something is written, its next report
// follows at once, so a primary is asked again in a moment.
const (
	mostLooks   = 5
	betweenLook = 200 * time.Millisecond
)

// replication judges replication.
func (g *schemaGate) replication(ctx context.Context, s *database.Session) answer.Evidence {
	want := *g.settings.Replication
	for looks := 1; ; looks++ {
		var r replication
		err := s.Read(ctx, func(ctx context.Context, tx database.Tx) error { return r.read(ctx, tx, want) })
		switch {
		case err != nil:
			return gates.Errored("replication: %s", g.Explain(ctx, err))
		case looks == mostLooks || !want.Lag.Set() || r.unreported() < 0:
			return r.judge(want)
		}
		select {
		case <-time.After(betweenLook):
		case <-ctx.Done():
			return gates.Errored("replication: %s", g.Explain(ctx, ctx.Err()))
		}
	}
}

// unreported is the position of a standby that has reported no lag; below 0: each has.
func (r *replication) unreported() int {
	return slices.IndexFunc(r.standbys, func(s schema.Standby) bool { return s.Lag == nil })
}

func (r *replication) read(ctx context.Context, tx database.Tx, want replicationWant) (err error) {
	if r.Server, err = schema.Replicating(ctx, tx); err != nil {
		return err
	}
	if want.Standbys.Set() || want.Lag.Set() && !r.Standby {
		if r.standbys, err = schema.Standbys(ctx, tx); err != nil {
			return err
		}
	}
	if want.Lag.Set() && r.Standby {
		r.receiving, err = schema.Receiving(ctx, tx)
		if hidden := database.Hidden(""); errors.As(err, &hidden) {
			r.hidden, err = err, nil
		}
	}
	return err
}

func (r *replication) judge(want replicationWant) answer.Evidence {
	role := primary
	if r.Standby {
		role = standby
	}
	if want.Role != "" && want.Role != role {
		return answer.Evidence{Verdict: answer.Failed, Summary: fmt.Sprintf("the server is a %s, not a %s", role, want.Role)}
	}
	parts := []answer.Evidence{{Verdict: answer.Passed, Summary: "a " + role}}
	if want.Standbys.Set() {
		n := len(r.standbys)
		parts = append(parts, gates.Judged([]answer.Measure{gates.CountMeasure("streaming standbys", n, want.Standbys)}, phrase.Count(n, "streaming standby", "streaming standbys")))
	}
	switch {
	case !want.Lag.Set():
	case r.Standby:
		parts = append(parts, r.ownLag(want))
	default:
		parts = append(parts, r.furthest(want))
	}
	return gates.Joined(parts)
}

// ownLag judges how far a standby is behind. One that is connected and has replayed all
// that it received is level, however old the newest transaction is. Of any other it is
// known only that it is behind by no more than that age.
func (r *replication) ownLag(want replicationWant) answer.Evidence {
	switch {
	case r.receiving && r.Replayed:
		return want.lag("the standby", 0)
	case r.Age == nil:
		return gates.Errored("the standby hasn't replayed a transaction since it started, so it isn't known how far it is behind")
	case r.hidden != nil && !want.Lag.Allows(r.Age.Seconds()):
		return gates.Errored("the standby's newest transaction is %s old, and whether there was a newer one isn't known: %s", gates.Precisely(*r.Age), r.hidden)
	}
	return want.lag("the standby", *r.Age)
}

// furthest judges the standby of a primary that is furthest behind.
func (r *replication) furthest(want replicationWant) answer.Evidence {
	if len(r.standbys) == 0 {
		return answer.Evidence{Verdict: answer.Failed, Summary: "no standby streams from the server"}
	}
	if i := r.unreported(); i >= 0 {
		return gates.Errored("it isn't known how far the standby %s is behind: it has reported no lag yet; try again", phrase.Excerpt(r.standbys[i].Name))
	}
	last := slices.MaxFunc(r.standbys, func(a, b schema.Standby) int { return int(*a.Lag - *b.Lag) })
	return want.lag("the standby "+phrase.Excerpt(last.Name), *last.Lag)
}

func (w replicationWant) lag(who string, lag time.Duration) answer.Evidence {
	name := "lag of " + who
	ev := gates.Judged([]answer.Measure{gates.TimeMeasure(name, []time.Duration{lag}, w.Lag)}, fmt.Sprintf("%s %s behind", who, gates.Precisely(lag)))
	return gates.Warned(ev, !w.Warn.Set() || w.Warn.Allows(lag.Seconds()), fmt.Sprintf("%s is %s, warning limit %s", name, gates.Precisely(lag), w.Warn.Text))
}
