package alert

// TriggerProblem is what made a trigger speak.
type TriggerProblem string

// The problems of a trigger.
const (
	OverLimit    TriggerProblem = "over_limit"
	NoData       TriggerProblem = "no_data"
	Unmeasurable TriggerProblem = "unmeasurable" // asking failed several times in a row
)
