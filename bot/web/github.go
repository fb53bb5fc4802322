package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"gonogo/clients/github"
)

// GitHubPath is where GitHub asks gonogo's deployment protection rule about runs that wait.
const GitHubPath = "/github"

// Reviews takes in what GitHub sends. Take says in a word what became of a delivery, and
// returns nil only once that is durable. Its error is [github.ErrNotSigned] or
// [*github.Misdirected] for what GitHub isn't to send again.
type Reviews interface {
	Take(ctx context.Context, event string, d github.Delivery) (became string, err error)
}

// gitHubHandler takes the webhooks of a GitHub App. Who sent one is only known once all of
// it was read, so it is read by few at a time, and none may be large. What doesn't come
// through isn't lost: gonogo asks GitHub which runs wait.
type gitHubHandler struct {
	reviews Reviews
	within  time.Duration
	places  chan struct{}
	most    int64 // bytes of one delivery
	results *prometheus.CounterVec
	refusal rate.Sometimes // logs forged deliveries, which anybody may send
	log     *slog.Logger
}

func newGitHubHandler(o Options, l limits) *gitHubHandler {
	h := &gitHubHandler{reviews: o.Reviews, log: o.Log, within: l.alertTime, places: make(chan struct{}, l.requests), most: l.requestBytes, refusal: rate.Sometimes{Interval: time.Minute},
		results: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gonogo_github_deliveries_total", Help: "Deliveries of GitHub's webhook, by result."}, []string{"result"})}
	for _, name := range []string{"taken", "repeated", "ignored", unauthorized.name, invalid.name, tooLarge.name, unavailable.name} {
		h.results.WithLabelValues(name)
	}
	return h
}

// ServeHTTP takes one delivery.
func (h *gitHubHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	became, out, err := h.take(r)
	if err == nil {
		trust(r.Context())
		h.results.WithLabelValues(became).Inc()
		respond(w, http.StatusOK, map[string]string{"status": became})
		return
	}
	h.results.WithLabelValues(out.name).Inc()
	say := func() {
		h.log.Warn("a delivery of GitHub was rejected", "result", out.name, "from", r.RemoteAddr, "error", err)
	}
	if out == unauthorized {
		h.refusal.Do(say)
	} else {
		say()
	}
	if out == unavailable {
		w.Header().Set("Retry-After", "5")
		err = errors.New("gonogo can't take this now; it asks GitHub itself which runs wait, or redeliver it later")
	}
	refuse(w, out.status, err)
}

var deliveryID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// take reads a delivery and has it judged and made durable.
func (h *gitHubHandler) take(r *http.Request) (became string, out outcome, err error) {
	happened, d := r.Header.Get("X-GitHub-Event"), github.Delivery{ID: r.Header.Get("X-GitHub-Delivery"), Signature: r.Header.Get("X-Hub-Signature-256")}
	switch {
	case d.Signature == "":
		return "", unauthorized, github.ErrNotSigned
	case happened == "" || !deliveryID.MatchString(d.ID):
		return "", invalid, errors.New("the headers X-GitHub-Event and X-GitHub-Delivery aren't what GitHub sends")
	case r.ContentLength > h.most:
		return "", tooLarge, h.large()
	}
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		return "", unavailable, fmt.Errorf("%d deliveries are under way already", cap(h.places))
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.within)
	defer cancel()
	if d.Body, err = io.ReadAll(io.LimitReader(r.Body, h.most+1)); err != nil {
		return "", unavailable, fmt.Errorf("read a delivery of GitHub: %w", err)
	}
	if int64(len(d.Body)) > h.most {
		return "", tooLarge, h.large()
	}
	became, err = h.reviews.Take(ctx, happened, d)
	return became, outcomeOf(err), err
}

func (h *gitHubHandler) large() error {
	return fmt.Errorf("the delivery is larger than %d MiB; subscribe the App to deployment protection rules only", h.most>>20)
}

// outcomeOf is the outcome of a delivery that wasn't taken.
func outcomeOf(err error) outcome {
	switch _, misdirected := errors.AsType[*github.Misdirected](err); {
	case errors.Is(err, github.ErrNotSigned):
		return unauthorized
	case misdirected:
		return invalid
	}
	return unavailable
}
