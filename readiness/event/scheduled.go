package event

import "time"

// The events of deployments that are scheduled for a later time. What starts one is
// RunStarted, whose change names it.

// DeploymentScheduled says that a deployment starts at a time, if it is GO then.
type DeploymentScheduled struct {
	ID          string    `json:"id"`
	Environment string    `json:"environment"`
	Release     string    `json:"release"` // version
	Commit      string    `json:"commit,omitempty"`
	Due         time.Time `json:"due"`
	NoWayBack   bool      `json:"no_way_back,omitempty"` // that there is no way back was accepted
	By          string    `json:"by"`
	Channel     string    `json:"channel,omitempty"` // where it was asked for
}

// DeploymentReminded says that whoever scheduled a deployment is told what is going to
// block it. It happens once.
type DeploymentReminded struct {
	ID       string   `json:"id"`
	Blockers []string `json:"blockers"` // each a sentence without its full stop
}

// DeploymentUnscheduled ends a scheduled deployment that has not started.
type DeploymentUnscheduled struct {
	ID       string   `json:"id"`
	By       string   `json:"by,omitempty"`       // empty: gonogo itself
	Why      string   `json:"why,omitempty"`      // the end of a sentence, if gonogo ended it
	Blockers []string `json:"blockers,omitempty"` // of NO-GO at its time, each a sentence without its full stop
	Missed   bool     `json:"missed,omitempty"`   // gonogo could not start it in time
}
