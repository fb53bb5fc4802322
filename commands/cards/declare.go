package cards

import (
	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
)

// Declares is the act that declares something.
func Declares(d checklist.Declaration) reply.Act {
	return reply.Act{Verb: "rollback declare", Environment: d.Environment, Trigger: d.Trigger}
}

// DeclareButton asks what was seen, and declares it.
func DeclareButton(d checklist.Declaration) reply.Button {
	return reply.Button{Label: reply.Shorten("Declare on "+d.Environment+": "+d.Title, 75), Act: Declares(d)}
}
