package config

import (
	"fmt"
	"gonogo/readiness/answer"
	"slices"
	"strings"
	"testing"
)

// deployed is an environment that gonogo deploys to, for files of tests.
const deployed = `{ url: "http://%.example", deploy: { rolling: { connection: cloud, app: APP, version_as: { image_tag: web } } } }`

func deployedPlace(name string) string {
	return name + ": " + strings.NewReplacer("%", name, "APP", appOf(name)).Replace(deployed)
}

// appOf is the ID of the app of a place.
func appOf(name string) string {
	return fmt.Sprintf("6e1c9a52-0b7d-4f3e-9c48-%012x", len(name)*1000+int(name[0]))
}

// An item's answers count for what its text means unless the file says otherwise.
func TestScopes(t *testing.T) {
	for name, tt := range map[string]struct {
		item, section string
		scope         answer.Scope
		blocks        string
		warning       string // in the warnings; empty: none of items
	}{
		"once for the release":      {`gate: { http: { url: "http://x.example" } }`, "", answer.ReleaseScope, "dev staging production", ""},
		"manual with environments":  {`environments: [staging], manual: {}`, "", answer.ReleaseScope, "dev staging production", ""},
		"a gate at a place":         {`environments: [staging], gate: { http: { url: "http://x.example" } }`, "", answer.DeploymentScope, "production", "one does not block dev, staging and elsewhere"},
		"a gate at the last place":  {`environments: [production], gate: { http: { url: "http://x.example" } }`, "", answer.DeploymentScope, "", "one does not block dev, staging, production and elsewhere"},
		"at the first, through two": {`environments: [dev], gate: { http: { url: "http://x.example" } }`, "", answer.DeploymentScope, "production staging", "one does not block dev and elsewhere"},
		"within its section":        {`environments: [dev], gate: { http: { url: "http://x.example" } }`, "blocks: [production], ", answer.DeploymentScope, "production", ""},
		"blocks its own place":      {`environments: [staging], blocks: [staging], gate: { http: { url: "http://x.example" } }`, "", answer.ReleaseScope, "staging", "blocks staging itself"},
		"blocks what comes after":   {`environments: [staging], blocks: [production], gate: { http: { url: "http://x.example" } }`, "", answer.DeploymentScope, "production", ""},
		"gonogo's own state":        {`environments: [staging], gate: { signed_off: { environment: production } }, blocks: []`, "", answer.ReleaseScope, "", ""},
		"project":                   {`scope: project, manual: {}`, "", answer.ProjectScope, "dev staging production", ""},
		"where nothing is deployed": {`environments: [elsewhere], gate: { http: { url: "http://x.example" } }`, "", answer.ReleaseScope, "dev staging production", "environment without deploy"},
	} {
		t.Run(name, func(t *testing.T) {
			text := replace("permissions: { check: [lead] }\nsign_offs: { production: { roles: [lead] } }\nconnections: { cloud: { digitalocean: {} } }\nenvironments: { " + deployedPlace("dev") + ", " + strings.Replace(deployedPlace("staging"), "{ ", "{ after: [dev], ", 1) + ", " +
				strings.Replace(deployedPlace("production"), "{ ", "{ after: [staging], ", 1) + ", elsewhere: {} }\nchecklist: [{ section: first, " + tt.section + "items: [{ item: one, " + tt.item + " }] }]")
			c, err := Parse("x.yml", []byte(text), variables)
			if err != nil {
				t.Fatal(err)
			}
			it, _ := c.Checklist.Item("one")
			blocks := strings.Join(slices.DeleteFunc(slices.Clone(it.Blocks), func(e string) bool { return e == "elsewhere" }), " ")
			if it.Scope != tt.scope || blocks != tt.blocks {
				t.Errorf("scope %s, blocks %q; want %s, %q", it.Scope, blocks, tt.scope, tt.blocks)
			}
			var warned []string
			for _, w := range c.Warnings {
				if strings.HasPrefix(w, "one ") || strings.HasPrefix(w, "one:") {
					warned = append(warned, w)
				}
			}
			if got := strings.Join(warned, "\n"); (tt.warning == "") != (got == "") || !strings.Contains(got, tt.warning) {
				t.Errorf("warnings %q, want %q", got, tt.warning)
			}
		})
	}
}

// What is asked after the deployment opens where the release goes last, unless
// the file says where.
func TestAfterwardsOpen(t *testing.T) {
	part := "after_deployment: [{ title: Day 1, within: 24h, %items: [{ item: day, manual: {} }] }]"
	for name, tt := range map[string]struct{ environments, said, live, fault string }{
		"the last":  {"{ staging: {}, production: { after: [staging] } }", "", "production", ""},
		"the only":  {"{ production: {} }", "", "production", ""},
		"one named": {"{ staging: {}, production: { after: [staging] } }", "environment: staging, ", "staging", ""},
		"two":       {"{ eu: {}, us: {} }", "", "", "no environment comes after eu and us; add environment: eu"},
		"a typo":    {"{ staging: {} }", "environment: stagin, ", "", `there is no environment "stagin"`},
	} {
		t.Run(name, func(t *testing.T) {
			text := replace("environments: " + tt.environments + "\n" + strings.Replace(part, "%", tt.said, 1))
			c, err := Parse("x.yml", []byte(text), variables)
			if tt.fault != "" {
				if got := strings.Join(problems(t, text), "\n"); !strings.Contains(got, tt.fault) {
					t.Errorf("faults %q, want %q", got, tt.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Checklist.Afterwards[0].Live; got != tt.live {
				t.Errorf("it opens on %q, want %q", got, tt.live)
			}
		})
	}
}

// A kind of release names what it is asked, and who approves it.
func TestReleaseKinds(t *testing.T) {
	text := replace("release_kinds: { hotfix: { title: Hotfix, sections: [first], sign_offs: { production: { roles: [lead] } } } }")
	c, err := Parse("x.yml", []byte(text), variables)
	if err != nil {
		t.Fatal(err)
	}
	if kind, ok := c.Checklist.Kind("hotfix"); !ok || kind.Title != "Hotfix" || !slices.Equal(kind.Sections, []string{"first"}) || len(kind.SignOffs) != 1 {
		t.Errorf("the kind is %+v", kind)
	}
	got := strings.Join(problems(t, replace("release_kinds: { hotfix: { sections: [frist] } }")), "\n")
	if !strings.Contains(got, `there is no section "frist"`) {
		t.Errorf("faults %q", got)
	}
}

// TestSectionThatWaitsForADeployment refuses a section whose items are measured after the
// deployment that the section holds back.
func TestSectionThatWaitsForADeployment(t *testing.T) {
	places := "permissions: { check: [lead] }\nsign_offs: { production: { roles: [lead] } }\nconnections: { cloud: { digitalocean: {} } }\nenvironments: { " + deployedPlace("staging") + ", " +
		strings.Replace(deployedPlace("production"), "{ ", "{ after: [staging], ", 1) + " }\n"
	for _, tt := range []struct{ asked, blocks, want string }{
		{"environments: [staging]", "staging", "deploying to staging → fixed → salt → salt@staging → deploying to staging"},
		{"environments: [staging, production]", "production", "deploying to production → fixed → salt → salt@production → deploying to production"},
		{"environments: [staging]", "production", ""},
		{"scope: environment, environments: [staging, production]", "staging", ""},
	} {
		text := replace(places + "checklist: [{ section: keys, items: [{ item: salt, " + tt.asked + ", gate: { http: { url: \"http://x.example\" } } }] }, " +
			"{ section: ready, items: [{ item: fixed, gate: { section: { section: keys } }, blocks: [" + tt.blocks + "] }] }]")
		_, err := Parse("x.yml", []byte(text), variables)
		if said := fmt.Sprint(err); (err != nil) != (tt.want != "") || !strings.Contains(said, tt.want) && tt.want != "" {
			t.Errorf("%s, blocks %s: %v; want %q", tt.asked, tt.blocks, err, tt.want)
		}
	}
}
