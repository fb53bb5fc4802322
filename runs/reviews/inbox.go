package reviews

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// Inbox takes what GitHub sends to the webhook of the App that is gonogo's protection rule.
// A delivery opens nothing by itself: it only has the run looked up at once that GitHub's
// list of waiting runs would show some seconds later. So one that gets lost does no harm,
// and neither does one that is sent again by whoever.
type Inbox struct {
	Ledger *storage.Ledger
	Places []Place
}

// What becomes of deliveries.
const (
	Taken    = "taken"
	Repeated = "repeated" // it, or another one about the same run, came before
	Ignored  = "ignored"  // it is about something that gonogo doesn't need
)

// sameRun is how long a request about a run stands for further ones: the headers of a
// delivery aren't signed, so its ID alone doesn't keep one from being sent again.
const sameRun = time.Minute

// Take records a delivery of an event. The error is [github.ErrNotSigned] for a forged
// one and [*github.Misdirected] for one that is about something else; after any other it
// isn't recorded, and GitHub has to show it as failed.
func (b Inbox) Take(ctx context.Context, happened string, d github.Delivery) (became string, err error) {
	if happened != github.RuleEvent {
		return b.ignore(d)
	}
	err = github.ErrNotSigned
	for _, place := range b.Places {
		request, refused := place.Repository.RuleRequest(d)
		switch {
		case errors.Is(refused, github.ErrNotSigned):
		case refused != nil:
			err = refused
		case !strings.EqualFold(request.Environment, place.Name):
			err = &github.Misdirected{Why: fmt.Sprintf("it is about the environment %.50q at GitHub, and no reviews of the configuration with protection_rule are", request.Environment)}
		default:
			return b.record(ctx, d.ID, event.ReviewRequested{Delivery: d.ID, Environment: place.Environment, Run: request.Run})
		}
	}
	return "", err
}

// ignore accepts other events, such as the ping of a new webhook, if GitHub sends them.
func (b Inbox) ignore(d github.Delivery) (became string, err error) {
	for _, place := range b.Places {
		if place.Repository.Signed(d) {
			return Ignored, nil
		}
	}
	return "", github.ErrNotSigned
}

func (b Inbox) record(ctx context.Context, id string, requested event.ReviewRequested) (became string, err error) {
	became = Taken
	receipt, err := b.Ledger.Once(ctx, "github/"+id, func(s *history.State, now time.Time) ([]event.Event, error) {
		for _, known := range s.Requested {
			if known.Environment == requested.Environment && known.Run == requested.Run && known.At.Add(sameRun).After(now) {
				became = Repeated
				return nil, nil
			}
		}
		return []event.Event{requested}, nil
	})
	if receipt.Repeat {
		became = Repeated
	}
	if err != nil {
		return "", fmt.Errorf("record a delivery of GitHub: %w", err)
	}
	return became, nil
}
