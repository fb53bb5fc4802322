package readiness

import (
	"testing"
	"time"
)

// monday is when every history in these tests begins.
var monday = time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)

// scenario is a checklist and what happened, one minute after another.
type scenario struct {
	list  *Checklist
	state *State
	now   time.Time
}

// begin opens release 19.0.1 of a checklist.
func begin(list Checklist) *scenario {
	h := &scenario{list: list.Index(), state: NewState(), now: monday}
	return h.add(ReleaseOpened{Version: "19.0.1", Commit: "c0ffee", By: "U0PM"})
}

// began opens release 19.0.1 where the checklist does not matter.
func began() *scenario { return begin(Checklist{}) }

func (h *scenario) add(events ...Event) *scenario {
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
func (h *scenario) answer(item string, verdict Verdict, environments ...string) *scenario {
	if len(environments) == 0 {
		environments = []string{""}
	}
	settings := ""
	if it, known := h.list.Item(item); known && it.Gate != nil {
		settings = it.Gate.Settings
	}
	for _, env := range environments {
		h.add(EvidenceRecorded{Release: "19.0.1", Item: item, Environment: env, Evidence: Evidence{Verdict: verdict, Settings: settings, By: "U0DEV"}})
	}
	return h
}

// sign gives a role's word for production on what there is to see now.
func (h *scenario) sign(role, user string, approved bool) *scenario {
	return h.add(SignOffGiven{
		Release: "19.0.1", Environment: "production", Role: role, By: user,
		Approved: approved, Basis: h.view().Basis("production"),
	})
}

// live says that release 19.0.1 is live on an environment.
func (h *scenario) live(environment string) *scenario {
	return h.add(EnvironmentAdopted{Environment: environment, Version: "19.0.1", Commit: "c0ffee", By: "U0DEV"})
}

// measured is an item with a gate that blocks both environments.
func measured(id string, needs ...string) *Item {
	return &Item{ID: id, Title: "Title of " + id, Gate: &Gate{Kind: "http", Settings: "s1"}, Needs: needs, Blocks: []string{"staging", "production"}}
}

// asked is an item for people that blocks both environments.
func asked(id string, needs ...string) *Item {
	return &Item{ID: id, Title: "Title of " + id, Manual: &Manual{}, Needs: needs, Blocks: []string{"staging", "production"}}
}

// reading is an item with a gate on gonogo's own state that blocks production.
func reading(id string, c Condition) *Item {
	return &Item{ID: id, Title: "Title of " + id, Gate: &Gate{Kind: "state", Settings: "s1", Condition: &c}, Blocks: []string{"production"}}
}

func taking(it *Item, d time.Duration) *Item {
	it.Estimate = d
	return it
}

func blocking(it *Item, environments ...string) *Item {
	it.Blocks = environments
	return it
}

func askedOn(it *Item, environments ...string) *Item {
	it.Environments = environments
	return it
}

func lasting(it *Item, d time.Duration) *Item {
	it.MaxAge = d
	return it
}

// itemsOf are the items of a checklist by ID.
func itemsOf(list *Checklist) map[string]*Item {
	items := map[string]*Item{}
	for _, s := range list.AllSections() {
		for _, it := range s.Items {
			items[it.ID] = it
		}
	}
	return items
}

func section(id string, items ...*Item) Section {
	return Section{ID: id, Title: "Section " + id, Weight: 1, Items: items}
}

// places are staging and, after it, production.
func places() []Environment {
	return []Environment{{Name: "staging"}, {Name: "production", After: []string{"staging"}}}
}

// board is four roles that sign off production.
func board() ([]Role, []SignOffRule) {
	roles := []Role{
		{ID: "product_owner", Title: "Product Owner", Users: []string{"U0PO"}},
		{ID: "technical_lead", Title: "Technical Lead", Users: []string{"U0TL"}},
		{ID: "security_officer", Title: "Security Officer", Users: []string{"U0SO"}},
		{ID: "project_manager", Title: "Project Manager", Users: []string{"U0PM"}},
	}
	rule := SignOffRule{Environment: "production", Expires: 24 * time.Hour}
	for _, r := range roles {
		rule.Roles = append(rule.Roles, r.ID)
	}
	return roles, []SignOffRule{rule}
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

func mustEncode(t testing.TB, e Event) []byte {
	t.Helper()
	data, err := EncodeEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
