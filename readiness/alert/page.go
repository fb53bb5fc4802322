package alert

// PageOutcome is how telling the webhook went.
type PageOutcome string

// The outcomes. A page that is delayed is tried again.
const (
	PageDelivered PageOutcome = "delivered"
	PageDelayed   PageOutcome = "delayed"
	PageRefused   PageOutcome = "refused" // for good
)
