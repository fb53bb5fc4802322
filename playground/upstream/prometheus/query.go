package prometheus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// steps is how many points a range query may give for a series.
const steps = 11000

// query answers with the result at one moment.
func (s *Server) query(r *http.Request) (any, error) {
	at, err := s.moment(r, "time")
	if err != nil {
		return nil, err
	}
	ctx, stop, err := deadline(r)
	if err != nil {
		return nil, err
	}
	defer stop()
	e, err := parse(r.FormValue("query"))
	if err != nil {
		return nil, badParameter("query", err)
	}
	result, err := e.eval(moment{ctx, s.store, at})
	if err != nil {
		return nil, interrupted(err)
	}
	return map[string]any{"resultType": result.resultType(), "result": show(result, at)}, nil
}

// queryRange answers with the results at equal steps.
func (s *Server) queryRange(r *http.Request) (any, error) {
	start, err := s.moment(r, "start")
	if err != nil {
		return nil, err
	}
	end, err := s.moment(r, "end")
	if err != nil {
		return nil, err
	}
	if end < start {
		return nil, badParameter("end", errors.New("end timestamp must not be before start time"))
	}
	step, err := stepOf(r, end-start)
	if err != nil {
		return nil, err
	}
	ctx, stop, err := deadline(r)
	if err != nil {
		return nil, err
	}
	defer stop()
	e, err := parse(r.FormValue("query"))
	if err != nil {
		return nil, badParameter("query", err)
	}
	if e.kind() == rangeKind {
		return nil, badData(fmt.Errorf("invalid expression type %q for range query, must be Scalar or instant Vector", e.kind()))
	}
	lines, err := s.lines(ctx, e, start, end, step)
	if err != nil {
		return nil, interrupted(err)
	}
	return map[string]any{"resultType": "matrix", "result": show(lines, end)}, nil
}

func (s *Server) lines(ctx context.Context, e expr, start, end, step int64) (matrix, error) {
	lines := map[string]*series{}
	for at := start; at <= end; at += step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		result, err := e.eval(moment{ctx, s.store, at})
		if err != nil {
			return nil, err
		}
		for _, one := range elements(result) {
			key := one.labels.key()
			if lines[key] == nil {
				lines[key] = &series{labels: one.labels}
			}
			lines[key].points = append(lines[key].points, point{at, one.value})
		}
	}
	all := matrix{}
	for _, one := range lines {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b series) int { return cmp.Compare(a.labels.key(), b.labels.key()) })
	return all, nil
}

// elements are those of a vector, or a scalar as one without labels.
func elements(v value) vector {
	if s, ok := v.(scalar); ok {
		return vector{{Labels{}, float64(s)}}
	}
	return v.(vector)
}

// interrupted tells a query that took too long, or that nobody waits for any
// more, from one that cannot be evaluated.
func interrupted(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &refusal{"timeout", http.StatusServiceUnavailable, errors.New("query timed out in expression evaluation")}
	case errors.Is(err, context.Canceled):
		return &refusal{"canceled", 499, errors.New("query was canceled in expression evaluation")} // as Prometheus answers a client that has gone
	}
	return err
}

// deadline is how long a query may take: two minutes, or less if the request
// says so.
func deadline(r *http.Request) (context.Context, context.CancelFunc, error) {
	limit := 2 * time.Minute
	if text := r.FormValue("timeout"); text != "" {
		asked, err := lengthOf(text)
		if err != nil {
			return nil, nil, badParameter("timeout", err)
		}
		limit = min(limit, asked)
	}
	ctx, stop := context.WithTimeout(r.Context(), limit)
	return ctx, stop, nil
}

// moment reads a parameter in seconds since 1970 or as RFC 3339. Only "time"
// may be missing; it is now then.
func (s *Server) moment(r *http.Request, name string) (int64, error) {
	text := r.FormValue(name)
	if text == "" && name == "time" {
		return s.opts.Now().UnixMilli(), nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < math.MaxInt64/1e6 {
		return int64(math.Round(seconds * 1000)), nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at.UnixMilli(), nil
	}
	return 0, badParameter(name, fmt.Errorf("cannot parse %q to a valid timestamp", text))
}

// stepOf reads the step of a range query, in milliseconds.
func stepOf(r *http.Request, whole int64) (int64, error) {
	step, err := lengthOf(r.FormValue("step"))
	switch {
	case err != nil:
		return 0, badParameter("step", err)
	case step <= 0:
		return 0, badParameter("step", errors.New("zero or negative query resolution step widths are not accepted. Try a positive integer"))
	case step < time.Millisecond || whole/step.Milliseconds() > steps:
		return 0, badData(errors.New("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"))
	}
	return step.Milliseconds(), nil
}

// lengthOf reads a parameter in seconds or as a duration.
func lengthOf(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < longest.Seconds() {
		return time.Duration(seconds * float64(time.Second)), nil
	}
	if d, err := parseDuration(text); err == nil {
		return d, nil
	}
	return 0, fmt.Errorf("cannot parse %q to a valid duration", text)
}

// MarshalJSON is [seconds, "value"].
func (p point) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]any{json.RawMessage(strconv.FormatFloat(float64(p.at)/1000, 'f', -1, 64)), valueText(p.value)})
}

// valueText is a float in JSON's strings: like JavaScript, Prometheus writes
// very small and very great ones with an exponent.
func valueText(v float64) string {
	format := byte('f')
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) && !math.IsInf(v, 0) {
		format = 'e'
	}
	return strconv.FormatFloat(v, format, -1, 64)
}

type vectorView struct {
	Metric Labels `json:"metric"`
	Value  point  `json:"value"`
}

type matrixView struct {
	Metric Labels  `json:"metric"`
	Values []point `json:"values"`
}

// show is a result as the API has it. An empty one is [], not null.
func show(v value, at int64) any {
	switch v := v.(type) {
	case scalar:
		return point{at, float64(v)}
	case vector:
		views := make([]vectorView, 0, len(v))
		for _, e := range v {
			views = append(views, vectorView{e.labels, point{at, e.value}})
		}
		return views
	case matrix:
		views := make([]matrixView, 0, len(v))
		for _, one := range v {
			views = append(views, matrixView{one.labels, one.points})
		}
		return views
	}
	return nil
}
