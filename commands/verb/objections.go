package verb

import "gonogo/commands/reply"

// Said is what a person entered for one input of a form.
type Said struct{ Input, Word string }

// Objections are the faults of what a person entered, in the order of the inputs. amiss
// are the faults of values that were given: a form that opens again in place of the
// reply shows these, since it has no other way to say why.
func Objections(faults map[string]string, words ...Said) (all, amiss reply.Lines) {
	for _, s := range words {
		fault := faults[s.Input]
		if fault == "" {
			continue
		}
		all = append(all, reply.Say(fault))
		if s.Word != "" {
			amiss = append(amiss, reply.Say(fault))
		}
	}
	return all, amiss
}
