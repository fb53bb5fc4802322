package commands

import "gonogo/commands/reply"

// said is what a person said for one input of a form.
type said struct{ input, word string }

// objections are the faults of what a person said, in the order of the inputs.
// amiss are those of words that were there: a form that opens instead of the
// reply says these, since it cannot show why it opened otherwise.
func objections(faults map[string]string, words ...said) (all, amiss reply.Lines) {
	for _, s := range words {
		fault := faults[s.input]
		if fault == "" {
			continue
		}
		all = append(all, reply.Say(fault))
		if s.word != "" {
			amiss = append(amiss, reply.Say(fault))
		}
	}
	return all, amiss
}
