package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// message is a post in the fourth version of the webhook's form
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
type message struct {
	Receiver          string            `json:"receiver"`
	Status            string            `json:"status"`
	Alerts            []messageAlert    `json:"alerts"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
}

type messageAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"` // of one that fires: the year 1
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

func (a *Alertmanager) message(g *group, alerts []alert) message {
	m := message{
		Receiver: a.opts.Receiver, Status: "resolved", ExternalURL: a.opts.URL,
		GroupLabels: g.labels, GroupKey: g.key, Version: "4",
		CommonLabels:      common(alerts, func(one alert) map[string]string { return one.Labels }),
		CommonAnnotations: common(alerts, func(one alert) map[string]string { return one.Annotations }),
	}
	for _, one := range alerts {
		status := "resolved"
		if one.EndsAt.IsZero() {
			status, m.Status = "firing", "firing"
		}
		m.Alerts = append(m.Alerts, messageAlert{
			status, filled(one.Labels), filled(one.Annotations), one.StartsAt.UTC(), one.EndsAt.UTC(), one.GeneratorURL, one.fingerprint,
		})
	}
	return m
}

// filled is {} instead of null.
func filled(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// common are the pairs that all alerts have.
func common(alerts []alert, of func(alert) map[string]string) map[string]string {
	shared := map[string]string{}
	for name, value := range of(alerts[0]) {
		everywhere := true
		for _, one := range alerts[1:] {
			other, has := of(one)[name]
			everywhere = everywhere && has && other == value
		}
		if everywhere {
			shared[name] = value
		}
	}
	return shared
}

// The pauses between two tries: half a second first, each half as long again
// as the last, at most a minute.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = time.Minute
)

var errNoReceiver = errors.New("there is no receiver")

// post tells the receiver, and tries again until it has accepted or refused
// the message, or ctx ends.
func (a *Alertmanager) post(ctx context.Context, g *group, alerts []alert) error {
	body, err := json.Marshal(a.message(g, alerts))
	if err != nil {
		return fmt.Errorf("write the message: %w", err)
	}
	for pause := firstPause; ; pause = min(pause*3/2, longestPause) {
		again, err := a.try(ctx, body)
		if err == nil || !again {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// try posts once, and says whether another try may help: not after a 4xx, 429
// among them (notify.Retrier in Alertmanager's sources).
func (a *Alertmanager) try(ctx context.Context, body []byte) (again bool, err error) {
	address := a.opts.Webhook()
	if address == "" {
		return true, errNoReceiver
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false, fmt.Errorf("post to the receiver: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Alertmanager/"+version)
	if a.opts.Token != "" {
		request.Header.Set("Authorization", "Bearer "+a.opts.Token)
	}
	response, err := a.opts.Client.Do(request)
	if err != nil {
		return true, fmt.Errorf("post to the receiver: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	if response.StatusCode/100 == 2 {
		return false, nil
	}
	return response.StatusCode/100 == 5, fmt.Errorf("the receiver answered with status %d", response.StatusCode)
}
