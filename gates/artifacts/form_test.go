package artifacts

import (
	"testing"

	"gonogo/gates/form/formtest"
)

func TestForms(t *testing.T) {
	formtest.Run(t, []formtest.Value{
		{Into: new(severity), Takes: []string{"critical", "low"}, Refuses: []string{"", "LOW", "worst"}},
	})
}
