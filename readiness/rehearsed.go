package readiness

import (
	"fmt"
	"time"

	"gonogo/readiness/answer"
)

// rehearsed checks whether a rollback was rehearsed on an environment, with success, and not
// too long ago. Where the version that is live has nothing to go back to, there is nothing
// to rehearse.
func (v View) rehearsed(environment string, within time.Duration) answer.Evidence {
	failed := func(format string, args ...any) answer.Evidence {
		return answer.Evidence{Verdict: answer.Failed, Summary: fmt.Sprintf(format, args...)}
	}
	last, ever := v.State.Rehearsed[environment]
	ago := v.Now.Sub(last.Ended)
	switch live := v.LiveOn(environment); {
	case !ever && live.Known() && len(v.State.WayBackFrom(environment, live.Version)) == 0:
		return answer.Evidence{Verdict: answer.NotApplicable, Summary: fmt.Sprintf("nothing was live on %s before %s, so there is nothing to go back to", environment, live.Name())}
	case !ever:
		return failed("no rollback was rehearsed on %s", environment)
	case last.Failed != "":
		return failed("the last rehearsal of a rollback on %s failed: %s", environment, last.Failed)
	case within > 0 && ago > within:
		return failed("a rollback was last rehearsed on %s %s ago, the limit is %s", environment, Span(ago.Truncate(time.Minute)), Span(within))
	}
	e := answer.Evidence{Verdict: answer.Passed, Summary: fmt.Sprintf("a rollback from %s to %s was rehearsed on %s", last.From, last.To, environment)}
	if last.Took > 0 {
		e.Summary += ", and took " + Span(last.Took)
	}
	return e
}
