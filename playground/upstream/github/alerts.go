package github

import (
	"slices"
	"time"
)

// Alert is an open alert of a scanner.
type Alert struct {
	Number   int
	Severity string // critical, high, medium or low; of secret scanning there is none
	Level    string // of a code scanning rule: error, warning, note or none
	Title    string // the rule, the vulnerable package, or the type of the secret
	Tool     string // of code scanning
	Secret   string // of secret scanning
	At       time.Time
}

// Analysis is what a code scanning tool has uploaded.
type Analysis struct {
	Tool, Category string
	Ref            string // as in refs/heads/main
	SHA            string // of the commit
	Error          string // why GitHub couldn't take it
	At             time.Time
}

// Scanner is one of GitHub's scanners.
type Scanner string

// The scanners.
const (
	CodeScanning   Scanner = "code scanning"
	SecretScanning Scanner = "secret scanning"
	Dependabot     Scanner = "Dependabot"
)

// Security is what the scanners say of the repository.
type Security struct {
	Off      []Scanner  // those that are switched off
	Analyses []Analysis // of code scanning, the newest first; none: it has never run
	Code     []Alert    // of code scanning, on every ref that has an analysis
	Secrets  []Alert
	Packages []Alert // of Dependabot
}

// SetSecurity says what the scanners say from now on.
func (h *Host) SetSecurity(change func(*Security)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := h.security
	next.Off, next.Analyses = slices.Clone(next.Off), slices.Clone(next.Analyses)
	next.Code, next.Secrets, next.Packages = slices.Clone(next.Code), slices.Clone(next.Secrets), slices.Clone(next.Packages)
	change(&next)
	h.security = next
}

// refused is how the API answers about a scanner that is switched off; nil: it is on.
func (s Security) refused(of Scanner) *refusal {
	if !slices.Contains(s.Off, of) {
		return nil
	}
	return offAnswers[of]
}

// offAnswers are GitHub's answers about scanners that are switched off. Its description
// names only the statuses; the words are those that its users report, such as
// github.com/jfrog/frogbot/issues/178 and github.com/liatrio/liatrio-otel-collector/issues/395.
var offAnswers = map[Scanner]*refusal{
	CodeScanning:   {status: 403, message: "Code Security must be enabled for this repository to use code scanning.", about: aboutAPI + "/code-scanning/code-scanning"},
	SecretScanning: {status: 404, message: "Secret scanning is disabled on this repository.", about: aboutAPI + "/secret-scanning/secret-scanning"},
	Dependabot:     {status: 403, message: "Dependabot alerts are disabled for this repository.", about: aboutAPI + "/dependabot/alerts"},
}

var errNoAnalysis = &refusal{status: 404, message: "no analysis found", about: aboutAPI + "/code-scanning/code-scanning"}

// SetLabelled opens or closes all issues that have every one of some labels, as people
// would, at most so many where most isn't 0, and returns how many were changed.
func (h *Host) SetLabelled(open bool, most int, labels ...string) (changed int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	to := Turn{State: closed, By: "dreyes", At: h.now()}
	if open {
		to.State = "open"
	}
	for _, issue := range h.issues {
		if issue.away() || !issue.hasAll(labels) || most > 0 && changed == most {
			continue
		}
		if issue.turn(to) {
			issue.Updated = h.now()
			changed++
		}
	}
	return changed, h.save()
}

// TransferLabelled moves all issues that have every one of some labels to another
// repository, as people would, at most so many where most isn't 0: to is
// OWNER/NAME#NUMBER. If it is empty, those that were moved are brought back.
func (h *Host) TransferLabelled(to string, most int, labels ...string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	moved := 0
	for _, issue := range h.issues {
		if issue.Pull || issue.Deleted || (issue.Moved == "") == (to == "") || !issue.hasAll(labels) || most > 0 && moved == most {
			continue
		}
		issue.Moved, issue.Updated = to, h.now()
		moved++
	}
	return h.save()
}
