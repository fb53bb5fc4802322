package digitalocean_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/digitalocean"
)

// specText is a spec with what must come back as it was: fields that nobody
// knows, numbers that no float holds, letters that Go would escape, secrets,
// and blanks.
const specText = `{
  "name": "shop", "future": {"big": 12345678901234567890, "exact": 1.10, "text": "a<b> & \u00e9 \/"},
  "services": [
    {"name": "web", "image": {"digest": "sha256:1", "registry_type": "GHCR", "registry": "acme", "repository": "shop/odoo",
      "tag": "19.0.1", "registry_credentials": "EV[1:abc:def==]", "deploy_on_push": {"enabled": false}},
      "envs": [{"key": "DB", "value": "EV[1:nonce:cipher/+==]", "type": "SECRET"}]},
    {"name": "api", "github": {"repo": "acme/api", "branch": "main", "deploy_on_push": true}}
  ],
  "workers": [{"name": "cron", "gitlab": null, "git": {"repo_clone_url": "https://git.example/cron"}}],
  "jobs": [{"name": "migrate", "image": {"repository": "shop/odoo", "digest" : "sha256:2"}}],
  "static_sites": null,
  "envs": [ {"key": "MODE", "value": "prod"},
            {"key": "RUN", "value": "r1", "type": "GENERAL"} ]
}`

// written is a spec as its exact text.
func written(t *testing.T, s digitalocean.Spec) string {
	t.Helper()
	text, err := s.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func replace(old, by string) string { return strings.Replace(specText, old, by, 1) }

func TestSpecChangesOnlyWhatIsNamed(t *testing.T) {
	type change = func(digitalocean.Spec) (digitalocean.Spec, error)
	tag := func(component, tag string) change {
		return func(s digitalocean.Spec) (digitalocean.Spec, error) { return s.WithImageTag(component, tag) }
	}
	ref := func(component, ref string) change {
		return func(s digitalocean.Spec) (digitalocean.Spec, error) { return s.WithGitRef(component, ref) }
	}
	mark := func(key, text string) change {
		return func(s digitalocean.Spec) (digitalocean.Spec, error) { return s.WithMark(key, text) }
	}
	for _, tt := range []struct {
		name, from string
		change     change
		want       string
	}{
		{"a tag beside a digest", specText, tag("web", "19.0.2"), strings.Replace(replace(`"digest": "sha256:1",`, ``), `"19.0.1"`, `"19.0.2"`, 1)},
		{"a tag instead of a digest", specText, tag("migrate", "19.0.2"), replace(`"shop/odoo", "digest" : "sha256:2"}`, `"shop/odoo","tag":"19.0.2"}`)},
		{"a tag of an image that is only a digest", `{"jobs":[{"name":"x","image":{"digest":"sha256:3"}}]}`, tag("x", "1"), `{"jobs":[{"name":"x","image":{"tag":"1"}}]}`},
		{"a branch", specText, ref("api", `release/"19"`), replace(`"main"`, `"release/\"19\""`)},
		{"a branch where there was none", specText, ref("cron", "main"), replace(`"https://git.example/cron"}`, `"https://git.example/cron","branch":"main"}`)},
		{"a mark in its place", specText, mark("RUN", "r2"), replace(`{"key": "RUN", "value": "r1", "type": "GENERAL"}`, `{"key":"RUN","value":"r2","scope":"RUN_TIME","type":"GENERAL"}`)},
		{"another mark", specText, mark("NEW", "r2"), replace("\"GENERAL\"} ]", "\"GENERAL\"},{\"key\":\"NEW\",\"value\":\"r2\",\"scope\":\"RUN_TIME\",\"type\":\"GENERAL\"} ]")},
		{"the first mark", `{"name":"x"}`, mark("RUN", "r"), `{"name":"x","envs":[{"key":"RUN","value":"r","scope":"RUN_TIME","type":"GENERAL"}]}`},
		{"the first mark of none", `{"envs":null, "name":"x"}`, mark("RUN", "r"), `{"envs":[{"key":"RUN","value":"r","scope":"RUN_TIME","type":"GENERAL"}], "name":"x"}`},
		{"the first mark of an empty list", `{"envs":[ ]}`, mark("RUN", "r"), `{"envs":[{"key":"RUN","value":"r","scope":"RUN_TIME","type":"GENERAL"} ]}`},
		{"a mark of an empty spec", `{}`, mark("RUN", "r"), `{"envs":[{"key":"RUN","value":"r","scope":"RUN_TIME","type":"GENERAL"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := spec(tt.from)
			after, err := tt.change(before)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, written(t, after)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if written(t, before) != tt.from {
				t.Error("the spec that it was made from has changed")
			}
		})
	}
}

func TestSpecIsRead(t *testing.T) {
	s := spec(specText)
	image, ok := s.Image("web")
	want := digitalocean.Image{Registry: "acme", Type: "GHCR", Repository: "shop/odoo", Tag: "19.0.1", Digest: "sha256:1"}
	if diff := cmp.Diff(want, image); diff != "" || !ok {
		t.Errorf("ok %v (-want +got):\n%s", ok, diff)
	}
	for _, component := range []string{"api", "none"} {
		if got, ok := s.Image(component); ok {
			t.Errorf("%s has image %v", component, got)
		}
	}
	for _, tt := range []struct {
		component, want string
		ok              bool
	}{{"api", "main", true}, {"cron", "", true}, {"web", "", false}, {"none", "", false}} {
		if got, ok := s.GitRef(tt.component); got != tt.want || ok != tt.ok {
			t.Errorf("%s is built from %q, %v", tt.component, got, ok)
		}
	}
	for key, want := range map[string]string{"RUN": "r1", "MODE": "prod", "DB": "", "": ""} {
		if got := s.Mark(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := fmt.Sprintf("%v %+v %s", s, digitalocean.App{Spec: s}, s); strings.Contains(got, "EV[") || !strings.Contains(got, "spec of shop") {
		t.Errorf("printed: %s", got)
	}
}

func TestSpecRefuses(t *testing.T) {
	for _, tt := range []struct{ text, component, tag, ref string }{
		{specText, "site", `the app has no component "site"; it has web, api, cron, migrate`, `the app has no component "site"; it has web, api, cron, migrate`},
		{specText, "api", `the component "api" has no image; it is built from a repository, so its version is a git ref`, ""},
		{specText, "web", "", `the component "web" is not built from a repository; it has an image, so its version is an image tag`},
		{`{"name":"x"}`, "web", `the app has no component "web", and no other`, `the app has no component "web", and no other`},
		{`null`, "web", "the platform gave no spec", "the platform gave no spec"},
		{`[]`, "web", "the platform gave no spec", "the platform gave no spec"},
	} {
		_, byTag := spec(tt.text).WithImageTag(tt.component, "1")
		_, byRef := spec(tt.text).WithGitRef(tt.component, "main")
		for want, err := range map[string]error{tt.tag: byTag, tt.ref: byRef} {
			if got := fmt.Sprint(err); (err != nil) != (want != "") || !strings.HasPrefix(got, want) && want != "" {
				t.Errorf("%s of %.20s: got %s, want %q", tt.component, tt.text, got, want)
			}
		}
	}
	for _, none := range []digitalocean.Spec{{}, spec(`null`), spec(`7`)} {
		if _, err := none.WithMark("RUN", "r"); err == nil || !strings.HasPrefix(err.Error(), "the platform gave no spec") {
			t.Errorf("a mark of no spec: got %v", err)
		}
	}
}

func TestSpecEqual(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[2]}`, `{ "b": [2], "a": 1 }`, true},
		{`{"a":12345678901234567890}`, `{"a":12345678901234567891}`, false},
		{`{"a":null}`, `{}`, false},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, false},
	} {
		if got := spec(tt.a).Equal(spec(tt.b)); got != tt.want {
			t.Errorf("%s and %s: got %v", tt.a, tt.b, got)
		}
	}
}

// arbitrary is some JSON value, with keys that repeat what the package looks
// for, at any depth.
func arbitrary(r *rand.Rand, depth int) any {
	keys := []string{"name", "envs", "key", "value", "image", "tag", "digest", "services", "jobs", "git", "branch", "<&>", "web", "é"}
	switch n := r.IntN(8); {
	case n < 3 && depth > 0:
		object := map[string]any{}
		for range r.IntN(5) {
			object[keys[r.IntN(len(keys))]] = arbitrary(r, depth-1)
		}
		return object
	case n < 5 && depth > 0:
		array := []any{}
		for range r.IntN(4) {
			array = append(array, arbitrary(r, depth-1))
		}
		return array
	case n == 5:
		return nil
	case n == 6:
		return json.Number(fmt.Sprintf("%d%d.%d", r.IntN(9)+1, r.Uint64(), r.IntN(99)))
	}
	return keys[r.IntN(len(keys))]
}

// Whatever else a spec holds and however it is laid out, it comes back.
func TestSpecKeepsTheRest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		tree := map[string]any{"other": arbitrary(r, 4), "envs": []any{arbitrary(r, 2), map[string]any{"key": "A"}},
			"jobs": []any{arbitrary(r, 3), map[string]any{"name": "it", "image": map[string]any{"digest": arbitrary(r, 1), "x": arbitrary(r, 2)}}}}
		text, err := json.MarshalIndent(tree, strings.Repeat("\t", r.IntN(2)), strings.Repeat(" ", r.IntN(3)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := spec(string(text)).WithImageTag("it", "2")
		if err != nil {
			t.Fatal(err)
		}
		if got, err = got.WithMark("RUN", "r"); err != nil {
			t.Fatal(err)
		}
		image := tree["jobs"].([]any)[1].(map[string]any)["image"].(map[string]any)
		delete(image, "digest")
		image["tag"] = "2"
		tree["envs"] = append(tree["envs"].([]any), map[string]any{"key": "RUN", "value": "r", "scope": "RUN_TIME", "type": "GENERAL"})
		want, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(spec(string(want))) {
			t.Fatalf("from %s\n got %s\nwant %s", text, written(t, got), want)
		}
	}
}
