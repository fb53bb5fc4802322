package config

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/digitalocean"
	"gonogo/clients/github"
	"gonogo/clients/prometheus"
	"gonogo/deploy"
)

// clients makes one client a connection, with the tokens that stand in the
// environment. A client starts nothing until it is asked something.
type clients struct {
	b      *builder
	oceans map[string]*digitalocean.Client
}

// variable reads a variable that holds a secret.
func (c *clients) variable(name string) string {
	value, _ := c.b.config.Environ(name)
	c.b.Hide(value)
	return value
}

// address reads a variable that says where a service is; empty: its own place.
func (c *clients) address(name string) string {
	value, _ := c.b.config.Environ(name)
	return value
}

func (c *clients) digitalOcean(connection string) (*digitalocean.Client, error) {
	if kind := c.b.kinds[connection]; kind != "digitalocean" {
		return nil, c.wrong(connection, kind, "digitalocean")
	}
	if client := c.oceans[connection]; client != nil {
		return client, nil
	}
	token := c.variable("DIGITALOCEAN_TOKEN")
	if token == "" {
		return nil, &deploy.Obstacle{Why: "DIGITALOCEAN_TOKEN is not set"}
	}
	client, err := digitalocean.New(digitalocean.Options{Token: token, APIURL: c.address("DIGITALOCEAN_API_URL")})
	if err != nil {
		return nil, err
	}
	c.oceans[connection] = client
	return client, nil
}

func (c *clients) wrong(connection, kind, wanted string) error {
	if why := c.b.around.Absent[connection]; why != "" {
		return errors.New(why)
	}
	if kind == "" {
		return fmt.Errorf("there is no connection %q; %s", connection, strictyaml.Suggest(connection, c.b.connectionNames()))
	}
	return fmt.Errorf("the connection %s is of kind %s, and this takes one of kind %s", connection, kind, wanted)
}

// prometheus gives nil and no error where the connection has a fault already.
func (c *clients) prometheus(connection string) (*prometheus.Client, error) {
	if c.b.kinds[connection] != "prometheus" {
		return nil, nil
	}
	return prometheus.New(prometheus.Options{URL: c.b.around.Connections[connection].URL})
}

// gitHub takes a token or, where there is none, a GitHub App's key.
func (c *clients) gitHub(connection string) (*github.Client, error) {
	opts := github.Options{Repository: c.b.around.Connections[connection].URL, APIURL: c.address("GITHUB_API_URL"), Token: c.variable("GITHUB_TOKEN")}
	if opts.Token == "" {
		app, err := c.gitHubApp()
		if err != nil {
			return nil, err
		}
		opts.App = app
	}
	return github.New(opts)
}

func (c *clients) gitHubApp() (*github.App, error) {
	key := c.variable("GITHUB_APP_PRIVATE_KEY")
	if key == "" {
		return nil, &deploy.Obstacle{Why: "neither GITHUB_TOKEN nor GITHUB_APP_PRIVATE_KEY is set"}
	}
	id, err := strconv.ParseInt(c.address("GITHUB_APP_ID"), 10, 64)
	installation, err2 := strconv.ParseInt(c.address("GITHUB_APP_INSTALLATION_ID"), 10, 64)
	if err := cmp.Or(err, err2); err != nil {
		return nil, &deploy.Obstacle{Why: "GITHUB_APP_ID and GITHUB_APP_INSTALLATION_ID must both be numbers"}
	}
	return &github.App{ID: id, Installation: installation, Key: []byte(key)}, nil
}
