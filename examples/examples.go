// Package examples is configurations that ship with gonogo: complete files to
// start from, and what the practice world is checked against.
package examples

import _ "embed"

// InsightPulse is the whole checklist of the InsightPulse Odoo 19.0 release.
// Its first lines say which variables it reads.
//
//go:embed insightpulse.yml
var InsightPulse []byte

// Minimal is the smallest useful configuration. It reads no variables.
//
//go:embed minimal.yml
var Minimal []byte
