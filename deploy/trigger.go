package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"

	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/readiness/alert"
	"gonogo/readiness/history"
)

// Trigger says when an environment is bad enough to ask about a rollback. It is either
// an alert with certain labels, or something that gonogo samples itself: Alertmanager
// does not repeat an unchanged alert, so it can't say that something is bad several
// times in a row, or good again. Package runs samples and journals; nothing here does.
type Trigger struct {
	ID, Title   string
	Sample      Sampler           // nil for a trigger that is an alert
	Labels      map[string]string // an alert with all of these is the trigger
	Limit       limit.Limit       // what counts as a breach: "> 5%"; not set: anything but 0
	Consecutive int               // breaches in a row; 0: 3
	Every       time.Duration     // between two samples; 0: 20 s
	NoData      NoData
	Traffic     *Traffic // without as much traffic a sample doesn't count; nil: it always does
	Hard        bool     // an automatic rollback doesn't wait for anybody to stop it
	Roles       []string // people in these roles may declare it; it is sampled by nobody
}

// Traffic is the least traffic that a trigger needs to say anything.
type Traffic struct {
	Sample Sampler
	Limit  limit.Limit // ">= 1"
}

// Sampler measures once. It may be called from any goroutine.
type Sampler interface {
	// Sample measures now, on the environment and for the release of the scope. It
	// returns when ctx ends. An error is a sentence for people.
	Sample(ctx context.Context, now time.Time, scope gates.Scope) (Sample, error)
}

// Sample is one measurement.
type Sample struct {
	Value float64
	Data  bool   // false: there is nothing to measure now, for example no traffic
	Words string // what to tell people instead of the value; empty: the value

	Failed bool // a breach, whatever the value
	Silent bool // a breach only because nothing answered, or there was no data: gonogo's own network may be down
}

// NoData is what a sample without data means.
type NoData string

// The rules for no data.
const (
	IgnoreNoData NoData = "ignore" // it doesn't count
	WarnNoData   NoData = "warn"   // after that many in a row, on-call is told, without the offer of a rollback
	TripNoData   NoData = "trip"   // a breach
)

// unmeasured is how many samples in a row may fail before on-call is told that nothing
// is being measured.
const unmeasured = 4

// Reading is a sample and what it means.
type Reading struct {
	Sample
	Breach bool
	Idle   bool  // there is too little traffic for it to count
	Err    error // it couldn't be measured; the text is for people
}

// Take samples a trigger once.
func (t Trigger) Take(ctx context.Context, now time.Time, scope gates.Scope) Reading {
	if idle, err := t.Traffic.idle(ctx, now, scope); err != nil {
		return Reading{Err: err}
	} else if idle != "" {
		return Reading{Sample: Sample{Words: idle}, Idle: true}
	}
	sample, err := t.Sample.Sample(ctx, now, scope)
	switch {
	case err != nil:
		return Reading{Err: err}
	case math.IsNaN(sample.Value), math.IsInf(sample.Value, 0):
		return Reading{Err: errors.New("it measured " + figure(sample.Value) + ", which no limit can be compared with")}
	}
	r := Reading{Sample: sample, Breach: t.breach(sample)}
	r.Silent = r.Breach && (sample.Silent || !sample.Data && !sample.Failed)
	return r
}

// idle says that there is too little traffic, or "".
func (t *Traffic) idle(ctx context.Context, now time.Time, scope gates.Scope) (string, error) {
	if t == nil {
		return "", nil
	}
	sample, err := t.Sample.Sample(ctx, now, scope)
	switch {
	case err != nil:
		return "", fmt.Errorf("the traffic: %w", err)
	case !sample.Data:
		return "no traffic, which needs to be " + t.Limit.Text, nil
	case !t.Limit.Allows(sample.Value):
		return fmt.Sprintf("too little traffic: %s, which needs to be %s", figure(sample.Value), t.Limit.Text), nil
	}
	return "", nil
}

// mostSample is the longest timeout of one sample.
const mostSample = 10 * time.Second

// TakeSafely samples like Take, at the time of the scope, and not for longer than the
// pause until the next sample. A panic becomes the error of this sample.
func (t Trigger) TakeSafely(ctx context.Context, scope gates.Scope, log *slog.Logger) (r Reading) {
	ctx, cancel := context.WithTimeout(ctx, min(t.Pace(), mostSample))
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			log.Error("a sample panicked", "environment", scope.Environment, "trigger", t.ID, "cause", cause)
			r = Reading{Err: errors.New("gonogo failed internally in this measurement; see its log")}
		}
	}()
	return t.Take(ctx, scope.View.Now, scope)
}

// breach reports whether a sample exceeds the limit, or lacks required data.
func (t Trigger) breach(s Sample) bool {
	switch {
	case s.Failed:
		return true
	case !s.Data:
		return t.NoData == TripNoData
	case !t.Limit.Set():
		return s.Value != 0
	}
	return t.Limit.Allows(t.scaled(s.Value))
}

// LimitOf is what a breach was compared with, as people write it. It is empty if the
// reading has words of its own, which name the limit, or if there was no data to
// compare.
func (t Trigger) LimitOf(r Reading) string {
	switch {
	case r.Words != "", r.Err == nil && !r.Data:
		return ""
	case !t.Limit.Set():
		return "!= 0"
	}
	return t.Limit.Text
}

// scaled is a value in the unit of the limit: a query returns a share, 0.07, while a
// limit may be in percent.
func (t Trigger) scaled(value float64) float64 {
	if t.Limit.Unit() == "%" {
		return 100 * value
	}
	return value
}

// Text is the reading for people, in the unit of the trigger's limit.
func (r Reading) Text(t Trigger) string {
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.Words != "":
		return r.Words
	case !r.Data:
		return "no data"
	}
	text := figure(t.scaled(r.Value))
	if unit := t.Limit.Unit(); unit != "" {
		text += " " + unit
	}
	return text
}

// figure writes a number with three digits.
func figure(value float64) string {
	if math.Abs(value) >= 100 {
		return strconv.FormatFloat(value, 'f', 0, 64)
	}
	return strconv.FormatFloat(value, 'g', 3, 64)
}

// Count is how many readings of a trigger in a row were the same. The zero value has
// counted nothing; one goroutine owns it, and a restart resets it.
//
//	             breaches  healthy  empty  errors
//	breach          +1        0       0      0
//	healthy          0       +1       0      0
//	no data, warn    =        =      +1      0
//	no data, ignore  =        =       =      0
//	error            =        =       =     +1
//	idle             =        =       =      0
//
// So a breach, an error and a breach are two breaches in a row: a failed sample says
// nothing about the environment.
type Count struct{ breaches, measured, healthy, empty, errors int }

// Add counts a reading.
func (c *Count) Add(t Trigger, r Reading) {
	if r.Err != nil {
		c.errors++
		return
	}
	c.errors = 0
	switch {
	case r.Idle:
	case r.Breach:
		c.breaches, c.healthy, c.empty = c.breaches+1, 0, 0
		if !r.Silent {
			c.measured++
		}
	case r.Data:
		c.breaches, c.measured, c.healthy, c.empty = 0, 0, c.healthy+1, 0
	case t.NoData == WarnNoData:
		c.empty++
	}
}

// Problem is what is wrong now, if anything. A measured problem takes precedence over
// one that couldn't be measured.
func (c Count) Problem(t Trigger) (alert.TriggerProblem, bool) {
	switch n := t.inRow(); {
	case c.breaches >= n:
		return alert.OverLimit, true
	case c.empty >= n:
		return alert.NoData, true
	case c.errors >= unmeasured:
		return alert.Unmeasurable, true
	}
	return "", false
}

// InRow is how many samples in a row showed a problem.
func (c Count) InRow(problem alert.TriggerProblem) int {
	switch problem {
	case alert.NoData:
		return c.empty
	case alert.Unmeasurable:
		return c.errors
	}
	return c.breaches
}

// Measured reports whether one of the breaches in a row was measured, and not only
// missing: silence may be gonogo's own.
func (c Count) Measured() bool { return c.measured > 0 }

// Quiet reports whether what tripped a trigger is over. A breach is over once as many
// samples in a row were healthy; if nothing could be measured, one measurement is
// enough.
func (c Count) Quiet(t Trigger, problem alert.TriggerProblem) bool {
	switch problem {
	case alert.Unmeasurable:
		return c.errors == 0
	case alert.NoData:
		return c.empty == 0 && c.errors == 0
	}
	return c.healthy >= t.inRow()
}

func (t Trigger) inRow() int {
	if t.Consecutive == 0 {
		return 3
	}
	return t.Consecutive
}

// Pace is how long to wait between two samples.
func (t Trigger) Pace() time.Duration {
	if t.Every == 0 {
		return 20 * time.Second
	}
	return t.Every
}

// Matches reports whether an alert's labels are what the trigger waits for.
func (t Trigger) Matches(labels map[string]string) bool {
	for name, value := range t.Labels {
		if labels[name] != value {
			return false
		}
	}
	return len(t.Labels) > 0
}

// Fires is what the trigger began on an environment and that isn't over, or nil.
func (t Trigger) Fires(s *history.State, environment string) *history.Incident {
	if len(t.Labels) == 0 {
		return s.FiringTrigger(environment, t.ID)
	}
	for _, i := range s.FiringIncidents() {
		for _, a := range i.FiringAlerts() {
			if t.Matches(a.Labels) && cmp.Or(i.Records[a.Fingerprint].Place, i.Environment) == environment {
				return i
			}
		}
	}
	return nil
}
