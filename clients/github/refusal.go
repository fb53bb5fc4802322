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

// subject is what a request is about, in what its refusals tell people.
type subject struct {
	permission string // as the settings of tokens and Apps name it
	absent     string // what a 404 may mean
	gone       string // what a 410 means
	moved      string // what a redirect means
	fewer      string // how to make a list that is too long shorter
}

const (
	unseen  = "check the repository's name in the configuration, and that the token or App may see it"
	renamed = "the repository was renamed or moved; write its current name into the configuration"
)

var (
	theIssues = subject{
		permission: "Issues: read and write",
		absent:     unseen,
		gone:       "issues are switched off there; switch them on in the repository's settings",
		moved:      renamed,
	}
	oneIssue = subject{
		permission: "Issues: read and write",
		absent:     "it is not there, or the repository is not to be seen; " + unseen,
		gone:       "it was deleted, or issues are switched off there; see the repository's settings",
		moved:      "it was transferred to another repository, or " + renamed,
	}
	readIssues = subject{
		permission: "Issues: read",
		absent:     unseen,
		gone:       theIssues.gone,
		moved:      renamed,
	}
	theChecks   = reading("Checks: read and Commit statuses: read", "name fewer checks in the workflows")
	codeScans   = reading("Code scanning alerts: read", "dismiss or fix old ones")
	secretScans = reading("Secret scanning alerts: read", "resolve old ones")
	dependabot  = reading("Dependabot alerts: read", "dismiss or fix old ones")
	theCode     = subject{
		permission: "Contents: read",
		absent:     unseen,
		gone:       "it is gone; " + unseen,
		moved:      renamed,
	}
)

// reading is a subject that is only read.
func reading(permission, fewer string) subject {
	return subject{permission: permission, absent: unseen, gone: "it is gone; " + unseen, moved: renamed, fewer: fewer}
}

func (c *Client) refused(e operation, status int, err error) error {
	words := c.clean.words(err)
	return &Refused{e.op, status, words, e.about.mend(status, words), c.clean.cause(err)}
}

// mend says why a request was refused, and what to do about it. What a status
// means is from "Troubleshooting the REST API" of GitHub's documentation.
func (s subject) mend(status int, words string) string {
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
		return "it rejected the values as invalid (" + words + "); correct them"
	}
	if status < http.StatusBadRequest {
		return s.moved
	}
	return fmt.Sprintf("%s (status %d)", words, status)
}

// mendApp says why an App got no token, by "Authenticating as a GitHub App
// installation" of GitHub's documentation.
func mendApp(status int) string {
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

// cleaner takes secrets out of what others say.
type cleaner struct{ token redact.Redactor }

// secretLike is what GitHub's tokens look like ("About authentication to
// GitHub", token formats), and signed JSON Web Tokens: an App's tokens are new
// every hour, so that they are known by their form.
var secretLike = regexp.MustCompile(`gh[opusr]_[A-Za-z0-9_]+|github_pat_[A-Za-z0-9_]+|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

func (c cleaner) blank(text string) string {
	return secretLike.ReplaceAllString(c.token.Text(text), redact.Mark)
}

// cause is an error for the log. GitHub's own is kept as text, since its value
// holds the request with its token.
func (c cleaner) cause(err error) error {
	said := c.blank(err.Error())
	if its := new(gh.ErrorResponse); errors.As(err, &its) || said != err.Error() {
		return errors.New(said)
	}
	return err
}

// words are GitHub's own, fit to stand within a sentence.
func (c cleaner) words(err error) string {
	var said *gh.ErrorResponse
	if !errors.As(err, &said) || said.Message == "" {
		return "it gives no reason"
	}
	text := said.Message
	for _, fault := range said.Errors {
		text += ", " + strings.Join([]string{fault.Field, fault.Code, fault.Message}, " ")
	}
	const most = 300
	text = c.blank(strings.Join(strings.Fields(text), " "))
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.TrimRight(text, ".")
}
