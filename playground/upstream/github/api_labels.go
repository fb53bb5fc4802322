package github

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

func (h *Host) listLabels(r *request) (any, error) {
	if err := r.query("Label", "per_page", "page"); err != nil {
		return nil, err
	}
	return pageOf(r, h.labels, func(l Label) any { return h.viewLabel(r.base, l) }), nil
}

func (h *Host) getLabel(r *request) (any, error) {
	label, ok := h.findLabel(r.PathValue("name"))
	if !ok {
		return nil, errNotFound
	}
	return h.viewLabel(r.base, label), nil
}

// relabel replaces an issue's labels, and notes when it got the new ones.
func (h *Host) relabel(issue *Issue, labels []string) {
	for _, label := range labels {
		if !issue.Has(label) {
			issue.Labeled = append(issue.Labeled, Labeled{Label: label, By: h.opts.Login, At: h.now()})
		}
	}
	issue.Labels = labels
}

// listEvents is https://docs.github.com/rest/issues/events#list-issue-events, of which it
// has those that say when the issue got its labels.
func (h *Host) listEvents(r *request) (any, error) {
	if err := r.query("IssueEvent", "per_page", "page"); err != nil {
		return nil, err
	}
	issue, err := h.theIssue(r)
	if err != nil {
		return nil, err
	}
	var all []Labeled
	for _, label := range issue.Labels {
		if !slices.ContainsFunc(issue.Labeled, func(l Labeled) bool { return strings.EqualFold(l.Label, label) }) {
			all = append(all, Labeled{Label: label, By: issue.Author, At: issue.Created})
		}
	}
	number := 0
	return pageOf(r, append(all, issue.Labeled...), func(l Labeled) any {
		number++
		label, _ := h.findLabel(l.Label)
		id := int64(issue.Number)*1_000_000 + l.At.Unix()%100_000*10 + int64(number)
		address := fmt.Sprintf("%s/issues/events/%d", h.apiURL(r.base), id)
		return object{"id": id, "node_id": nodeID("LE", address), "url": address, "actor": viewUser(r.base, l.By), "event": "labeled",
			"commit_id": nil, "commit_url": nil, "created_at": stamp(l.At), "label": object{"name": label.Name, "color": label.Color}, "performed_via_github_app": nil}
	}), nil
}

var hexColor = regexp.MustCompile(`^[0-9A-Fa-f]{6}$`)

// createLabel is https://docs.github.com/rest/issues/labels#create-a-label.
func (h *Host) createLabel(r *request) (any, error) {
	f, err := r.fields("Label")
	if err != nil {
		return nil, err
	}
	var label Label
	label.Name, _ = f.text("name", longestLabel)
	label.Color, _ = f.text("color", longestBody)
	label.Description, _ = f.text("description", 100)
	label.Color = strings.ToLower(cmp.Or(label.Color, plainColor))
	_, exists := h.findLabel(label.Name)
	switch {
	case label.Name == "":
		f.fault("name", "missing_field", "")
	case exists:
		f.fault("name", "already_exists", "")
	case !goodLabel(label.Name):
		f.fault("name", "invalid", "")
	}
	if !hexColor.MatchString(label.Color) {
		f.fault("color", "invalid", "")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	h.labels = append(h.labels, label)
	view := h.viewLabel(r.base, label)
	r.out.Set("Location", view["url"].(string))
	return view, nil
}

// longestLabel is how many characters a label's name may have.
const longestLabel = 50

// goodLabel reports whether a label may have the name. One with a comma could
// not be listed by.
func goodLabel(name string) bool {
	return strings.TrimSpace(name) != "" && utf8.RuneCountInString(name) <= longestLabel && !strings.Contains(name, ",")
}
