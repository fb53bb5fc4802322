// Package examples holds the configurations that ship with gonogo: complete files to
// start from, which the practice world is also checked against.
package examples

import _ "embed"

// InsightPulse is the whole checklist of the InsightPulse Odoo 19.0 release.
// Its first lines say which variables it reads.
//
//go:embed insightpulse.yml
var InsightPulse []byte

// OnePage is the short checklist that Story is told with. It reads variables of the practice world.
//
//go:embed story.yml
var OnePage []byte

// Minimal is the smallest useful configuration. It reads no variables.
//
//go:embed minimal.yml
var Minimal []byte
