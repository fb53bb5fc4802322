// Package web is HTTP in, by two doors.
//
// The public door is a TCP address for machines that watch gonogo, and for
// those that tell it of alerts:
//
//	GET  /healthz               200 while the process lives and the owner of the ledger answers: restart it when it does not
//	GET  /readyz                200 while the ledger can be written, Slack is heard by this process alone and the queue has room, else 503 with the reasons
//	GET  /metrics               the same as numbers, and what happened as counters ([Metrics]), for Prometheus
//	POST /alerts/alertmanager   Alertmanager's webhook, version 4; there only when a token is configured
//
// That Slack is away is no reason to restart the bot, so /healthz stays 200 then,
// and gonogo_slack_last_frame_timestamp_seconds says since when. Slack is judged
// by what came in from it, an answer to a ping too, not by a socket that looks
// open. No metric has a label that people or other systems write.
//
// An alert's sender shows the token as bearer token and is answered 200 only
// once [Alerts] has made the delivery durable. Whatever keeps gonogo from that
// is 503, which Alertmanager repeats; what repeating will not mend is 400, 401
// or 413, with a sentence that says what will.
//
// The local door is a Unix socket beside the ledger, open to the bot's own user
// alone or, where the ledger's folder is setgid, to that folder's group too. The
// ledger's file has one owner, so while a bot runs the command line
// looks through this socket ([Dial], [Client]):
//
//	POST /v1/say             {"text": "ready status"}; the reply as data
//	POST /v1/act             {"key": "…", "what": "an act, encoded"}; does it once, and the reply as data
//	GET  /v1/run?id=ID       where a run stands, a line of JSON each time it changes, until it asks or has ended
//	GET  /v1/ledger/export   JSON Lines, one event a line
//	GET  /v1/ledger/verify   what the walk along the chain found
//
// All but /v1/act only look. Nobody's Slack identity comes in here, so nothing
// that approves, waives or deploys can. What can be done is going back, which
// must not take Slack: /v1/act takes the acts of a rollback alone, in the name of
// the user whom the kernel says has connected. Who may is who can open the socket.
//
// Where the connections at a door run short, idle and slow ones of strangers are
// closed first, and senders who have shown the token last ([places]). A body that
// nobody wants is read all the same, so that whoever sends one finds the answer.
//
// The doors share nothing: each has connections of its own, and deliveries of alerts
// are bounded in number and bytes apart from all else. What people ask for in Slack
// comes by neither, so no flood of it keeps an alert out.
//
// [New] starts nothing; [Server.Run] listens, serves until its context ends,
// lets what is under way finish for a bounded time, and returns when everything
// it started is over. Every connection has deadlines and every body a limit.
// Errors are JSON, {"error": "one sentence"}.
package web
