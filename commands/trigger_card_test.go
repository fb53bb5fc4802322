package commands_test

import (
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"strings"
	"testing"
	"time"
)

// A trigger's card names what was measured and the limit, whichever sampler it is of.
func TestTriggerCardNamesTheLimit(t *testing.T) {
	for _, tt := range []struct{ name, reading, limit, want string }{
		{"a query", "7.2 %", "> 5%", "Measured 7.2 %, which is > 5%, 3 times in a row."},
		{"a page, whose words name it", "status is 502, limit 200", "", "Measured status is 502, limit 200, 3 times in a row."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, "deploy")
			_, err := s.ledger.Update(t.Context(), func(*history.State, time.Time) ([]event.Event, error) {
				return []event.Event{event.TriggerTripped{Incident: "i1", Environment: "production", Trigger: "x", Title: "X on production",
					Problem: alert.OverLimit, Reading: tt.reading, Limit: tt.limit, Samples: 3}}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.cards(t); !strings.Contains(got, tt.want) {
				t.Errorf("want %q in\n%s", tt.want, got)
			}
		})
	}
}
