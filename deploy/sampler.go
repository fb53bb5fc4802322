package deploy

import (
	"context"
	"errors"
	"time"

	"gonogo/clients/prometheus"
	"gonogo/gates"
	"gonogo/readiness/answer"
)

var (
	_ Sampler = PrometheusSampler{}
	_ Sampler = HTTPSampler{}
)

// PrometheusSampler reads the value of a query.
type PrometheusSampler struct {
	Client *prometheus.Client
	Query  string
}

// Sample implements [Sampler].
func (p PrometheusSampler) Sample(ctx context.Context, now time.Time, _ gates.Scope) (Sample, error) {
	reading, err := p.Client.Value(ctx, p.Query, now)
	return Sample{Value: reading.Value, Data: reading.Data}, err
}

// HTTPSampler measures an http gate: 1 if it fails, 0 if it passes.
type HTTPSampler struct {
	Built   gates.Built
	Silence bool // a page that doesn't answer is a breach
}

// Sample implements [Sampler]. If the page couldn't be requested, that is an error unless
// silence is a breach: gonogo's own network may be down.
func (h HTTPSampler) Sample(ctx context.Context, _ time.Time, scope gates.Scope) (Sample, error) {
	ev := gates.Presentable(h.Built.Gate.Check(ctx, scope), h.Built.Secrets)
	switch {
	case ev.Verdict == answer.Failed:
		return Sample{Value: 1, Data: true, Words: ev.Summary}, nil
	case ev.Verdict.LetsThrough():
		return Sample{Data: true, Words: ev.Summary}, nil
	case h.Silence:
		return Sample{Data: true, Failed: true, Silent: true, Words: ev.Summary}, nil
	}
	return Sample{}, errors.New(ev.Summary)
}
