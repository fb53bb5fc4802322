package cards

import (
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
)

// RewordedParts say of a section that answers ended since their question was
// reworded, with the button that keeps them.
func RewordedParts(v readiness.View, section checklist.Section) []reply.Part {
	reworded := v.Reworded(section.ID)
	if len(reworded) == 0 {
		return nil
	}
	return []reply.Part{reply.Lines{reply.Say("⚠ ", phrase.Count(len(reworded), "answer"), " ended because the item was reworded: ", reply.Typed(wording.ItemIDs(reworded)), ". If it asks the same as before, the answers can be kept.")},
		reply.Actions{SameQuestion(section)}}
}

// SameQuestion says that the reworded items of a section ask the same as before.
func SameQuestion(section checklist.Section) reply.Button {
	return reply.Button{Label: "Same question: " + section.Title, Act: reply.Do("ready same", section.ID)}
}
