package github

import (
	"cmp"
	"regexp"
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
