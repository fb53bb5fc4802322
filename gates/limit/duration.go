package limit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time as people write it: 90s, 15m, 24h, 30d.
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// ParseDuration reads 300ms, 90s, 15m, 24h, 1h30m or 30d. It refuses negative ones.
func ParseDuration(text string) (time.Duration, error) {
	fault := fmt.Errorf("%q isn't a duration; write it like 90s, 15m, 24h or 30d", text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || !(n >= 0 && n <= 36500) {
			return 0, fault
		}
		return time.Duration(n * 24 * float64(time.Hour)), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fault
	}
	return d, nil
}
