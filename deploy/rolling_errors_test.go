package deploy

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"gonogo/clients/digitalocean"
)

// Each error of the client has one class, and keeps its words.
func TestErrorsOfThePlatformHaveClasses(t *testing.T) {
	limited := &digitalocean.Refused{Status: http.StatusTooManyRequests, RetryAfter: time.Minute}
	for name, tt := range map[string]struct {
		classify func(error) error
		err      error
		class    string
		after    time.Duration
	}{
		"a read without an answer":              {classifyRead, &digitalocean.Unavailable{Status: http.StatusBadGateway}, "passing", slowestPoll},
		"a read that is to come later":          {classifyRead, &digitalocean.Unavailable{Status: http.StatusTooManyRequests, RetryAfter: time.Minute}, "passing", time.Minute},
		"a read of what is not there":           {classifyRead, &digitalocean.Refused{Status: http.StatusNotFound}, "gone", 0},
		"a read that the token doesn't allow":   {classifyRead, &digitalocean.Refused{Status: http.StatusForbidden}, "denied", 0},
		"a read with a wrong token":             {classifyRead, &digitalocean.Refused{Status: http.StatusUnauthorized}, "denied", 0},
		"a read that is refused":                {classifyRead, &digitalocean.Refused{Status: http.StatusBadRequest}, "other", 0},
		"a write without an answer":             {classifyWrite, &digitalocean.Unsure{}, "unknown", 0},
		"a write that is to come later":         {classifyWrite, limited, "passing", time.Minute},
		"a write that is refused":               {classifyWrite, &digitalocean.Refused{Status: http.StatusConflict}, "other", 0},
		"a write to what the platform lacks":    {classifyWrite, &digitalocean.Refused{Status: http.StatusNotFound}, "other", 0},
		"an error that is none of the client's": {classifyRead, errors.New("the spec has no such component"), "other", 0},
	} {
		err := tt.classify(tt.err)
		var passing *Passing
		var unknown *Unknown
		var denied *Denied
		class, after := "other", time.Duration(0)
		switch {
		case errors.As(err, &passing):
			class, after = "passing", passing.After
		case errors.As(err, &unknown):
			class = "unknown"
		case errors.As(err, &denied):
			class = "denied"
		case isGone(err):
			class = "gone"
		}
		if class != tt.class || after != tt.after || err.Error() != tt.err.Error() || !errors.Is(err, tt.err) {
			t.Errorf("%s is %s after %s, %q; want %s after %s, %q", name, class, after, err, tt.class, tt.after, tt.err)
		}
	}
	if classifyRead(nil) != nil || classifyWrite(nil) != nil {
		t.Error("no error has a class")
	}
}
