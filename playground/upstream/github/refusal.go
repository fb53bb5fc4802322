package github

import (
	"cmp"
	"fmt"
	"net/http"
)

// refusal is an answer that says no, as in
// https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api.
type refusal struct {
	status  int
	message string
	about   string    // documentation_url; empty: the API's first page
	invalid []invalid // what is wrong with which field
}

// invalid is one field's fault. Its codes are GitHub's: missing_field, invalid,
// already_exists and custom, which has a message.
type invalid struct {
	Resource string `json:"resource"`
	Field    string `json:"field"`
	Code     string `json:"code"`
	Message  string `json:"message,omitempty"`
}

const aboutAPI = "https://docs.github.com/rest"

func (r *refusal) Error() string { return r.message }

func invalidFields(faults ...invalid) *refusal {
	return &refusal{status: http.StatusUnprocessableEntity, message: "Validation Failed", invalid: faults}
}

func badRequest(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
}

var (
	errNotFound    = &refusal{status: http.StatusNotFound, message: "Not Found"}
	errCredentials = &refusal{status: http.StatusUnauthorized, message: "Bad credentials"}
	errAgent       = &refusal{
		status:  http.StatusForbidden,
		message: "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
		about:   aboutAPI + "/using-the-rest-api/getting-started-with-the-rest-api#user-agent",
	}
	errAccept = &refusal{
		status:  http.StatusUnsupportedMediaType,
		message: "Unsupported 'Accept' header. Must accept 'application/json' or 'application/vnd.github+json'; preview types have been retired.",
		about:   aboutAPI + "/using-the-rest-api/getting-started-with-the-rest-api#media-types",
	}
	errDeleted = &refusal{status: http.StatusGone, message: "This issue was deleted"}
	errMoved   = &refusal{status: http.StatusMovedPermanently, message: "Moved Permanently", about: aboutAPI + "/guides/best-practices-for-using-the-rest-api#follow-redirects"}
	errLocked  = &refusal{
		status: http.StatusForbidden, message: "Unable to create comment because issue is locked.",
		about: "https://docs.github.com/articles/locking-conversations/",
	}
	errType = &refusal{status: http.StatusUnsupportedMediaType, message: "The request body must be application/json."}
)

// body is what the client reads.
func (r *refusal) body() any {
	return struct {
		Message string    `json:"message"`
		Errors  []invalid `json:"errors,omitempty"`
		About   string    `json:"documentation_url"`
		Status  string    `json:"status"`
	}{r.message, r.invalid, cmp.Or(r.about, aboutAPI), fmt.Sprint(r.status)}
}
