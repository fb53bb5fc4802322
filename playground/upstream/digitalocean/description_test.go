package digitalocean_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gonogo/playground/upstream/vendortest"
)

// TestAnswersAreAsDescribed compares an answer of each operation with DigitalOcean's own
// description of it.
func TestAnswersAreAsDescribed(t *testing.T) {
	const apps, app, deployments = "/v2/apps", "/v2/apps/{app_id}", "/v2/apps/{app_id}/deployments"
	d := vendortest.Read(t)
	a := open(t)
	tried := map[string]bool{}
	try := func(operation, path, body string) {
		t.Helper()
		status, text := a.asks(operation, path, body)
		d.Check(t, operation, status, text)
		tried[operation] = true
	}
	spec := func(of map[string]any) string {
		now := a.app().Spec
		now.Services[0].Image.Tag = "1.1"
		of["spec"] = now
		text, err := json.Marshal(of)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := a.app().ActiveDeployment.ID
	try("POST "+apps+"/propose", "/v2/apps/propose", spec(map[string]any{"app_id": appID}))
	try("GET "+apps+"/tiers/instance_sizes", "/v2/apps/tiers/instance_sizes", "")
	try("PUT "+apps+"/{id}", "", spec(map[string]any{}))
	try("GET "+apps+"/{id}", "", "") // while a deployment is pending
	try("POST "+deployments+"/{deployment_id}/cancel", "/deployments/"+a.app().PendingDeployment.ID+"/cancel", "{}")
	a.release("1.2")
	try("GET "+apps, "/v2/apps?page=1&per_page=20", "")
	try("GET "+apps+"/{id}", "", "")
	try("GET "+app+"/health", "/health", "")
	try("GET "+deployments, "/deployments", "")
	try("GET "+deployments+"/{deployment_id}", "/deployments/"+first, "")
	try("GET "+deployments+"/{deployment_id}/logs", "/deployments/"+first+"/logs?type=RUN", "")
	try("GET "+deployments+"/{deployment_id}/components/{component_name}/logs", "/deployments/"+first+"/components/web/logs?type=RUN", "")
	back := `{"deployment_id":"` + first + `"}`
	try("POST "+app+"/rollback/validate", "/rollback/validate", back)
	try("POST "+app+"/rollback", "/rollback", back)
	a.pass(4 * phase)
	try("GET "+apps+"/{id}", "", "") // while it is pinned
	try("POST "+app+"/rollback/revert", "/rollback/revert", "")
	a.pass(4 * phase)
	a.back(first)
	a.pass(4 * phase)
	try("POST "+app+"/rollback/commit", "/rollback/commit", "")
	try("POST "+deployments, "/deployments", `{"force_build":true}`)
	for operation := range d.Paths {
		if !tried[operation] {
			t.Errorf("no answer of %s is tried", operation)
		}
	}
}

// asks makes the request of an operation, at a path below the app's own or at a whole one.
func (a *account) asks(operation, path, body string) (status int, text string) {
	a.t.Helper()
	if !strings.HasPrefix(path, "/v2/apps") {
		path = "/v2/apps/" + appID + path
	}
	method, _, _ := strings.Cut(operation, " ")
	got, whole := a.sendAs(method, path, body, map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"})
	if got.Status >= 400 || len(whole) == 0 {
		return got.Status, "{}"
	}
	var answer any
	if err := json.Unmarshal(whole, &answer); err != nil {
		a.t.Fatal(err)
	}
	described, err := json.Marshal(withoutUndescribed(answer))
	if err != nil {
		a.t.Fatal(err)
	}
	return got.Status, string(described)
}

// undescribed are fields that the platform sends, and godo has, but the description lacks.
var undescribed = []string{"cause_details", "max_free_static_apps", "previous_deployment_id", "last_deployment_active_at"}

// withoutUndescribed removes them from a JSON value.
func withoutUndescribed(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range undescribed {
			delete(v, name)
		}
		for name, one := range v {
			v[name] = withoutUndescribed(one)
		}
	case []any:
		for i, one := range v {
			v[i] = withoutUndescribed(one)
		}
	}
	return value
}
