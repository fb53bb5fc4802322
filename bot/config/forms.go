package config

import "gonogo/gates"

// How values are written, as pages and editors are told. Each pattern matches all
// that its type reads; what only the type can tell, such as whether a time zone
// is known, is for config check.

// Form implements [gates.Formed].
func (duration) Form() gates.Form {
	return gates.Form{Name: "duration", Pattern: gates.Duration(0).Form().Pattern}
}

// Form implements [gates.Formed].
func (pause) Form() gates.Form {
	return gates.Form{Name: "duration, at most 1h", Pattern: gates.Duration(0).Form().Pattern, Zero: true}
}

// Form implements [gates.Formed].
func (condition) Form() gates.Form {
	return gates.Form{Name: "yes or no", Pattern: `^\s*([tT][rR][uU][eE]|[yY][eE][sS]|1|[fF][aA][lL][sS][eE]|[nN][oO]|0)?\s*$`, Number: true, Truth: true}
}

// Form implements [gates.Formed].
func (identifier) Form() gates.Form {
	return gates.Form{Name: "name", Pattern: identifierShape.String(), Number: true, Truth: true}
}

// Form implements [gates.Formed].
func (channelID) Form() gates.Form {
	return gates.Form{Name: "channel ID", Pattern: `^[CG][A-Z0-9]{2,}$`}
}

// Form implements [gates.Formed].
func (userID) Form() gates.Form { return gates.Form{Name: "member ID", Pattern: `^[UW][A-Z0-9]{2,}$`} }

// Form implements [gates.Formed].
func (groupID) Form() gates.Form {
	return gates.Form{Name: "user group ID", Pattern: `^S[A-Z0-9]{2,}$`}
}

// Form implements [gates.Formed].
func (webURL) Form() gates.Form {
	return gates.Form{Name: "address", Pattern: `^[hH][tT][tT][pP][sS]?://[^/?#]`}
}

// Form implements [gates.Formed].
func (databaseURL) Form() gates.Form {
	return gates.Form{Name: "address", Pattern: `^[pP][oO][sS][tT][gG][rR][eE][sS]([qQ][lL])?://[^/?#]`}
}

// Form implements [gates.Formed].
func (hostPort) Form() gates.Form { return gates.Form{Name: "host:port", Pattern: `:[0-9]+$`} }

// Form implements [gates.Formed].
func (zone) Form() gates.Form {
	return gates.Form{Name: "time zone", Pattern: `^[A-Za-z][A-Za-z0-9_+/-]*$`}
}

// Form implements [gates.Formed].
func (repository) Form() gates.Form {
	return gates.Form{Name: "owner/name", Pattern: repositoryShape.String()}
}
