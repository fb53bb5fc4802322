package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gonogo/gates/network"
	"gonogo/readiness/answer"
)

// A name may have several servers, one at each address, and a visitor gets any of them.
// So each address is checked by itself, in parallel, and the worst answer counts for
// the name. An address that this machine has no route to, because it has no IPv6 or no
// IPv4 at all, is mentioned and fails nothing: that says something about this machine
// and not about the server, and would block every release.

// severalAddresses is the note about this in the documentation of a kind.
const severalAddresses = `Each IPv4 and IPv6 address of the name is checked separately, in parallel. The worst result counts and names its address; the details have one
line per address. An address that this machine has no route to, such as any IPv6 address on a machine without IPv6, is listed in the details
and doesn't fail the gate. The gate is errored if no address can be reached, if the name server gives no answer about IPv4 or about IPv6
addresses, or if there are more than 32. The name localhost counts as one address.`

// atPlace is the evidence about one place. Of evidence with the same verdict, the one
// with the greatest weight is the worst.
type atPlace struct {
	place    string
	evidence answer.Evidence
	weight   float64
}

// lookAt checks places side by side.
func lookAt(places []string, look func(place string) atPlace) []atPlace {
	all := make([]atPlace, len(places))
	var looks sync.WaitGroup
	for i, place := range places {
		looks.Go(func() {
			all[i] = look(place)
			all[i].place = place
		})
	}
	looks.Wait()
	return all
}

// worst is the evidence for a name: that of its worst place, with its address, and a
// line for each of the others.
func worst(all []atPlace, unseen []string) answer.Evidence {
	gravity := func(at atPlace) int {
		return slices.Index([]answer.Verdict{answer.Warned, answer.Errored, answer.Failed}, at.evidence.Verdict)
	}
	bad := slices.MaxFunc(all, func(a, b atPlace) int {
		return cmp.Or(gravity(a)-gravity(b), cmp.Compare(a.weight, b.weight))
	})
	ev := bad.evidence
	if len(all) > 1 {
		var lines []string
		for _, at := range all {
			lines = append(lines, at.place+": "+at.evidence.Summary)
		}
		ev.Details = append(lines, ev.Details...)
		if ev.Verdict == answer.Passed {
			ev.Summary += fmt.Sprintf(", at the worst of %d addresses", len(all))
		} else {
			ev.Summary = fmt.Sprintf("at %s, one of %d addresses: %s", bad.place, len(all), ev.Summary)
		}
	}
	ev.Details = append(ev.Details, unseen...)
	return ev
}

// addressProblem says why an address is invalid, or "". A placeholder for something not
// known yet is accepted.
func addressProblem(address string) string {
	if strings.Contains(address, "{") {
		return ""
	}
	return network.AddressProblem(address)
}
