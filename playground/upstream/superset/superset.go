// Package superset is a practice Superset: dashboards with charts and filters, rules of
// row-level security, and users who see what these leave them, over the part of Superset's
// REST API that reads them.
//
// # Nouns
//
// A [Superset] shows what its [Options] say at each request. A [User] logs in with a
// password and gets a token. Who isn't an admin sees no rules, only the dashboards and
// charts of [User.Sees], and only the rows that [User.Rows] keeps.
//
// It answers as version 4.1 does, and refuses what that refuses: a wrong password (401), a
// request without a token (401), a query that isn't Rison (400), and pages of more than 100
// are cut to that. A chart without a query saved is refused (400), one whose query fails too,
// and with asynchronous queries an answer comes later (202).
//
// Source: superset/charts/data/api.py, superset/row_level_security/api.py and the
// description at /swagger/v1 of Apache Superset 4.1.
//
// # Who calls it
//
// Tests mount [Superset.Handler]. Nothing is stored.
package superset

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Options say what there is.
type Options struct {
	Users      []User
	Dashboards []Dashboard
	Charts     []Chart
	Rules      []Rule
	Async      bool // queries are answered later
}

// User is somebody who may log in.
type User struct {
	Name, Password string
	Admin          bool
	Sees           func(title string) bool       // dashboards and charts; nil: all
	Rows           func(row map[string]any) bool // rows of charts; nil: all
}

// Dashboard is a dashboard with the names of its charts.
type Dashboard struct {
	Title    string
	Draft    bool
	Charts   []string
	Metadata string // JSON
}

// Chart is a chart and its data.
type Chart struct {
	Name      string
	Rows      []map[string]any
	NoContext bool // its query was never saved
	Broken    bool // its query fails

	Takes, ExportTakes time.Duration // how long its data and a file of it take
}

// Rule is a rule of row-level security.
type Rule struct {
	Name, Type, Clause string
	Tables, Roles      []string
}

// Superset is one Superset.
type Superset struct{ opts Options }

// New makes a Superset.
func New(opts Options) *Superset { return &Superset{opts} }

// Handler answers for the Superset's address; the paths begin at its root.
func (s *Superset) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/security/login", s.logIn)
	mux.HandleFunc("GET /api/v1/dashboard/{$}", s.as(s.dashboards))
	mux.HandleFunc("GET /api/v1/dashboard/{id}", s.as(s.dashboard))
	mux.HandleFunc("GET /api/v1/dashboard/{id}/charts", s.as(s.chartsOf))
	mux.HandleFunc("GET /api/v1/chart/{$}", s.as(s.charts))
	mux.HandleFunc("GET /api/v1/chart/{id}/data/{$}", s.as(s.data))
	mux.HandleFunc("GET /api/v1/rowlevelsecurity/{$}", s.as(s.rules))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, map[string]any{"errors": []map[string]string{{"message": "404 Not Found: The requested URL was not found on the server.", "error_type": "GENERIC_BACKEND_ERROR", "level": "error"}}})
	})
	return mux
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may have gone away; there is nobody to tell
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"message": message})
}

func (s *Superset) logIn(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Username, Password, Provider string }
	if r.Header.Get("Content-Type") != "application/json" || json.NewDecoder(r.Body).Decode(&asked) != nil || asked.Provider != "db" {
		refuse(w, http.StatusBadRequest, "Request payload is not JSON")
		return
	}
	for _, u := range s.opts.Users {
		if u.Name == asked.Username && u.Password == asked.Password {
			answer(w, http.StatusOK, map[string]string{"access_token": "token-of-" + u.Name})
			return
		}
	}
	refuse(w, http.StatusUnauthorized, "Not authorized")
}

// as finds out who asks.
func (s *Superset) as(next func(User, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer token-of-")
		for _, u := range s.opts.Users {
			if u.Name == token {
				next(u, w, r)
				return
			}
		}
		answer(w, http.StatusUnauthorized, map[string]string{"msg": "Missing Authorization Header"})
	}
}

func (u User) sees(title string) bool { return u.Admin || u.Sees == nil || u.Sees(title) }

// rison is the part of the language of q that is understood here.
var rison = regexp.MustCompile(`^\((?:filters:!\(\(col:(\w+),opr:eq,value:'((?:[^'!]|!!|!')*)'\)\),)?page:(\d+),page_size:(\d+)\)$`)

// page answers with a page of those elements whose column has the value asked for.
func page[T any](w http.ResponseWriter, r *http.Request, column string, all []T, value func(T) string, view func(T) any) {
	m := rison.FindStringSubmatch(r.URL.Query().Get("q"))
	if m == nil || m[1] != "" && m[1] != column {
		refuse(w, http.StatusBadRequest, "Not a valid rison/json argument")
		return
	}
	wanted := strings.NewReplacer("!!", "!", "!'", "'").Replace(m[2])
	at, _ := strconv.Atoi(m[3])
	size, _ := strconv.Atoi(m[4])
	size = min(size, 100)
	found := []any{}
	for _, one := range all {
		if m[1] == "" || value(one) == wanted {
			found = append(found, view(one))
		}
	}
	from, to := min(at*size, len(found)), min(at*size+size, len(found))
	answer(w, http.StatusOK, map[string]any{"count": len(found), "ids": []int{}, "result": found[from:to]})
}

func (s *Superset) dashboards(u User, w http.ResponseWriter, r *http.Request) {
	var seen []int
	for i, d := range s.opts.Dashboards {
		if u.sees(d.Title) {
			seen = append(seen, i)
		}
	}
	page(w, r, "dashboard_title", seen, func(i int) string { return s.opts.Dashboards[i].Title }, func(i int) any { return s.dashboardView(i) })
}

func (s *Superset) dashboardView(i int) map[string]any {
	d := s.opts.Dashboards[i]
	return map[string]any{"id": i + 1, "dashboard_title": d.Title, "slug": nil, "published": !d.Draft, "json_metadata": d.Metadata, "charts": d.Charts}
}

// seen finds the dashboard of a path.
func (s *Superset) seen(u User, w http.ResponseWriter, r *http.Request) (int, bool) {
	id, err := strconv.Atoi(r.PathValue("id"))
	switch {
	case err != nil || id < 1 || id > len(s.opts.Dashboards):
		refuse(w, http.StatusNotFound, "Not found")
		return 0, false
	case !u.sees(s.opts.Dashboards[id-1].Title):
		refuse(w, http.StatusForbidden, "Forbidden")
		return 0, false
	}
	return id - 1, true
}

func (s *Superset) dashboard(u User, w http.ResponseWriter, r *http.Request) {
	if i, ok := s.seen(u, w, r); ok {
		answer(w, http.StatusOK, map[string]any{"result": s.dashboardView(i)})
	}
}

func (s *Superset) chartsOf(u User, w http.ResponseWriter, r *http.Request) {
	i, ok := s.seen(u, w, r)
	if !ok {
		return
	}
	views := []any{}
	for n, c := range s.opts.Charts {
		for _, name := range s.opts.Dashboards[i].Charts {
			if name == c.Name {
				views = append(views, chartView(n, c))
			}
		}
	}
	answer(w, http.StatusOK, map[string]any{"result": views})
}

func chartView(i int, c Chart) map[string]any {
	return map[string]any{"id": i + 1, "slice_name": c.Name, "viz_type": "table"}
}

func (s *Superset) charts(u User, w http.ResponseWriter, r *http.Request) {
	var seen []int
	for i, c := range s.opts.Charts {
		if u.sees(c.Name) {
			seen = append(seen, i)
		}
	}
	page(w, r, "slice_name", seen, func(i int) string { return s.opts.Charts[i].Name }, func(i int) any { return chartView(i, s.opts.Charts[i]) })
}

func (s *Superset) data(u User, w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || id < 1 || id > len(s.opts.Charts) || !u.sees(s.opts.Charts[id-1].Name) {
		refuse(w, http.StatusNotFound, "Not found")
		return
	}
	chart, format := s.opts.Charts[id-1], r.URL.Query().Get("format")
	if !chart.await(r.Context(), format) {
		panic(http.ErrAbortHandler) // returning would send an empty response
	}
	rows := []map[string]any{}
	for _, row := range chart.Rows {
		if u.Admin || u.Rows == nil || u.Rows(row) {
			rows = append(rows, row)
		}
	}
	switch {
	case chart.NoContext:
		refuse(w, http.StatusBadRequest, "Chart has no query context saved. Please save the chart again.")
	case s.opts.Async && format == "json":
		answer(w, http.StatusAccepted, map[string]any{"channel_id": "c", "job_id": "j", "user_id": 1, "status": "pending", "errors": []any{}, "result_url": nil})
	case chart.Broken:
		refuse(w, http.StatusBadRequest, `Error: relation "sales" does not exist`)
	case format == "csv":
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		fmt.Fprintln(w, "rows")
		fmt.Fprintln(w, len(rows))
	case format == "json":
		answer(w, http.StatusOK, map[string]any{"result": []any{map[string]any{"cache_key": "k", "is_cached": false, "error": nil, "status": "success", "rowcount": len(rows), "data": rows}}})
	default:
		refuse(w, http.StatusBadRequest, "Unsupported result format: "+format)
	}
}

// await takes as long as the chart does. It gives up when the asker has gone.
func (c Chart) await(ctx context.Context, format string) bool {
	takes := c.Takes
	if format != "json" {
		takes = c.ExportTakes
	}
	timer := time.NewTimer(takes)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *Superset) rules(u User, w http.ResponseWriter, r *http.Request) {
	if !u.Admin {
		refuse(w, http.StatusForbidden, "Forbidden")
		return
	}
	page(w, r, "name", s.opts.Rules, func(one Rule) string { return one.Name }, func(one Rule) any {
		tables, roles := []any{}, []any{}
		for i, name := range one.Tables {
			tables = append(tables, map[string]any{"id": i + 1, "schema": "public", "table_name": name})
		}
		for i, name := range one.Roles {
			roles = append(roles, map[string]any{"id": i + 1, "name": name})
		}
		return map[string]any{"id": 1, "name": one.Name, "filter_type": one.Type, "clause": one.Clause, "group_key": nil, "tables": tables, "roles": roles}
	})
}
