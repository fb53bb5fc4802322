package web

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"gonogo/clients/github"
)

// taker judges deliveries as the test says.
type taker func(event string, d github.Delivery) (string, error)

// Take implements [Reviews].
func (f taker) Take(_ context.Context, event string, d github.Delivery) (string, error) {
	return f(event, d)
}

// TestGitHubDeliveries takes what GitHub sends, and says what is wrong with the rest.
func TestGitHubDeliveries(t *testing.T) {
	var log bytes.Buffer
	o := options(well)
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	o.Reviews = taker(func(event string, d github.Delivery) (string, error) {
		switch string(d.Body) {
		case "forged":
			return "", github.ErrNotSigned
		case "elsewhere":
			return "", &github.Misdirected{Why: "it is about something else"}
		case "full":
			return "", errors.New("the disk is full")
		}
		return strings.Join([]string{event, d.ID, d.Signature, string(d.Body)}, " "), nil
	})
	s := New(o)
	s.limits.requestBytes = 100
	base, stop := start(t, s)
	for name, tt := range map[string]struct {
		body    string
		change  func(http.Header)
		chunked bool
		status  int
		want    string
	}{
		"taken":           {"body", nil, false, 200, `{"status":"deployment_protection_rule d-1 sha256=00 body"}`},
		"forged":          {"forged", nil, false, 401, `{"error":"the signature is missing or wrong; set the same secret in the App's webhook and in GITHUB_WEBHOOK_SECRET"}`},
		"unsigned":        {"body", func(h http.Header) { h.Del("X-Hub-Signature-256") }, false, 401, `{"error":"the signature is missing or wrong; set the same secret in the App's webhook and in GITHUB_WEBHOOK_SECRET"}`},
		"elsewhere":       {"elsewhere", nil, false, 400, `{"error":"it is about something else"}`},
		"not recorded":    {"full", nil, false, 503, `{"error":"gonogo can't take this now; it asks GitHub itself which runs wait, or redeliver it later"}`},
		"large":           {strings.Repeat("x", 101), nil, false, 413, `{"error":"the delivery is larger than 0 MiB; subscribe the App to deployment protection rules only"}`},
		"large, unsaid":   {strings.Repeat("x", 101), nil, true, 413, `{"error":"the delivery is larger than 0 MiB; subscribe the App to deployment protection rules only"}`},
		"just not large":  {strings.Repeat("x", 100), nil, true, 200, `{"status":"deployment_protection_rule d-1 sha256=00 ` + strings.Repeat("x", 100) + `"}`},
		"no event":        {"body", func(h http.Header) { h.Del("X-GitHub-Event") }, false, 400, `{"error":"the headers X-GitHub-Event and X-GitHub-Delivery aren't what GitHub sends"}`},
		"no delivery":     {"body", func(h http.Header) { h.Del("X-GitHub-Delivery") }, false, 400, `{"error":"the headers X-GitHub-Event and X-GitHub-Delivery aren't what GitHub sends"}`},
		"another's words": {"body", func(h http.Header) { h.Set("X-GitHub-Delivery", "a\tb") }, false, 400, `{"error":"the headers X-GitHub-Event and X-GitHub-Delivery aren't what GitHub sends"}`},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), "POST", base+"/github", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.chunked {
				request.ContentLength = -1
			}
			for name, value := range map[string]string{"X-GitHub-Event": "deployment_protection_rule", "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": "sha256=00"} {
				request.Header.Set(name, value)
			}
			if tt.change != nil {
				tt.change(request.Header)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var text bytes.Buffer
			if _, err := text.ReadFrom(response.Body); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(text.String()); response.StatusCode != tt.status || got != tt.want {
				t.Errorf("got %d %s\nwant %d %s", response.StatusCode, got, tt.status, tt.want)
			}
			if (tt.status == 503) != (response.Header.Get("Retry-After") != "") {
				t.Errorf("Retry-After is %q", response.Header.Get("Retry-After"))
			}
		})
	}
	if status, _, text := do(t, "GET", base+"/metrics", ""); status != 200 || !strings.Contains(text, `gonogo_github_deliveries_total{result="unauthorized"} 2`) {
		t.Errorf("metrics: %d", status)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "the disk is full") || strings.Count(log.String(), "the signature is missing") != 1 {
		t.Errorf("logged: %s", log.String())
	}
}

// If all places are taken, another delivery is told so, and alerts are not in its way.
func TestGitHubDeliveriesUnderWayAreBounded(t *testing.T) {
	came, let := make(chan bool), make(chan struct{})
	o := options(well)
	o.Reviews = taker(func(string, github.Delivery) (string, error) { came <- true; <-let; return "taken", nil })
	s := New(o)
	s.limits.requests = 1
	base, _ := start(t, s)
	send := func() int {
		request, err := http.NewRequestWithContext(t.Context(), "POST", base+"/github", strings.NewReader("{}"))
		if err != nil {
			t.Error(err)
			return 0
		}
		for name, value := range map[string]string{"X-GitHub-Event": "deployment_protection_rule", "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": "sha256=00"} {
			request.Header.Set(name, value)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return 0
		}
		response.Body.Close()
		return response.StatusCode
	}
	first := make(chan int, 1)
	go func() { first <- send() }()
	<-came
	if status := send(); status != 503 {
		t.Errorf("the second got %d", status)
	}
	close(let)
	if status := <-first; status != 200 {
		t.Errorf("the first got %d", status)
	}
}

// Without a protection rule there is no path.
func TestNoReviewsNoPath(t *testing.T) {
	base, _ := start(t, New(options(well)))
	if status, _, text := do(t, "POST", base+"/github", "{}"); status != 404 {
		t.Errorf("there is one: %d %s", status, text)
	}
}
