package alert

// Meaning is what a message says about one alert.
type Meaning string

// The meanings. An alert that only repeats what is known has none.
const (
	MeansFiring    Meaning = "fires"    // it fires, and did not
	MeansRestarted Meaning = "restarts" // it fires from a later start: it had ended, and no message said so
	MeansEnded     Meaning = "ends"     // it is over
	MeansHeld      Meaning = "held"     // it may fire again, or the message is a late copy
)
