package config

import (
	"gonogo/gates/form"
	"gonogo/gates/limit"
)

// How values are written, for pages and editors. Each pattern matches everything that
// its type accepts; what only the type knows, such as whether a time zone exists, is
// left to config check.

// Form implements [form.Formed].
func (duration) Form() form.Form {
	return form.Form{Name: "duration", Pattern: limit.Duration(0).Form().Pattern}
}

// Form implements [form.Formed].
func (pause) Form() form.Form {
	return form.Form{Name: "duration, at most 1h", Pattern: limit.Duration(0).Form().Pattern, Zero: true}
}

// Form implements [form.Formed].
func (condition) Form() form.Form {
	return form.Form{Name: "yes or no", Pattern: `^\s*([tT][rR][uU][eE]|[yY][eE][sS]|1|[fF][aA][lL][sS][eE]|[nN][oO]|0)?\s*$`, Number: true, Truth: true}
}

// Form implements [form.Formed].
func (identifier) Form() form.Form {
	return form.Form{Name: "name", Pattern: identifierShape.String(), Number: true, Truth: true}
}

// Form implements [form.Formed].
func (channelID) Form() form.Form {
	return form.Form{Name: "channel ID", Pattern: `^[CG][A-Z0-9]{2,}$`}
}

// Form implements [form.Formed].
func (userID) Form() form.Form { return form.Form{Name: "member ID", Pattern: `^[UW][A-Z0-9]{2,}$`} }

// Form implements [form.Formed].
func (groupID) Form() form.Form {
	return form.Form{Name: "user group ID", Pattern: `^S[A-Z0-9]{2,}$`}
}

// Form implements [form.Formed].
func (hostPort) Form() form.Form { return form.Form{Name: "host:port", Pattern: `:[0-9]+$`} }

// Form implements [form.Formed].
func (zone) Form() form.Form {
	return form.Form{Name: "time zone", Pattern: `^[A-Za-z][A-Za-z0-9_+/-]*$`}
}

// Form implements [form.Formed].
func (schemaName) Form() form.Form {
	return form.Form{Name: "schema name", Pattern: schemaShape.String(), Truth: true}
}
