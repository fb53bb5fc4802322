package verb

import "gonogo/commands/reply"

// Said is what a person said for one input of a form.
type Said struct{ Input, Word string }

// Objections are the faults of what a person said, in the order of the inputs.
// amiss are those of words that were there: a form that opens instead of the
// reply says these, since it cannot show why it opened otherwise.
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
