package github

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Lists come in pages (https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api).
const (
	perPage     = 30
	mostPerPage = 100
)

// query refuses a parameter that the operation does not know: a filter that is
// passed over would give a wrong list.
func (r *request) query(resource string, known ...string) error {
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) {
			return invalidFields(invalid{resource, name, "invalid", name + " is not a parameter that the practice GitHub knows here"})
		}
	}
	return nil
}

// number is a parameter's value, or what it is when it is absent or no number.
func (r *request) number(name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// page cuts the page that was asked for out of a list, and sets the links to
// the others.
func page[T any](r *request, list []T) []T {
	size := min(r.number("per_page", perPage), mostPerPage)
	pages := max(1, (len(list)+size-1)/size)
	n := r.number("page", 1)
	var links []string
	link := func(to int, rel string) {
		links = append(links, fmt.Sprintf("<%s>; rel=%q", r.pageURL(to), rel))
	}
	if n > 1 {
		link(min(n-1, pages), "prev")
	}
	if n < pages {
		link(n+1, "next")
		link(pages, "last")
	}
	if n > 1 {
		link(1, "first")
	}
	if len(links) > 0 {
		r.out.Set("Link", strings.Join(links, ", "))
	}
	if n > pages {
		return []T{}
	}
	return list[(n-1)*size : min(n*size, len(list))]
}

func (r *request) pageURL(n int) string {
	query := r.URL.Query()
	query.Set("page", strconv.Itoa(n))
	return r.base + r.URL.EscapedPath() + "?" + query.Encode()
}

// pageOf is a page of views.
func pageOf[T any](r *request, list []T, view func(T) any) []any {
	views := []any{}
	for _, one := range page(r, list) {
		views = append(views, view(one))
	}
	return views
}

// cursored is a page of views, where the next page is known only by the cursor in the
// Link header.
func cursored[T any](r *request, list []T, view func(T) any) (any, error) {
	begin := 0
	if cursor := r.URL.Query().Get("after"); cursor != "" {
		text, err := base64.StdEncoding.DecodeString(cursor)
		if err == nil {
			begin, err = strconv.Atoi(strings.TrimPrefix(string(text), "cursor:"))
		}
		if err != nil || begin < 0 || begin > len(list) {
			return nil, badRequest("The cursor %q is not one that was given.", cursor)
		}
	}
	end := min(begin+min(r.number("per_page", perPage), mostPerPage), len(list))
	if end < len(list) {
		query := r.URL.Query()
		query.Set("after", base64.StdEncoding.EncodeToString([]byte("cursor:"+strconv.Itoa(end))))
		r.out.Set("Link", fmt.Sprintf("<%s%s?%s>; rel=\"next\"", r.base, r.URL.EscapedPath(), query.Encode()))
	}
	views := []any{}
	for _, one := range list[begin:end] {
		views = append(views, view(one))
	}
	return views, nil
}
