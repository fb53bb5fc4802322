package grammar

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
)

// DecodeAct reads what Act.Encode wrote. It is strict: an unknown field or verb, or a
// parameter that the verb does not take, is an error. In messages from an earlier
// version the value is a typed command; that is read too.
func (g *Grammar) DecodeAct(value string) (reply.Act, error) {
	if !strings.HasPrefix(value, "{") {
		return g.decodeSentence(value)
	}
	a, err := reply.DecodeAct(value)
	if err != nil {
		return reply.Act{}, err
	}
	v, ok := g.Named(a.Verb)
	if !ok {
		return reply.Act{}, fmt.Errorf("%w: verb %q", reply.ErrOtherVersion, a.Verb)
	}
	if name := v.excess(a); name != "" {
		return reply.Act{}, fmt.Errorf("%w: %q takes no %s", reply.ErrOtherVersion, a.Verb, name)
	}
	return a, nil
}

// excess is the name of a parameter that an act has and its verb doesn't take, or "".
func (v Command) excess(a reply.Act) string {
	for _, name := range slices.Sorted(Parameters()) {
		if valueOf(a, name) != nil && !v.Takes(name) {
			return name
		}
	}
	return ""
}
