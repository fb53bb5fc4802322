package readiness

import (
	"fmt"
)

// DecideStart is the decision on starting a deployment of the open release now, by a
// known person: what Decide says, plus a deployment under way, and whether the deployer
// may have approved.
func (v View) DecideStart(environment, deployer string) Decision {
	d := v.DecideAgain(environment, deployer)
	for _, name := range append([]string{environment}, v.Checklist.Sharing(environment)...) {
		if run := v.State.Changing(name); run != nil && !d.heldBy(run) {
			d.Blockers = append(d.Blockers, Blocker{Kind: BlockedByRun, Environment: name, Title: run.Title, Reason: "is under way", Run: run})
		}
	}
	d.Go = len(d.Blockers) == 0
	return d
}

// DecideAgain is the decision on continuing a deployment after a wait: what Decide
// says, and whether the deployer may have approved.
func (v View) DecideAgain(environment, deployer string) Decision {
	d := v.Decide(environment)
	d.Blockers = append(d.Blockers, v.selfApproval(environment, deployer)...)
	d.Go = len(d.Blockers) == 0
	return d
}

func (v View) selfApproval(environment, deployer string) []Blocker {
	a := v.Approval(environment)
	if a.Rule.SelfApproval || deployer == "" {
		return nil
	}
	for _, r := range a.Roles {
		if r.Approved() && r.SignOff.By == deployer {
			return []Blocker{{Kind: BlockedBySelfApproval, Role: r, Environment: environment, Title: r.Role.Title,
				Reason: fmt.Sprintf("whoever deploys to %s may not have approved it as %s", environment, r.Role.Title)}}
		}
	}
	return nil
}
