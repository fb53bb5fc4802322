// Package workspace is a strict, self-contained Slack workspace for practice and for tests.
//
// It speaks what a Slack app speaks and refuses what Slack refuses, with Slack's own error names:
//
//   - the Web API under /api/METHOD (api.go and the api_*.go files, whose table is in methods.go),
//   - Socket Mode: apps.connections.open hands out a ticket for /link/ (link.go, socket.go), envelopes travel to
//     any one of up to ten connections, are acknowledged, redelivered or given up (envelope.go),
//   - interactivity: trigger_ids, modals, Home tabs and response_urls under /hooks/ (trigger.go, view.go, hook.go),
//   - uploads under /hooks/upload/ and permalinks under /archives/.
//
// What people do is done through methods (Say, Slash, Press, SubmitView and so on, in person.go, press.go and submit.go) or through the
// page's own API under /_/ (page.go, feed.go), which is the same thing over HTTP. What administrators do, such as changing a user
// group or archiving a channel, is done through Admin (admin.go, fault.go). Faults that a real Slack has on
// a bad day are switched on by fault.go: warnings, cut connections, rate limits, errors.
//
// # State
//
// Everything that changes is guarded by one mutex, Workspace.mu. Exported methods take it; unexported methods
// expect it to be held unless their comment says that they take it. Messages, channels, Home tabs and files are written to
// Options.StateFile a moment after they change, in one atomic step; ephemeral messages, open modals,
// triggers and envelopes in flight belong to the session and are forgotten, as in a client that was closed.
//
// # Time
//
// Nothing here sleeps. What has to happen later is an entry in an agenda, and Tick does what is due by
// Options.Now. Run calls Tick in time; a test that brings its own clock moves the clock and calls Tick itself.
//
// # Failure
//
// A state file that is torn or is not ours is refused by Load (and by Run, which loads what was not loaded) and never overwritten.
// When a file cannot be saved, Run logs it, tries again at the next change and returns the last failure at its end.
//
// Where Slack's behaviour is not written down, the choice made is explained beside the code that makes it.
package workspace
