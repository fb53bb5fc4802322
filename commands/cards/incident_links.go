package cards

import (
	"cmp"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness/alert"
	"gonogo/readiness/history"
)

// mostLinks is how many links a card shows.
const mostLinks = 6

// linksOf are the links of the alerts that a card shows: runbooks, dashboards and graphs, and
// Alertmanager itself. A link that several alerts share is shown once; where
// there are several of one sort, each names its alert.
func linksOf(i *history.Incident) reply.Text {
	alerts := i.FiringAlerts()
	slices.SortStableFunc(alerts, alert.Alert.CompareSeverity)
	alerts = alerts[:min(len(alerts), shownAlerts)]
	var all []link
	for _, sort := range []struct {
		label string
		of    func(alert.Alert) string
	}{
		{"Runbook", func(a alert.Alert) string { return cmp.Or(a.Annotations["runbook_url"], a.Annotations["runbook"]) }},
		{"Dashboard", func(a alert.Alert) string {
			return cmp.Or(a.Annotations["dashboard_url"], a.Annotations["dashboard"])
		}},
		{"Graph", func(a alert.Alert) string { return a.GeneratorURL }},
		{"Alertmanager", func(alert.Alert) string { return i.Link }},
	} {
		all = append(all, distinct(sort.label, alerts, sort.of)...)
	}
	var text reply.Text
	for n, l := range all[:min(len(all), mostLinks)] {
		if n > 0 {
			text = append(text, reply.Say(" · ")...)
		}
		text = append(text, reply.LinkTo(l.address, l.label))
	}
	return text
}

type link struct{ label, address string }

// distinct are the different addresses of one sort.
func distinct(label string, alerts []alert.Alert, of func(alert.Alert) string) []link {
	var links []link
	seen := map[string]bool{}
	for _, a := range alerts {
		if address := wording.WebAddress(of(a)); address != "" && !seen[address] {
			seen[address] = true
			links = append(links, link{label + " of " + reply.Shorten(a.Name(), 60), address})
		}
	}
	if len(links) == 1 {
		links[0].label = label
	}
	return links
}
