package gatestest

import (
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// NoRelease is a view in which nothing has happened yet.
var NoRelease = readiness.View{Checklist: (&checklist.Checklist{}).Index(), State: history.NewState()}

// Canary is a secret that no evidence may contain.
const Canary = "c4n4ry-5ecret"
