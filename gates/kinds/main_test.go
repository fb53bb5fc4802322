package kinds

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"gonogo/gates"
	"gonogo/gates/kindtest"
)

func TestMain(m *testing.M) {
	// These tests wait for servers that refuse, and for clients that ask again.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// decoded builds a gate of the kind with a name.
func decoded(kind, settings string, deps gates.Deps) (gates.Built, error) {
	return kindtest.Decode(settings, func(decode func(any) error) (gates.Built, error) { return Build(kind, decode, deps) })
}

// built builds a gate that must be without fault.
func built(t *testing.T, kind, settings string, deps gates.Deps) gates.Built {
	t.Helper()
	b, err := decoded(kind, settings, deps)
	if err != nil {
		t.Fatalf("%s: %v\n%s", kind, err, settings)
	}
	return b
}

// faulty builds a gate that must have a fault, and gives its sentence.
func faulty(t *testing.T, kind, settings string, deps gates.Deps) string {
	t.Helper()
	_, err := decoded(kind, settings, deps)
	if err == nil {
		t.Fatalf("%s was built without a fault from\n%s", kind, settings)
	}
	return err.Error()
}
