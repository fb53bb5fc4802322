// Package platform has the kinds of gates that ask the platform on which a system runs
// about its apps: digitalocean_app, digitalocean_env and digitalocean_cost.
package platform
