package event

import (
	"time"

	"gonogo/readiness/alert"
)

// The events of gonogo's own troubles.

// TroubleKind is something that can keep gonogo from its work.
type TroubleKind string

// The kinds of trouble. Package bot/watch says what each one means for /readyz.
const (
	TroubleLedger          TroubleKind = "ledger"           // it can't be written
	TroubleDisk            TroubleKind = "disk"             // the ledger's is full, or nearly
	TroubleClock           TroubleKind = "clock"            // the last record is ahead of it
	TroubleSlackConnection TroubleKind = "slack_connection" // no socket is open, or nothing comes in
	TroubleSlackAPI        TroubleKind = "slack_api"        // the Web API doesn't respond
	TroubleBotToken        TroubleKind = "bot_token"        // Slack rejects it
	TroubleReleasesChannel TroubleKind = "releases_channel" // the bot can't post there
	TroubleOnCallChannel   TroubleKind = "on_call_channel"  // the bot can't post there
	TroubleOtherProcess    TroubleKind = "other_process"    // it uses the same app token
	TroubleRuns            TroubleKind = "runs"             // a run can't continue
	TroubleAlertsTooLarge  TroubleKind = "alerts_too_large" // a delivery was refused for its size
	TroubleAlertsTooMany   TroubleKind = "alerts_too_many"  // a delivery was refused for its rate
	TroublePlatformDenied  TroubleKind = "platform_denied"  // a platform rejects the credentials
	TroublePlatformSilent  TroubleKind = "platform_silent"  // a platform doesn't say what is live
	TroubleGitHub          TroubleKind = "github"           // GitHub rejects the credentials
)

// Troubled says that something has kept gonogo from its work for some time, or that the
// reason has changed. From then on it is shown in Slack.
type Troubled struct {
	Trouble TroubleKind `json:"kind"`
	Why     string      `json:"why"`            // a sentence, with the next step
	Page    bool        `json:"page,omitempty"` // the intent to notify the outside webhook, too
	Since   time.Time   `json:"since,omitzero"` // when it was first seen; zero: when this was recorded
}

// TroubleEnded says that a trouble has ended.
type TroubleEnded struct {
	Trouble TroubleKind `json:"kind"`
}

// TroublePaged says whether the outside webhook was notified of a trouble.
type TroublePaged struct {
	Trouble TroubleKind       `json:"kind"`
	Outcome alert.PageOutcome `json:"outcome"`
	Status  int               `json:"status,omitempty"` // of HTTP, if there was a response
	Why     string            `json:"why,omitempty"`    // why it was not notified
}
