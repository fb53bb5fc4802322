// Package playground is a complete practice world in one process: a Slack workspace in
// the browser, and upstreams that a release is checked against. A program that works
// here works with the real services, with other addresses and tokens; it needs nothing
// special for practice.
//
// # What is where
//
// A [World] has one address for the browser and for Slack's clients:
//
//	/                       the page (package page)
//	/api/, /link/, /hooks/  Slack's Web API, sockets and response URLs (package workspace)
//	/_/                     what the page talks to; /_/panel is the world's own
//	/sites/…                the practice sites (package upstream)
//	/v2/…                   the practice DigitalOcean (package upstream/digitalocean)
//	/github/…               the practice GitHub (package upstream/github)
//	/prometheus/…, /alertmanager/…  what watches the sites (packages of these names)
//
// Other protocols have their own ports: PostgreSQL for the practice databases, TLS for
// the sites, DNS for two name servers and a resolver. [World.Variables] lists what a
// client needs to find all of them.
//
// # What it remembers
//
// The state folder has one owner at a time. It holds the workspace's state,
// the positions of the switches, the ports, the practice apps with their
// deployments, the authority of the practice certificates, and the reports that the
// practice test runner writes, so that a world that is restarted in the same folder is
// the same, at the same addresses if these are still free. A state file that is
// truncated or that another program wrote is refused and never overwritten.
//
// # Who calls it
//
// The program's demo and playground commands, and tests: [New] takes the
// folder and opens the ports, [World.Run] serves until its context ends.
package playground
