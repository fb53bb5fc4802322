package readiness

import (
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// goLive says that a run brought a version to production, verified or not.
func (h *scenario) goLive(version string, verified bool, instead string) *scenario {
	return h.add(event.VersionWentLive{Environment: "production", Build: build.Build{Version: version}, Run: "r-" + version, Verified: verified, Instead: instead})
}

// change starts a deployment or rollback of production.
func (h *scenario) change(run, what, to, stops string) *scenario {
	return h.add(event.RunStarted{Run: run, What: what, Title: what + " " + to, Change: &work.Change{Environment: "production", To: build.Build{Version: to}, Stops: stops}})
}

// waysBack are the versions that production may go back to.
func (h *scenario) waysBack() []string {
	var versions []string
	for _, l := range h.state.WayBack("production") {
		versions = append(versions, l.Version)
	}
	return versions
}

// monday is when every history in these tests begins.
var monday = time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)

// scenario is a checklist and what happened, one minute after another.
type scenario struct {
	list  *checklist.Checklist
	state *history.State
	now   time.Time
}

// begin opens release 19.0.1 of a checklist.
func begin(list checklist.Checklist) *scenario {
	h := &scenario{list: list.Index(), state: history.NewState(), now: monday}
	return h.add(event.ReleaseOpened{Version: "19.0.1", Commit: "c0ffee", By: "U0PM"})
}

func (h *scenario) add(events ...event.Event) *scenario {
	for _, e := range events {
		h.now = h.now.Add(time.Minute)
		h.state.Apply(h.now, e)
	}
	return h
}

func (h *scenario) wait(d time.Duration) *scenario {
	h.now = h.now.Add(d)
	return h
}

func (h *scenario) view() View { return View{Checklist: h.list, State: h.state, Now: h.now} }

// answer records a verdict for an item of release 19.0.1, for each of the
// environments or, without any, once for the release.
func (h *scenario) answer(item string, verdict answer.Verdict, environments ...string) *scenario {
	if len(environments) == 0 {
		environments = []string{""}
	}
	settings := ""
	if it, known := h.list.Item(item); known && it.Gate != nil {
		settings = it.Gate.Settings
	}
	for _, env := range environments {
		h.add(event.EvidenceRecorded{Release: "19.0.1", Item: item, Environment: env, Evidence: answer.Evidence{Verdict: verdict, Settings: settings, By: "U0DEV"}})
	}
	return h
}

// sign gives a role's word for production on what there is to see now.
func (h *scenario) sign(role, user string, approved bool) *scenario {
	return h.add(event.SignOffGiven{
		Release: "19.0.1", Environment: "production", Role: role, By: user,
		Approved: approved, Basis: h.view().Basis("production"),
	})
}

// live says that release 19.0.1 is live on an environment.
func (h *scenario) live(environment string) *scenario {
	return h.add(event.EnvironmentAdopted{Environment: environment, Version: "19.0.1", Commit: "c0ffee", By: "U0DEV"})
}

// measured is an item with a gate that blocks both environments.
func measured(id string, needs ...string) *checklist.Item {
	return &checklist.Item{ID: id, Title: "Title of " + id, Gate: &checklist.Gate{Kind: "http", Settings: "s1"}, Needs: needs, Blocks: []string{"staging", "production"}}
}

// asked is an item for people that blocks both environments.
func asked(id string, needs ...string) *checklist.Item {
	return &checklist.Item{ID: id, Title: "Title of " + id, Manual: &checklist.Manual{}, Needs: needs, Blocks: []string{"staging", "production"}}
}

// reading is an item with a gate on gonogo's own state that blocks production.
func reading(id string, c checklist.Condition) *checklist.Item {
	return &checklist.Item{ID: id, Title: "Title of " + id, Gate: &checklist.Gate{Kind: "state", Settings: "s1", Condition: &c}, Blocks: []string{"production"}}
}

func taking(it *checklist.Item, d time.Duration) *checklist.Item {
	it.Estimate = d
	return it
}

func blocking(it *checklist.Item, environments ...string) *checklist.Item {
	it.Blocks = environments
	return it
}

func askedOn(it *checklist.Item, environments ...string) *checklist.Item {
	it.Environments = environments
	return it
}

func lasting(it *checklist.Item, d time.Duration) *checklist.Item {
	it.MaxAge = d
	return it
}

// itemsOf are the items of a checklist by ID.
func itemsOf(list *checklist.Checklist) map[string]*checklist.Item {
	items := map[string]*checklist.Item{}
	for _, s := range list.AllSections() {
		for _, it := range s.Items {
			items[it.ID] = it
		}
	}
	return items
}

func section(id string, items ...*checklist.Item) checklist.Section {
	return checklist.Section{ID: id, Title: "Section " + id, Weight: 1, Items: items}
}

// places are staging and, after it, production.
func places() []checklist.Environment {
	return []checklist.Environment{{Name: "staging"}, {Name: "production", After: []string{"staging"}}}
}

// board is four roles that sign off production.
func board() ([]checklist.Role, []checklist.SignOffRule) {
	roles := []checklist.Role{
		{ID: "product_owner", Title: "Product Owner", Users: []string{"U0PO"}},
		{ID: "technical_lead", Title: "Technical Lead", Users: []string{"U0TL"}},
		{ID: "security_officer", Title: "Security Officer", Users: []string{"U0SO"}},
		{ID: "project_manager", Title: "Project Manager", Users: []string{"U0PM"}},
	}
	rule := checklist.SignOffRule{Environment: "production", Expires: 24 * time.Hour}
	for _, r := range roles {
		rule.Roles = append(rule.Roles, r.ID)
	}
	return roles, []checklist.SignOffRule{rule}
}

// approveAll lets every role of the board approve production.
func (h *scenario) approveAll() *scenario {
	return h.sign("product_owner", "U0PO", true).sign("technical_lead", "U0TL", true).
		sign("security_officer", "U0SO", true).sign("project_manager", "U0PM", true)
}

// reasons lists what a decision's blockers say, kind first.
func reasons(d Decision) []string {
	var all []string
	for _, b := range d.Blockers {
		name := b.Title
		if b.Kind == BlockedByItem {
			name = b.Answer().Key.String()
		}
		all = append(all, string(b.Kind)+" "+name+": "+b.Reason)
	}
	return all
}
