package github

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"gonogo/redact"
)

// subject is what a request is about, in the words of its refusals.
type subject struct {
	permission string // as the settings of tokens and Apps name it
	absent     string // what a 404 may mean
	gone       string // what a 410 means
	moved      string // what a redirect means
	fewer      string // how to shorten a list that is too long
	invalid    string // what to do about rejected values; empty: nothing in particular
}

const (
	unseen  = "check the repository's name in the configuration, and that the token or App has access to it"
	renamed = "the repository was renamed or moved; write its current name into the configuration"
)

var (
	theIssues = subject{
		permission: "Issues: read and write",
		absent:     unseen,
		gone:       "issues are disabled there; enable them in the repository's settings",
		moved:      renamed,
	}
	oneIssue = subject{
		permission: "Issues: read and write",
		absent:     "it doesn't exist, or the repository isn't accessible; " + unseen,
		gone:       "it was deleted, or issues are disabled there; see the repository's settings",
		moved:      "it was transferred to another repository, or " + renamed,
	}
	readIssues = subject{
		permission: "Issues: read",
		absent:     unseen,
		gone:       theIssues.gone,
		moved:      renamed,
	}
	theChecks   = reading("Checks: read and Commit statuses: read", "reduce the number of checks in the workflows")
	codeScans   = reading("Code scanning alerts: read", "dismiss or fix old ones")
	secretScans = reading("Secret scanning alerts: read", "resolve old ones")
	dependabot  = reading("Dependabot alerts: read", "dismiss or fix old ones")
	theCode     = subject{
		permission: "Contents: read",
		absent:     unseen,
		gone:       "it no longer exists; " + unseen,
		moved:      renamed,
	}
)

// reading is a subject that needs only read permissions.
func reading(permission, fewer string) subject {
	return subject{permission: permission, absent: unseen, gone: "it no longer exists; " + unseen, moved: renamed, fewer: fewer}
}

func (c *Client) refused(e operation, status int, err error) error {
	words := c.clean.message(err)
	return &Refused{e.op, status, words, e.about.advice(status, words), c.clean.cause(err)}
}

// advice is why a request was refused, and what to do about it. The meaning of a status
// is from "Troubleshooting the REST API" of GitHub's documentation.
func (s subject) advice(status int, words string) string {
	switch status {
	case http.StatusUnauthorized:
		return "the token is wrong or has expired; set a new one in GITHUB_TOKEN and restart gonogo"
	case http.StatusForbidden:
		return fmt.Sprintf("%s; give the token or App the permission %q for this repository", words, s.permission)
	case http.StatusNotFound:
		return s.absent
	case http.StatusGone:
		return s.gone
	case http.StatusUnprocessableEntity:
		if s.invalid != "" {
			return words + "; " + s.invalid
		}
		return "it rejected the values as invalid (" + words + "); correct them"
	}
	if status < http.StatusBadRequest {
		return s.moved
	}
	return fmt.Sprintf("%s (status %d)", words, status)
}

// appAdvice is why an App got no token, and what to do about it ("Authenticating as a
// GitHub App installation" of GitHub's documentation).
func appAdvice(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "it rejected the App's key; check the App's ID and key, and this machine's clock"
	case http.StatusForbidden:
		return "the App's installation is suspended; unsuspend it in the owner's settings"
	case http.StatusNotFound:
		return "there is no installation with this ID; check the installation ID and the API's URL"
	case http.StatusUnprocessableEntity:
		return "the App's installation does not include the repository; add it in the installation's settings"
	}
	return fmt.Sprintf("it didn't issue a token for the App (status %d); check the App's settings", status)
}

// cleaner redacts secrets in GitHub's messages.
type cleaner struct{ token redact.Redactor }

// secretLike matches GitHub's token formats ("About authentication to GitHub") and
// signed JSON Web Tokens. An App's tokens change every hour, so only their format is
// known.
var secretLike = regexp.MustCompile(`gh[opusr]_[A-Za-z0-9_]+|github_pat_[A-Za-z0-9_]+|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

func (c cleaner) redact(text string) string {
	return secretLike.ReplaceAllString(c.token.Text(text), redact.Mark)
}

// cause is an error for the log. Of an error from the library only the text is kept,
// because its value contains the request with the token.
func (c cleaner) cause(err error) error {
	said := c.redact(err.Error())
	if its := new(gh.ErrorResponse); errors.As(err, &its) || said != err.Error() {
		return errors.New(said)
	}
	return err
}

// message is GitHub's message, on one line, shortened and without a final dot.
func (c cleaner) message(err error) string {
	var said *gh.ErrorResponse
	if !errors.As(err, &said) || said.Message == "" {
		return "it gave no reason"
	}
	text := said.Message
	for _, fault := range said.Errors {
		text += ", " + strings.Join([]string{fault.Field, fault.Code, fault.Message}, " ")
	}
	const most = 300
	text = c.redact(strings.Join(strings.Fields(text), " "))
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.TrimRight(text, ".")
}
