package digitalocean

import "time"

// step is a step of a deployment as the API tells it.
type step struct {
	Name          string     `json:"name"`
	Status        string     `json:"status"`
	Steps         []*step    `json:"steps,omitempty"`
	StartedAt     *time.Time `json:"started_at,omitempty"`
	EndedAt       *time.Time `json:"ended_at,omitempty"`
	Reason        *reason    `json:"reason,omitempty"`
	ComponentName string     `json:"component_name,omitempty"`
	MessageBase   string     `json:"message_base,omitempty"`

	span  span  // when it is done, as planned
	fault *flaw // that it ends in
}

type reason struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// progress counts the steps that have no further ones below them, and lists
// these flat as the summary.
type progress struct {
	PendingSteps int     `json:"pending_steps,omitempty"`
	RunningSteps int     `json:"running_steps,omitempty"`
	SuccessSteps int     `json:"success_steps,omitempty"`
	ErrorSteps   int     `json:"error_steps,omitempty"`
	TotalSteps   int     `json:"total_steps,omitempty"`
	Steps        []*step `json:"steps"`
	SummarySteps []*step `json:"summary_steps"`
}

// The states of a step.
const (
	stepPending = "PENDING"
	stepRunning = "RUNNING"
	stepSuccess = "SUCCESS"
	stepError   = "ERROR"
)

// progress is how far the deployment has come. One that was canceled or
// superseded stays as it was then: the real platform leaves it "stuck at 2/10"
// (https://github.com/digitalocean/doctl/issues/1460).
func (d *deployment) progress(now time.Time) progress {
	if end := d.endAt(); d.Cut == nil && d.Fault != nil && now.After(end) {
		now = end
	}
	if d.Cut != nil && now.After(d.Cut.At) {
		now = d.Cut.At
	}
	p := progress{Steps: d.steps()}
	d.stand(p.Steps, now)
	p.SummarySteps = leaves(p.Steps)
	p.TotalSteps = len(p.SummarySteps)
	for _, s := range p.SummarySteps {
		switch s.Status {
		case stepPending:
			p.PendingSteps++
		case stepRunning:
			p.RunningSteps++
		case stepSuccess:
			p.SuccessSteps++
		case stepError:
			p.ErrorSteps++
		}
	}
	return p
}

// steps are the deployment's steps as planned, named as in the examples of the
// API's description.
func (d *deployment) steps() []*step {
	spans := d.spans()
	build := &step{Name: "build", Steps: []*step{{Name: "initialize", span: spans[1].part(0)}, {Name: "components"}}}
	deploy := &step{Name: "deploy", Steps: []*step{{Name: "initialize", span: spans[3].part(0)}, {Name: "components"}, {Name: "finalize", span: spans[3].part(3)}}}
	for _, c := range componentsOf(d.Spec) {
		building := &step{Name: c.Name, ComponentName: c.Name, MessageBase: "Building " + c.noun, span: span{spans[1].part(1).from, spans[1].to}}
		starting := &step{Name: "deploy", ComponentName: c.Name, MessageBase: "Deploying " + c.noun, span: spans[3].part(1)}
		waiting := &step{Name: "wait", ComponentName: c.Name, MessageBase: "Waiting for " + c.noun, span: spans[3].part(2)}
		if d.Fault != nil && d.Fault.Component == c.Name {
			if d.Fault.Building {
				building.fault = d.Fault
			} else {
				starting.fault = d.Fault
			}
		}
		build.Steps[1].Steps = append(build.Steps[1].Steps, building)
		deploy.Steps[1].Steps = append(deploy.Steps[1].Steps, &step{Name: c.Name, ComponentName: c.Name, Steps: []*step{starting, waiting}})
	}
	return []*step{build, deploy}
}

// part is one of a span's quarters.
func (s span) part(quarter time.Duration) span {
	long := s.to.Sub(s.from)
	return span{s.from.Add(long * quarter / 4), s.from.Add(long * (quarter + 1) / 4)}
}

// failsAt is when a deployment with these spans fails: at the end of the step
// that the fault is in.
func failsAt(spans [4]span, f *flaw) time.Time {
	if f.Building {
		return spans[1].to
	}
	return spans[3].part(1).to
}

// stand works out where the steps stand. After a fault nothing begins.
func (d *deployment) stand(steps []*step, now time.Time) {
	end, broken := d.endAt(), false
	for _, s := range leaves(steps) {
		if broken && !s.span.from.Before(end) {
			s.Status = stepPending
			continue
		}
		s.stand(now)
		broken = broken || s.Status == stepError
	}
	for _, s := range steps {
		s.sum()
	}
}

// leaves are the steps that have no further ones below them, in order.
func leaves(steps []*step) (all []*step) {
	for _, s := range steps {
		if len(s.Steps) == 0 {
			all = append(all, s)
		}
		all = append(all, leaves(s.Steps)...)
	}
	return all
}

func (s *step) stand(now time.Time) {
	switch {
	case now.Before(s.span.from):
		s.Status = stepPending
		return
	case now.Before(s.span.to):
		s.Status = stepRunning
	case s.fault != nil:
		s.Status, s.Reason = stepError, &reason{s.fault.Code, s.fault.Message}
	default:
		s.Status = stepSuccess
	}
	s.StartedAt = &s.span.from
	if s.Status != stepRunning {
		s.EndedAt = &s.span.to
	}
}

// sum makes a step's state of those below it: it is at the worst of them, and
// done when all are.
func (s *step) sum() {
	if len(s.Steps) == 0 {
		return
	}
	count := map[string]int{}
	for _, below := range s.Steps {
		below.sum()
		count[below.Status]++
		if s.StartedAt == nil {
			s.StartedAt = below.StartedAt
		}
		if below.Status == stepError || count[stepError] == 0 {
			s.EndedAt = below.EndedAt
		}
	}
	switch {
	case count[stepError] > 0:
		s.Status = stepError
	case count[stepSuccess] == len(s.Steps):
		s.Status = stepSuccess
	case count[stepRunning]+count[stepSuccess] > 0:
		s.Status, s.EndedAt = stepRunning, nil
	default:
		s.Status, s.EndedAt = stepPending, nil
	}
}
