// Package finding is the result of one check of gonogo's surroundings: whether a thing
// is fine, and if not, how to fix it. gonogo doctor prints the findings; the package
// that knows a thing, such as the Slack side, makes the findings about it.
package finding

// Level says how bad a finding is.
type Level string

// The levels of a finding, as gonogo doctor --json prints them.
const (
	Sound     Level = "ok"
	Warning   Level = "warning"
	Faulty    Level = "fault"
	Unchecked Level = "not checked"
)

// Finding is one thing that was looked at before anybody needs it. Where it is not
// sound, Says includes how to fix it.
type Finding struct {
	Subject string
	Level   Level
	Says    string
}

// OK is a finding about something sound.
func OK(subject, says string) Finding { return Finding{subject, Sound, says} }

// Warn is a finding about something that works and should be looked at.
func Warn(subject, says string) Finding { return Finding{subject, Warning, says} }

// Fault is a finding about something that has to be fixed.
func Fault(subject, says string) Finding { return Finding{subject, Faulty, says} }

// NotChecked is a finding about something that could not be looked at.
func NotChecked(subject, says string) Finding { return Finding{subject, Unchecked, says} }
