package prometheus

import (
	"bytes"
	"html/template"
	"net/http"
)

// graphPage is where an alert's link leads: a query and what it gives now.
var graphPage = template.Must(template.New("graph").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Practice Prometheus</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
input{font:inherit;width:100%;box-sizing:border-box}td{padding:.2rem 1rem .2rem 0;font-family:monospace;overflow-wrap:anywhere}</style></head>
<body><h1>Practice Prometheus</h1>
<form><label for="q">Query</label> <input id="q" name="g0.expr" value="{{.Query}}"> <button>Execute</button></form>
{{with .Fault}}<p role="alert">{{.}}</p>{{end}}
{{if .Asked}}<table>{{range .Rows}}<tr><td>{{.Labels}}</td><td>{{.Value}}</td></tr>{{else}}<tr><td>Empty query result</td></tr>{{end}}</table>{{end}}
</body></html>
`))

type graphRow struct{ Labels, Value string }

type graph struct {
	Query, Fault string
	Asked        bool // and answered
	Rows         []graphRow
}

func (s *Server) showGraph(w http.ResponseWriter, r *http.Request) {
	g := graph{Query: r.FormValue("g0.expr")}
	if g.Query != "" {
		rows, err := s.rows(r, g.Query)
		if g.Rows, g.Asked = rows, err == nil; err != nil {
			g.Fault = err.Error()
		}
	}
	var page bytes.Buffer
	if err := graphPage.Execute(&page, g); err != nil {
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w) // the reader may have gone away; there is nobody to tell
}

func (s *Server) rows(r *http.Request, query string) ([]graphRow, error) {
	e, err := parse(query)
	if err != nil {
		return nil, err
	}
	result, err := e.eval(moment{r.Context(), s.store, s.opts.Now().UnixMilli()})
	if err != nil {
		return nil, err
	}
	var rows []graphRow
	switch result := result.(type) {
	case matrix:
		for _, one := range result {
			for _, p := range one.points {
				rows = append(rows, graphRow{one.labels.String(), valueText(p.value)})
			}
		}
	default:
		for _, e := range elements(result) {
			rows = append(rows, graphRow{e.labels.String(), valueText(e.value)})
		}
	}
	return rows, nil
}
