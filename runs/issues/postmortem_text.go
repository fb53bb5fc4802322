package issues

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// postmortemText is what the issue of a postmortem says.
type postmortemText struct {
	title string
	parts []string
	words *content // redacts and escapes
}

// followUps is what an issue begins with below gonogo's part. It belongs to people.
const followUps = "### Follow-ups\n\n- [ ] Find the cause\n- [ ] Decide how to notice it earlier\n- [ ] Hold the postmortem"

// postmortemClosing is the last line of gonogo's part.
const postmortemClosing = "_gonogo updates this part until the postmortem has ended. Write below; close the issue, or type `/rollback postmortem-done` in Slack, to end the postmortem._"

// moment is a line of a timeline.
type moment struct {
	at   time.Time
	what string
}

// text is what the issue of a postmortem says now.
func (r *Postmortems) text(postmortem history.Postmortem) postmortemText {
	s, t := r.opts.Ledger.State(), postmortemText{words: &content{secrets: r.opts.Secrets}}
	run, incident := s.Runs[postmortem.Rollback], s.Incidents[postmortem.Incident]
	t.title = phrase.ShortenAtWord(disableAutolinks(t.words.line(fmt.Sprintf("[gonogo] %s was rolled back from %s to %s", postmortem.Environment, postmortem.From, postmortem.To))), maxTitle)
	t.parts = []string{t.summary(postmortem, run, incident), t.figures(s, postmortem, run, incident), t.alerts(incident), t.removed(run), t.timeline(s, postmortem, run, incident), postmortemClosing}
	return t
}

func (t postmortemText) digest() string { return digest(append([]string{t.title}, t.parts...)...) }

// body is gonogo's part of the issue, with its markers.
func (t postmortemText) body(key string) string {
	own := paragraphs(append([]string{mark("said", t.digest()) + "\n" + mark("title", titleDigest(t.title))}, t.parts...))
	return mark("key", key) + "\n" + own + "\n" + mark("end", ownDigest(own)) + "\n"
}

func (t postmortemText) summary(postmortem history.Postmortem, run *work.Run, incident *history.Incident) string {
	text := fmt.Sprintf("**%s was rolled back from %s to %s**", t.words.prose(postmortem.Environment), t.words.prose(postmortem.From), t.words.prose(postmortem.To))
	switch {
	case incident != nil:
		text += ", because of “" + t.words.prose(incident.Title) + "”"
	case run != nil && run.Change.Reason != "":
		text += ", because: " + t.words.prose(run.Change.Reason)
	}
	text += "."
	if incident != nil && incident.Dismissed() {
		text += "\n\nIt was a false alarm: " + t.words.prose(incident.FalseAlarm.Reason) + "."
	}
	on := "No date is set for the postmortem; `/rollback postmortem-date " + postmortem.Environment + " on DATE` in Slack sets one."
	if !postmortem.On.IsZero() {
		on = "The postmortem is on " + postmortem.On.Format("Monday, 2 January 2006") + "."
	}
	return text + "\n\n" + on
}

// figures are how long what took.
func (t postmortemText) figures(s *history.State, postmortem history.Postmortem, run *work.Run, incident *history.Incident) string {
	var rows []string
	row := func(what string, from, to time.Time) {
		if !from.IsZero() && to.After(from) {
			rows = append(rows, "| "+what+" | "+readiness.Span(to.Sub(from).Truncate(time.Second))+" |")
		}
	}
	brought, back := deploymentOf(s, postmortem), restoredAt(run)
	began := time.Time{}
	if incident != nil {
		began = incident.Began
		if brought != nil {
			row("From the start of the deployment to the alert", brought.Started, began)
		}
	}
	if run != nil {
		row("From the alert to the rollback", began, run.Started)
		row("From the rollback until "+t.words.prose(postmortem.To)+" was live again", run.Started, back)
	}
	if incident != nil {
		row("From the alert to its end", began, incident.Ended)
	}
	if len(rows) == 0 {
		return ""
	}
	return "### Figures\n\n| What | Time |\n|---|---|\n" + strings.Join(rows, "\n")
}

// restoredAt is when a rollback had brought its version back; zero: it hasn't.
func restoredAt(run *work.Run) time.Time {
	if run == nil {
		return time.Time{}
	}
	decide, _ := run.StepOf(work.RoleDecide)
	return decide.Started
}

// deploymentOf is the deployment that brought the version that was rolled back, or nil.
func deploymentOf(s *history.State, postmortem history.Postmortem) *work.Run {
	var newest *work.Run
	for _, run := range s.Runs {
		c := run.Change
		if c != nil && run.What == work.Deployment && c.Environment == postmortem.Environment && c.To.Version == postmortem.From && run.Started.Before(postmortem.Opened) && (newest == nil || run.Follows(newest)) {
			newest = run
		}
	}
	return newest
}

// alerts lists the alerts, or what a trigger measured.
func (t postmortemText) alerts(incident *history.Incident) string {
	if incident == nil {
		return ""
	}
	var lines []string
	for _, print := range slices.Sorted(maps.Keys(incident.Alerts)) {
		a := incident.Alerts[print]
		lines = append(lines, "- "+t.words.prose(a.Name())+", "+cmp.Or(t.words.prose(a.Severity()), "no severity"))
	}
	if incident.Trigger != "" {
		lines = append(lines, "- "+t.words.prose(incident.Title)+", limit "+t.words.code(incident.Limit)+", last measured: "+t.words.prose(incident.Reading))
	}
	if len(lines) > maxNeeds {
		lines = append(lines[:maxNeeds], fmt.Sprintf("- and %d more", len(lines)-maxNeeds))
	}
	return "### Alerts\n\n" + strings.Join(lines, "\n")
}

// removed lists the commits that went away.
func (t postmortemText) removed(run *work.Run) string {
	if run == nil || run.Compared == nil || run.Compared.Behind == 0 || run.Compared.Ahead > 0 {
		return ""
	}
	lines := []string{fmt.Sprintf("The rollback removed %s:\n", phrase.Count(run.Compared.Behind, "commit"))}
	for _, c := range run.Compared.Commits {
		line := "- " + c.SHA + " " + t.words.prose(c.Title)
		if c.Author != "" {
			line += ", " + t.words.prose(c.Author)
		}
		if c.Why != "" {
			line += " (" + t.words.prose(c.Why) + ")"
		}
		lines = append(lines, line)
	}
	return "### Commits\n\n" + strings.Join(lines, "\n")
}

// timeline is what happened, in order, and who did it.
func (t postmortemText) timeline(s *history.State, postmortem history.Postmortem, run *work.Run, incident *history.Incident) string {
	var all []moment
	add := func(at time.Time, format string, args ...any) {
		if !at.IsZero() {
			all = append(all, moment{at, fmt.Sprintf(format, args...)})
		}
	}
	if brought := deploymentOf(s, postmortem); brought != nil {
		add(brought.Started, "%s started the deployment of %s", t.who(brought.By), t.words.prose(postmortem.From))
		add(brought.Ended, "That deployment ended: %s", brought.Outcome)
	}
	if incident != nil {
		add(incident.Began, "Alert: %s", t.words.prose(incident.Title))
		add(incident.AckAt, "%s acknowledged it", t.who(incident.AckBy))
		add(incident.Ended, "The alert was over")
	}
	if run != nil {
		add(run.Started, "%s started the rollback to %s", t.who(run.By), t.words.prose(postmortem.To))
		add(restoredAt(run), "%s was live again", t.words.prose(postmortem.To))
		for _, a := range run.Answers {
			add(a.At, "%s decided: %s%s", t.who(a.By), a.Choice, t.because(a.Reason))
		}
		add(run.Ended, "The rollback ended: %s%s", run.Outcome, t.because(run.Reason))
	}
	add(postmortem.Ended, "The postmortem ended%s", t.because(postmortem.Note))
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	var b strings.Builder
	b.WriteString("### Timeline\n\n| When (UTC) | What |\n|---|---|\n")
	for _, m := range all {
		fmt.Fprintf(&b, "| %s | %s |\n", m.at.UTC().Format("2 Jan 2006, 15:04:05"), m.what)
	}
	return b.String()
}

func (t postmortemText) who(by string) string {
	if by == "" {
		return "gonogo"
	}
	return t.words.code(by)
}

func (t postmortemText) because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + t.words.prose(reason) + ")"
}

// shownTasks is how many open tasks of an issue are recorded.
const shownTasks = 10

// openTasks lists the tasks of a body that aren't ticked.
func (t postmortemText) openTasks(body string) []string {
	var open []string
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		for _, bullet := range []string{"- [ ] ", "* [ ] ", "+ [ ] "} {
			if task, ok := strings.CutPrefix(line, bullet); ok && len(open) < shownTasks {
				open = append(open, phrase.ShortenAtWord(t.words.line(task), longestTask))
			}
		}
	}
	return open
}

// longestTask is how many letters of a task are recorded.
const longestTask = 150
