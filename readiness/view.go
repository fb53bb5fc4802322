package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// View is a checklist, a state and a moment together. It is cheap to make and never
// changes anything; everything it says is about one release.
type View struct {
	Checklist *checklist.Checklist
	State     *history.State
	Now       time.Time
	Version   string // of the release that it is about; empty: the open one that was opened last

	cache *cache // nil: every answer is computed each time
}

// Release is the release that the view is about, or nil when there is none.
func (v View) Release() *history.Release { return v.State.Releases[cmp.Or(v.Version, v.State.Open)] }

// Of is the same view of another release.
func (v View) Of(version string) View {
	v.Version = version
	return v
}

// Cached is the same view, which computes each answer once. Unlike other views it is
// for one goroutine. Decisions, score and timeline look at each answer several times.
func (v View) Cached() View {
	if !v.cached() {
		v.cache = &cache{state: v.State, now: v.Now, version: v.Version,
			judged: make([]Standing, v.Checklist.AnswerCount()), of: make([]*checklist.Item, v.Checklist.AnswerCount())}
	}
	return v
}

// cached reports whether the view's cache is its own, and not that of the view
// that it was made from.
func (v View) cached() bool {
	c := v.cache
	return c != nil && c.state == v.State && c.version == v.Version && c.now.Equal(v.Now)
}

// cache is the answers that a view has computed, without their waivers, at the
// positions that Index gave them.
type cache struct {
	state   *history.State
	now     time.Time
	version string
	judged  []Standing
	of      []*checklist.Item // the item whose answer it is; nil: not computed yet
}

// Standing is the state of one answer: its evidence, and whether it passes now.
type Standing struct {
	Key      answer.Key
	Evidence answer.Evidence
	Through  bool
	Stale    string           // why the evidence no longer counts; empty: it counts
	Waiting  string           // why it can't be answered yet; empty: it can
	Until    time.Time        // when it stops counting; zero: never within this release
	Waived   bool             // it is not met, and passes because of waivers
	Waivers  []history.Waiver // for an answer that is not met by itself: its waivers, including those that have ended
}

// Verdict is what counts now: the evidence's verdict, or none if it is stale.
func (s Standing) Verdict() answer.Verdict {
	if s.Stale != "" || s.Waiting != "" {
		return ""
	}
	return s.Evidence.Verdict
}

// CarriedFrom is the release for which an answer that counts was first given, if that
// is another than the view's; otherwise "".
func (v View) CarriedFrom(s Standing) string {
	release, from := v.Release(), s.Evidence.Subject.Release
	if !s.Through || s.Waived || release == nil || from == release.Version || !s.Evidence.Scope.CarriesOver() {
		return ""
	}
	return from
}

// CarriedOver counts the answers that count for the release because they were
// given for an earlier one.
func (v View) CarriedOver() int {
	n := 0
	for _, section := range v.Sections() {
		for _, it := range section.Items {
			for _, s := range v.Standings(it) {
				if v.CarriedFrom(s) != "" {
					n++
				}
			}
		}
	}
	return n
}

// Standing computes the state of one answer of an item. It is waived only if it is for
// every environment that it blocks.
func (v View) Standing(it *checklist.Item, key answer.Key) Standing {
	s := v.unwaived(it, key)
	if release := v.Release(); s.Through || release == nil || len(release.Waivers) == 0 {
		return s
	}
	return v.waived(s, it, it.HeldBack(key))
}

// unwaived is one answer of an item without its waivers.
func (v View) unwaived(it *checklist.Item, key answer.Key) Standing {
	if !v.cached() {
		return v.judge(it, key)
	}
	i := it.Position(key)
	if i < 0 || i >= len(v.cache.of) {
		return v.judge(it, key) // of another checklist
	}
	if v.cache.of[i] == it {
		return v.cache.judged[i]
	}
	v.cache.judged[i], v.cache.of[i] = v.judge(it, key), it
	return v.cache.judged[i]
}

// judge computes the state of one answer without its waivers.
func (v View) judge(it *checklist.Item, key answer.Key) Standing {
	if it.Off {
		return Standing{Key: key, Through: true, Evidence: answer.Evidence{Verdict: answer.NotApplicable, Summary: "does not apply here: its condition (when) does not hold"}}
	}
	release := v.Release()
	if release == nil {
		return Standing{Key: key}
	}
	given, answered := v.given(it, key)
	if waiting := v.waiting(it, key); waiting != "" && given.Verdict != answer.NotApplicable {
		return Standing{Key: key, Waiting: waiting}
	}
	if it.Gate != nil && it.Gate.Condition != nil && given.Verdict != answer.NotApplicable {
		given, answered = v.Met(*it.Gate.Condition), true
		return Standing{Key: key, Evidence: given, Through: given.Verdict.LetsThrough()}
	}
	if !answered {
		return Standing{Key: key}
	}
	s := Standing{Key: key, Evidence: given}
	s.Stale, s.Until = v.freshness(it, key, given)
	s.Through = s.Stale == "" && given.Verdict.LetsThrough()
	return s
}

// given is the answer to an item: that of the release or, where answers carry
// over, a later one that was given for another.
func (v View) given(it *checklist.Item, key answer.Key) (answer.Evidence, bool) {
	ev, answered := v.Release().Evidence[key]
	if !it.Scope.CarriesOver() {
		return ev, answered
	}
	if carried, ok := v.State.Carried[key]; ok && (!answered || carried.At.After(ev.At)) {
		return carried, true
	}
	return ev, answered
}

// waiting says why an item can't be answered yet; "" if it can.
func (v View) waiting(it *checklist.Item, key answer.Key) string {
	release := v.Release()
	if it.Scope == answer.DeploymentScope && !v.isLive(key.Environment) {
		return fmt.Sprintf("%s is not live on %s yet", release.Version, key.Environment)
	}
	if section, ok := v.Checklist.SectionAfterwards(it.Section); ok && section.Live != "" {
		if _, live := release.WentLive[section.Live]; !live {
			return fmt.Sprintf("opens when %s goes live on %s", release.Version, section.Live)
		}
	}
	return ""
}

// freshness says why evidence no longer counts, and until when it does.
func (v View) freshness(it *checklist.Item, key answer.Key, ev answer.Evidence) (stale string, until time.Time) {
	switch {
	case ev.Verdict == answer.NotApplicable:
		return v.answers(it, key, ev), time.Time{}
	case it.Gate != nil && ev.Settings != it.Gate.SettingsFor(key.Environment):
		return "the gate's settings have changed since", time.Time{}
	case it.Gate == nil && ev.Settings != "":
		return "a gate measured it, and a person has to check it now", time.Time{}
	}
	if why := cmp.Or(v.answers(it, key, ev), v.answeredEarly(it, key, ev), v.takenElsewhere(it, key, ev)); why != "" {
		return why, time.Time{}
	}
	if it.MaxAge == 0 {
		return "", time.Time{}
	}
	if ev.Misdated {
		return wrongClock, time.Time{}
	}
	until = ev.At.Add(it.MaxAge)
	if v.Now.After(until) {
		return fmt.Sprintf("older than %s", Span(it.MaxAge)), until
	}
	return "", until
}

// wrongClock is why what has an end no longer counts when it was recorded while
// the clock was ahead.
const wrongClock = "recorded while the clock was ahead, so its age isn't known"

// answeredEarly says that an item which opens once the release is live was answered
// before; "" when it was not.
func (v View) answeredEarly(it *checklist.Item, key answer.Key, ev answer.Evidence) string {
	section, ok := v.Checklist.SectionAfterwards(it.Section)
	if !ok || section.Live == "" || it.Scope.CarriesOver() {
		return ""
	}
	release := v.Release()
	if ev.Misdated {
		return wrongClock
	}
	if ev.At.Before(release.WentLive[section.Live]) {
		return fmt.Sprintf("it was answered before %s went live on %s", release.Version, section.Live)
	}
	return ""
}

// Sections lists the sections that are asked before the release goes out; a
// release kind may ask for some only.
func (v View) Sections() []checklist.Section {
	kind, ok := v.kind()
	if !ok || len(kind.Sections) == 0 {
		return v.Checklist.Sections
	}
	return slices.DeleteFunc(slices.Clone(v.Checklist.Sections), func(s checklist.Section) bool { return !slices.Contains(kind.Sections, s.ID) })
}

// kind is the release kind of the view's release, if it has one that the
// checklist knows.
func (v View) kind() (checklist.ReleaseKind, bool) {
	release := v.Release()
	if release == nil || release.Kind == "" {
		return checklist.ReleaseKind{}, false
	}
	return v.Checklist.Kind(release.Kind)
}

// SignOffRule is who must approve the release for an environment; ok is false if nobody
// must.
func (v View) SignOffRule(environment string) (rule checklist.SignOffRule, ok bool) {
	if kind, ok := v.kind(); ok {
		if i := slices.IndexFunc(kind.SignOffs, func(r checklist.SignOffRule) bool { return r.Environment == environment }); i >= 0 {
			return kind.SignOffs[i], true
		}
	}
	return v.Checklist.SignOff(environment)
}

// Standings judges every answer an item asks for.
func (v View) Standings(it *checklist.Item) []Standing {
	keys := it.Keys()
	standings := make([]Standing, len(keys))
	for i, key := range keys {
		standings[i] = v.Standing(it, key)
	}
	return standings
}

// Through reports whether an item lets the release through wherever it is asked.
func (v View) Through(it *checklist.Item) bool {
	for _, key := range it.Keys() {
		if !v.Standing(it, key).Through {
			return false
		}
	}
	return true
}

// Met checks a condition on gonogo's own state. It is always current.
func (v View) Met(c checklist.Condition) answer.Evidence {
	switch {
	case c.Deployed != "":
		return v.deployed(c.Deployed, c.Baked)
	case c.SignedOff != "":
		if c.Role != "" {
			return v.signedOffBy(c.SignedOff, c.Role)
		}
		return v.signedOff(c.SignedOff)
	case c.Section != "":
		return v.sectionComplete(c.Section)
	case c.Rehearsed != "":
		return v.rehearsed(c.Rehearsed, c.Within)
	}
	return answer.Evidence{Verdict: answer.Errored, Summary: "this gate names nothing of gonogo's own state to read"}
}

// deployed checks whether the release is live and verified on an environment, and
// perhaps whether it has baked there. If the platform was not asked or does not answer,
// that is not known.
func (v View) deployed(environment string, baked bool) answer.Evidence {
	release, live := v.Release(), v.LiveOn(environment)
	if release == nil {
		return answer.Evidence{Verdict: answer.Errored, Summary: "no release is open"}
	}
	if why := v.unobserved(environment); why != "" {
		return answer.Evidence{Verdict: answer.Errored, Summary: fmt.Sprintf("what is live on %s is not known: %s", environment, why)}
	}
	m := answer.Measure{Name: "live on " + environment, Value: live.Name(), Limit: release.Version}
	if why := notLive(live, release, environment, v.State.AfterAll(live)); why != "" {
		m.Value = cmp.Or(m.Value, "nothing known")
		return answer.Evidence{Verdict: answer.Failed, Summary: why, Measures: []answer.Measure{m}}
	}
	if baked && !live.Baked {
		return answer.Evidence{Verdict: answer.Failed, Summary: v.notBaked(environment, live), Measures: []answer.Measure{m}}
	}
	m.OK = true
	return answer.Evidence{Verdict: answer.Passed, Summary: fmt.Sprintf("%s is live on %s", live.Version, environment), Measures: []answer.Measure{m}}
}

// notBaked says why a version that is live doesn't count as baked.
func (v View) notBaked(environment string, live history.Live) string {
	if _, baking := v.State.Baking(environment); baking {
		return live.Version + " is still baking on " + environment
	}
	return live.Version + " is live on " + environment + ", and has not baked there"
}

// notLive says why what is live on an environment is not the release, verified,
// or "".
func notLive(live history.Live, release *history.Release, environment string, late *work.Run) string {
	name := live.Name()
	switch {
	case live.Outside():
		name += ", deployed outside gonogo,"
	case late != nil:
		name += ", " + late.AfterAll() + ","
	}
	name += " is live on " + environment
	switch {
	case !live.Known():
		return "gonogo does not know of anything live on " + environment
	case live.Version != release.Version:
		return name + ", not " + release.Version
	case !live.Verified:
		return name + " and was not verified there"
	case live.Commit == "" && release.Commit != "":
		return name + ", and its commit is not known"
	case build.OtherCommit(release.Commit, live.Commit):
		return name + " from another commit"
	}
	return ""
}

func (v View) signedOff(environment string) answer.Evidence {
	a := v.Approval(environment)
	if len(a.Roles) == 0 {
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: "nobody is asked to sign off " + environment}
	}
	m := answer.Measure{Name: "approvals", Value: fmt.Sprint(a.Count()), Limit: fmt.Sprint(len(a.Roles)), OK: a.Complete()}
	verdict := answer.Failed
	if a.Complete() {
		verdict = answer.Passed
	}
	return answer.Evidence{Verdict: verdict, Summary: a.Summary(), Measures: []answer.Measure{m}}
}

// signedOffBy is the state of one role's sign-off.
func (v View) signedOffBy(environment, role string) answer.Evidence {
	roles := v.Approval(environment).Roles
	i := slices.IndexFunc(roles, func(r RoleApproval) bool { return r.Role.ID == role })
	if i < 0 {
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: fmt.Sprintf("%s is not asked to sign off %s", role, environment)}
	}
	r := roles[i]
	ev := answer.Evidence{Verdict: answer.Failed, Summary: r.Role.Title + " has not approved " + environment}
	m := answer.Measure{Name: "approval of " + r.Role.Title, Value: "missing", Limit: "approved"}
	switch {
	case r.Approved():
		ev.Verdict, ev.Summary, m.Value, m.OK = answer.Passed, r.Role.Title+" has approved "+environment, "approved", true
	case r.Rejected():
		ev.Summary, m.Value = r.Role.Title+" has rejected "+environment, "rejected"
	case r.SignOff != nil:
		ev.Summary, m.Value = r.Role.Title+" approved "+environment+", but that no longer counts: "+r.Stale, "no longer counts"
	}
	ev.Measures = []answer.Measure{m}
	return ev
}

// sectionComplete counts the other items of a section. bot/config rejects sections that
// contain each other, so this ends.
func (v View) sectionComplete(id string) answer.Evidence {
	section, ok := v.Checklist.Section(id)
	if !ok {
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: "there is no section " + id}
	}
	met := v.tally(section)
	m := answer.Measure{Name: "items met", Value: fmt.Sprint(met.Through), Limit: fmt.Sprint(met.Items), OK: met.Through == met.Items}
	verdict := answer.Failed
	if m.OK {
		verdict = answer.Passed
	}
	return answer.Evidence{Verdict: verdict, Summary: fmt.Sprintf("%s: %s met", section.Title, phrase.Of(met.Through, met.Items, "item")), Measures: []answer.Measure{m}}
}

// Span writes a duration as people write it: 30d, 24h, 45m, 90s.
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day && d%day == 0 && d > day:
		return fmt.Sprintf("%dd", d/day)
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh %02dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d >= time.Second:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}
