// Package github has the kinds of gates that ask GitHub about a repository:
// github_checks, github_alerts and github_issues.
package github
