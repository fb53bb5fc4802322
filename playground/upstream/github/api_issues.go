package github

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listIssues is https://docs.github.com/rest/issues/issues#list-repository-issues.
// Pull requests are in the list too.
func (h *Host) listIssues(r *request) (any, error) {
	if err := r.query("Issue", "state", "labels", "since", "sort", "direction", "per_page", "page"); err != nil {
		return nil, err
	}
	wanted, err := r.filter()
	if err != nil {
		return nil, err
	}
	order, err := r.order()
	if err != nil {
		return nil, err
	}
	var found []*Issue
	for _, issue := range h.issues {
		if !issue.away() && wanted(issue) {
			found = append(found, issue)
		}
	}
	slices.SortStableFunc(found, order)
	return pageOf(r, found, func(i *Issue) any { return h.viewIssue(r.base, i) }), nil
}

// word is a parameter that is one of some words, the first where it is absent.
func (r *request) word(name string, words ...string) (string, error) {
	word := cmp.Or(r.URL.Query().Get(name), words[0])
	if !slices.Contains(words, word) {
		return "", invalidFields(invalid{"Issue", name, "invalid", ""})
	}
	return word, nil
}

func (r *request) filter() (func(*Issue) bool, error) {
	state, err := r.word("state", open, closed, "all")
	if err != nil {
		return nil, err
	}
	since, err := r.since("Issue")
	if err != nil {
		return nil, err
	}
	var labels []string
	if text := r.URL.Query().Get("labels"); text != "" {
		labels = strings.Split(text, ",")
	}
	return func(i *Issue) bool {
		lacks := func(label string) bool { return !i.Has(strings.TrimSpace(label)) }
		return (state == "all" || i.State() == state) && !i.Updated.Before(since) && !slices.ContainsFunc(labels, lacks)
	}, nil
}

// since is the time from which on changes are asked for; zero: all.
func (r *request) since(resource string) (time.Time, error) {
	text := r.URL.Query().Get("since")
	if text == "" {
		return time.Time{}, nil
	}
	since, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, invalidFields(invalid{resource, "since", "invalid", ""})
	}
	return since, nil
}

// order sorts by what is asked for, and by number where that is the same.
func (r *request) order() (func(a, b *Issue) int, error) {
	key, err := r.word("sort", "created", "updated", "comments")
	if err != nil {
		return nil, err
	}
	direction, err := r.word("direction", "desc", "asc")
	if err != nil {
		return nil, err
	}
	ascending := map[string]func(a, b *Issue) int{
		"created":  func(a, b *Issue) int { return a.Created.Compare(b.Created) },
		"updated":  func(a, b *Issue) int { return a.Updated.Compare(b.Updated) },
		"comments": func(a, b *Issue) int { return cmp.Compare(len(a.Comments), len(b.Comments)) },
	}[key]
	return func(a, b *Issue) int {
		if direction == "desc" {
			a, b = b, a
		}
		return cmp.Or(ascending(a, b), cmp.Compare(a.Number, b.Number))
	}, nil
}

// createIssue is https://docs.github.com/rest/issues/issues#create-an-issue.
func (h *Host) createIssue(r *request) (any, error) {
	f, err := r.fields("Issue")
	if err != nil {
		return nil, err
	}
	issue := &Issue{Author: h.opts.Login, Created: h.now(), Updated: h.now()}
	issue.Title, _ = f.title(true)
	issue.Body, _ = f.text("body", longestBody)
	labels, _ := f.labels()
	if err := f.err(); err != nil {
		return nil, err
	}
	issue.Number, issue.Labels = h.next(), h.label(labels)
	h.issues = append(h.issues, issue)
	r.write.Number = issue.Number
	view := h.viewIssue(r.base, issue)
	r.out.Set("Location", view["url"].(string))
	return view, nil
}

// title takes a title, which may not be blank.
func (f *fields) title(needed bool) (title string, given bool) {
	title, given = f.text("title", longestTitle)
	if strings.TrimSpace(title) == "" && (given || needed) && len(f.faults) == 0 {
		f.fault("title", "missing_field", "")
	}
	return title, given
}

func (f *fields) tooLong(name string, most int) {
	f.fault(name, "custom", name+" is too long (maximum is "+strconv.Itoa(most)+" characters)")
}

// labels takes labels, each a name or an object with one.
func (f *fields) labels() (names []string, given bool) {
	var raw []json.RawMessage
	given = f.take("labels", &raw)
	for _, one := range raw {
		var name string
		var object struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(one, &name) != nil && json.Unmarshal(one, &object) == nil {
			name = object.Name
		}
		if !goodLabel(name) {
			f.fault("labels", "invalid", "")
			return nil, false
		}
		names = append(names, name)
	}
	return names, given
}

// theIssue is the one in the path.
func (h *Host) theIssue(r *request) (*Issue, error) {
	number, _ := strconv.Atoi(r.PathValue("number"))
	issue := h.issue(number)
	switch {
	case issue == nil:
		return nil, errNotFound
	case issue.Deleted:
		return nil, errDeleted
	case issue.Moved == "":
		return issue, nil
	case strings.HasSuffix(r.URL.Path, "/comments"): // GitHub redirects the issue alone
		return nil, errNotFound
	}
	repository, elsewhere, _ := strings.Cut(issue.Moved, "#")
	r.out.Set("Location", fmt.Sprintf("%s%s/repositories/%d/issues/%s", r.base, apiPath, id(repository), elsewhere))
	return nil, errMoved
}

func (h *Host) getIssue(r *request) (any, error) {
	issue, err := h.theIssue(r)
	if err != nil {
		return nil, err
	}
	return h.viewIssue(r.base, issue), nil
}

// editIssue is https://docs.github.com/rest/issues/issues#update-an-issue. What
// is not given stays as it is; labels that are given replace all.
func (h *Host) editIssue(r *request) (any, error) {
	issue, err := h.theIssue(r)
	if err != nil {
		return nil, err
	}
	f, err := r.fields("Issue")
	if err != nil {
		return nil, err
	}
	title, titled := f.title(false)
	body, bodied := f.text("body", longestBody)
	labels, labelled := f.labels()
	turn := f.turn(issue)
	if err := f.err(); err != nil {
		return nil, err
	}
	turn.By, turn.At = h.opts.Login, h.now()
	changed := issue.turn(turn)
	changed = titled && set(&issue.Title, title) || changed
	changed = bodied && set(&issue.Body, body) || changed
	if labelled {
		labels = h.label(labels)
		changed = changed || !slices.Equal(labels, issue.Labels)
		h.relabel(issue, labels)
	}
	if changed {
		issue.Updated = h.now()
	}
	r.write.Number = issue.Number
	return h.viewIssue(r.base, issue), nil
}

// turn takes the state that an issue is to have. A reason has to fit it.
func (f *fields) turn(issue *Issue) Turn {
	turn := Turn{State: cmp.Or(f.choice("state", open, closed), issue.State())}
	turn.Reason = f.choice("state_reason", completed, notPlanned, duplicate, reopened)
	if turn.Reason != "" && (turn.Reason == reopened) != (turn.State == open) {
		f.fault("state_reason", "invalid", "")
	}
	return turn
}

func set(what *string, to string) (changed bool) {
	changed = *what != to
	*what = to
	return changed
}

func (h *Host) listComments(r *request) (any, error) {
	if err := r.query("IssueComment", "since", "per_page", "page"); err != nil {
		return nil, err
	}
	issue, err := h.theIssue(r)
	if err != nil {
		return nil, err
	}
	since, err := r.since("IssueComment")
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(slices.Clone(issue.Comments), func(c Comment) bool { return c.At.Before(since) })
	return pageOf(r, found, func(c Comment) any { return h.viewComment(r.base, issue, c) }), nil
}

// createComment is https://docs.github.com/rest/issues/comments#create-an-issue-comment.
// An app isn't among the people who may comment on a locked issue.
func (h *Host) createComment(r *request) (any, error) {
	issue, err := h.theIssue(r)
	if err != nil {
		return nil, err
	}
	if issue.Locked {
		return nil, errLocked
	}
	f, err := r.fields("IssueComment")
	if err != nil {
		return nil, err
	}
	body, _ := f.text("body", longestBody)
	if strings.TrimSpace(body) == "" && len(f.faults) == 0 {
		f.fault("body", "missing_field", "")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	comment := Comment{ID: int64(issue.Number)*1_000_000 + int64(len(issue.Comments)) + 1, Author: h.opts.Login, Body: body, At: h.now()}
	issue.Comments = append(issue.Comments, comment)
	issue.Updated = h.now()
	r.write.Number = issue.Number
	view := h.viewComment(r.base, issue, comment)
	r.out.Set("Location", view["url"].(string))
	return view, nil
}
