// Package artifacts has the kinds of gates that read what a build leaves behind: the
// reports of tests (junit), of coverage (coverage) and of scanners (sarif).
package artifacts
