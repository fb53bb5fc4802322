// Package github stands in for GitHub: the part of its REST API that a client
// needs to keep issues, to look up commits and to read what checks and scanners
// say, strict where the real one is, and the pages on which a person reads the
// issues and commits.
//
// # Nouns
//
// A [Host] has one repository with its issues, labels and [Code]. An [Issue] has
// comments, and a history of being closed and reopened. A pull request
// is an issue too, as in GitHub's own lists. The code is a handful of commits
// with their branches and tags; it never changes. A commit has [Check]s, and [Security]
// is what the scanners say; both are what [Host.SetChecks] and [Host.SetSecurity] make
// them.
//
// The API is below /api/v3 and the pages are next to it, as on GitHub Enterprise
// Server (https://docs.github.com/enterprise-server/rest/overview): with the host
// at http://127.0.0.1:8080/github the API is at
// http://127.0.0.1:8080/github/api/v3/ and the first issue's page at
// http://127.0.0.1:8080/github/OWNER/NAME/issues/1.
//
// # What is strict
//
// Credentials, the User-Agent, the API's version and the lengths and kinds of
// what is written, with the answers that https://docs.github.com/rest describes.
// It is stricter than the real one in these points, so that mistakes of a client show:
//
//   - Accept is application/json or application/vnd.github+json. The preview
//     types of older libraries, which GitHub has retired, are refused with 415.
//   - A field of a body or a parameter of a query that is not known here is
//     refused with 422 instead of ignored. That includes some that GitHub
//     knows, such as assignees.
//   - There is no search, which GitHub's documentation limits to 30 requests a
//     minute and which lags behind what was written.
//
// Answers have what GitHub's description requires, which tests compare them with; a
// repository's own is abridged.
//
// # For tests
//
// [Host.OnCall] is called before every request and may inject a [Fault];
// [Host.SetMode] injects one into all. [Host.Calls] lists the requests, [Host.Writes]
// what was really done, and [Host.Issues] the issues as they are now.
//
// # Who calls it, and what is stored
//
// The practice world mounts [Host.Handler]; tests of clients serve it with
// httptest. With [Options].File the issues and labels are written there after
// every change, so that a host that is restarted with the file shows the same; a file
// that is truncated or of another kind is refused and left alone. Calls, writes,
// installation tokens, and what was run and deployed are forgotten.
package github
