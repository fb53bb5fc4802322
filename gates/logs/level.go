package logs

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// line is a line as it was understood.
type line struct {
	at        time.Time // zero: it has no time stamp
	bad       bool      // whether it is an error line
	component string
	text      string
}

// prefixed is a line of App Platform's: the component, the time and what it wrote.
// Source: doctl v1.168, commands/apps.go, which cuts the first two off for --no-prefix.
var prefixed = regexp.MustCompile(`^(\S+) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) ?`)

// colour is a sequence that colours what a terminal shows, also as rsyslog writes it.
var colour = regexp.MustCompile(`(?:\x1b|#033)\[[0-9;:]*[mK]`)

// understand finds out when a line was written, and whether it is an error.
func (t *Tally) understand(text string) line {
	text = strings.TrimLeft(text, "\x00\ufeff") // left by copytruncate and by Windows
	if strings.Contains(text, "\x1b[") || strings.Contains(text, "#033[") {
		text = colour.ReplaceAllString(text, "")
	}
	l := line{text: text}
	if t.Prefixed {
		if m := prefixed.FindStringSubmatch(text); m != nil {
			l.component, l.text = m[1], text[len(m[0]):]
			l.at, _ = time.Parse(time.RFC3339Nano, m[2])
		}
	}
	var fields jsonLine
	inJSON := strings.HasPrefix(l.text, "{") && json.Unmarshal([]byte(l.text), &fields) == nil
	if l.at.IsZero() && inJSON {
		l.at = fields.time(t)
	}
	if l.at.IsZero() {
		l.at = t.stamp(l.text)
	}
	l.bad = t.isError(l.text, inJSON, fields)
	return l
}

func (t *Tally) isError(text string, inJSON bool, fields jsonLine) bool {
	for _, ignored := range t.Ignore {
		if ignored.MatchString(text) {
			return false
		}
	}
	if t.Match != nil {
		return t.Match.MatchString(text)
	}
	if inJSON {
		if bad, known := fields.isError(); known {
			return bad
		}
	}
	return usual.MatchString(text)
}

// Usual is what makes a line without a level in JSON an error line, in words.
const Usual = "one of the words `ERROR`, `FATAL`, `CRITICAL`, `SEVERE`, `PANIC` or `EMERG` in capitals;\n`[error]`, `[crit]`, `[alert]` or `[emerg]`, as nginx writes; " +
	"`level=error` and the like; or, at its beginning, `Traceback (most recent call last)`, `panic:`, `fatal error:` or `Exception in thread`"

// usual is [Usual] as a pattern.
var usual = regexp.MustCompile(`(?:^|[^A-Za-z0-9_])(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|EMERG)(?:$|[^A-Za-z0-9_])` +
	`|\[(?:error|crit|alert|emerg)\]` +
	`|\b(?:level|lvl|severity)=["']?(?i:error|err|fatal|critical|crit|alert|emerg|emergency|panic|dpanic)\b` +
	`|^(?:Traceback \(most recent call last\)|panic: |fatal error: |Exception in thread )`)

// jsonLine is what is read of a line that is a JSON object.
type jsonLine struct {
	Time       json.RawMessage `json:"time"`
	TS         json.RawMessage `json:"ts"`
	Timestamp  json.RawMessage `json:"timestamp"`
	AtTime     json.RawMessage `json:"@timestamp"`
	Asctime    json.RawMessage `json:"asctime"`
	Level      json.RawMessage `json:"level"`
	Severity   json.RawMessage `json:"severity"`
	LVL        json.RawMessage `json:"lvl"`
	Levelname  json.RawMessage `json:"levelname"`
	LogDotName json.RawMessage `json:"log.level"`
}

// levels are the names of levels, in small letters, and whether they are errors.
var levels = map[string]bool{
	"error": true, "err": true, "fatal": true, "critical": true, "crit": true, "severe": true, "alert": true, "emerg": true, "emergency": true, "panic": true, "dpanic": true,
	"warning": false, "warn": false, "notice": false, "info": false, "information": false, "informational": false, "log": false, "debug": false, "trace": false, "verbose": false, "default": false,
}

// isError says whether the level is one of errors; known is false where there is none
// that is known. Numbers up to 7 are those of syslog (RFC 5424, section 6.2.1), and
// larger ones those of pino and bunyan.
func (f jsonLine) isError() (bad, known bool) {
	for _, raw := range []json.RawMessage{f.Level, f.Severity, f.LVL, f.Levelname, f.LogDotName} {
		var name string
		if json.Unmarshal(raw, &name) == nil {
			if bad, known = levels[strings.ToLower(name)]; known {
				return bad, true
			}
			continue
		}
		n, err := strconv.Atoi(string(raw))
		switch {
		case err != nil || n < 0:
		case n <= 7:
			return n <= 3, true
		case n >= 10:
			return n >= 50, true
		}
	}
	return false, false
}

// time is when the line was written, by the first field that says so.
func (f jsonLine) time(t *Tally) time.Time {
	for _, raw := range []json.RawMessage{f.Time, f.TS, f.Timestamp, f.AtTime, f.Asctime} {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			if at := t.stamp(text); !at.IsZero() {
				return at
			}
			continue
		}
		if n, err := strconv.ParseFloat(string(raw), 64); err == nil {
			if at := sinceEpoch(n); !at.IsZero() {
				return at
			}
		}
	}
	return time.Time{}
}
