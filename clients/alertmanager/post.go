package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Post is an alert to be sent to Alertmanager, in the form in which Prometheus sends
// alerts.
type Post struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"` // when it ends unless it is sent again; in the past: it has ended
}

// Send sends one alert, without retries. Sending the same labels again changes the
// alert's end. After an error, Alertmanager may still have received the alert.
func (c *Client) Send(ctx context.Context, alert Post) error {
	body, err := json.Marshal([]Post{alert})
	if err != nil {
		return fmt.Errorf("write an alert: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath("api/v2/alerts").String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask Alertmanager: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	c.authorize(request)
	response, err := c.http.Do(request)
	if err != nil {
		return &Unavailable{cause: err}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, mostBody))
	if response.StatusCode != http.StatusOK {
		return &Unavailable{Status: response.StatusCode}
	}
	return nil
}
