package prometheus

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// answer is what came back over HTTP.
type answer struct {
	status int
	body   []byte
	sent   time.Time // by the server's clock; zero if it doesn't say
}

// envelope is what every answer of Prometheus comes in. Its "infos" are notes about
// a query that was carried out in full; they matter only where the result is empty,
// because then they may say why: Prometheus 3 drops native histograms from a
// comparison or an aggregation, and says so in an info.
// Source: Prometheus documentation, HTTP API, "Format overview"; tried with 2.42 and
// 3.16.
type envelope struct {
	Status string
	Data   struct {
		ResultType string
		Result     json.RawMessage
	}
	Error    string
	Warnings []string
	Infos    []string
}

// judge evaluates an answer. A warning means that the result may be incomplete, so it
// proves nothing.
func (a answer) judge() (Reading, error) {
	if len(a.body) > mostBody {
		return Reading{}, &Inconclusive{"the query returns more than 1 MiB instead of one number; sum its series"}
	}
	var e envelope
	if err := json.Unmarshal(a.body, &e); err != nil || (e.Status != "success" && e.Status != "error") {
		return Reading{}, &Unavailable{Status: a.status, cause: err}
	}
	switch {
	case a.status == http.StatusBadRequest, a.status == http.StatusUnprocessableEntity:
		return Reading{}, &BadQuery{cut(e.Error)}
	case a.status != http.StatusOK || e.Status != "success":
		return Reading{}, &Unavailable{Status: a.status, cause: errors.New(cut(e.Error))}
	case len(e.Warnings) > 0:
		return Reading{}, &Inconclusive{"Prometheus warns that the query's result may be incomplete: " + cut(e.Warnings[0])}
	}
	reading, err := e.reading()
	if err == nil && !reading.Data && len(e.Infos) > 0 {
		return Reading{}, &Inconclusive{"the query returns no number, and Prometheus says why: " + cut(e.Infos[0])}
	}
	return reading, err
}

// cut limits the length of others' text.
func cut(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func (e envelope) reading() (Reading, error) {
	switch e.Data.ResultType {
	case "scalar":
		var s sample
		if err := json.Unmarshal(e.Data.Result, &s); err != nil {
			return Reading{}, unreadable()
		}
		return s.reading()
	case "vector":
		var v []series
		if err := json.Unmarshal(e.Data.Result, &v); err != nil {
			return Reading{}, unreadable()
		}
		return only(v)
	}
	return Reading{}, &Inconclusive{fmt.Sprintf("the query returns a %s instead of one number; ask for a scalar or a vector of one series", cut(e.Data.ResultType))}
}

// series is one element of a vector.
type series struct {
	Value     sample
	Histogram json.RawMessage
}

// only returns the reading of a vector of at most one series.
func only(v []series) (Reading, error) {
	switch {
	case len(v) == 0:
		return Reading{}, nil
	case len(v) > 1:
		return Reading{}, &Inconclusive{fmt.Sprintf("the query returns %d series instead of one; sum them", len(v))}
	case len(v[0].Histogram) > 0:
		return Reading{}, &Inconclusive{"the query returns a histogram instead of one number; use histogram_quantile"}
	}
	return v[0].Value.reading()
}

// sample is a time and a value, which is text so that it can be NaN or
// infinite: [1435781451.781, "1"].
type sample [2]json.RawMessage

func (s sample) reading() (Reading, error) {
	var text string
	if err := json.Unmarshal(s[1], &text); err != nil {
		return Reading{}, unreadable()
	}
	value, err := strconv.ParseFloat(text, 64) // knows NaN, +Inf and -Inf
	switch {
	case err != nil:
		return Reading{}, unreadable()
	case math.IsNaN(value):
		return Reading{}, nil
	case math.IsInf(value, 0):
		return Reading{}, &Inconclusive{fmt.Sprintf("the query returns %+f, which can't be compared with a limit; check whether it divides by zero", value)}
	}
	return Reading{Value: value, Data: true}, nil
}

func unreadable() error {
	return &Inconclusive{"Prometheus returned an invalid number; check the connection's URL"}
}
