package main

import (
	"bufio"
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"gonogo/bot/scaffold"
)

func initCommand(s system) *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Asks a few questions and writes a first configuration",
		Long: "Asks a few questions and writes a first configuration, that of gonogo.yml unless another file is named.\n" +
			"It never writes to a file that exists. With --from, the checklist is that of a Markdown file, as gonogo import has it.",
		Args: takes("at most one file", "gonogo.yml", func(n int) bool { return n <= 1 }),
		RunE: func(cmd *cobra.Command, args []string) error {
			to := "gonogo.yml"
			if len(args) == 1 {
				to = args[0]
			}
			if _, err := os.Lstat(to); err == nil {
				return exit{2, errExists(to)}
			}
			if info, err := os.Stat(filepath.Dir(to)); err != nil || !info.IsDir() {
				return exit{2, fmt.Errorf("can't write %s: there is no folder %s", to, filepath.Dir(to))}
			}
			if cmd.Flags().Changed("from") && from == "" {
				return misused("--from needs the name of a file, such as: gonogo init --from checklist.md")
			}
			plan := scaffold.Plan{Project: "My service"}
			if from != "" {
				list, err := tasksOf(from)
				if err != nil {
					return err
				}
				plan.Source, plan.List, plan.Project = filepath.Base(from), list, cmp.Or(list.Title, plan.Project)
			}
			if err := newInterview(s).fill(&plan); err != nil {
				return err
			}
			return s.writePlan(plan, to)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "a Markdown file with the checklist as task boxes")
	return cmd
}

// interview asks the person at the terminal.
type interview struct {
	system
	typed *bufio.Scanner
}

func newInterview(s system) *interview {
	i := &interview{system: s}
	if s.In != nil {
		i.typed = bufio.NewScanner(s.In)
	}
	return i
}

var (
	channelID   = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
	personID    = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	environment = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
)

// fill asks for what a plan needs.
func (i *interview) fill(plan *scaffold.Plan) (err error) {
	ask := func(into *string, question, usual, otherwise string, fits func(string) bool) {
		if err == nil {
			*into, err = i.ask(question, usual, otherwise, fits)
		}
	}
	ask(&plan.Project, "What is released?", plan.Project, "Write its name on one line.", func(a string) bool { return a != "" && len(a) <= 200 })
	ask(&plan.Releases, "Slack ID of the channel for releases (in Slack: the channel's name, at the bottom of About)?", "",
		"A channel's ID begins with C or G, such as C0123456789.", channelID.MatchString)
	ask(&plan.OnCall, "Slack ID of the channel for on-call (empty: the same)?", "",
		"A channel's ID begins with C or G, such as C0123456789.", func(a string) bool { return a == "" || channelID.MatchString(a) })
	ask(&plan.Lead, "Slack ID of the person who leads the release (in Slack: their profile, Copy member ID)?", "",
		"A member's ID begins with U or W, such as U0123456789.", personID.MatchString)
	ask(&plan.Deployer, "Slack ID of a person who deploys (somebody else: nobody approves their own deployment)?", "",
		"Write the ID of somebody who isn't the lead; it begins with U or W.", func(a string) bool { return personID.MatchString(a) && a != plan.Lead })
	var names string
	ask(&names, "Environments, in the order in which a release goes there?", "staging, production",
		"Write names in lower case with commas between them, each once, such as staging, production. Words of the commands, such as all and next, can't be names.", func(a string) bool { return len(environments(a)) > 0 })
	for _, name := range environments(names) {
		at := scaffold.Environment{Name: name}
		ask(&at.URL, "URL of "+name+" (empty: none)?", "", "Write it as in https://shop.example/", func(a string) bool { return a == "" || isPage(a) })
		plan.Environments = append(plan.Environments, at)
	}
	return err
}

// ask asks until an answer fits. An empty answer is the usual one.
func (i *interview) ask(question, usual, otherwise string, fits func(string) bool) (string, error) {
	for {
		fmt.Fprint(i.Err, question, " ")
		if usual != "" {
			fmt.Fprintf(i.Err, "[%s] ", usual)
		}
		if i.typed == nil || !i.typed.Scan() {
			fmt.Fprintln(i.Err)
			return "", exit{2, fmt.Errorf("the questions weren't all answered, so nothing was written; run gonogo init in a terminal, or use gonogo import")}
		}
		answer := cmp.Or(strings.TrimSpace(i.typed.Text()), usual)
		if fits(answer) {
			return answer, nil
		}
		fmt.Fprintln(i.Err, otherwise)
	}
}

// environments are the names in an answer; none if one of them can't be used.
func environments(answer string) []string {
	var names []string
	seen := map[string]bool{}
	for name := range strings.SplitSeq(answer, ",") {
		if name = strings.TrimSpace(name); !environment.MatchString(name) || seen[name] || reservedName(name) || name == "null" {
			return nil
		}
		seen[name] = true
		names = append(names, name)
	}
	return names
}

// plainURL is a URL without spaces, quotes, braces and variables.
var plainURL = regexp.MustCompile(`^https?://[^\s"'{}<>$]+$`)

// isPage reports whether a text is the address of a page.
func isPage(text string) bool {
	u, err := url.Parse(text)
	if err != nil || !plainURL.MatchString(text) || u.Hostname() == "" || u.User != nil {
		return false
	}
	port, err := strconv.Atoi(cmp.Or(u.Port(), "1"))
	return err == nil && port >= 1 && port <= 65535
}
