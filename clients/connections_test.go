package clients_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients"
	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/kinds"
)

// surroundings answers every variable, with what is right for it.
func surroundings(name string) (string, bool) {
	switch {
	case name == "DATABASE_URL":
		return "postgres://reader:canary-password@db.example/app", true
	case strings.HasSuffix(name, "_API_URL"):
		return "", false
	case strings.HasSuffix(name, "_URL"):
		return "https://service.example", true
	}
	return "canary-" + strings.ToLower(name), true
}

// connect makes a connection of settings as a configuration does.
func connect(t *testing.T, kind connection.Kind, settings string, environ func(string) (string, bool)) (connection.Connection, error) {
	t.Helper()
	d := strictyaml.NewDecoder("x.yml", strictyaml.Format{}, environ)
	root, ok := d.Read([]byte(settings))
	if !ok {
		t.Fatal(d.Err())
	}
	made, err := kind.New("it", d.Settings(root, kind.Name), environ)
	made.Kind = kind.Name
	return made, errors.Join(d.Err(), err)
}

// TestKinds holds every kind to what package connection promises of it.
func TestKinds(t *testing.T) {
	if names := clients.Names(); !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("the names are not in order, or one is there twice: %q", names)
	}
	for _, kind := range clients.Connections() {
		t.Run(kind.Name, func(t *testing.T) {
			if found, ok := clients.Lookup(kind.Name); !ok || found.About != kind.About || kind.About == "" {
				t.Error("it cannot be looked up, or does not say what it is for")
			}
			t.Run("builds its example", func(t *testing.T) { tryExample(t, kind) })
			t.Run("refuses an unknown field", func(t *testing.T) { tryUnknown(t, kind) })
			t.Run("names its secrets", func(t *testing.T) { trySecrets(t, kind) })
		})
	}
	if _, ok := clients.Lookup("none"); ok {
		t.Error("there is a kind none")
	}
}

func tryExample(t *testing.T, kind connection.Kind) {
	made, err := connect(t, kind, kind.Example, surroundings)
	if err != nil || made.Err != nil {
		t.Fatalf("got %v and %v", err, made.Err)
	}
	if made.Client == nil {
		t.Error("there is no client")
	}
	around := gates.Deps{Connections: map[string]connection.Connection{"it": made}}
	for _, p := range made.Probes {
		text, err := json.Marshal(p.Settings) // which is YAML too, with positions for the faults
		if err != nil {
			t.Fatal(err)
		}
		d := strictyaml.NewDecoder("x.yml", strictyaml.Format{}, surroundings)
		root, ok := d.Read(text)
		if !ok {
			t.Fatal(d.Err())
		}
		if _, err := kinds.Build(p.Gate, d.Settings(root, p.Gate), around); err != nil {
			t.Errorf("the probe %v: %v, %v", p.Settings, err, d.Err())
		}
	}
}

func tryUnknown(t *testing.T, kind connection.Kind) {
	settings := strings.TrimSuffix(kind.Example, "}") + ", no_such_setting: 1}"
	settings = strings.Replace(settings, "{, ", "{", 1)
	if _, err := connect(t, kind, settings, surroundings); err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("got %v", err)
	}
}

// trySecrets takes the kind's variables away: it says that they are missing, and
// is not at fault.
func trySecrets(t *testing.T, kind connection.Kind) {
	asked := map[string]bool{}
	made, err := connect(t, kind, kind.Example, func(name string) (string, bool) {
		asked[name] = true
		if slices.Contains(kind.Secrets, name) {
			return "", false
		}
		return surroundings(name)
	})
	var missing *connection.Missing
	if err != nil || errors.As(made.Err, &missing) != (len(kind.Secrets) > 0) {
		t.Errorf("without its secrets: %v and %v", err, made.Err)
	}
	for name := range asked {
		credential := strings.HasSuffix(name, "_TOKEN") || strings.HasSuffix(name, "_KEY")
		if credential && !strings.Contains(kind.Example, name) && !slices.Contains(kind.Secrets, name) {
			t.Errorf("it reads %s, which it does not name among its secrets", name)
		}
	}
}

// TestClient takes a client by its type, or tells why there is none.
func TestClient(t *testing.T) {
	if got, err := connection.Client[int](connection.Connection{Kind: "number", Client: 3}); got != 3 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := connection.Client[string](connection.Connection{Kind: "number", Client: 3}); err == nil {
		t.Error("a number was taken for a text")
	}
	missing := &connection.Missing{Why: "TOKEN is not set"}
	if _, err := connection.Client[int](connection.Connection{Kind: "number", Err: missing}); err != error(missing) {
		t.Errorf("got %v, want %v", err, missing)
	}
}
