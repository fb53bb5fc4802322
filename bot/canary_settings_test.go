package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"gonogo/bot/config"
	"gonogo/gates"
	"gonogo/gates/kinds"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
)

// TestCanaryInEverySetting puts a secret into each setting of each kind of gate,
// one after another, as a variable of any name does: neither the fault that the
// configuration then has, nor what the gate finds, shows it. A title is there to
// be shown.
func TestCanaryInEverySetting(t *testing.T) {
	t.Parallel()
	shownToAll := []string{"all_of.gates.0.title"}
	canary := regexp.MustCompile(`canary-7F3a9c|127\.83\.91\.77`)
	environ := func(name string) (string, bool) {
		value, set := docsEnviron(name)
		switch name {
		case "ANY_NAME":
			return "canary-7F3a9c", true
		case "ANY_ADDRESS":
			return "127.83.91.77:1", true
		}
		return value, set
	}
	tried := 0
	for _, kind := range kinds.All() {
		example := atHome(kind.Example)
		for _, leaf := range leaves(t, example) {
			path := leaf.path
			for _, with := range []string{"${ANY_NAME}", "http://127.0.0.1:1/${ANY_NAME}"} {
				if leaf.value == nobody {
					with = "${ANY_ADDRESS}"
				}
				file := whole + item(t, kind.Name, example, path, with)
				tried++
				c, err := config.Parse("canary.yml", []byte(file), environ)
				shown := fmt.Sprint(err)
				if err == nil {
					built := c.Gates[answer.Key{Item: "measured"}]
					gates.Runner{}.Run(t.Context(), []gates.Job{{Name: "measured", Gate: built.Gate, Deadline: 2 * time.Second, Secrets: slices.Concat(built.Secrets, c.Secrets),
						Scope: gates.Scope{View: readiness.View{Checklist: c.Checklist, State: history.NewState(), Now: time.Now()}, TargetURL: "http://127.0.0.1:1", Release: "1"}}},
						func(gates.Job) error { return nil }, func(_ gates.Job, ev answer.Evidence) {
							said, err := json.Marshal(ev)
							if err != nil {
								t.Error(err)
							}
							shown = string(said)
						})
				}
				if canary.MatchString(shown) && !slices.Contains(shownToAll, kind.Name+"."+strings.Join(path, ".")) {
					t.Errorf("%s.%s = %s: %s", kind.Name, strings.Join(path, "."), with, shown)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("%d settings were tried, which are not all", tried)
	}
}

// nobody is an address at which nobody listens.
const nobody = "127.0.0.1:1"

var abroad = regexp.MustCompile(`(https?://)[a-z.]+\.example(\.com)?|shop\.example:443|ns[12]\.host\.example|1\.1\.1\.1|8\.8\.8\.8`)

// atHome is an example whose addresses are ones of this machine.
func atHome(example string) string { return abroad.ReplaceAllString(example, "${1}"+nobody) }

// leaf is a value in a mapping.
type leaf struct {
	path  []string
	value any
}

// leaves are the values in a mapping.
func leaves(t *testing.T, text string) (all []leaf) {
	t.Helper()
	var settings yaml.MapSlice
	if err := yaml.UnmarshalWithOptions([]byte(text), &settings, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	var walk func(value any, path []string)
	walk = func(value any, path []string) {
		switch value := value.(type) {
		case yaml.MapSlice:
			for _, e := range value {
				walk(e.Value, append(slices.Clone(path), fmt.Sprint(e.Key)))
			}
		case []any:
			for i, e := range value {
				walk(e, append(slices.Clone(path), fmt.Sprint(i)))
			}
		default:
			all = append(all, leaf{path, value})
		}
	}
	walk(settings, nil)
	return all
}

// item is a checklist with one gate, of whose example one setting is another.
func item(t *testing.T, kind, example string, path []string, with string) string {
	t.Helper()
	var settings yaml.MapSlice
	if err := yaml.UnmarshalWithOptions([]byte(example), &settings, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	var put func(value any, path []string) any
	put = func(value any, path []string) any {
		if len(path) == 0 {
			return with
		}
		switch value := value.(type) {
		case yaml.MapSlice:
			for i := range value {
				if fmt.Sprint(value[i].Key) == path[0] {
					value[i].Value = put(value[i].Value, path[1:])
				}
			}
		case []any:
			for i := range value {
				if fmt.Sprint(i) == path[0] {
					value[i] = put(value[i], path[1:])
				}
			}
		}
		return value
	}
	text, err := yaml.Marshal(yaml.MapSlice{{Key: "item", Value: "measured"}, {Key: "blocks", Value: []string{}}, {Key: "gate", Value: yaml.MapSlice{{Key: kind, Value: put(settings, path)}}}})
	if err != nil {
		t.Fatal(err)
	}
	list := "  - section: modules\n    items: [{ item: counted, manual: {} }]\n  - section: measured\n    items:\n      - "
	return "\nsign_offs: { production: { roles: [lead] } }\nchecklist:\n" + list + strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n        ") + "\n"
}
