//go:build soak

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/playground/workspace"
)

// quietFor is how long nothing happens before the process is measured: idle
// connections are kept for 90 s, and the collector runs at least every 2 minutes. A
// short soak does not wait for them.
func quietFor() time.Duration { return min(150*time.Second, *soakFor/10) }

// figures are what a process holds.
type figures struct {
	goroutines, descriptors int
	resident, heap          float64 // MiB
	records                 int
}

// measure lets the process rest and looks at it.
func (s *soak) measure() figures {
	s.t.Logf("%s: quiet for %s", s.clock(), quietFor())
	time.Sleep(quietFor())
	m, err := s.metrics()
	if err != nil {
		s.t.Fatal(err)
	}
	open, err := os.ReadDir("/proc/" + strconv.Itoa(s.bot.Process.Pid) + "/fd")
	if err != nil {
		s.t.Fatal(err)
	}
	f := figures{goroutines: int(m["go_goroutines"]), descriptors: len(open), heap: m["go_memstats_heap_inuse_bytes"] / (1 << 20),
		resident: residentMiB(s.t, s.bot.Process.Pid), records: int(m["gonogo_ledger_records"])}
	s.t.Logf("%s: %+v", s.clock(), f)
	return f
}

// metrics are the process's own, those without labels.
func (s *soak) metrics() (map[string]float64, error) {
	response, err := oneByOne.Get("http://" + s.address + "/metrics")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	all := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			all[name] = number
		}
	}
	return all, err
}

func (s *soak) ready() bool {
	response, err := oneByOne.Get("http://" + s.address + "/readyz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == 200
}

// entry is a record of the ledger.
type entry struct {
	Kind string
	Data json.RawMessage
}

// recorded is what the ledger holds, as the program exports it.
func (s *soak) recorded() (all []entry) {
	out := s.runs("ledger", "export", "--ledger", s.ledger)
	for line := range strings.Lines(out) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			s.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// runs has the program do something else.
func (s *soak) runs(args ...string) string {
	command := exec.Command(s.program, args...)
	command.Env = s.environment()
	var problem bytes.Buffer
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		s.t.Errorf("gonogo %s: %v: %s", strings.Join(args, " "), err, &problem)
	}
	return string(out)
}

// openRuns are those that began and did not end.
func (s *soak) openRuns() map[string]bool {
	open := map[string]bool{}
	for _, e := range s.recorded() {
		var run struct{ Run string }
		_ = json.Unmarshal(e.Data, &run) // other events have no run
		switch e.Kind {
		case "run.started":
			open[run.Run] = true
		case "run.ended":
			delete(open, run.Run)
		}
	}
	return open
}

// judge says what came of it all, after the process has ended.
func (s *soak) judge() {
	all := s.recorded()
	s.wantTold(all)
	s.wantOneCard(all)
	s.wantWritesOnce(all)
	s.wantAsAtStart()
	verified := s.runs("ledger", "verify", "--ledger", s.ledger)
	if !strings.Contains(verified, "is intact") {
		s.t.Errorf("the ledger: %s", verified)
	}
	for _, missed := range s.lost {
		s.t.Error(missed)
	}
	s.print(all, strings.TrimSpace(strings.TrimPrefix(verified, s.ledger)))
}

// wantTold holds that whatever was told as done is in the ledger.
func (s *soak) wantTold(all []entry) {
	byKind, acks, signOffs := map[string]*bytes.Buffer{}, 0, 0
	for _, e := range all {
		if byKind[e.Kind] == nil {
			byKind[e.Kind] = &bytes.Buffer{}
		}
		byKind[e.Kind].Write(e.Data)
		switch e.Kind {
		case "incident.acknowledged":
			acks++
		case "signoff.given":
			signOffs++
		}
	}
	for _, a := range s.told {
		if text := byKind[a.kind]; text == nil || !bytes.Contains(text.Bytes(), []byte(a.text)) {
			s.t.Errorf("%s was told as done, and the ledger has no %s of it", a.text, a.kind)
		}
	}
	if n := s.counts["acknowledged alerts"]; acks < n {
		s.t.Errorf("%d alerts were acknowledged, the ledger holds %d", n, acks)
	}
	if n := s.counts["approvals"]; signOffs < n {
		s.t.Errorf("%d approvals were told, the ledger holds %d", n, signOffs)
	}
}

// wantOneCard holds that each subject has one message, by the marks that messages
// carry and the ledger intended, and that no alert has two.
func (s *soak) wantOneCard(all []entry) {
	subjects := map[string]string{}
	for _, e := range all {
		var post struct{ Subject, Mark string }
		if e.Kind == "anchor.intended" && json.Unmarshal(e.Data, &post) == nil && post.Mark != "" {
			subjects[post.Mark] = post.Subject
		}
	}
	seen := map[string][]workspace.Message{}
	for _, m := range s.messages() {
		subject := subjects[markOf(m)]
		if markOf(m) != "" && subject == "" {
			s.add("cards posted while the disk was full, whose intent is not recorded")
			continue
		}
		if markOf(m) != "" {
			seen[subject] = append(seen[subject], m)
		}
	}
	s.counts["cards"] = len(seen)
	for subject, messages := range seen {
		if len(messages) > 1 {
			s.counts["cards doubled"]++
			s.t.Errorf("%d messages of %s, the last: %s", len(messages), subject, messages[len(messages)-1].Text)
		}
	}
	s.wantAlertsOnce()
}

// wantAlertsOnce counts the cards of critical alerts by their names.
func (s *soak) wantAlertsOnce() {
	titles := map[string]int{}
	name := regexp.MustCompile(`soak-\d{6}`)
	for _, m := range s.slack.Messages("C0ONCALL") {
		if markOf(m) != "" && (m.ThreadTS == "" || m.ThreadTS == m.TS) {
			titles[name.FindString(m.Text)]++
		}
	}
	delete(titles, "") // cards of runs and of many alerts
	s.counts["cards of one alert"] = len(titles)
	for title, n := range titles {
		if n > 1 {
			s.t.Errorf("%d cards name %s", n, title)
		}
	}
}

func (s *soak) messages() []workspace.Message {
	return append(s.slack.Messages("C0RELEASES"), s.slack.Messages("C0ONCALL")...)
}

// wantWritesOnce holds that the platform and GitHub did each thing once.
func (s *soak) wantWritesOnce(all []entry) {
	started := map[string]int{}
	for _, e := range all {
		var run struct{ What string }
		if e.Kind == "run.started" && json.Unmarshal(e.Data, &run) == nil {
			started[run.What]++
		}
	}
	done, marks := map[string]int{}, map[string]int{}
	mark := regexp.MustCompile(`"GONOGO_RUN"[^}]*`)
	for _, w := range s.cloud.platform.Writes() {
		done[w.Route]++
		if w.Route == putApp {
			marks[mark.FindString(string(w.Body))]++
		}
	}
	for mark, n := range marks {
		if n > 1 {
			s.t.Errorf("%d writes of one deployment at the platform: %s", n, mark)
		}
	}
	if done[rollBack] > started["rollback"] || done[commit]+done[revert] > done[rollBack] {
		s.t.Errorf("%d rollbacks, %d commits and %d reverts at the platform for %d rollbacks", done[rollBack], done[commit], done[revert], started["rollback"])
	}
	s.counts["platform writes"] = len(s.cloud.platform.Writes())
	s.counts["runs"] = started["gates"] + started["deployment"] + started["rollback"]
	open := map[string]int{}
	for _, issue := range s.host.Issues() {
		if issue.State() == "open" {
			open[issue.Title]++
		}
	}
	for title, n := range open {
		if n > 1 {
			s.t.Errorf("%d open issues %q", n, title)
		}
	}
	s.counts["issue writes"] = len(s.host.Writes())
}

// wantAsAtStart compares what the process holds with what it held at first. Some
// goroutines and descriptors come and go by themselves: a socket that is replaced
// right then has two of each. Memory may grow by what the ledger's new records take,
// and by a quarter, since the collector gives back what it has freed only slowly.
func (s *soak) wantAsAtStart() {
	const spare, perRecord = 8, 4.0 / 1024 // MiB
	a, b := s.atStart, s.atEnd
	if b.goroutines > a.goroutines+spare {
		s.t.Errorf("%d goroutines at the end, %d at the start", b.goroutines, a.goroutines)
	}
	if b.descriptors > a.descriptors+spare {
		s.t.Errorf("%d descriptors at the end, %d at the start", b.descriptors, a.descriptors)
	}
	if most := a.resident*1.25 + float64(b.records-a.records)*perRecord; b.resident > most {
		s.t.Errorf("%.1f MiB resident at the end, %.1f at the start; want at most %.1f", b.resident, a.resident, most)
	}
}

// print writes the table.
func (s *soak) print(all []entry, verified string) {
	var out strings.Builder
	row := func(name string, values ...any) {
		fmt.Fprintf(&out, "| %s |", name)
		for _, v := range values {
			fmt.Fprintf(&out, " %v |", v)
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "\nSoak of %s on %s, %d processors, %s/%s, %s\n\n", *soakFor, cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	row("one process", "after warm-up", "at the end")
	row("---", "---", "---")
	row("goroutines", s.atStart.goroutines, s.atEnd.goroutines)
	row("open descriptors", s.atStart.descriptors, s.atEnd.descriptors)
	row("resident memory", fmt.Sprintf("%.1f MiB", s.atStart.resident), fmt.Sprintf("%.1f MiB", s.atEnd.resident))
	row("heap in use", fmt.Sprintf("%.1f MiB", s.atStart.heap), fmt.Sprintf("%.1f MiB", s.atEnd.heap))
	row("records in the ledger", s.atStart.records, s.atEnd.records)
	out.WriteByte('\n')
	row("what happened", "times")
	row("---", "---")
	for _, name := range slices.Sorted(maps.Keys(s.counts)) {
		row(name, s.counts[name])
	}
	row("acts told as done, all of them in the ledger", len(s.told))
	slices.Sort(s.answers)
	if n := len(s.answers); n > 0 {
		row("answers to a person", n)
		row("time to an answer, median and 99th percentile", fmt.Sprintf("%s, %s", s.answers[n/2].Round(time.Millisecond), s.answers[n*99/100].Round(time.Millisecond)))
	}
	row("ledger", fmt.Sprintf("%d records; %s", len(all), verified))
	if s.small == "" {
		row("the disk was not filled", "mounting one takes root")
	}
	fmt.Println(out.String())
	if dir := os.Getenv("GONOGO_SOAK_TABLE"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "soak.md"), []byte(out.String()), 0o600); err != nil {
			s.t.Error(err)
		}
	}
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // the table does without it
	_, after, _ := strings.Cut(string(text), "model name\t: ")
	model, _, _ := strings.Cut(after, "\n")
	return model
}
