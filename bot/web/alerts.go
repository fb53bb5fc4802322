package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
	"gonogo/gates/alertpath"
	"gonogo/readiness/alert"
)

// Alerts takes alerts in. Receive returns nil only once they are durable.
type Alerts interface {
	Receive(ctx context.Context, d alert.Delivery) error
	// Refused informs people that a delivery was too large to be read. It returns nil
	// only once that is durable.
	Refused(ctx context.Context, size, limit int64) error
}

// outcome is how a delivery ends, for the metrics and for HTTP. Alertmanager repeats a
// delivery that got a 5xx within seconds, and one that got a 4xx, also 429, only when
// the group's next one is due. So a temporary problem is a 503. Source: Alertmanager,
// notify/util.go (Retrier) and notify/webhook.
type outcome struct {
	name   string
	status int
}

var (
	taken        = outcome{"taken", http.StatusOK}
	unauthorized = outcome{"unauthorized", http.StatusUnauthorized}
	invalid      = outcome{"invalid", http.StatusBadRequest}
	tooLarge     = outcome{"too_large", http.StatusRequestEntityTooLarge}
	unavailable  = outcome{"unavailable", http.StatusServiceUnavailable}

	outcomes = []outcome{taken, unauthorized, invalid, tooLarge, unavailable}
)

// alertHandler takes Alertmanager's webhooks. It holds no state but a hash of the
// token and the places of the deliveries under way.
type alertHandler struct {
	token   [sha256.Size]byte
	alerts  Alerts
	probes  *alertpath.Watch
	within  time.Duration
	places  chan struct{}
	most    int64               // bytes of one delivery
	held    int64               // bytes that count of one at most
	bytes   *semaphore.Weighted // of the deliveries under way
	results *prometheus.CounterVec
	refusal rate.Sometimes // logs wrong tokens, which anybody may send
	log     *slog.Logger
	refused *turnedAway
	now     func() time.Time
}

func newAlertHandler(o Options, l limits, refused *turnedAway) *alertHandler {
	d := &alertHandler{
		refused: refused, now: o.now,
		token: sha256.Sum256([]byte(o.AlertToken)), alerts: o.Alerts, probes: cmp.Or(o.Probes, &alertpath.Watch{}), log: o.Log,
		within: l.alertTime, places: make(chan struct{}, l.deliveries),
		most: l.alertBytes, held: l.alertHeld, bytes: semaphore.NewWeighted(l.underWay), refusal: rate.Sometimes{Interval: time.Minute},
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gonogo_alert_deliveries_total", Help: "Deliveries of alerts, by result.",
		}, []string{"result"}),
	}
	for _, o := range outcomes {
		d.results.WithLabelValues(o.name) // 0 from the start, so that the first one is a rise
	}
	return d
}

// ServeHTTP takes one delivery.
func (d *alertHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	became, err := d.take(r)
	d.results.WithLabelValues(became.name).Inc()
	if became == taken {
		respond(w, became.status, map[string]string{"status": "taken"})
		return
	}
	d.logOutcome(r, became, err)
	switch became {
	case unauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="gonogo"`)
	case unavailable:
		w.Header().Set("Retry-After", "5")
		err = errors.New("gonogo cannot take alerts now; send this again")
	}
	refuse(w, became.status, err)
}

// take judges a delivery and has it made durable.
func (d *alertHandler) take(r *http.Request) (outcome, error) {
	if !bears(r, d.token) {
		return unauthorized, errors.New("the bearer token is missing or wrong; set the one that gonogo's configuration has under alerts")
	}
	trust(r.Context())
	select {
	case d.places <- struct{}{}:
		defer func() { <-d.places }()
	default:
		d.refused.many(d.now())
		return unavailable, fmt.Errorf("%d deliveries are under way already", cap(d.places))
	}
	ctx, cancel := context.WithTimeout(r.Context(), d.within)
	defer cancel()
	size := d.size(r)
	if err := d.bytes.Acquire(ctx, size); err != nil {
		d.refused.many(d.now())
		return unavailable, errors.New("the deliveries under way already are as large as may be at once")
	}
	defer d.bytes.Release(size)
	delivery, err := readDelivery(r.Body)
	if err != nil {
		return d.unread(ctx, r, err)
	}
	if !delivery.nobody {
		if err := d.alerts.Receive(ctx, delivery.Delivery); err != nil {
			return unavailable, fmt.Errorf("make a delivery of alerts durable: %w", err)
		}
	}
	for _, id := range delivery.probes {
		d.probes.Arrived(id)
	}
	return taken, nil
}

// unread is the outcome of a delivery that couldn't be read. People are informed of one
// that is too large, since Alertmanager sends it again only when its group's next one
// is due, and it will then be as large.
func (d *alertHandler) unread(ctx context.Context, r *http.Request, err error) (outcome, error) {
	why := fmt.Sprintf("a delivery of alerts larger than %d MiB was refused; set max_alerts in Alertmanager's webhook_config", d.most>>20)
	_, cut := errors.AsType[*http.MaxBytesError](err)
	switch {
	case cut, r.ContentLength > d.most:
		err = fmt.Errorf("the delivery is larger than %d MiB; set max_alerts in Alertmanager's webhook_config", d.most>>20)
	case errors.Is(err, errLongPiece):
		why = "a delivery was refused because it has an alert of more than 1 MiB; shorten that alert's labels and annotations"
	case errors.Is(err, errNotRead):
		return unavailable, fmt.Errorf("read a delivery of alerts: %w", err)
	default:
		return invalid, err
	}
	d.refused.large(d.now(), why)
	if refused := d.alerts.Refused(ctx, max(r.ContentLength, 0), d.most); refused != nil {
		return unavailable, fmt.Errorf("make it durable that a delivery was refused: %w", refused)
	}
	return tooLarge, err
}

// size is how many bytes a delivery counts for: what its sender says, or else the
// limit.
func (d *alertHandler) size(r *http.Request) int64 {
	if r.ContentLength < 0 || r.ContentLength > d.held {
		return d.held
	}
	return r.ContentLength
}

// logOutcome logs a delivery that wasn't accepted, without any of its content. Those without
// the right token are logged once a minute at most, so that a stranger can't fill the
// log.
func (d *alertHandler) logOutcome(r *http.Request, became outcome, err error) {
	say := func() {
		d.log.Warn("alerts were rejected", "result", became.name, "from", r.RemoteAddr, "error", err)
	}
	if became == unauthorized {
		d.refusal.Do(say)
		return
	}
	say()
}
