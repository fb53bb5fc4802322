package chat

import (
	"time"

	"gonogo/bot/chat/slackerr"
)

var (
	code, retryAfter, passing, withoutAddress = slackerr.Code, slackerr.RetryAfter, slackerr.Temporary, slackerr.WithoutURL
	callOutcome                               = slackerr.Outcome
)

func safe(err error) string { return slackerr.WithoutURL(err).Error() }

type pauses struct{ slackerr.Backoff }

func newPauses() *pauses                                 { return &pauses{} }
func (p *pauses) next(asked time.Duration) time.Duration { return p.Next(asked) }
func (p *pauses) reset()                                 { p.Reset() }
