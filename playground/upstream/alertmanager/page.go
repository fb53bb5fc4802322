package alertmanager

import (
	"bytes"
	"html/template"
	"net/http"
)

// overview is where a post's link leads: what fires and what is silenced.
var overview = template.Must(template.New("overview").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Practice Alertmanager</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}</style></head>
<body><h1>Practice Alertmanager</h1>
<h2>Alerts</h2><ul>{{range .Alerts}}<li><strong>{{.Labels.alertname}}</strong>, {{.Status.State}} since {{.StartsAt.Format "15:04:05 MST"}}:
{{range $name, $value := .Labels}}{{$name}}={{$value}} {{end}}<br>{{.Annotations.summary}}</li>{{else}}<li>Nothing fires.</li>{{end}}</ul>
<h2>Silences</h2><ul>{{range .Silences}}<li>{{.Status.state}} until {{.EndsAt.Format "15:04:05 MST"}}, by {{.CreatedBy}}: {{.Comment}}</li>{{else}}<li>There are none.</li>{{end}}</ul>
</body></html>
`))

func (a *Alertmanager) showPage(w http.ResponseWriter, _ *http.Request) {
	var page bytes.Buffer
	err := overview.Execute(&page, map[string]any{"Alerts": a.firing(), "Silences": a.allSilences()})
	if err != nil {
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w) // the reader may have gone away; there is nobody to tell
}
