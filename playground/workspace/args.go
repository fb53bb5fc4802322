package workspace

import (
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBody is the largest request body, in bytes.
const maxBody = 4 << 20

// args are a call's arguments: strings from a form or a query, any value from JSON.
type args map[string]any

// readArgs reads the arguments of a Web API call, in any of the forms that Slack accepts
// (docs.slack.dev/apis/web-api#basics).
func readArgs(r *http.Request) (args, error) {
	a := args{}
	for name, values := range r.URL.Query() {
		a[name] = values[0]
	}
	if r.Method != http.MethodPost {
		return a, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.ContentLength != 0 {
		return nil, apiError{code: "missing_post_type"}
	}
	switch kind {
	case "application/json":
		return a, a.readJSON(r)
	case "application/x-www-form-urlencoded", "multipart/form-data":
		return a, a.readForm(r)
	case "":
		return a, nil
	default:
		return nil, apiError{code: "invalid_post_type"}
	}
}

// readJSON reads a JSON body. It drops a token, which Slack doesn't accept there.
func (a args) readJSON(r *http.Request) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return apiError{code: "request_timeout"}
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return nil
	}
	var body any
	if json.Unmarshal(data, &body) != nil {
		return apiError{code: "invalid_json"}
	}
	fields, ok := body.(object)
	if !ok {
		return apiError{code: "json_not_object"}
	}
	delete(fields, "token")
	maps.Copy(a, fields)
	return nil
}

func (a args) readForm(r *http.Request) error {
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	err := r.ParseMultipartForm(maxBody)
	if err != nil && err != http.ErrNotMultipart {
		return apiError{code: "invalid_form_data"}
	}
	for name, values := range r.PostForm {
		a[name] = values[0]
	}
	return nil
}

// text is an argument as a string; numbers and booleans of a JSON body are converted.
func (a args) text(name string) string {
	switch v := a[name].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}

// boolean is an argument as a boolean; Slack accepts 1 and true.
func (a args) boolean(name string) bool {
	v := strings.ToLower(a.text(name))
	return v == "true" || v == "1"
}

// number is an argument as an integer, or the default if it is missing or isn't one.
func (a args) number(name string, otherwise int) int {
	n, err := strconv.Atoi(a.text(name))
	if err != nil {
		return otherwise
	}
	return n
}

// structured is a structured argument: a value in a JSON body, or a string that contains JSON. It is nil if it is
// missing or empty, and ok is false if the string isn't JSON.
func (a args) structured(name string) (value any, ok bool) {
	encoded, isText := a[name].(string)
	if !isText {
		return a[name], true
	}
	if strings.TrimSpace(encoded) == "" {
		return nil, true
	}
	if json.Unmarshal([]byte(encoded), &value) != nil {
		return nil, false
	}
	return value, true
}

// limited is a page of a list, for methods with cursor and limit. The cursor is the index of the first element.
func limited[T any](a args, list []T, usual, most int) (page []T, next string) {
	from := min(max(a.number("cursor", 0), 0), len(list))
	size := a.number("limit", usual)
	if size < 1 || size > most {
		size = usual
	}
	to := min(from+size, len(list))
	if to < len(list) {
		next = strconv.Itoa(to)
	}
	return list[from:to], next
}

// cursor is the response_metadata with the cursor of the next page.
func cursor(next string) object { return object{"next_cursor": next} }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
