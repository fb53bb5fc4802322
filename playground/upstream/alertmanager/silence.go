package alertmanager

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Matcher is a condition on one label. A label that is not there is empty.
type Matcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual *bool  `json:"isEqual"` // nil: true
}

// matches reports whether a label's value meets the condition. Of a regular
// expression the whole value has to match.
func (m Matcher) matches(value string) bool {
	same := value == m.Value
	if m.IsRegex {
		same = regexp.MustCompile(m.pattern()).MatchString(value) // it was compiled when it came in
	}
	return same == (m.IsEqual == nil || *m.IsEqual)
}

func (m Matcher) pattern() string { return "^(?:" + m.Value + ")$" }

func (m Matcher) check() error {
	if m.Name == "" {
		return errors.New(`invalid label name ""`)
	}
	if !m.IsRegex {
		return nil
	}
	_, err := regexp.Compile(m.pattern())
	return err
}

func allMatch(matchers []Matcher, labels map[string]string) bool {
	return !slices.ContainsFunc(matchers, func(m Matcher) bool { return !m.matches(labels[m.Name]) })
}

var filterShape = regexp.MustCompile(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$`)

// parseMatcher reads a filter like alertname="X" or env=~"prod.*".
func parseMatcher(text string) (Matcher, error) {
	parts := filterShape.FindStringSubmatch(text)
	if parts == nil {
		return Matcher{}, fmt.Errorf("bad matcher format: %s", text)
	}
	value := parts[3]
	if strings.HasPrefix(value, `"`) {
		var err error
		if value, err = strconv.Unquote(value); err != nil {
			return Matcher{}, fmt.Errorf("bad matcher format: %s", text)
		}
	}
	equal := parts[2][0] == '='
	m := Matcher{Name: parts[1], Value: value, IsRegex: strings.HasSuffix(parts[2], "~"), IsEqual: &equal}
	return m, m.check()
}

// Silence mutes the alerts that match it, for a time.
type Silence struct {
	ID        string    `json:"id"`
	Matchers  []Matcher `json:"matchers"`
	StartsAt  time.Time `json:"startsAt"`
	EndsAt    time.Time `json:"endsAt"`
	CreatedBy string    `json:"createdBy"`
	Comment   string    `json:"comment"`
	updated   time.Time
}

func (s *Silence) state(now time.Time) string {
	switch {
	case now.Before(s.StartsAt):
		return "pending"
	case now.Before(s.EndsAt):
		return "active"
	}
	return "expired"
}

// check refuses matchers that Alertmanager refuses, in its words.
func (s *Silence) check() error {
	for _, m := range s.Matchers {
		if err := m.check(); err != nil {
			return fmt.Errorf("silence invalid: invalid label matcher: %w", err)
		}
	}
	if allMatch(s.Matchers, nil) {
		return errors.New("silence invalid: at least one matcher must not match the empty string")
	}
	return nil
}

func (s *Silence) checkTimes(now time.Time) error {
	switch {
	case !s.StartsAt.Before(s.EndsAt):
		return errors.New("start time must be before end time")
	case !now.Before(s.EndsAt):
		return errors.New("end time can't be in the past")
	}
	return nil
}

var errNoSilence = errors.New("there is no such silence")

// silence keeps a silence under a new ID; one that replaces another ends it. A
// silence cannot begin in the past.
func (a *Alertmanager) silence(s Silence) (id string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.opts.Now()
	if s.ID != "" {
		before := a.silences[s.ID]
		if before == nil {
			return "", errNoSilence
		}
		before.expire(now)
	}
	if s.StartsAt.Before(now) {
		s.StartsAt = now
	}
	s.ID, s.updated = newID(), now
	a.silences[s.ID] = &s
	return s.ID, nil
}

// expire ends a silence now, if it has not ended.
func (s *Silence) expire(now time.Time) {
	if s.state(now) == "expired" {
		return
	}
	if s.state(now) == "pending" {
		s.StartsAt = now
	}
	s.EndsAt, s.updated = now, now
}

// silencing are the IDs of the active silences that match. The caller holds
// the lock.
func (a *Alertmanager) silencing(labels map[string]string, now time.Time) []string {
	ids := []string{}
	for _, id := range slices.Sorted(maps.Keys(a.silences)) {
		if s := a.silences[id]; s.state(now) == "active" && allMatch(s.Matchers, labels) {
			ids = append(ids, id)
		}
	}
	return ids
}

// sortedSilences puts the newest end first, as Alertmanager does with those
// that are active.
func sortedSilences(all []silenceView) {
	slices.SortFunc(all, func(a, b silenceView) int {
		return cmp.Or(b.EndsAt.Compare(a.EndsAt), cmp.Compare(a.ID, b.ID))
	})
}

// newID is a random UUID of version 4.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
