package upstream

import (
	"fmt"
	"strings"
	"time"
)

// documents are the pages about the dashboards, the plan of the audit's findings and the
// performance that later measurements are compared with. Each may lack a part.
func documents(incomplete bool) map[string]string {
	files := map[string]string{
		"docs/dashboards/guide.md":       guide(incomplete),
		"docs/security-plan.md":          securityPlan(incomplete),
		"docs/performance-baseline.json": baseline(incomplete),
	}
	for _, b := range practiceBoards {
		charts := b.charts
		if incomplete {
			charts = charts[1:]
		}
		files["docs/dashboards/"+strings.ReplaceAll(strings.ToLower(b.title), " ", "-")+".md"] = boardSpec(b.title, charts)
	}
	return files
}

// boardSpec is the specification of a dashboard.
func boardSpec(title string, charts []string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s\n", title)
	for _, name := range charts {
		fmt.Fprintf(&text, "\n## Chart: %s\n\nIts figures are of the user's own company.\n", name)
	}
	return text.String()
}

// guide tells users what each dashboard is for.
func guide(incomplete bool) string {
	boards := practiceBoards
	if incomplete {
		boards = boards[1:]
	}
	text := "# The dashboards\n"
	for _, b := range boards {
		text += "\n## " + b.title + "\n\nIts filters: " + strings.Join(b.filters, ", ") + ".\n"
	}
	return text
}

// securityPlan has a line for each finding of the audit.
func securityPlan(incomplete bool) string {
	text := "# Plan for the findings of the security audit\n\n"
	for _, group := range auditCounts {
		count := group.count
		if incomplete && group.severity == "low" {
			count--
		}
		for n := range count {
			text += fmt.Sprintf("- %s %d: fixed by the team of platform\n", group.severity, n+1)
		}
	}
	return text
}

// baseline has the times of the seven operations at the beginning of the project.
func baseline(incomplete bool) string {
	position := benchmarkFast
	if incomplete {
		position = benchmarkGap
	}
	text, err := renderBenchmark(position, time.Date(2025, time.October, 6, 9, 0, 0, 0, time.UTC))
	if err != nil {
		panic(err) // strings and numbers can be encoded
	}
	return string(text)
}
