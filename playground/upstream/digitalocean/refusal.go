package digitalocean

import (
	"fmt"
	"net/http"
)

// refusal is an answer that says no. The identifiers are the API's; where its
// description leaves the status of a refusal open, ours is the one that HTTP
// gives the case: 409 where the app's state forbids it, 422 where what was asked
// can never be.
type refusal struct {
	status  int
	id      string
	message string
}

func (r *refusal) Error() string { return r.message }

func badRequest(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, "bad_request", fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) *refusal {
	return &refusal{http.StatusConflict, "conflict", fmt.Sprintf(format, args...)}
}

func unprocessable(format string, args ...any) *refusal {
	return &refusal{http.StatusUnprocessableEntity, "unprocessable_entity", fmt.Sprintf(format, args...)}
}

var (
	errNotFound     = &refusal{http.StatusNotFound, "not_found", "The resource you were accessing could not be found."}
	errUnauthorized = &refusal{http.StatusUnauthorized, "unauthorized", "Unable to authenticate you"}
	errMethod       = &refusal{http.StatusMethodNotAllowed, "method_not_allowed", "The method is not allowed for this resource."}
	errType         = &refusal{http.StatusUnsupportedMediaType, "unsupported_media_type", "The request body must be application/json."}
)

// pinned is why an app takes no deployment after a rollback.
func pinned(a *app) *refusal {
	return conflict("app_pinned: the app is pinned to the rollback deployment %s; commit or revert the rollback before creating another deployment", a.Pinned)
}
