package runs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// measurement measures one answer of a release and notes what it was taken from: an
// answer of deployment scope counts only for the arrival that was live on its
// environment both when the measurement began and when it ended.
type measurement struct {
	item    *checklist.Item
	key     answer.Key
	version string // of the release
	arrival int    // that it was taken from; undefined before it has ended
}

// mostMoves is how many times a measurement is repeated because another build went live
// meanwhile.
const mostMoves = 3

// job wraps a job for the runner so that it makes the measurement. It reads what is
// live before and after from state.
func (m *measurement) job(job gates.Job, built gates.Built, state func() *history.State) gates.Job {
	job.Gate, job.Secrets = built.Gate, slices.Concat(built.Secrets, job.Secrets)
	if m.item.Scope == answer.DeploymentScope {
		job.Gate = steadyGate{built.Gate, m, state}
	}
	return job
}

// evidence adds to a measurement what it belongs to.
func (m *measurement) evidence(v readiness.View, ev answer.Evidence) answer.Evidence {
	ev = v.Of(m.version).Stamp(m.item, m.key, ev)
	if m.item.Scope == answer.DeploymentScope {
		ev.Subject.Arrival = m.arrival
	}
	return ev
}

// steadyGate measures again if another build went live meanwhile.
type steadyGate struct {
	gate  gates.Gate
	of    *measurement
	state func() *history.State
}

// Check implements gates.Gate.
func (g steadyGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	environment := g.of.key.Environment
	for range mostMoves {
		before := g.state().Live[environment].Arrival
		ev := g.gate.Check(ctx, s)
		g.of.arrival = before
		if g.state().Live[environment].Arrival == before || ctx.Err() != nil {
			return ev
		}
	}
	return lost(fmt.Sprintf("what is live on %s changed each of the %d times that it was measured", environment, mostMoves))
}

// Deadline implements gates.WithDeadline for gates that set their own.
func (g steadyGate) Deadline() time.Duration {
	if own, ok := g.gate.(gates.WithDeadline); ok {
		return own.Deadline()
	}
	return 0
}

// LeastTime implements gates.WithLeastTime.
func (g steadyGate) LeastTime() time.Duration { return gates.LeastTime(g.gate) }

// GracePeriod implements gates.WithGracePeriod for gates that clean up.
func (g steadyGate) GracePeriod() time.Duration {
	if own, ok := g.gate.(gates.WithGracePeriod); ok {
		return own.GracePeriod()
	}
	return 0
}
