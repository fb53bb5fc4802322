package github

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"

	"gonogo/clients/connection"
	"gonogo/gates/form"
)

// Kind has a [*Client] as its client.
var Kind = connection.Kind{
	Name: "github", About: "the repository in which gonogo looks up commits, opens issues, and reads checks and alerts, with GITHUB_TOKEN or a GitHub App", Example: "{repository: acme/shop}",
	Secrets: []string{"GITHUB_TOKEN", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"}, New: newConnection,
}

type settings struct {
	Repository fullName `yaml:"repository" require:"owner/name"`
}

// fullName is a repository's full name: owner/name.
type fullName string

var repositoryShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *fullName) UnmarshalText(text []byte) error {
	*r = fullName(text)
	if !repositoryShape.Match(text) {
		return fmt.Errorf("%q isn't a repository; write owner/name", text)
	}
	return nil
}

// Form implements [form.Formed].
func (fullName) Form() form.Form {
	return form.Form{Name: "owner/name", Pattern: repositoryShape.String()}
}

func newConnection(_ string, decode func(any) error, environ func(string) (string, bool)) (connection.Connection, error) {
	var s settings
	if err := decode(&s); err != nil {
		return connection.Connection{Err: err}, err
	}
	client, err := fromEnvironment(string(s.Repository), environ)
	return connection.Connection{Client: client, Err: err}, nil
}

// fromEnvironment uses the token or, without one, the GitHub App's key.
func fromEnvironment(repository string, environ func(string) (string, bool)) (*Client, error) {
	variable := func(name string) string { value, _ := environ(name); return value }
	opts := Options{Repository: repository, APIURL: variable("GITHUB_API_URL"), Token: variable("GITHUB_TOKEN")}
	if opts.Token == "" {
		app, err := appFrom(variable)
		if err != nil {
			return nil, err
		}
		opts.App = app
	}
	return New(opts)
}

func appFrom(variable func(string) string) (*App, error) {
	key := variable("GITHUB_APP_PRIVATE_KEY")
	if key == "" {
		return nil, &connection.Missing{Why: "neither GITHUB_TOKEN nor GITHUB_APP_PRIVATE_KEY is set"}
	}
	id, err := strconv.ParseInt(variable("GITHUB_APP_ID"), 10, 64)
	installation, err2 := strconv.ParseInt(variable("GITHUB_APP_INSTALLATION_ID"), 10, 64)
	if err := cmp.Or(err, err2); err != nil {
		return nil, &connection.Missing{Why: "GITHUB_APP_ID and GITHUB_APP_INSTALLATION_ID must both be numbers"}
	}
	return &App{ID: id, Installation: installation, Key: []byte(key), WebhookSecret: []byte(variable("GITHUB_WEBHOOK_SECRET"))}, nil
}
