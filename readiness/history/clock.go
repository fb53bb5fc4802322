package history

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"time"

	"gonogo/readiness/answer"
)

// otherClocks are the fields of a state whose time is not when gonogo recorded
// something: what people or other programs said, and what is planned.
var otherClocks = []string{"Until", "StartsAt", "EndsAt", "Ends", "Began", "Before"}

// setClockBack is told that the clock was ahead, and that it is now the given
// time. What was recorded in between has a time that is still to come: it would
// count for too long, and whatever is due a while after it would not happen until
// then. When it really happened isn't known, other than that it was before now.
// So answers and approvals that count for a limited time no longer do, nor do
// overrides, waivers and lifts with an end have ended, and all else happened just now.
func (s *State) setClockBack(now time.Time) {
	s.becomeCopy()
	for _, r := range s.Releases {
		misdate(r.Evidence, now)
		for _, given := range r.SignOffs {
			for role, signOff := range given {
				signOff.Misdated = signOff.Misdated || signOff.At.After(now)
				given[role] = signOff
			}
		}
		for key, w := range r.Waivers {
			w.Until = endedIf(w.At.After(now), w.Until, now)
			r.Waivers[key] = w
		}
	}
	misdate(s.Carried, now)
	for id, o := range s.Overrides {
		o.Misdated = o.Misdated || o.At.After(now) || o.Confirmed.After(now)
		s.Overrides[id] = o
	}
	for i, l := range s.Lifts {
		s.Lifts[i].Until = endedIf(l.At.After(now) && !l.Until.IsZero(), l.Until, now)
	}
	noLater(reflect.ValueOf(s).Elem(), now)
}

// becomeCopy makes everything in s its own, down to the last pointer.
func (s *State) becomeCopy() {
	var all bytes.Buffer
	if err := Encode(&all, s); err != nil {
		panic(fmt.Sprintf("copy the state: %v", err)) // each start would fail the same way
	}
	own, err := Decode(&all)
	if err != nil {
		panic(fmt.Sprintf("copy the state: %v", err))
	}
	*s = *own
}

func misdate(answers map[answer.Key]answer.Evidence, now time.Time) {
	for key, ev := range answers {
		ev.Misdated = ev.Misdated || ev.At.After(now)
		answers[key] = ev
	}
}

// endedIf is an end that is no later than now if something is so.
func endedIf(so bool, until, now time.Time) time.Time {
	if so && until.After(now) {
		return now
	}
	return until
}

var timeType = reflect.TypeFor[time.Time]()

// noLater sets every time in v that is later than now to now, but for those of
// other clocks. v is settable, and nothing in it is shared.
func noLater(v reflect.Value, now time.Time) {
	switch {
	case v.Type() == timeType:
		if v.Interface().(time.Time).After(now) {
			v.Set(reflect.ValueOf(now))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		noLater(v.Elem(), now)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && !slices.Contains(otherClocks, field.Name) {
				noLater(v.Field(i), now)
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			noLater(v.Index(i), now)
		}
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			noLater(value, now)
			v.SetMapIndex(key, value)
		}
	}
}
