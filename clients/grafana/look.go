package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Dashboard is one that a search found.
type Dashboard struct{ UID, Title, Folder string }

// Panel is a panel of a dashboard. Rows aren't panels.
type Panel struct{ Title, Type string }

// DataSource is where panels get their data.
type DataSource struct{ UID, Name, Type string }

// ContactPoint is where Grafana sends alerts. Those of one name are one contact point
// with several integrations.
type ContactPoint struct{ Name, Type string }

// mostFound is how many dashboards one search returns at most.
const mostFound = 5000

// Dashboards finds the dashboards with exactly this title.
func (c *Client) Dashboards(ctx context.Context, title string) ([]Dashboard, error) {
	a, err := c.ask(ctx, url.Values{"type": {"dash-db"}, "query": {title}, "limit": {strconv.Itoa(mostFound)}}, "api/search")
	if err != nil {
		return nil, err
	}
	found, err := a.dashboards()
	if len(found) == mostFound {
		return nil, errors.New("more dashboards than Grafana lists contain these words in their titles; give the dashboard a title of its own")
	}
	return slices.DeleteFunc(found, func(d Dashboard) bool { return strings.TrimSpace(d.Title) != strings.TrimSpace(title) }), err
}

func (a answer) dashboards() ([]Dashboard, error) {
	var views []struct{ UID, Title, FolderTitle string }
	if err := a.read(&views, "the role Viewer"); err != nil {
		return nil, err
	}
	if views == nil {
		return nil, &Unavailable{Status: a.status, cause: errors.New("no list")}
	}
	found := []Dashboard{}
	for _, v := range views {
		found = append(found, Dashboard{v.UID, v.Title, v.FolderTitle})
	}
	return found, nil
}

// Panels lists the panels of a dashboard, those within rows too.
func (c *Client) Panels(ctx context.Context, uid string) ([]Panel, error) {
	a, err := c.ask(ctx, nil, "api/dashboards/uid", url.PathEscape(uid))
	if err != nil {
		return nil, err
	}
	return a.panels()
}

// panelView is a panel, or a row with the panels that it hides while it is collapsed.
// An open row's panels follow it in the list.
type panelView struct {
	Title, Type string
	Panels      []panelView
}

func (a answer) panels() ([]Panel, error) {
	var view struct {
		Dashboard *struct {
			Panels   []panelView
			Elements map[string]struct { // of a dashboard with dynamic layouts
				Kind string
				Spec struct {
					Title     string
					VizConfig struct{ Kind, Group string }
				}
			}
		}
	}
	if err := a.read(&view, "permission to view the dashboard's folder"); err != nil {
		return nil, err
	}
	if view.Dashboard == nil {
		return nil, &Unavailable{Status: a.status, cause: errors.New("no dashboard")}
	}
	found := flat(nil, view.Dashboard.Panels)
	for _, e := range view.Dashboard.Elements {
		if strings.HasSuffix(e.Kind, "Panel") {
			found = append(found, Panel{e.Spec.Title, e.Spec.VizConfig.Group})
		}
	}
	return found, nil
}

func flat(found []Panel, views []panelView) []Panel {
	for _, v := range views {
		if v.Type != "row" {
			found = append(found, Panel{v.Title, v.Type})
		}
		found = flat(found, v.Panels)
	}
	return found
}

// DataSources lists the data sources.
func (c *Client) DataSources(ctx context.Context) ([]DataSource, error) {
	a, err := c.ask(ctx, nil, "api/datasources")
	if err != nil {
		return nil, err
	}
	return a.dataSources()
}

func (a answer) dataSources() ([]DataSource, error) {
	var views []DataSource
	err := a.read(&views, "the permission datasources:read")
	if err == nil && views == nil {
		err = &Unavailable{Status: a.status, cause: errors.New("no list")}
	}
	return views, err
}

// Health is how a data source answers Grafana's own test.
type Health string

// The answers. A data source whose plugin has no test is untested.
const (
	Healthy  Health = "healthy"
	Broken   Health = "broken"
	Untested Health = "untested"
)

// Health has Grafana test a data source.
func (c *Client) Health(ctx context.Context, uid string) (Health, error) {
	a, err := c.ask(ctx, nil, "api/datasources/uid", url.PathEscape(uid), "health")
	if err != nil {
		return "", err
	}
	return a.health()
}

// health reads the result. Grafana answers with 400 and the status ERROR where the data
// source is broken. Its message isn't read: it may hold addresses.
func (a answer) health() (Health, error) {
	var view struct{ Status string }
	err := json.Unmarshal(a.body, &view)
	switch {
	case a.status == http.StatusOK && err == nil && view.Status == "OK":
		return Healthy, nil
	case (a.status == http.StatusBadRequest || a.status == http.StatusOK) && err == nil && view.Status == "ERROR":
		return Broken, nil
	case a.status == http.StatusNotFound, a.status == http.StatusNotImplemented, a.status == http.StatusOK && view.Status == "UNKNOWN":
		return Untested, nil
	}
	return "", &Unavailable{Status: a.status, needs: "the permission datasources:query", cause: err}
}

// ContactPoints lists the contact points.
func (c *Client) ContactPoints(ctx context.Context) ([]ContactPoint, error) {
	a, err := c.ask(ctx, nil, "api/v1/provisioning/contact-points")
	if err != nil {
		return nil, err
	}
	return a.contactPoints()
}

func (a answer) contactPoints() ([]ContactPoint, error) {
	var views []ContactPoint
	err := a.read(&views, "the permission alert.provisioning:read, which the role Viewer lacks")
	if err == nil && views == nil {
		err = &Unavailable{Status: a.status, cause: errors.New("no list")}
	}
	return views, err
}
