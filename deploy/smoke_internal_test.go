package deploy

import (
	"gonogo/readiness/build"
	"testing"
)

// Without smoke gates there is no step to show: “Measure 0 smoke gates” tells
// nobody anything.
func TestSmokeStepWithoutGates(t *testing.T) {
	build := func(Work) build.Build { return build.Build{} }
	for n, smoke := range [][]Smoke{nil, {{ID: "login", Title: "The login page loads"}}} {
		if got := len(ToDo([]Step{SmokeStep("smoke", Environment{Name: "staging", Smoke: smoke}, build)})); got != n {
			t.Errorf("with %d smoke gates there are %d steps to show, want %d", n, got, n)
		}
	}
}
