// Package github is the client for one GitHub repository: it opens, changes and
// comments on issues, looks up and compares commits, reads the checks of a commit
// and the alerts of GitHub's scanners, and starts and follows workflows. [New] makes a [Client]
// without a request; every method is one operation of GitHub's REST API, and may be
// called from any goroutine.
//
// # Reads and writes
//
//	         lasts              tried      apart
//	read     as long as its     4 times    0.5, 1 and 2 s
//	         context            at most
//	write    30 s at most,      once       Options.Between, over all
//	         within its context            writes of the client
//
// A single request takes 30 seconds at most. Writes wait for one another: GitHub
// asks for changes in series and at least a second apart. A write is never repeated
// here, since only the caller can look up whether it happened. Issues are found by
// listing those with a label, not by search, which lags behind and has too low a rate
// limit.
//
// # What happens on failure
//
// Errors are one sentence for people, and their type says what is true now:
//
//	                 what happened          what to do
//	*Limited         nothing                try again, not before Until
//	*Refused         nothing                fix what the sentence names
//	*Unavailable     nothing                try again later
//	*Unsure          perhaps the write      look it up before trying again
//	ErrNoSuchRef     nothing                name another tag, branch or commit
//	ErrNotEnabled    nothing                enable the scanner, or let it run once
//
// Once GitHub has limited it, the client sends nothing and returns *Limited itself
// until the time that GitHub named: clients that keep asking are locked out for
// longer. Redirects are not followed, so that the token goes only to the configured
// address; a renamed repository is an error that says so. No error and no log line
// contains a token or a key, even if GitHub's answer repeats one.
package github
