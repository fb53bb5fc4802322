package deploy

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/gatestest"
)

func TestPostgresSampler(t *testing.T) {
	address := gatestest.Postgres(t)
	at := func(change func(*url.URL)) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	asItIs := func(*url.URL) {}
	away := func(u *url.URL) { u.Host = "127.0.0.1:1" }
	for _, tt := range []struct {
		name, query string
		at          func(*url.URL)
		value, trip bool
		want        Sample
		words, err  string // parts of what people are told
	}{
		{"it answers", "select 1", asItIs, false, true, Sample{Data: true}, "it answers", ""},
		{"a number", "select 42", asItIs, true, false, Sample{Value: 42, Data: true}, "", ""},
		{"a share", "select 0.25", asItIs, true, false, Sample{Value: 0.25, Data: true}, "", ""},
		{"true", "select true", asItIs, true, false, Sample{Value: 1, Data: true}, "", ""},
		{"null", "select null::int", asItIs, true, true, Sample{}, "", ""},
		{"no row", "select 1 where false", asItIs, true, true, Sample{}, "", ""},
		{"rows", "select generate_series(1, 10)", asItIs, true, true, Sample{}, "", "returns 2 rows or more"},
		{"words", "select 'many'", asItIs, true, true, Sample{}, "", `returns "many"`},
		{"no statement", "selekt", asItIs, false, true, Sample{}, "", "not one statement"},
		{"nobody answers", "select 1", away, false, true, Sample{Data: true, Failed: true, Silent: true}, "refuses connections", ""},
		{"nobody answers, ignored", "select 1", away, false, false, Sample{}, "", "refuses connections"},
		{"the wrong password", "select 1", func(u *url.URL) { u.User = url.UserPassword("gonogo", "wrong") }, false, true, Sample{}, "", "rejected the login"},
		{"it is too slow", "select pg_sleep(60)", asItIs, false, true, Sample{Data: true, Failed: true}, "gave the statement up", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sampler, err := NewPostgresSampler(at(tt.at))
			if err != nil {
				t.Fatal(err)
			}
			sampler.Query, sampler.Value, sampler.Errors = tt.query, tt.value, tt.trip
			got, err := sampler.Sample(t.Context(), time.Time{}, gates.Scope{})
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if !strings.Contains(got.Words, tt.words) {
				t.Errorf("people are told %q, want %q", got.Words, tt.words)
			}
			if got.Words = ""; got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
