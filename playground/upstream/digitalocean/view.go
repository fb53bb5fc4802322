package digitalocean

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"
)

// appView is an app as the API tells it.
type appView struct {
	ID                      string          `json:"id"`
	OwnerUUID               string          `json:"owner_uuid"`
	Spec                    json.RawMessage `json:"spec"`
	DefaultIngress          string          `json:"default_ingress"`
	CreatedAt               time.Time       `json:"created_at"`
	UpdatedAt               time.Time       `json:"updated_at"`
	ActiveDeployment        *deploymentView `json:"active_deployment,omitempty"`
	InProgressDeployment    *deploymentView `json:"in_progress_deployment,omitempty"`
	PendingDeployment       *deploymentView `json:"pending_deployment,omitempty"`
	PinnedDeployment        *deploymentView `json:"pinned_deployment,omitempty"`
	LastDeploymentCreatedAt time.Time       `json:"last_deployment_created_at"`
	LastDeploymentActiveAt  *time.Time      `json:"last_deployment_active_at,omitempty"`
	LiveURL                 string          `json:"live_url"`
	LiveURLBase             string          `json:"live_url_base"`
	LiveDomain              string          `json:"live_domain"`
	Domains                 []domainView    `json:"domains,omitempty"`
	Region                  *region         `json:"region,omitempty"`
	TierSlug                string          `json:"tier_slug"`
}

// domainView is a domain as the API tells it. Its fields are those of godo's AppDomain.
type domainView struct {
	ID      string     `json:"id"`
	Spec    any        `json:"spec"`
	Phase   string     `json:"phase"`
	Expires *time.Time `json:"certificate_expires_at,omitempty"`

	name    string
	primary bool
}

// deploymentView is a deployment as the API tells it.
type deploymentView struct {
	ID                   string          `json:"id"`
	Spec                 json.RawMessage `json:"spec"`
	Services             []built         `json:"services,omitempty"`
	StaticSites          []built         `json:"static_sites,omitempty"`
	Workers              []built         `json:"workers,omitempty"`
	Jobs                 []built         `json:"jobs,omitempty"`
	PhaseLastUpdatedAt   time.Time       `json:"phase_last_updated_at"`
	CreatedAt            time.Time       `json:"created_at"`
	UpdatedAt            time.Time       `json:"updated_at"`
	Cause                string          `json:"cause"`
	CauseDetails         causeDetails    `json:"cause_details"`
	ClonedFrom           string          `json:"cloned_from,omitempty"`
	PreviousDeploymentID string          `json:"previous_deployment_id,omitempty"`
	Progress             progress        `json:"progress"`
	Phase                string          `json:"phase"`
	TierSlug             string          `json:"tier_slug"`
}

// built is a component of a deployment.
type built struct {
	Name             string `json:"name"`
	SourceCommitHash string `json:"source_commit_hash,omitempty"`
}

type causeDetails struct {
	Type   string      `json:"type"`
	Action *userAction `json:"digitalocean_user_action,omitempty"`
}

type userAction struct {
	Name string `json:"name"`
	User struct {
		UUID     string `json:"uuid"`
		Email    string `json:"email"`
		FullName string `json:"full_name"`
	} `json:"user"`
}

const (
	tier  = "basic"
	owner = "ff36cbc6-0000-4000-8000-c6fd350fe125" // of every app
)

func (p *Platform) view(a *app) appView {
	now := p.now()
	v := appView{
		ID: a.ID, OwnerUUID: owner, Spec: a.Spec, CreatedAt: a.Created, UpdatedAt: a.Updated,
		LastDeploymentCreatedAt: a.newest().Created, TierSlug: tier,
		DefaultIngress: a.URL, Domains: a.domains(now),
	}
	v.LiveURL = p.liveURL(a, now)
	v.LiveURLBase, v.LiveDomain = v.LiveURL, host(v.LiveURL)
	if live := a.active(now); live != nil {
		v.ActiveDeployment, v.LastDeploymentActiveAt = a.tell(live, now), new(live.upAt())
	}
	switch phase, _ := a.phase(a.newest(), now); phase {
	case pendingBuild:
		v.PendingDeployment = a.tell(a.newest(), now)
	case building, pendingDeploy, deploying:
		v.InProgressDeployment = a.tell(a.newest(), now)
	}
	if a.Pinned != "" {
		v.PinnedDeployment = a.tell(a.deployment(a.Pinned), now)
	}
	var where struct{ Region string }
	if json.Unmarshal(a.Spec, &where) == nil {
		if r, found := find(regions, where.Region); found {
			v.Region = &r
		}
	}
	return v
}

func (a *app) tell(d *deployment, now time.Time) *deploymentView {
	phase, since := a.phase(d, now)
	v := &deploymentView{
		ID: d.ID, Spec: d.Spec, Phase: phase, PhaseLastUpdatedAt: since, CreatedAt: d.Created, UpdatedAt: since,
		Cause: d.Cause.Text, CauseDetails: causeDetails{Type: d.Cause.Type},
		ClonedFrom: d.ClonedFrom, PreviousDeploymentID: d.Previous, Progress: d.progress(now), TierSlug: tier,
	}
	if d.Cause.Action != "" {
		v.CauseDetails.Action = &userAction{Name: d.Cause.Action}
		v.CauseDetails.Action.User.UUID = owner
		v.CauseDetails.Action.User.Email = "release@practice.example"
		v.CauseDetails.Action.User.FullName = "Practice account"
	}
	for _, c := range componentsOf(d.Spec) {
		list := map[string]*[]built{"services": &v.Services, "static_sites": &v.StaticSites, "workers": &v.Workers, "jobs": &v.Jobs}[c.list]
		if list != nil {
			*list = append(*list, built{c.Name, c.commit()})
		}
	}
	return v
}

// liveURL is the app's address: its primary domain, or else the platform's own. What the
// real platform says before a domain is set up isn't described.
func (p *Platform) liveURL(a *app, now time.Time) string {
	for _, d := range a.domains(now) {
		if live := a.active(now); d.primary && live != nil && live.has(d.name) {
			return cmp.Or(p.opts.Public[d.name], "https://"+d.name)
		}
	}
	return a.URL
}

func host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// health is the app's components as the platform measures them.
type health struct {
	Components []componentHealth `json:"components"`
}

type componentHealth struct {
	Name               string  `json:"name"`
	CPUUsagePercent    float64 `json:"cpu_usage_percent"`
	MemoryUsagePercent float64 `json:"memory_usage_percent"`
	ReplicasDesired    int     `json:"replicas_desired"`
	ReplicasReady      int     `json:"replicas_ready"`
	State              string  `json:"state"`
}

// health tells of the components that run, which static sites and jobs don't.
// Nothing runs before the first deployment is active.
func (a *app) health(now time.Time) health {
	h := health{Components: []componentHealth{}}
	live := a.active(now)
	if live == nil {
		return h
	}
	for _, c := range componentsOf(live.Spec) {
		if c.list != "services" && c.list != "workers" {
			continue
		}
		one := componentHealth{Name: c.Name, ReplicasDesired: cmp.Or(c.Count, 1), CPUUsagePercent: 7.5, MemoryUsagePercent: 41.2, State: "UNHEALTHY"}
		if !a.Unhealthy {
			one.State, one.ReplicasReady = "HEALTHY", one.ReplicasDesired
		}
		h.Components = append(h.Components, one)
	}
	return h
}
