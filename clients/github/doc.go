// Package github asks GitHub about one repository: its issues, which may be
// opened, changed and commented on, and its commits, which are looked up and
// compared. [New] prepares a [Client] and asks nothing; every method is one
// operation of GitHub's REST API, and may be called from any goroutine.
//
// # Reads and writes
//
//	         lasts              tried      apart
//	read     as long as its     4 times    0.5, 1 and 2 s
//	         context            at most
//	write    30 s at most,      once       Options.Between, over all
//	         within its context            writes of the client
//
// A single request lasts 30 seconds at most. Writes wait for one another:
// GitHub asks for changes in series and at least a second apart. A write is
// never repeated here, since only who asked for it can look up whether it
// happened. Issues are found by listing those with a label, not by search,
// which lags behind and may be asked too rarely to rely on.
//
// # What happens on failure
//
// Errors are one sentence for people, and tell by their type what is true now:
//
//	                 what happened          what to do
//	*Limited         nothing                ask again, not before Until
//	*Refused         nothing                mend what the sentence names
//	*Unavailable     nothing                ask again later
//	*Unsure          perhaps the write      look it up, and only then ask again
//	ErrNoSuchRef     nothing                name another tag, branch or commit
//
// After a limit the client asks nothing, and answers *Limited by itself, until
// the moment that GitHub named: who goes on asking gets locked out for longer.
// Redirects are not followed, so that no token goes anywhere but to the address
// that was configured; a repository that was renamed is refused by a sentence
// that says so. No error and no log line contains a token or a key, even where
// GitHub's answer repeats one.
package github
