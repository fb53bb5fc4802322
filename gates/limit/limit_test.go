package limit

import (
	"errors"
	"math"
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	tests := []struct {
		limit string
		got   int
		want  bool
	}{
		{"134", 134, true}, {"134", 133, false}, {"= 134", 134, true}, {"== 134", 135, false},
		{">= 134", 134, true}, {">=134", 133, false}, {"> 1", 1, false}, {"< 5", 4, true}, {"< 5", 5, false},
		{"<= 5", 5, true}, {"!= 0", 1, true}, {"!= 0", 0, false}, {"0", 0, true}, {" 0 ", 1, false},
	}
	for _, test := range tests {
		var c Count
		if err := c.UnmarshalText([]byte(test.limit)); err != nil {
			t.Errorf("%s: %v", test.limit, err)
			continue
		}
		if got := c.Allows(float64(test.got)); got != test.want {
			t.Errorf("%d against %s: got %v, want %v", test.got, test.limit, got, test.want)
		}
	}
	if (Limit{}).Allows(0) {
		t.Error("a limit that was not set allows something")
	}
}

func TestTimes(t *testing.T) {
	took := []time.Duration{5 * time.Second, time.Second, 2 * time.Second, 4 * time.Second, 3 * time.Second}
	tests := []struct {
		limit string
		at    time.Duration
		want  bool
	}{
		{"< 6s", 5 * time.Second, true}, {"< 5s", 5 * time.Second, false}, {"max <= 5s", 5 * time.Second, true},
		{"P50 < 3100ms", 3 * time.Second, true}, {"p50 < 3s", 3 * time.Second, false}, {"P90 < 1m", 5 * time.Second, true}, {"P95 < 1d", 5 * time.Second, true}, {"P99 > 4s", 5 * time.Second, true},
	}
	for _, test := range tests {
		var l Times
		if err := l.UnmarshalText([]byte(test.limit)); err != nil {
			t.Errorf("%s: %v", test.limit, err)
			continue
		}
		if got := l.Of(took); l.Allows(got.Seconds()) != test.want || got != test.at {
			t.Errorf("%s: got %s %v, want %s %v", test.limit, got, l.Allows(got.Seconds()), test.at, test.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	for p, want := range map[int]time.Duration{50: 50, 95: 95, 99: 99, 100: 100} {
		if got := Percentile(hundred, p); got != want {
			t.Errorf("percentile %d of 1 to 100: got %d, want %d", p, got, want)
		}
	}
	if got := Percentile(nil, 95); got != 0 {
		t.Errorf("of nothing: got %d", got)
	}
}

func TestExpectation(t *testing.T) {
	tests := []struct {
		limit, got string
		ok, fits   bool
	}{
		{"< 100", "99.5", true, true}, {"< 100", "100", false, true}, {"< 100", "many", false, false}, {">= 80%", "80%", true, true}, {"1", "1.0", true, true},
		{"on", "on", true, true}, {"= on", "off", false, true}, {"!= 'off'", "on", true, true}, {"!= 'off'", "off", false, true},
		{"'5'", "5", true, true}, {"'5'", "5.0", false, true}, {"true", "true", true, true}, {"'< x'", "< x", true, true},
	}
	for _, test := range tests {
		var e Expectation
		if err := e.UnmarshalText([]byte(test.limit)); err != nil {
			t.Errorf("%s: %v", test.limit, err)
			continue
		}
		if ok, fits := e.Meets(test.got); ok != test.ok || fits != test.fits {
			t.Errorf("%s against %s: got %v %v, want %v %v", test.got, test.limit, ok, fits, test.ok, test.fits)
		}
	}
}

// What a division by zero or an overflow prints is no number, whatever the limit.
func TestNotFinite(t *testing.T) {
	for _, limit := range []string{"0", "!= 0", "< 5", "<= 5", "> 5", ">= 80%", "!= 1%", "< 2s", "!= 0s"} {
		for _, got := range []string{"NaN", "nan", "-NaN", "Inf", "+Inf", "-inf", "Infinity", "-Infinity", "NaN%", "Infinity%", "infinity %", "1e999"} {
			var e Expectation
			if err := e.UnmarshalText([]byte(limit)); err != nil {
				t.Fatal(err)
			}
			if ok, fits := e.Meets(got); ok || fits {
				t.Errorf("%s against %s: got %v %v, want isn't a number", got, limit, ok, fits)
			}
		}
		var l Limit
		if err := l.UnmarshalText([]byte(limit)); err != nil {
			t.Fatal(err)
		}
		for _, got := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if l.Allows(got) {
				t.Errorf("%s allows %v", limit, got)
			}
		}
	}
}

func TestLimitsRefused(t *testing.T) {
	for text, into := range map[string]interface{ UnmarshalText([]byte) error }{
		"":              &Limit{},
		"<":             &Limit{},
		"=> 5":          &Limit{},
		"< abc":         &Limit{},
		"< -5s":         &Limit{},
		"NaN":           &Limit{},
		"P95":           &Limit{},
		"< 2m":          &Count{},
		"80%":           &Count{},
		"P95 < 5":       &Count{},
		"< 3":           &Times{},
		"100 ms":        &Times{},
		"< 5%":          &Times{},
		"P95 < 2s":      &Expectation{},
		"< many":        &Expectation{},
		"!=":            &Expectation{},
		"-1h":           new(Duration),
		"soon":          new(Duration),
		"1e9d":          new(Duration),
		"5":             new(Duration),
		"NaNd":          new(Duration),
		"999999999999h": new(Duration),
	} {
		if err := into.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%T took %q", into, text)
		}
	}
	for text, want := range map[string]time.Duration{"30d": 720 * time.Hour, "1h30m": 90 * time.Minute, "0s": 0, "1.5d": 36 * time.Hour} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: got %v %v, want %v", text, got, err, want)
		}
	}
}

func TestIncludes(t *testing.T) {
	for _, tt := range []struct {
		limit, other string
		want         bool
	}{
		{"< 5s", "< 3s", true}, {"< 3s", "< 3s", true}, {"<= 3s", "< 3s", true}, {"< 3s", "<= 3s", false}, {"< 2s", "< 3s", false},
		{">= 70%", ">= 80%", true}, {">= 90%", ">= 80%", false}, {"0", "0", true}, {"< 5", "0", true}, {"0", "< 5", false},
		{"!= 3", "< 3", true}, {"!= 2", "< 3", false}, {"> 1s", "< 3s", false}, {"P95 < 5s", "< 3s", false}, {"max < 5s", "< 3s", true},
		{"< 5s", "< 3", false}, {"< 2000000000001", "< 2000000000000", true},
	} {
		var l, other Limit
		if err := errors.Join(l.UnmarshalText([]byte(tt.limit)), other.UnmarshalText([]byte(tt.other))); err != nil {
			t.Fatal(err)
		}
		if got := l.Includes(other); got != tt.want {
			t.Errorf("%s includes %s: got %v, want %v", tt.limit, tt.other, got, tt.want)
		}
	}
	if (Limit{}).Includes(Limit{}) {
		t.Error("what isn't set includes something")
	}
}
