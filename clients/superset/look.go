package superset

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Dashboard is one of a list.
type Dashboard struct {
	ID        int
	Title     string `json:"dashboard_title"`
	Published bool
}

// Chart is a chart by its name.
type Chart struct {
	ID   int
	Name string `json:"slice_name"`
}

// Layout is what a dashboard has besides charts.
type Layout struct {
	Filters []string      // names of its native filters
	Refresh time.Duration // how often it refreshes by itself; 0: never
}

// Rule is a rule of row-level security.
type Rule struct {
	Name   string
	Type   string `json:"filter_type"` // Regular or Base
	Clause string
	Tables []struct {
		Name string `json:"table_name"`
	}
	Roles []struct{ Name string }
}

// equal is a filter in Rison for one column.
func equal(column, text string) string {
	quoted := "'" + strings.NewReplacer("!", "!!", "'", "!'").Replace(text) + "'"
	return "filters:!((col:" + column + ",opr:eq,value:" + quoted + ")),"
}

// Dashboards finds the dashboards with exactly this title.
func (s *Session) Dashboards(ctx context.Context, title string) ([]Dashboard, error) {
	found, err := list[Dashboard](ctx, s, "api/v1/dashboard", equal("dashboard_title", title), "a role that can read Dashboard")
	return slices.DeleteFunc(found, func(d Dashboard) bool { return d.Title != title }), err // databases may ignore case
}

// Charts finds the charts with exactly this name.
func (s *Session) Charts(ctx context.Context, name string) ([]Chart, error) {
	found, err := list[Chart](ctx, s, "api/v1/chart", equal("slice_name", name), "a role that can read Chart")
	return slices.DeleteFunc(found, func(c Chart) bool { return c.Name != name }), err
}

// Rules lists the rules of row-level security.
func (s *Session) Rules(ctx context.Context) ([]Rule, error) {
	return list[Rule](ctx, s, "api/v1/rowlevelsecurity", "", "a role that can read RowLevelSecurity, such as Admin")
}

// ChartsOf lists the charts of a dashboard.
func (s *Session) ChartsOf(ctx context.Context, dashboard int) ([]Chart, error) {
	a, err := s.ask(ctx, nil, "api/v1/dashboard", strconv.Itoa(dashboard), "charts")
	if err != nil {
		return nil, err
	}
	return a.charts()
}

const needsDashboard = "access to the dashboard"

func (a answer) charts() ([]Chart, error) {
	var view struct{ Result []Chart }
	err := a.read(&view, needsDashboard)
	if err == nil && view.Result == nil {
		err = &Unavailable{Status: a.status, cause: errors.New("no list")}
	}
	return view.Result, err
}

// Layout reads a dashboard's filters and how often it refreshes.
func (s *Session) Layout(ctx context.Context, dashboard int) (Layout, error) {
	a, err := s.ask(ctx, nil, "api/v1/dashboard", strconv.Itoa(dashboard))
	if err != nil {
		return Layout{}, err
	}
	return a.layout()
}

// layout reads the metadata, which is JSON in a text. A dashboard that was never arranged
// has none.
func (a answer) layout() (Layout, error) {
	var view struct {
		Result *struct {
			Metadata string `json:"json_metadata"`
		}
	}
	if err := a.read(&view, needsDashboard); err != nil {
		return Layout{}, err
	}
	if view.Result == nil {
		return Layout{}, &Unavailable{Status: a.status, cause: errors.New("no dashboard")}
	}
	var meta struct {
		Refresh float64                       `json:"refresh_frequency"` // seconds
		Filters []struct{ Name, Type string } `json:"native_filter_configuration"`
	}
	if view.Result.Metadata != "" {
		if err := json.Unmarshal([]byte(view.Result.Metadata), &meta); err != nil {
			return Layout{}, &Unavailable{Status: a.status, cause: err}
		}
	}
	found := Layout{Refresh: time.Duration(meta.Refresh * float64(time.Second))}
	for _, f := range meta.Filters {
		if f.Type != "DIVIDER" {
			found.Filters = append(found.Filters, f.Name)
		}
	}
	return found, nil
}
