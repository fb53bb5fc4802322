package scaffold

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
)

// Plan is what a configuration is written from.
type Plan struct {
	Project      string
	Releases     string // Slack ID of the channel
	OnCall       string // Slack ID of the channel; empty: the same
	Lead         string // Slack ID of the person who approves
	Deployer     string // Slack ID of the person who deploys: nobody approves their own deployment
	Environments []Environment
	Source       string // name of the file that List is from; empty: there is none
	List         List
}

// Environment is where a release goes, in the order in which it goes there.
type Environment struct{ Name, URL string }

// YAML is the configuration.
func (p Plan) YAML() ([]byte, error) {
	var b bytes.Buffer
	if err := form.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Last is the environment that no other comes after.
func (p Plan) Last() Environment { return p.Environments[len(p.Environments)-1] }

// Claim is where a task box is ticked.
func (p Plan) Claim(t Task) string { return fmt.Sprintf("%s:%d", p.Source, t.Line) }

// quoted is a text as YAML, in quotes and without variables.
func quoted(text string) (string, error) {
	var b strings.Builder
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	err := to.Encode(strings.ReplaceAll(text, "${", "$${"))
	return strings.TrimSpace(b.String()), err
}

var form = template.Must(template.New("gonogo.yml").Funcs(template.FuncMap{"quoted": quoted}).Parse(`# Check this file with: gonogo config check FILE
project: {{quoted .Project}}
slack: { releases: {{.Releases}}{{with .OnCall}}, on_call: {{.}}{{end}} }

# Slack IDs, not names. Add your people and their roles.
roles:
  lead: { title: Lead, users: [{{.Lead}}] }
  dev:  { title: Developers, users: [{{.Deployer}}] }

permissions: # nobody has a permission that isn't listed here
  run: [dev, lead]
  check: [dev, lead]
  waive: [lead]
  release: [dev, lead]
  fix: [dev, lead]
  deploy: [dev]
  lock: [dev, lead]
  rollback: [dev, lead]
  alerts: [dev, lead]

environments:
{{- range .Environments}}
  {{.Name}}: {{if .URL}}{ url: {{quoted .URL}} }{{else}}{}{{end}}
{{- end}}

sign_offs:
  {{.Last.Name}}: { roles: [lead] }

# A manual item is checked by a person. Replace manual: by gate: where a machine can
# measure it; see docs/choosing-a-gate.md.
checklist:
{{- range .List.Sections}}
  - section: {{.Name}}
    title: {{quoted .Title}}
    items:
{{- range .Tasks}}
      - { item: {{.Name}}, title: {{quoted .Title}}, manual: { by: [dev, lead] }{{if .Ticked}}, claimed: {{quoted ($.Claim .)}}{{end}} }
{{- end}}
{{- else}}
  - section: ready
    title: Ready to go
    items:
{{- range .Environments}}{{if .URL}}
      - { item: {{.Name}}-answers, title: {{quoted (print .Name " answers")}}, gate: { http: { url: {{quoted .URL}} }, consecutive: 3 } }
{{- end}}{{end}}
      - { item: changelog, title: The changelog is written, manual: { by: [dev, lead], evidence: link } }
{{- end}}
`))
