package limit

import "gonogo/gates/form"

// The parts of patterns. What strconv.ParseFloat and time.ParseDuration read is
// wider than what people write.
const (
	patternNumber = `[-+]?([0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?|\.[0-9]+([eE][-+]?[0-9]+)?|0[xX][0-9A-Fa-f_.]+[pP][-+]?[0-9]+)`
	patternSpan   = `[-+]?[0-9.][0-9A-Za-zµμ_.+-]*(s|m|h|d)`
	patternSign   = `(<=|>=|==|!=|<|>|=)?\s*`
	patternWhich  = `([pP](50|90|95|99)\s+|[mM][aA][xX]\s+)?`
)

// Form implements [form.Formed].
func (Duration) Form() form.Form {
	return form.Form{Name: "duration", Pattern: `^([-+]?0|` + patternSpan + `)$`, Zero: true}
}

// Form implements [form.Formed].
func (Limit) Form() form.Form {
	return form.Form{Name: "limit", Pattern: `^\s*` + patternWhich + patternSign + `(` + patternNumber + `%?|` + patternSpan + `)\s*$`, Number: true}
}

// Form implements [form.Formed].
func (Count) Form() form.Form {
	return form.Form{Name: "limit of a count", Pattern: `^\s*` + patternSign + patternNumber + `\s*$`, Number: true}
}

// Form implements [form.Formed].
func (Times) Form() form.Form {
	return form.Form{Name: "limit of a time", Pattern: `^\s*` + patternWhich + patternSign + patternSpan + `\s*$`}
}

// Form implements [form.Formed].
func (Share) Form() form.Form {
	return form.Form{Name: "limit of a share", Pattern: `^\s*` + patternSign + patternNumber + `%\s*$`}
}

// Form implements [form.Formed].
func (Expectation) Form() form.Form {
	return form.Form{Name: "limit or word", Pattern: `\S`, Number: true, Truth: true}
}
