package deploy

import (
	"errors"
	"net/http"

	"gonogo/clients/digitalocean"
)

// classifyWrite sorts what became of a write.
func classifyWrite(err error) error {
	var unsure *digitalocean.Unsure
	var refused *digitalocean.Refused
	switch {
	case errors.As(err, &unsure):
		return &Unknown{Cause: err}
	case errors.As(err, &refused) && refused.RetryAfter > 0:
		return &Passing{refused.RetryAfter, err}
	}
	return err
}

// classifyRead sorts why a read failed.
func classifyRead(err error) error {
	var unavailable *digitalocean.Unavailable
	var refused *digitalocean.Refused
	switch {
	case errors.As(err, &unavailable):
		return &Passing{max(unavailable.RetryAfter, slowestPoll), err}
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
		return &Gone{err}
	case errors.As(err, &refused) && (refused.Status == http.StatusUnauthorized || refused.Status == http.StatusForbidden):
		return &Denied{err}
	}
	return err
}
