package config

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gonogo/gates"
)

const outgoingFile = `project: P
slack: { releases: C0RELEASES }
roles: { lead: { users: [U0TL] } }
permissions: { rollback: [lead] }
escalate: { webhook: "http://127.0.0.1:1/hook" }
connections: { boards: { prometheus: { url: "http://localhost:%[2]s" } } }
environments:
  production:
    url: "http://127.0.0.1:%[2]s"
    deploy:
      rolling: { connection: cloud, app: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90, version_as: { image_tag: web } }
      smoke: [{ smoke: page, gate: { http: { url: "{target.url}" } } }]
    rollback: { mode: ask, triggers: [{ trigger: slow, http: { url: "{target.url}", max: "> 5s" } }] }
checklist:
  - section: a
    items:
      - { item: page, gate: { http: { url: "http://127.0.0.1:%[2]s" } } }
      - { item: board, gate: { http: { url: "http://localhost:%[2]s/health" } } }
      - { item: within, gate: { any_of: { gates: [{ http: { url: "http://127.0.0.1:%[2]s" } }, { tls: { address: "127.0.0.1:%[2]s" } }] } } }
%[1]s
`

// TestPrivateAddresses builds everything that connects on somebody's word, and has it
// try this machine: allowed by default, and forbidden but for a connection's host.
func TestPrivateAddresses(t *testing.T) {
	asked := 0
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer site.Close()
	_, port, _ := net.SplitHostPort(site.Listener.Addr().String())
	environ := func(string) (string, bool) { return "t0ken", true }
	for setting, refused := range map[string]bool{"": false, "outgoing: {}": false, "outgoing: { private_addresses: true }": false, "outgoing: { private_addresses: false }": true} {
		file := strings.Replace(fmt.Sprintf(outgoingFile, setting, port), "connections: {", "connections: { cloud: { digitalocean: {} },", 1)
		c, err := Parse("x.yml", []byte(file), func(name string) (string, bool) {
			if strings.Contains(strings.ToUpper(name), "PROXY") || strings.HasSuffix(name, "API_URL") {
				return "", false
			}
			return environ(name)
		})
		if err != nil {
			t.Fatal(err)
		}
		scope := gates.Scope{TargetURL: site.URL}
		said := map[string]string{}
		for key, built := range c.Gates {
			said[key.Item] = built.Gate.Check(t.Context(), scope).Summary
		}
		production := c.Environments["production"]
		said["smoke"] = production.Smoke[0].Built.Gate.Check(t.Context(), scope).Summary
		_, err = production.Triggers[0].Sample.Sample(t.Context(), scope.View.Now, scope)
		said["trigger"] = fmt.Sprint(err)
		said["webhook"] = fmt.Sprint(c.Pager.Reach(t.Context()))
		for _, probe := range c.Probes {
			if probe.Connection == "boards" {
				said["probe"] = probe.Built.Gate.Check(t.Context(), scope).Summary
			}
		}
		for of, words := range said {
			exempt := of == "board" || of == "probe"
			if got := strings.Contains(words, "outgoing.private_addresses is false"); got != (refused && !exempt) {
				t.Errorf("%q: %s: %s", setting, of, words)
			}
		}
		if len(said) != 7 {
			t.Errorf("%d things were tried, want 7: %v", len(said), said)
		}
	}
	if asked == 0 {
		t.Error("nobody asked the page")
	}
}

// TestProxyHidesAddresses refuses a limit that a proxy would get around.
func TestProxyHidesAddresses(t *testing.T) {
	for _, name := range proxies {
		environ := func(asked string) (string, bool) {
			if asked != name {
				return "", false
			}
			return "http://proxy.example:3128", true
		}
		_, err := Parse("x.yml", []byte(nightFile+"outgoing: { private_addresses: false }\n"), environ)
		want := name + " is set, and a proxy hides which address is connected to; unset " + name + ", or remove private_addresses: false and let the proxy forbid them"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Parse("x.yml", []byte(nightFile), environ); err != nil {
			t.Errorf("%s without a limit: %v", name, err)
		}
	}
}
