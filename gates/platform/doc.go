// Package platform has the kinds of gates that ask the platform on which a system runs
// about its apps: digitalocean_app and digitalocean_env.
package platform
