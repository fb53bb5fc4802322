package digitalocean

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
)

// page is the part of a list that a request asks for.
type page struct{ number, size int }

// page reads ?page and ?per_page; their limits are the API's.
func (r *request) page() (page, error) {
	get := func(name string, otherwise, most int) (int, error) {
		text := r.URL.Query().Get(name)
		if text == "" {
			return otherwise, nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return 0, badRequest("%s must be a number from 1 to %d", name, most)
		}
		return n, nil
	}
	number, err := get("page", 1, math.MaxInt32)
	if err != nil {
		return page{}, err
	}
	size, err := get("per_page", 20, 200)
	return page{number, size}, err
}

// cutPage is what stands on a page of a list.
func cutPage[T any](list []T, p page) []T {
	from := min((p.number-1)*p.size, len(list))
	return list[from:min(from+p.size, len(list))]
}

// listAnswer is a page of a list with the way to the others.
func (p *Platform) listAnswer(r *request, name string, items any, total int, at page) map[string]any {
	base := p.opts.BaseURL
	if base == "" {
		base = "http://" + r.Host
	}
	link := func(number int) string {
		query := url.Values{"page": {strconv.Itoa(number)}, "per_page": {strconv.Itoa(at.size)}}
		return base + r.URL.Path + "?" + query.Encode()
	}
	pages, last := map[string]string{}, (total+at.size-1)/at.size
	if at.number > 1 {
		pages["first"], pages["prev"] = link(1), link(at.number-1)
	}
	if at.number < last {
		pages["next"], pages["last"] = link(at.number+1), link(last)
	}
	return map[string]any{name: items, "links": map[string]any{"pages": pages}, "meta": map[string]int{"total": total}}
}

func (p *Platform) listApps(r *request) (any, error) {
	at, err := r.page()
	if err != nil {
		return nil, err
	}
	views := []appView{}
	for _, a := range cutPage(p.apps, at) {
		views = append(views, p.view(a))
	}
	return p.listAnswer(r, "apps", views, len(p.apps), at), nil
}

func (p *Platform) getApp(r *request) (any, error) {
	view := p.view(r.app)
	r.app.settle()
	if r.behind > 0 {
		then := p.now().Add(-r.behind)
		if live := r.app.active(then); live != nil {
			view.ActiveDeployment = r.app.tell(live, then)
		}
	}
	return map[string]any{"app": view}, nil
}

func (p *Platform) getHealth(r *request) (any, error) {
	return map[string]any{"app_health": r.app.health(p.now())}, nil
}

// updateApp replaces the whole spec and deploys it. What the answer calls
// pending_deployment is this deployment, whatever its phase
// (https://github.com/digitalocean/godo/pull/601).
func (p *Platform) updateApp(r *request) (any, error) {
	var body struct {
		Spec                    json.RawMessage `json:"spec"`
		UpdateAllSourceVersions bool            `json:"update_all_source_versions"`
	}
	if err := r.decode(&body, false); err != nil {
		return nil, err
	}
	spec, err := p.judge(r.app.ID, body.Spec)
	if err != nil {
		return nil, err
	}
	if r.app.Pinned != "" {
		return nil, pinned(r.app)
	}
	p.assign(r.app, spec)
	r.app.Spec, r.app.Updated = spec, p.now()
	d := p.deploy(r.app, updated, spec, nil)
	r.write.Deployment = d.ID
	view := p.view(r.app)
	view.PendingDeployment = r.app.tell(d, p.now())
	return map[string]any{"app": view}, nil
}

// judge accepts a spec for an app, or says as a refusal why not.
func (p *Platform) judge(appID string, text json.RawMessage) (json.RawMessage, error) {
	if len(text) == 0 || string(text) == "null" {
		return nil, badRequest("spec is required")
	}
	spec, err := p.accept(appID, text)
	if err != nil {
		return nil, badRequest("%s", err)
	}
	if holder := p.named(nameOf(spec)); holder != nil && holder.ID != appID {
		return nil, conflict("an app named %q exists already", nameOf(spec))
	}
	if domain := p.taken(appID, spec); domain != "" {
		return nil, conflict("the domain %q belongs to another app", domain)
	}
	return spec, nil
}

func nameOf(spec json.RawMessage) string {
	var s struct{ Name string }
	_ = json.Unmarshal(spec, &s) // it has been checked
	return s.Name
}

// named finds the app with this name; nil where there is none.
func (p *Platform) named(name string) *app {
	for _, a := range p.apps {
		if nameOf(a.Spec) == name {
			return a
		}
	}
	return nil
}

// propose says what would come of a spec, and its price. Nothing changes.
func (p *Platform) propose(r *request) (any, error) {
	var body struct {
		Spec  json.RawMessage `json:"spec"`
		AppID string          `json:"app_id"`
	}
	if err := r.decode(&body, false); err != nil {
		return nil, err
	}
	if body.AppID != "" && p.app(body.AppID) == nil {
		return nil, errNotFound
	}
	if len(body.Spec) == 0 {
		return nil, badRequest("spec is required")
	}
	spec, err := p.accept(body.AppID, body.Spec)
	if err != nil {
		return nil, badRequest("%s", err)
	}
	answer := map[string]any{
		"spec": spec, "app_cost": cost(spec), "app_name_available": true,
		"app_is_static": cost(spec) == 0, "existing_static_apps": "0", "max_free_static_apps": "3",
	}
	if holder := p.named(nameOf(spec)); holder != nil && holder.ID != body.AppID {
		answer["app_name_available"] = false
		answer["app_name_suggestion"] = fmt.Sprintf("%.28s-%s", nameOf(spec), newID()[:3])
	}
	return answer, nil
}
