package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/bot/config/strictyaml"
	"gonogo/gates/form"
	"gonogo/readiness/checklist"
)

// freezePart is a window in which nothing is deployed.
type freezePart struct {
	strictyaml.Pos
	ID           val[identifier] `yaml:"freeze" require:"a short name to type, such as weekend"`
	Title        val[string]     `yaml:"title"`                                                                        // the reason, as people see it; default: the freeze's name
	Environments val[refs]       `yaml:"environments" from:"1" require:"the environments that nothing is deployed to"` // the environments that nothing is deployed to
	From         val[bound]      `yaml:"from" require:"when it begins, such as Fri 16:00"`                             // when it begins, each week or once
	To           val[bound]      `yaml:"to" require:"when it ends, such as Mon 08:00"`                                 // when it ends; a date without a time means the end of that day
	Zone         val[zone]       `yaml:"zone"`                                                                         // the time zone of from and to, such as Asia/Manila; default: timezone
}

// bound is when a freeze begins or ends, in local time.
type bound struct {
	checklist.Clock
	weekly, whole bool // whole: a date without a time
}

var (
	weeklyBound = regexp.MustCompile(`^([A-Za-z]+) +([0-9]{1,2}:[0-9]{2})$`)
	datedBound  = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})(?: +([0-9]{1,2}:[0-9]{2}))?$`)
)

func (w *bound) UnmarshalText(text []byte) error {
	said := strings.TrimSpace(string(text))
	if m := weeklyBound.FindStringSubmatch(said); m != nil {
		day, known := weekdayOf(m[1])
		at, err := time.Parse("15:04", m[2])
		if known && err == nil {
			*w = bound{Clock: checklist.Clock{Weekday: day, Hour: at.Hour(), Minute: at.Minute()}, weekly: true}
			return nil
		}
	}
	if m := datedBound.FindStringSubmatch(said); m != nil {
		date, err := time.Parse(time.DateOnly, m[1])
		at, bad := time.Parse("15:04", cmp.Or(m[2], "00:00"))
		if err == nil && bad == nil {
			*w = bound{Clock: checklist.Clock{Date: date, Hour: at.Hour(), Minute: at.Minute()}, whole: m[2] == ""}
			return nil
		}
	}
	return fmt.Errorf("%q isn't a valid time; write a day of the week with a time, such as Fri 16:00, or a date, such as 2026-12-18 or 2026-12-18 16:00", text)
}

// Form implements [form.Formed].
func (bound) Form() form.Form {
	return form.Form{Name: "day and time, such as `Fri 16:00`, `2026-12-18 16:00` or `2026-12-18`",
		Pattern: `^\s*([A-Za-z]+ +[0-9]{1,2}:[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}( +[0-9]{1,2}:[0-9]{2})?)\s*$`}
}

func weekdayOf(word string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(word, day.String()) || strings.EqualFold(word, day.String()[:3]) {
			return day, true
		}
	}
	return 0, false
}

// end is the time at which a freeze ends: for a date alone, the end of that day.
func (w bound) end() checklist.Clock {
	if w.whole {
		w.Date = w.Date.AddDate(0, 0, 1)
	}
	return w.Clock
}

// wall is a bound as a time, to compare two bounds of the same sort.
func (w bound) wall() time.Time {
	day := w.Date
	if w.weekly {
		day = time.Time{}.AddDate(0, 0, int(w.Weekday))
	}
	return day.Add(time.Duration(w.Hour)*time.Hour + time.Duration(w.Minute)*time.Minute)
}

func (b *builder) freezes() {
	seen := map[string]strictyaml.Pos{}
	for i := range b.doc.Freezes {
		p := &b.doc.Freezes[i]
		b.once(seen, asText(p.ID), "freeze")
		f := checklist.Freeze{ID: string(p.ID.V), Title: title(p.Title, string(p.ID.V)), Weekly: p.From.V.weekly, From: p.From.V.Clock, To: p.To.V.end(),
			Environments: b.some(p.Environments, "environment", b.doc.Environments.Names()), Zone: b.config.Location}
		if p.Zone.Set {
			f.Zone = p.Zone.V.Location
		}
		if p.From.Set && p.To.Set {
			b.window(p)
		}
		b.config.Checklist.Freezes = append(b.config.Checklist.Freezes, f)
	}
}

// window checks the two bounds of a freeze together.
func (b *builder) window(p *freezePart) {
	from, to := p.From.V, p.To.V
	to.Clock = to.end()
	switch {
	case from.weekly != to.weekly:
		b.Fault(p.To.Pos, "from and to are a day of the week and a date; write two days of the week, for a weekly freeze, or two dates")
	case from.weekly && from.wall().Equal(to.wall()):
		b.Fault(p.To.Pos, "from and to are the same time of the week; write two different ones, or use /deploy lock to keep the environment closed")
	case !from.weekly && !from.wall().Before(to.wall()):
		b.Fault(p.To.Pos, "to is not after from; write the date on which the freeze ends")
	}
}

// severities reads which alerts block deployments.
func (b *builder) severities(p *alertsPart) {
	if !p.Holds.Set {
		return
	}
	list := []string{}
	for _, s := range p.Holds.V {
		severity := strings.ToLower(strings.TrimSpace(s.V))
		switch {
		case severity == "":
			b.Fault(s.Pos, "this severity is empty; write a value of the alert label severity, such as critical")
		case slices.Contains(list, severity):
			b.Fault(s.Pos, "severity %q is in this list twice; keep one", severity)
		}
		list = append(list, severity)
	}
	b.config.Checklist.HoldingSeverities = list
}

// lifters are the permissions that lift holds, with what each of them lifts.
var lifters = []struct{ permission, holds string }{
	{"lock", "locks and freezes"}, {"alerts", "the holds of alerts"}, {"release", "the hold on a version that was rolled back"},
	{"rollback", "pins and interrupted runs"},
}

// warnOfLifters warns of holds that only one person may lift: while that person sleeps,
// nobody can.
func (b *builder) warnOfLifters() {
	var alone []string // in the order in which they are found
	lifts := map[string][]string{}
	for _, l := range lifters {
		people, all := b.peopleWho(l.permission)
		if !all || len(people) != 1 {
			continue
		}
		if lifts[people[0]] == nil {
			alone = append(alone, people[0])
		}
		lifts[people[0]] = append(lifts[people[0]], l.holds+" (permissions."+l.permission+")")
	}
	for _, who := range alone {
		b.warning("only %s may lift %s; add another person", who, strictyaml.Enumerate(lifts[who]))
	}
}
