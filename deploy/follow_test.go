package deploy

import (
	"context"
	"errors"
	"gonogo/readiness/work"
	"strings"
	"testing"
	"time"
)

// TestFollow follows a deployment on a platform that says of each what it likes.
// The class of an error decides, whatever its words are.
func TestFollow(t *testing.T) {
	cause := errors.New("it was replaced")
	for name, tt := range map[string]struct {
		says map[string]error // by deployment; those without an error are active
		want string           // the deployment that became active
		fail string
	}{
		"nothing happens":               {nil, "d1", ""},
		"replaced by the same":          {map[string]error{"d1": &Superseded{By: "d2", Cause: cause}}, "d2", ""},
		"replaced by the same, twice":   {map[string]error{"d1": &Superseded{By: "d2", Cause: cause}, "d2": &Superseded{By: "d3", Cause: cause}}, "d3", ""},
		"replaced by another":           {map[string]error{"d1": &Superseded{Cause: cause}}, "", "it was replaced"},
		"replaced by one that is gone":  {map[string]error{"d1": &Superseded{By: "d2", Cause: cause}, "d2": &Gone{errors.New("there is no d2")}}, "", "there is no d2"},
		"a read that is refused":        {map[string]error{"d1": errors.New("403")}, "", "403"},
		"a read that fails for a while": {map[string]error{"d1": &Passing{time.Second, errors.New("502")}}, "", "the time is over"},
	} {
		t.Run(name, func(t *testing.T) {
			step := following{fact: factDeployment, look: func(_ context.Context, id string) (Deployment, error) {
				return Deployment{ID: id, State: StateActive}, tt.says[id]
			}}.step()
			pauses := 0
			w := Work{Fact: func(string) string { return "d1" }, Tell: func(string, ...work.StepPart) {},
				Pause: func(context.Context, time.Duration) error {
					if pauses++; pauses > 100 {
						return errors.New("the time is over")
					}
					return nil
				}}
			result, err := step.Watch(t.Context(), w)
			if tt.fail == "" && (err != nil || result.Facts[factDeployment] != tt.want) {
				t.Errorf("followed to %+v, %v; want %s", result, err, tt.want)
			}
			if tt.fail != "" && (err == nil || !strings.Contains(err.Error(), tt.fail)) {
				t.Errorf("followed to %+v, %v; want that %s", result, err, tt.fail)
			}
		})
	}
}
