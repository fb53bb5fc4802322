package github

import (
	"testing"

	"gonogo/gates/form/formtest"
)

func TestForms(t *testing.T) {
	formtest.Run(t, []formtest.Value{
		{Into: new(idleResult), Takes: []string{"neutral", "skipped"}, Refuses: []string{"", "success", "failure", "Skipped"}},
	})
}
