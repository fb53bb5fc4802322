package artifacts

import (
	"testing"

	"gonogo/gates/form/formtest"
)

func TestForms(t *testing.T) {
	formtest.Run(t, []formtest.Value{
		{Into: new(severity), Takes: []string{"critical", "low"}, Refuses: []string{"", "LOW", "worst"}},
		{Into: new(platform), Takes: []string{"linux/amd64", "linux/arm/v7"}, Refuses: []string{"", "linux", "Linux/amd64", "linux/amd64/", "linux/arm/v7/x"}},
	})
}
