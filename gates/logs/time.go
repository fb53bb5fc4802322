package logs

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Forms are the time stamps that are read, in words.
const Forms = "`2026-11-28 10:00:00`, with `T`, `/`, fractions and a zone or without, `28/Nov/2026:10:00:00 +0000`, `Nov 28 10:00:00`, and\nin JSON the fields `time`, `ts`, " +
	"`timestamp`, `@timestamp` and `asctime`, also as seconds or milliseconds since 1970"

// stampWithin is how many bytes of a line may come before the end of its time stamp.
const stampWithin = 96

var (
	iso    = regexp.MustCompile(`(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\d*(?: ?(Z|UTC|[+-]\d\d:?\d\d))?`)
	common = regexp.MustCompile(`(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})`)
	syslog = regexp.MustCompile(`^(?:<\d+>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)`)
)

// stamp is the time stamp at the beginning of a line; zero where there is none.
func (t *Tally) stamp(line string) time.Time {
	head := line[:min(len(line), stampWithin)]
	if !strings.ContainsAny(head, "0123456789") {
		return time.Time{}
	}
	if m := iso.FindStringSubmatch(head); m != nil {
		return t.fromISO(m)
	}
	if m := common.FindString(head); m != "" {
		at, _ := time.Parse("02/Jan/2006:15:04:05 -0700", m)
		return at
	}
	if m := syslog.FindString(head); m != "" {
		return t.fromSyslog(m)
	}
	return time.Time{}
}

func (t *Tally) zone() *time.Location {
	if t.Zone == nil {
		return time.UTC
	}
	return t.Zone
}

// fromISO makes a time of the parts that iso found. One that doesn't exist, such as
// 2026-02-30, is none.
func (t *Tally) fromISO(m []string) time.Time {
	layout, text := "2006-01-02 15:04:05", m[1]+"-"+m[2]+"-"+m[3]+" "+m[4]+":"+m[5]+":"+m[6]
	var at time.Time
	var err error
	switch zone := strings.ReplaceAll(m[8], ":", ""); zone {
	case "":
		at, err = time.ParseInLocation(layout, text, t.zone())
	case "Z", "UTC":
		at, err = time.Parse(layout, text)
	default:
		at, err = time.Parse(layout+" -0700", text+" "+zone)
	}
	if err != nil {
		return time.Time{}
	}
	fraction, _ := strconv.Atoi((m[7] + "000000000")[:9])
	return at.Add(time.Duration(fraction))
}

// fromSyslog makes a time of a time stamp without a year (RFC 3164, section 4.1.2): the
// latest year in which it isn't in the future by more than a day.
func (t *Tally) fromSyslog(text string) time.Time {
	if _, after, ok := strings.Cut(text, ">"); ok {
		text = after
	}
	year := t.To.In(t.zone()).Year() + 1
	for range 3 {
		at, err := time.ParseInLocation("2006 Jan _2 15:04:05", strconv.Itoa(year)+" "+text, t.zone())
		if err == nil && at.Before(t.To.Add(24*time.Hour)) {
			return at
		}
		year--
	}
	return time.Time{}
}

// sinceEpoch reads a number of seconds, or of their thousandths, millionths or
// billionths; zero where it is none of these between 2001 and 2286.
func sinceEpoch(n float64) time.Time {
	for range 4 {
		if n >= 1e9 && n < 1e10 {
			whole, part := math.Modf(n)
			return time.Unix(int64(whole), int64(part*1e9)).UTC()
		}
		n /= 1000
	}
	return time.Time{}
}
