package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Silence is a silence that somebody created.
type Silence struct {
	ID, By, Comment string
	Starts, Ends    time.Time
	State           string // active, pending or expired
}

// InForce reports whether a silence mutes alerts, or is about to.
func (s Silence) InForce() bool { return s.State == "active" || s.State == "pending" }

type silenceView struct {
	ID, CreatedBy, Comment string
	StartsAt, EndsAt       time.Time
	Status                 struct{ State string }
}

func (v silenceView) silence() Silence {
	return Silence{ID: v.ID, By: v.CreatedBy, Comment: v.Comment, Starts: v.StartsAt.UTC(), Ends: v.EndsAt.UTC(), State: v.Status.State}
}

// Silences lists the silences, including those that have expired and aren't forgotten
// yet. It is an error if any can't be read.
func (c *Client) Silences(ctx context.Context) ([]Silence, error) {
	var views []silenceView
	if err := c.get(ctx, &views, "api/v2/silences"); err != nil {
		return nil, err
	}
	if views == nil {
		return nil, &Unavailable{Status: http.StatusOK, cause: errors.New("there is no list")}
	}
	all := make([]Silence, 0, len(views))
	for _, v := range views {
		if v.ID == "" || v.EndsAt.IsZero() || v.Status.State == "" {
			return nil, &Unavailable{Status: http.StatusOK, cause: errors.New("a silence has no ID, end or state")}
		}
		all = append(all, v.silence())
	}
	return all, nil
}

// NewSilence is a silence to create, or to prolong.
type NewSilence struct {
	ID          string            // of the silence to prolong; empty: a new one
	Labels      map[string]string // an alert with all of these is muted; at least one isn't empty
	Starts      time.Time         // in the past: at once
	Ends        time.Time
	By, Comment string
}

type matcherView struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual bool   `json:"isEqual"`
}

// Create creates or prolongs a silence, without retries, and returns its ID. Creating
// one twice makes two. One that is prolonged may get a new ID: Alertmanager then ends the
// silence and creates another in the same moment. After an error that isn't a [Refused], Alertmanager may have
// created it: look for its comment among [Client.Silences].
func (c *Client) Create(ctx context.Context, s NewSilence) (id string, err error) {
	post := struct {
		ID        string        `json:"id,omitempty"`
		Matchers  []matcherView `json:"matchers"`
		StartsAt  time.Time     `json:"startsAt"`
		EndsAt    time.Time     `json:"endsAt"`
		CreatedBy string        `json:"createdBy"`
		Comment   string        `json:"comment"`
	}{ID: s.ID, StartsAt: s.Starts, EndsAt: s.Ends, CreatedBy: s.By, Comment: s.Comment}
	for name, value := range s.Labels {
		post.Matchers = append(post.Matchers, matcherView{Name: name, Value: value, IsEqual: true})
	}
	body, err := json.Marshal(post)
	if err != nil {
		return "", fmt.Errorf("write a silence: %w", err)
	}
	text, err := c.write(ctx, http.MethodPost, body, "api/v2/silences")
	if err != nil {
		return "", err
	}
	var made struct{ SilenceID string }
	if err := json.Unmarshal(text, &made); err != nil || made.SilenceID == "" {
		return "", &Unavailable{Status: http.StatusOK, cause: errors.New("the response has no silenceID")}
	}
	return made.SilenceID, nil
}

// Expire ends a silence, without retries. Expiring one that has expired is no error.
func (c *Client) Expire(ctx context.Context, id string) error {
	_, err := c.write(ctx, http.MethodDelete, nil, "api/v2/silence", id)
	return err
}

// Refused means that Alertmanager understood a request and did nothing.
type Refused struct {
	Status int    // of HTTP
	Why    string // in Alertmanager's words; may be empty
}

// Error implements error.
func (r *Refused) Error() string {
	if r.Why == "" {
		return fmt.Sprintf("Alertmanager refused it (%d); see its log", r.Status)
	}
	return fmt.Sprintf("Alertmanager refused it (%d): %s", r.Status, r.Why)
}

// write makes one request that changes something, and returns the response's body.
func (c *Client) write(ctx context.Context, method string, body []byte, path ...string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base.JoinPath(path...).String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask Alertmanager: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	c.authorize(request)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, &Unavailable{cause: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	switch {
	case err != nil:
		return nil, &Unavailable{cause: err}
	case response.StatusCode == http.StatusBadRequest, response.StatusCode == http.StatusUnprocessableEntity:
		return nil, &Refused{Status: response.StatusCode, Why: refusal(text)}
	case response.StatusCode != http.StatusOK:
		return nil, &Unavailable{Status: response.StatusCode}
	}
	return text, nil
}

const (
	mostAnswer = 64 << 10 // of the response to a write, in bytes
	mostWhy    = 200      // letters of a refusal
)

// refusal is why Alertmanager refused a request: a JSON string, or an object if the
// request didn't fit the API's description.
func refusal(text []byte) string {
	var why string
	var described struct{ Message string }
	if json.Unmarshal(text, &why) != nil && json.Unmarshal(text, &described) == nil {
		why = described.Message
	}
	words := []rune(strings.Join(strings.Fields(why), " "))
	return string(words[:min(len(words), mostWhy)])
}
