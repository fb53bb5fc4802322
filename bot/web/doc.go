// Package web serves HTTP on two listeners.
//
// The public listener is a TCP address for systems that monitor gonogo, and for those
// that send it alerts:
//
//	GET  /healthz               200 while the process and the ledger's goroutine respond; otherwise restart it
//	GET  /readyz                200 while the ledger can be written, Slack reaches this process alone and the queue has room, else 503 with the reasons
//	GET  /metrics               the same as numbers, and what happened as counters ([Metrics]), for Prometheus
//	POST /alerts/alertmanager   Alertmanager's webhook, version 4; only when a token is configured
//	POST /github                the webhook of the GitHub App that is a deployment protection rule; only when its secret is configured
//	GET  /decision              a decision, a line of JSON each time it changes, and an empty line now and then; only when a token for waiting is configured
//
// A Slack outage is no reason to restart the bot, so /healthz stays 200 then, and
// gonogo_slack_last_frame_timestamp_seconds says since when. Slack is judged by what
// came in from it, including answers to pings, not by a socket that looks open. No
// metric has a label that people or other systems write.
//
// A sender of alerts authenticates with a bearer token, and gets 200 only once
// [Alerts] has made the delivery durable. If gonogo can't do that, it answers 503, and
// Alertmanager repeats the delivery; if repeating wouldn't help, it answers 400, 401 or
// 413, with a sentence that says what would. The synthetic alerts of the alert_path gate
// (package alertpath) are taken out of a delivery: the gate is told, and nobody else.
//
// GitHub signs what it sends, and gets 401 for what it didn't sign. It sends nothing again by
// itself, so a delivery that couldn't be recorded gets 503 and shows there as failed.
//
// The local listener is a Unix socket next to the ledger, open to the bot's own user
// or, if the ledger's folder is setgid, also to that folder's group. Only one process
// can open the ledger's file, so while a bot runs, the command line uses this socket
// ([Dial], [Client]):
//
//	POST /v1/say             {"text": "ready status"}; the reply as data
//	POST /v1/act             {"key": "…", "what": "an act, encoded"}; does it once, and the reply as data
//	GET  /v1/run?id=ID       where a run stands, a line of JSON each time it changes, until it asks or has ended
//	GET  /v1/decision        a decision, a line of JSON each time it changes, until it is GO or never will be
//	GET  /v1/ledger/export   JSON Lines, one event a line
//	GET  /v1/ledger/verify   the result of verifying the chain
//
// All but /v1/act only look. There is no Slack identity here, so nothing can be
// approved, waived or deployed. A rollback must work without Slack, so /v1/act accepts
// the acts of a rollback, and only those, in the name of the user that the kernel
// reports for the connection. Whoever can open the socket may use it.
//
// When a listener runs out of connections, idle and slow ones that haven't shown the
// token are closed first, and senders that have are closed last (places). The body of a
// refused request is read all the same, so that its sender gets the response.
//
// The listeners share nothing: each has its own connections, and alert deliveries have
// their own limits on number and bytes. What people ask for in Slack uses neither, so
// no flood of it keeps an alert out.
//
// [New] starts nothing; [Server.Run] listens, serves until its context ends, lets
// requests in progress finish for a limited time, and returns when everything it
// started is over. Every connection has deadlines and every body a limit. Errors are
// JSON, {"error": "one sentence"}.
package web
