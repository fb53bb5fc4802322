// Package web has the kinds of gates that look at a site as its visitors do: http, json,
// odoo, tls and dns; and ssh, which looks at a server.
package web
