package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/chat"
	"gonogo/bot/config"
	"gonogo/bot/web"
	"gonogo/clients/github"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/program"
	"gonogo/readiness"
	"gonogo/runs"
	"gonogo/storage"
	"gonogo/storage/bolt"
)

func doctorCommand(s surroundings) *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Looks at all that gonogo needs from outside, before anyone needs it",
		Long: "Looks at the tokens and scopes, the channels, user groups and people, the ledger, and every\n" +
			"connection of the configuration, and says how to fix each fault. Nothing is written anywhere,\n" +
			"and a gonogo that runs is not disturbed.\n\n" +
			"Exit codes: 0 nothing is at fault; 1 something is; 2 the configuration cannot be used.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			found := doctor{cfg: cfg, environ: s.Environ, now: time.Now}.examine(cmd.Context())
			if err := show(s, found, asJSON); err != nil {
				return err
			}
			if slices.ContainsFunc(found, func(f chat.Finding) bool { return f.Level == chat.Faulty }) {
				return exit{code: 1}
			}
			return nil
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of a table")
	return cmd
}

// show prints what was found, without any secret.
func show(s surroundings, found []chat.Finding, asJSON bool) error {
	if asJSON {
		type line struct {
			Subject string     `json:"subject"`
			Level   chat.Level `json:"level"`
			Says    string     `json:"says"`
		}
		lines := make([]line, len(found))
		for i, f := range found {
			lines[i] = line(f)
		}
		return json.NewEncoder(s.Out).Encode(lines)
	}
	marks := map[chat.Level]string{chat.Sound: "✓", chat.Warning: "⚠", chat.Faulty: "✗", chat.Unchecked: "–"}
	t := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	counts := map[chat.Level]int{}
	for _, f := range found {
		fmt.Fprintf(t, "%s\t%s\t%s\n", marks[f.Level], f.Subject, f.Says)
		counts[f.Level]++
	}
	fmt.Fprintf(t, "\n%d looked at, %d at fault, %s.\n", len(found), counts[chat.Faulty], counted(counts[chat.Warning], "warning"))
	return t.Flush()
}

// doctor looks at what a configuration needs.
type doctor struct {
	cfg     *config.Config
	environ func(string) (string, bool)
	now     func() time.Time
}

const (
	within      = 10 * time.Second // bounds each look at one thing outside
	slackWithin = time.Minute      // bounds all questions to Slack, which are asked one after another
)

// examine makes every look side by side and gives what was found in a fixed
// order.
func (d doctor) examine(ctx context.Context) []chat.Finding {
	looks := []func(context.Context) []chat.Finding{d.slack, d.ledger, d.disk, d.listen, d.alerts, d.runbooks}
	for _, probe := range d.cfg.Probes {
		looks = append(looks, func(ctx context.Context) []chat.Finding { return d.probe(ctx, probe) })
	}
	if d.cfg.Repository != nil {
		looks = append(looks, d.repository)
	}
	if d.cfg.Pager != nil {
		looks = append(looks, d.webhook)
	}
	for _, env := range d.cfg.Checklist.Environments {
		looks = append(looks, func(ctx context.Context) []chat.Finding { return d.environment(ctx, env.Name) })
	}
	found := make([][]chat.Finding, len(looks))
	var all sync.WaitGroup
	for i, look := range looks {
		all.Go(func() { found[i] = look(ctx) })
	}
	all.Wait()
	flat := slices.Concat(found...)
	for i := range flat {
		flat[i].Says = gates.Redact(flat[i].Says, d.cfg.Secrets)
	}
	return flat
}

func (d doctor) slack(ctx context.Context) []chat.Finding {
	ctx, cancel := context.WithTimeout(ctx, slackWithin)
	defer cancel()
	read := func(name string) string { value, _ := d.environ(name); return value }
	channels := []string{d.cfg.Slack.Releases}
	if d.cfg.Slack.OnCall != "" && d.cfg.Slack.OnCall != d.cfg.Slack.Releases {
		channels = append(channels, d.cfg.Slack.OnCall)
	}
	return chat.Examine(ctx, chat.Access{BotToken: read("SLACK_BOT_TOKEN"), AppToken: read("SLACK_APP_TOKEN"), APIURL: read("SLACK_API_URL")},
		channels, d.cfg.Checklist.People())
}

// ledger looks whether a gonogo can start on the ledger, or whether one that
// runs holds it.
func (d doctor) ledger(ctx context.Context) []chat.Finding {
	const subject = "ledger"
	path := d.cfg.Storage.Bolt
	if _, running := web.Dial(socketPath(d.cfg)); running {
		return []chat.Finding{{Subject: subject, Level: chat.Sound, Says: path + " is held by a gonogo that runs"}}
	}
	log, err := bolt.OpenReadOnly(path)
	if err == nil {
		defer log.Close()
	}
	missing := errors.Is(err, fs.ErrNotExist)
	if err == nil || missing {
		err = bolt.MayWrite(path)
	}
	switch {
	case err != nil:
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: err.Error()}}
	case missing:
		return []chat.Finding{{Subject: subject, Level: chat.Sound, Says: path + " is not there yet; the first start makes it"}}
	}
	if _, err := storage.Verify(ctx, log); err != nil {
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: err.Error()}}
	}
	found := []chat.Finding{{Subject: subject, Level: chat.Sound, Says: path + " can be opened"}}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		found = append(found, chat.Finding{Subject: subject, Level: chat.Warning, Says: fmt.Sprintf("others on this machine may read or write it (%v); chmod 600 %s", info.Mode().Perm(), path)})
	}
	return found
}

// leastFree is the room on the disk below which the ledger may soon not grow.
const leastFree = 100 << 20 // bytes

// disk looks at the room where the ledger lies.
func (d doctor) disk(context.Context) []chat.Finding {
	const subject = "disk"
	var disk syscall.Statfs_t
	folder := filepath.Dir(d.cfg.Storage.Bolt)
	if err := syscall.Statfs(folder, &disk); err != nil {
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: "the ledger's folder " + folder + " is not there or cannot be looked at; make it, for the user that gonogo runs as"}}
	}
	free := uint64(disk.Bavail) * uint64(disk.Bsize)
	if free < leastFree {
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: fmt.Sprintf("%d MiB are free in %s; the ledger wants %d at least", free>>20, folder, leastFree>>20)}}
	}
	return []chat.Finding{{Subject: subject, Level: chat.Sound, Says: fmt.Sprintf("%d MiB are free in %s", free>>20, folder)}}
}

// listen looks whether the address is free, unless a gonogo has it.
func (d doctor) listen(context.Context) []chat.Finding {
	const subject = "listen"
	if d.cfg.Listen == "" {
		return []chat.Finding{{Subject: subject, Level: chat.Unchecked, Says: "the configuration names no address, so there are no alerts, metrics and health"}}
	}
	if _, running := web.Dial(socketPath(d.cfg)); running {
		return []chat.Finding{{Subject: subject, Level: chat.Sound, Says: d.cfg.Listen + " belongs to the gonogo that runs"}}
	}
	l, err := net.Listen("tcp", d.cfg.Listen)
	if err != nil {
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: d.cfg.Listen + " cannot be listened on; another program has it, or it is not this machine's"}}
	}
	l.Close()
	return []chat.Finding{{Subject: subject, Level: chat.Sound, Says: d.cfg.Listen + " is free"}}
}

// shortToken is the length below which a token can be guessed.
const shortToken = 20

func (d doctor) alerts(context.Context) []chat.Finding {
	if token := d.cfg.Alerts.Token; token != "" && len(token) < shortToken {
		return []chat.Finding{{Subject: "alerts", Level: chat.Warning, Says: fmt.Sprintf("the token has %d characters; take one of %d or more, as openssl rand -hex 20 makes", len(token), shortToken)}}
	}
	return nil
}

// runbooks looks whether the programs are here that runbooks run, and the
// variables set that they see.
func (d doctor) runbooks(context.Context) []chat.Finding {
	var found []chat.Finding
	for _, book := range d.cfg.Runbooks {
		finding := chat.Finding{Subject: "runbook " + book.ID, Level: chat.Sound, Says: "its programs are here"}
		for _, step := range book.Steps {
			if why := program.Missing(step.Run[0], step.Dir); why != "" {
				finding.Level, finding.Says = chat.Faulty, why
				break
			}
			for _, name := range step.Env {
				if !d.set(book, name) && finding.Level == chat.Sound {
					finding.Level, finding.Says = chat.Warning, "it sees "+name+", which is not set here; set it in the environment gonogo starts in"
				}
			}
		}
		found = append(found, finding)
	}
	return found
}

// set reports whether a runbook's programs find a variable set, whichever
// environment they are run for.
func (d doctor) set(book runs.Runbook, name string) bool {
	_, set := d.environ(name)
	return set || len(book.Environments) > 0 && !slices.ContainsFunc(book.Environments, func(env string) bool {
		_, own := book.Variables[env][name]
		return !own
	})
}

// probe tries a connection.
func (d doctor) probe(ctx context.Context, p config.Probe) []chat.Finding {
	name, built := p.Connection, p.Built
	var got readiness.Evidence
	gates.Runner{}.Run(ctx, []gates.Job{{Name: name, Gate: built.Gate, Deadline: within, Secrets: slices.Concat(built.Secrets, d.cfg.Secrets)}},
		func(gates.Job) error { return nil }, func(_ gates.Job, ev readiness.Evidence) { got = ev })
	subject := "connection " + name
	if p.Environment != "" {
		subject += " on " + p.Environment
	}
	switch {
	case p.Warning != "" && got.Verdict == readiness.Failed:
		return []chat.Finding{{Subject: subject, Level: chat.Warning, Says: p.Warning}}
	case p.Warning != "":
		return nil
	case p.Mend != "" && got.Verdict == readiness.Failed:
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: amiss(got) + "; " + p.Mend}}
	case !got.Verdict.LetsThrough():
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: got.Summary}}
	}
	return []chat.Finding{{Subject: subject, Level: chat.Sound, Says: got.Summary}}
}

// amiss says what is first amiss in an answer that is no sound one.
func amiss(ev readiness.Evidence) string {
	i := slices.IndexFunc(ev.Measures, func(m readiness.Measure) bool { return !m.OK })
	if i < 0 || ev.Measures[i].Name != "status" {
		return "it answers, and not as it should"
	}
	return "it answers with status " + ev.Measures[i].Value
}

// repository looks at the repository by asking for a commit, and whether issues
// can be kept there.
func (d doctor) repository(ctx context.Context) []chat.Finding {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	const subject = "GitHub"
	_, err := d.cfg.Repository.Commit(ctx, "HEAD")
	if err != nil && !errors.Is(err, github.ErrNoSuchRef) {
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: err.Error()}}
	}
	found := []chat.Finding{{Subject: subject, Level: chat.Sound, Says: "the repository can be read"}}
	if d.cfg.Issues == nil {
		return found
	}
	rights, err := d.cfg.Repository.Rights(ctx)
	switch {
	case err != nil:
		return append(found, chat.Finding{Subject: subject, Level: chat.Faulty, Says: err.Error()})
	case !rights.Issues:
		return append(found, chat.Finding{Subject: subject, Level: chat.Faulty, Says: "the repository takes no issues; switch them on in its settings, or take issues out of the configuration"})
	case !rights.Label:
		return append(found, chat.Finding{Subject: subject, Level: chat.Warning, Says: "the token may perhaps not label and close issues; give it the permission to write issues"})
	}
	return append(found, chat.Finding{Subject: subject, Level: chat.Sound, Says: "it takes issues"})
}

// webhook connects to the host of the escalation webhook. Nothing is sent: there
// is no message to it that would call nobody.
func (d doctor) webhook(ctx context.Context) []chat.Finding {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	const subject = "escalation webhook"
	if err := d.cfg.Pager.Reach(ctx); err != nil {
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: err.Error() + "; check escalate.webhook and the variable in it, and that this machine may connect there"}}
	}
	return []chat.Finding{{Subject: subject, Level: chat.Sound, Says: d.cfg.Pager.Host() + " can be reached; whether it takes the message shows when something is escalated"}}
}

// environment looks at the platform and the triggers of one environment.
func (d doctor) environment(ctx context.Context, name string) []chat.Finding {
	subject := "environment " + name
	if why := d.cfg.Obstacles[name]; why != "" {
		return []chat.Finding{{Subject: subject, Level: chat.Faulty, Says: "gonogo cannot deploy there: " + why}}
	}
	env, ok := d.cfg.Environments[name]
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	found := []chat.Finding{d.platform(ctx, subject, env)}
	for _, trigger := range env.Triggers {
		if trigger.Sample != nil {
			found = append(found, d.trigger(ctx, subject, env, trigger))
		}
	}
	return found
}

func (d doctor) platform(ctx context.Context, subject string, env deploy.Environment) chat.Finding {
	now, err := env.Strategy.Current(ctx)
	switch {
	case err != nil:
		return chat.Finding{Subject: subject, Level: chat.Faulty, Says: err.Error()}
	case now.Live.Version == "":
		return chat.Finding{Subject: subject, Level: chat.Warning, Says: "the platform answers, and names no version that is live; see that version_as names the right component"}
	case now.Pinned:
		return chat.Finding{Subject: subject, Level: chat.Warning, Says: now.Live.Version + " is live and pinned after a rollback; say /rollback keep " + env.Name + " or /rollback return " + env.Name}
	}
	return chat.Finding{Subject: subject, Level: chat.Sound, Says: now.Live.Version + " is live"}
}

func (d doctor) trigger(ctx context.Context, subject string, env deploy.Environment, trigger deploy.Trigger) chat.Finding {
	subject += ", trigger " + trigger.ID
	now := d.now()
	reading := trigger.Take(ctx, now, gates.Scope{View: readiness.View{Checklist: d.cfg.Checklist, State: readiness.NewState(), Now: now}, Environment: env.Name, TargetURL: env.URL})
	switch {
	case reading.Err != nil:
		return chat.Finding{Subject: subject, Level: chat.Faulty, Says: reading.Err.Error()}
	case !reading.Data:
		return chat.Finding{Subject: subject, Level: chat.Warning, Says: "its query gives no data now"}
	case reading.Breach:
		return chat.Finding{Subject: subject, Level: chat.Warning, Says: "it is over its limit now: " + reading.Text(trigger)}
	}
	return chat.Finding{Subject: subject, Level: chat.Sound, Says: reading.Text(trigger)}
}
