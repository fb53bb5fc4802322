package prometheus

import (
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
	for _, sample := range samples {
		labels := t.label(sample)
		seen[labels.key()] = labels
		to.add(labels, now, sample.Value)
	}
	for key, labels := range t.before {
		if _, still := seen[key]; !still {
			to.add(labels, now, stale)
		}
	}
	t.before = seen
	to.add(t.label(Sample{Name: "up"}), now, up)
}

func (t *target) label(sample Sample) Labels {
	return sample.Labels.with(t.Labels).with(Labels{metricName: sample.Name})
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
