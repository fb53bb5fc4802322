package superset

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Row is a row of a chart's data, its values by column: texts as they are, others in JSON.
type Row map[string]string

// Data is what a chart shows.
type Data struct {
	Rows []Row
	Took time.Duration // from the request to the end of the answer
}

// Why a chart has no data.
var (
	ErrNoContext = errors.New("it has no query saved, as after an import; open it in Superset and save it")
	ErrAsync     = errors.New("its query is answered later (202), because Superset's GLOBAL_ASYNC_QUERIES is on; it can't be measured so")
)

// QueryFailed says that the query of a chart fails.
type QueryFailed struct{ Status int }

// Error implements error.
func (*QueryFailed) Error() string { return "its query fails; open it in Superset to see why" }

// Data has Superset run the query of a chart, past its cache.
func (s *Session) Data(ctx context.Context, chart int) (Data, error) {
	start := time.Now()
	a, err := s.ask(ctx, url.Values{"force": {"true"}, "format": {"json"}}, "api/v1/chart", strconv.Itoa(chart), "data/")
	if err != nil {
		return Data{}, err
	}
	took := time.Since(start)
	rows, err := a.rows()
	return Data{rows, took}, err
}

// rows reads the results of a chart's queries.
func (a answer) rows() ([]Row, error) {
	if err := a.noData(); err != nil {
		return nil, err
	}
	var view struct {
		Result []struct {
			Status, Error string
			Data          []map[string]json.RawMessage
		}
	}
	if err := a.read(&view, "access to the chart's dataset"); err != nil {
		return nil, err
	}
	if len(view.Result) == 0 {
		return nil, &Unavailable{Status: a.status, cause: errors.New("no result")}
	}
	var all []Row
	for _, r := range view.Result {
		switch {
		case r.Error != "", r.Status != "" && r.Status != "success":
			return nil, &QueryFailed{a.status}
		case r.Data == nil:
			return nil, &Unavailable{Status: a.status, cause: errors.New("no data")}
		}
		for _, values := range r.Data {
			all = append(all, row(values))
		}
	}
	return all, nil
}

func row(values map[string]json.RawMessage) Row {
	r := Row{}
	for column, value := range values {
		var text string
		if json.Unmarshal(value, &text) != nil || string(value) == "null" {
			text = string(value)
		}
		r[column] = text
	}
	return r
}

// noData says why an answer has no data although Superset gave it.
func (a answer) noData() error {
	switch a.status {
	case http.StatusAccepted:
		return ErrAsync
	case http.StatusBadRequest:
		var view struct{ Message string }
		switch err := json.Unmarshal(a.body, &view); {
		case err == nil && strings.HasPrefix(view.Message, "Chart has no query context saved"):
			return ErrNoContext
		case err == nil && strings.HasPrefix(view.Message, "Error:"):
			return &QueryFailed{a.status}
		}
	}
	return nil
}

// exported are the media types of files that Superset exports. Those of a chart with
// several queries are in an archive.
var exported = map[string][]string{
	"csv":  {"text/csv", "application/zip"},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"},
}

// Export has Superset export the data of a chart as csv or xlsx, past its cache, and tells
// how long that took.
func (s *Session) Export(ctx context.Context, chart int, format string) (time.Duration, error) {
	start := time.Now()
	a, err := s.ask(ctx, url.Values{"force": {"true"}, "format": {format}}, "api/v1/chart", strconv.Itoa(chart), "data/")
	if err != nil {
		return 0, err
	}
	took := time.Since(start)
	return took, a.export(format)
}

func (a answer) export(format string) error {
	if err := a.noData(); err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return &Unavailable{Status: a.status, needs: "a role that can export (can csv on Superset), and access to the chart's dataset"}
	}
	kind, _, err := mime.ParseMediaType(a.kind)
	for _, want := range exported[format] {
		if err == nil && kind == want && len(a.body) > 0 {
			return nil
		}
	}
	return &Unavailable{Status: a.status, cause: errors.New("no file")}
}
