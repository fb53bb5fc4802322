package event

import (
	"time"

	"gonogo/readiness/answer"
)

// The events of overrides: two people have a version go out although some items don't
// pass. The deployment that one counts for is the RunStarted that follows it.

// OverrideAsked asks a second person to pass over items of one release, for its next
// deployment to one environment.
type OverrideAsked struct {
	ID          string       `json:"id"`
	Environment string       `json:"environment"`
	Release     string       `json:"release"` // version
	Commit      string       `json:"commit,omitempty"`
	Items       []Overridden `json:"items"`
	Reason      string       `json:"reason"`
	By          string       `json:"by"`
	Until       time.Time    `json:"until"` // when it ends unless it is confirmed
	Channel     string       `json:"channel,omitempty"`
}

// Overridden is one answer that an override passes over, as it was shown to the people
// who agreed on it.
type Overridden struct {
	Item        string        `json:"item"`
	Environment string        `json:"environment,omitempty"` // of an item that is asked once per environment
	Why         string        `json:"why"`                   // it doesn't pass, in a few words
	Shown       *answer.Shown `json:"shown"`
}

// OverrideConfirmed is the agreement of the second person.
type OverrideConfirmed struct {
	ID    string    `json:"id"`
	By    string    `json:"by"`
	Until time.Time `json:"until"` // when it stops counting
}

// OverrideIssueIntended is the intent to open the GitHub issue of an override that was
// used.
type OverrideIssueIntended struct {
	ID string `json:"id"`
}

// OverrideIssueWritten is the issue of an override.
type OverrideIssueWritten struct {
	ID     string `json:"id"`
	Number int    `json:"number"`
	URL    string `json:"url"`
}

// OverrideDeclined ends an override that no deployment has used.
type OverrideDeclined struct {
	ID string `json:"id"`
	By string `json:"by"`
}
