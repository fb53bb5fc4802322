package exec

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if run := os.Getenv("GATES_TEST_COMMAND"); run != "" {
		runUntilKilled(run)
		return
	}
	goleak.VerifyTestMain(m)
}
