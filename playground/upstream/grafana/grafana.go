// Package grafana is a practice Grafana: dashboards with panels, data sources and
// contact points, over the part of Grafana's HTTP API that reads them.
//
// # Nouns
//
// A [Grafana] shows what its [Options] say at each request: [Dashboard]s, whose [Panel]s
// may be rows with panels of their own, [DataSource]s and [ContactPoint]s. Its one client
// has the token of a service account.
//
// It answers as version 12.4 does, and refuses what that refuses: a request without the
// token (401), a limit of more than 5000 (422), and what the service account lacks the
// permission for (403). Secrets in the settings of a contact point are [REDACTED].
//
// Source: Grafana documentation 12.4, HTTP API, "Dashboard", "Folder/Dashboard Search",
// "Data source", "Alerting provisioning", "Organization" and "Other".
//
// # Who calls it
//
// The practice world mounts [Grafana.Handler], with its prefix taken off. Nothing is
// stored.
package grafana

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Options say what there is.
type Options struct {
	Token         string
	Dashboards    func() []Dashboard
	DataSources   func() []DataSource
	ContactPoints func() []ContactPoint
	Forbids       func(permission string) bool // nil: nothing
}

// Dashboard is a dashboard in a folder.
type Dashboard struct {
	UID, Title, Folder string
	Panels             []Panel
}

// Panel is a panel, or with the type row a collapsed row.
type Panel struct {
	ID     int     `json:"id"`
	Title  string  `json:"title"`
	Type   string  `json:"type"`
	Panels []Panel `json:"panels,omitempty"`
}

// DataSource is where panels get their data.
type DataSource struct {
	UID, Name, Type, URL string
	Broken               bool // it fails its test
	NoTest               bool // its type has none
}

// ContactPoint is where alerts are sent.
type ContactPoint struct{ UID, Name, Type string }

// Grafana is one Grafana.
type Grafana struct{ opts Options }

// New makes a Grafana.
func New(opts Options) *Grafana { return &Grafana{opts} }

// Handler answers for the Grafana's address; the paths begin at its root.
func (g *Grafana) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"database": "ok", "version": "12.4.0", "commit": "practice"})
	})
	mux.HandleFunc("GET /api/org", g.allowed("orgs:read", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"id": 1, "name": "Main Org."})
	}))
	mux.HandleFunc("GET /api/search", g.allowed("dashboards:read", g.search))
	mux.HandleFunc("GET /api/dashboards/uid/{uid}", g.allowed("dashboards:read", g.dashboard))
	mux.HandleFunc("GET /api/datasources", g.allowed("datasources:read", g.dataSources))
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", g.allowed("datasources:query", g.health))
	mux.HandleFunc("GET /api/v1/provisioning/contact-points", g.allowed("alert.provisioning:read", g.contactPoints))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "Not found") })
	return mux
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader may have gone away; there is nobody to tell
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]any{"message": message, "statusCode": status})
}

// allowed lets the service account in where it has a permission.
func (g *Grafana) allowed(permission string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+g.opts.Token:
			refuse(w, http.StatusUnauthorized, "Invalid API key")
		case g.opts.Forbids != nil && g.opts.Forbids(permission):
			answer(w, http.StatusForbidden, map[string]string{"accessErrorId": "ACE0123456789", "title": "Access denied",
				"message": "You'll need additional permissions to perform this action. Permissions needed: " + permission})
		default:
			next(w, r)
		}
	}
}

// hit is a dashboard as a search shows it.
type hit struct {
	ID          int      `json:"id"`
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	URI         string   `json:"uri"`
	URL         string   `json:"url"`
	Type        string   `json:"type"`
	Tags        []string `json:"tags"`
	IsStarred   bool     `json:"isStarred"`
	FolderTitle string   `json:"folderTitle,omitempty"` // missing where it is in no folder
}

// search finds dashboards with the words in their titles.
func (g *Grafana) search(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	limit := 1000
	if text := asked.Get("limit"); text != "" {
		limit, _ = strconv.Atoi(text)
	}
	if limit > 5000 {
		refuse(w, http.StatusUnprocessableEntity, "Limit is above maximum allowed (5000), use page parameter to access hits beyond limit")
		return
	}
	hits := []hit{}
	if asked.Get("type") == "" || asked.Get("type") == "dash-db" {
		for i, d := range g.opts.Dashboards() {
			if strings.Contains(strings.ToLower(d.Title), strings.ToLower(asked.Get("query"))) && len(hits) < limit {
				slug := strings.ToLower(strings.ReplaceAll(d.Title, " ", "-"))
				hits = append(hits, hit{i + 1, d.UID, d.Title, "db/" + slug, "/d/" + d.UID + "/" + slug, "dash-db", []string{}, false, d.Folder})
			}
		}
	}
	answer(w, http.StatusOK, hits)
}

func (g *Grafana) dashboard(w http.ResponseWriter, r *http.Request) {
	for _, d := range g.opts.Dashboards() {
		if d.UID == r.PathValue("uid") {
			answer(w, http.StatusOK, map[string]any{
				"meta":      map[string]any{"type": "db", "folderTitle": d.Folder, "canSave": false, "version": 1},
				"dashboard": map[string]any{"uid": d.UID, "title": d.Title, "panels": d.Panels, "schemaVersion": 42, "version": 1, "tags": []string{}},
			})
			return
		}
	}
	refuse(w, http.StatusNotFound, "Dashboard not found")
}

func (g *Grafana) dataSources(w http.ResponseWriter, _ *http.Request) {
	views := []map[string]any{}
	for i, d := range g.opts.DataSources() {
		views = append(views, map[string]any{"id": i + 1, "orgId": 1, "uid": d.UID, "name": d.Name, "type": d.Type, "access": "proxy", "url": d.URL,
			"user": "", "database": "", "basicAuth": false, "isDefault": i == 0, "jsonData": map[string]any{}, "readOnly": true})
	}
	answer(w, http.StatusOK, views)
}

func (g *Grafana) health(w http.ResponseWriter, r *http.Request) {
	for _, d := range g.opts.DataSources() {
		switch {
		case d.UID != r.PathValue("uid"):
		case d.NoTest:
			refuse(w, http.StatusNotFound, "Health check not implemented")
			return
		case d.Broken:
			answer(w, http.StatusBadRequest, map[string]string{"status": "ERROR", "message": fmt.Sprintf("Post %q: dial tcp: connect: connection refused - There was an error returned querying the Prometheus API.", d.URL)})
			return
		default:
			answer(w, http.StatusOK, map[string]string{"status": "OK", "message": "Successfully queried the Prometheus API."})
			return
		}
	}
	refuse(w, http.StatusNotFound, "Data source not found")
}

func (g *Grafana) contactPoints(w http.ResponseWriter, _ *http.Request) {
	views := []map[string]any{}
	for _, c := range g.opts.ContactPoints() {
		views = append(views, map[string]any{"uid": c.UID, "name": c.Name, "type": c.Type, "settings": map[string]string{"url": "[REDACTED]"}, "disableResolveMessage": false})
	}
	answer(w, http.StatusOK, views)
}
