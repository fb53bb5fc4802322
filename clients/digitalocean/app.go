package digitalocean

import "time"

// App is an app as the platform has it.
type App struct {
	ID, LiveURL string
	Spec        Spec
	Active      *Deployment // what is live; nil: nothing yet
	InProgress  *Deployment
	Pending     *Deployment // made, and not begun
	Pinned      *Deployment // after a rollback, until it is committed or reverted
}

// Deployment is one attempt to make a spec live.
type Deployment struct {
	ID        string
	Phase     Phase
	Cause     string // what began it, such as MANUAL, MAINTENANCE or MANUAL_ROLLBACK
	Spec      Spec
	CreatedAt time.Time
	Steps     []Step // the platform's own, flattened, in order
	Done      int    // how many of them succeeded
	Total     int
}

// Phase is how far a deployment is.
type Phase string

// The phases. Source: DigitalOcean API reference, App deployment phase.
const (
	PhaseUnknown       Phase = "UNKNOWN"
	PhasePendingBuild  Phase = "PENDING_BUILD"
	PhaseBuilding      Phase = "BUILDING"
	PhasePendingDeploy Phase = "PENDING_DEPLOY"
	PhaseDeploying     Phase = "DEPLOYING"
	PhaseActive        Phase = "ACTIVE"
	PhaseSuperseded    Phase = "SUPERSEDED"
	PhaseError         Phase = "ERROR"
	PhaseCanceled      Phase = "CANCELED"
)

// Terminal reports whether a deployment gets no further by itself.
func (p Phase) Terminal() bool {
	switch p {
	case PhaseActive, PhaseSuperseded, PhaseError, PhaseCanceled:
		return true
	}
	return false
}

// StepStatus is where one of the platform's steps stands.
type StepStatus string

// The statuses. Source: DigitalOcean API reference, App deployment progress.
const (
	StepPending StepStatus = "PENDING"
	StepRunning StepStatus = "RUNNING"
	StepSuccess StepStatus = "SUCCESS"
	StepError   StepStatus = "ERROR"
)

// Step is one of the platform's own steps.
type Step struct {
	Name      string
	Component string // the component it is for, if any
	Status    StepStatus
	Reason    string // why it failed, in the platform's words
}

// wireApp is an app on the wire.
type wireApp struct {
	ID         string          `json:"id"`
	LiveURL    string          `json:"live_url"`
	Spec       Spec            `json:"spec"`
	Active     *wireDeployment `json:"active_deployment"`
	InProgress *wireDeployment `json:"in_progress_deployment"`
	Pending    *wireDeployment `json:"pending_deployment"`
	Pinned     *wireDeployment `json:"pinned_deployment"`
}

func (w wireApp) app() App {
	return App{ID: w.ID, LiveURL: w.LiveURL, Spec: w.Spec, Active: w.Active.pointer(), InProgress: w.InProgress.pointer(),
		Pending: w.Pending.pointer(), Pinned: w.Pinned.pointer()}
}

// wireDeployment is a deployment on the wire.
type wireDeployment struct {
	ID           string `json:"id"`
	Phase        Phase  `json:"phase"`
	Cause        string `json:"cause"`
	CauseDetails struct {
		Type string `json:"type"`
	} `json:"cause_details"`
	Spec      Spec      `json:"spec"`
	CreatedAt time.Time `json:"created_at"`
	Progress  struct {
		Success int        `json:"success_steps"`
		Total   int        `json:"total_steps"`
		Steps   []wireStep `json:"steps"`
	} `json:"progress"`
}

type wireStep struct {
	Name      string     `json:"name"`
	Component string     `json:"component_name"`
	Message   string     `json:"message_base"`
	Status    StepStatus `json:"status"`
	Steps     []wireStep `json:"steps"`
	Reason    *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"reason"`
}

// pointer is nil for none: the platform leaves out what there is not, or
// gives it without an ID.
func (w *wireDeployment) pointer() *Deployment {
	if w == nil || w.ID == "" {
		return nil
	}
	d := w.deployment()
	return &d
}

func (w wireDeployment) deployment() Deployment {
	d := Deployment{ID: w.ID, Phase: w.Phase, Cause: w.CauseDetails.Type, Spec: w.Spec, CreatedAt: w.CreatedAt,
		Steps: flatten(w.Progress.Steps), Done: w.Progress.Success, Total: w.Progress.Total}
	if d.Cause == "" {
		d.Cause = w.Cause
	}
	return d
}

// flatten lists the steps that have none below them.
func flatten(steps []wireStep) []Step {
	var flat []Step
	for _, s := range steps {
		if len(s.Steps) > 0 {
			flat = append(flat, flatten(s.Steps)...)
			continue
		}
		step := Step{Name: s.Name, Component: s.Component, Status: s.Status}
		if s.Message != "" {
			step.Name = s.Message
		}
		if s.Reason != nil {
			step.Reason = cut(s.Reason.Message)
			if step.Reason == "" {
				step.Reason = s.Reason.Code
			}
		}
		flat = append(flat, step)
	}
	return flat
}
