package prometheus

import (
	"maps"
	"net/url"
	"time"
)

// Target is something that is read once an interval.
type Target struct {
	// Labels are added to each of its series; job and instance are among them.
	Labels Labels
	// URL is what targets show as the address that is scraped.
	URL string
	// Read gives the samples of a moment, in a server with a past also of one
	// gone by. It stands for the request that
	// Prometheus makes, and does not block.
	Read func(now time.Time) ([]Sample, error)
}

// target is one together with what came of its last reading.
type target struct {
	Target
	last   time.Time // zero: never
	wrong  error
	before map[string]Labels // the series that the last reading gave
	names  []named           // of the samples of the last reading, in their order
}

// named is a sample's series, as the target gives it and as the store has it.
type named struct {
	given  Sample // of whatever value
	labels Labels
	key    string
}

// read takes a target's samples. What it had the last time and has not now
// ends (https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness).
func (t *target) read(now time.Time, to *store) {
	var samples []Sample
	samples, t.wrong = t.Read(now)
	t.last = now
	up := 1.0
	if t.wrong != nil {
		samples, up = nil, 0
	}
	seen := map[string]Labels{}
	for i, sample := range samples {
		n := t.name(i, sample)
		seen[n.key] = n.labels
		to.add(n.key, n.labels, now, sample.Value)
	}
	for key, labels := range t.before {
		if _, still := seen[key]; !still {
			to.add(key, labels, now, stale)
		}
	}
	t.before = seen
	n := t.name(len(samples), Sample{Name: "up"})
	to.add(n.key, n.labels, now, up)
}

// name gives the series of the i-th sample of a reading, which is nearly always the
// one that it was of in the reading before.
func (t *target) name(i int, sample Sample) named {
	if i < len(t.names) && t.names[i].given.Name == sample.Name && maps.Equal(t.names[i].given.Labels, sample.Labels) {
		return t.names[i]
	}
	labels := sample.Labels.with(t.Labels).with(Labels{metricName: sample.Name})
	t.names = append(t.names[:min(i, len(t.names))], named{sample, labels, labels.key()})
	return t.names[i]
}

func (t *target) health() string {
	switch {
	case t.last.IsZero():
		return "unknown"
	case t.wrong != nil:
		return "down"
	}
	return "up"
}

// targetView is a target as the API shows it
// (https://prometheus.io/docs/prometheus/latest/querying/api/#targets).
type targetView struct {
	DiscoveredLabels   Labels    `json:"discoveredLabels"`
	Labels             Labels    `json:"labels"`
	ScrapePool         string    `json:"scrapePool"`
	ScrapeURL          string    `json:"scrapeUrl"`
	GlobalURL          string    `json:"globalUrl"`
	LastError          string    `json:"lastError"`
	LastScrape         time.Time `json:"lastScrape"`
	LastScrapeDuration float64   `json:"lastScrapeDuration"`
	Health             string    `json:"health"`
	ScrapeInterval     string    `json:"scrapeInterval"`
	ScrapeTimeout      string    `json:"scrapeTimeout"`
}

func (t *target) view(interval time.Duration) targetView {
	v := targetView{
		DiscoveredLabels: t.Labels.without("instance").with(t.discovered(interval)),
		Labels:           t.Labels, ScrapePool: t.Labels["job"],
		ScrapeURL: t.URL, GlobalURL: t.URL,
		LastScrape: t.last.UTC(), Health: t.health(),
		ScrapeInterval: interval.String(), ScrapeTimeout: interval.String(),
	}
	if t.wrong != nil {
		v.LastError = t.wrong.Error()
	}
	return v
}

// discovered are the labels that say how a target is read.
func (t *target) discovered(interval time.Duration) Labels {
	labels := Labels{"__scrape_interval__": interval.String(), "__scrape_timeout__": interval.String()}
	if address, err := url.Parse(t.URL); err == nil {
		labels["__scheme__"], labels["__address__"], labels["__metrics_path__"] = address.Scheme, address.Host, address.Path
	}
	return labels
}
