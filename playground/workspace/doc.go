// Package workspace is a strict, self-contained Slack workspace for practice and for tests.
//
// It implements the protocols that a Slack app uses and refuses what Slack refuses, with Slack's own error names:
//
//   - the Web API under /api/METHOD (api.go and the api_*.go files, whose table is in methods.go),
//   - Socket Mode: apps.connections.open issues a ticket for /link/ (link.go, socket.go); an envelope is sent on one
//     of up to ten connections, and is acknowledged, redelivered or dropped (envelope.go),
//   - interactivity: trigger_ids, modals, Home tabs and response_urls under /hooks/ (trigger.go, view.go, hook.go),
//   - uploads under /hooks/upload/ and permalinks under /archives/.
//
// People act through methods (Say, Slash, Press, SubmitView and so on, in person.go, press.go and submit.go) or through the
// page's own API under /_/ (page.go, feed.go), which does the same over HTTP. Administrators act through Admin (admin.go,
// fault.go), such as to change a user group or archive a channel. fault.go simulates the faults of a real Slack:
// warnings, cut connections, rate limits, errors.
//
// # State
//
// All mutable state is guarded by one mutex, Workspace.mu. Exported methods take it; unexported methods
// expect it to be held unless their comment says that they take it. Messages, channels, Home tabs and files are written to
// Options.StateFile a moment after they change, atomically. Ephemeral messages, open modals, triggers and envelopes in
// flight aren't stored, and are lost in a restart.
//
// # Time
//
// Nothing here sleeps. What has to happen later is a task in a schedule (schedule.go), and Tick runs the tasks that are
// due by Options.Now. Run calls Tick in time; a test with its own clock moves the clock and calls Tick itself.
//
// # Failure
//
// Load, which Run calls too, refuses a state file that is damaged or isn't a workspace's; the file is never overwritten.
// If the state can't be saved, Run logs it, tries again at the next change, and returns an error if the last save failed.
//
// Where Slack's behaviour isn't documented, a comment explains the choice.
package workspace
