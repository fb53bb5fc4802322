package gonogo_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"gonogo/bot/chat/scopes"
	"gonogo/commands"
)

// manifest is what of manifest.yml this test holds to Slack's rules.
type manifest struct {
	Display struct {
		Name            string `yaml:"name"`
		Description     string `yaml:"description"`
		LongDescription string `yaml:"long_description"`
	} `yaml:"display_information"`
	Features struct {
		Home struct {
			Tab bool `yaml:"home_tab_enabled"`
		} `yaml:"app_home"`
		Bot struct {
			Name string `yaml:"display_name"`
		} `yaml:"bot_user"`
		Commands []slashCommand `yaml:"slash_commands"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		Interactivity struct {
			On bool `yaml:"is_enabled"`
		} `yaml:"interactivity"`
		SocketMode bool `yaml:"socket_mode_enabled"`
	} `yaml:"settings"`
}

type slashCommand struct {
	Command     string `yaml:"command"`
	Description string `yaml:"description"`
	Hint        string `yaml:"usage_hint"`
	Escape      bool   `yaml:"should_escape"`
	URL         string `yaml:"url"`
}

func readManifest(t *testing.T) manifest {
	t.Helper()
	data, err := os.ReadFile("manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// The limits are those of https://docs.slack.dev/reference/app-manifest.
func TestManifestIsWithinSlacksLimits(t *testing.T) {
	m := readManifest(t)
	long := func(what, text string, least, most int) {
		t.Helper()
		if n := utf8.RuneCountInString(text); n < least || n > most {
			t.Errorf("%s has %d characters, want %d to %d", what, n, least, most)
		}
	}
	long("the name", m.Display.Name, 1, 35)
	long("the description", m.Display.Description, 1, 140)
	long("the long description", m.Display.LongDescription, 174, 4000)
	long("the bot's name", m.Features.Bot.Name, 1, 80)
	if n := len(m.Features.Commands); n == 0 || n > 50 {
		t.Errorf("%d commands, want 1 to 50", n)
	}
	for _, c := range m.Features.Commands {
		long(c.Command, c.Command, 2, 32)
		long(c.Command+"'s description", c.Description, 1, 2000)
		long(c.Command+"'s hint", c.Hint, 0, 1000)
		if !regexp.MustCompile(`^/[a-z0-9_-]+$`).MatchString(c.Command) {
			t.Errorf("%q is no slash command", c.Command)
		}
	}
	if n := len(m.Settings.Events.Bot); n > 100 {
		t.Errorf("%d events, want at most 100", n)
	}
}

func TestManifestIsWhatTheBotNeeds(t *testing.T) {
	m := readManifest(t)
	var names []string
	for _, c := range m.Features.Commands {
		names = append(names, c.Command)
		if !c.Escape {
			t.Errorf("%s takes people and channels as bare text: set should_escape", c.Command)
		}
		if c.URL != "" {
			t.Errorf("%s has a URL, which socket mode does not use", c.Command)
		}
	}
	var roots []string
	for _, root := range commands.Roots() {
		roots = append(roots, "/"+root)
	}
	if diff := cmp.Diff(roots, names); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	if !m.Settings.SocketMode || !m.Settings.Interactivity.On {
		t.Errorf("socket mode is %t and interactivity %t, want both", m.Settings.SocketMode, m.Settings.Interactivity.On)
	}
	if diff := cmp.Diff([]string{"app_home_opened", "app_mention", "subteam_members_changed", "subteam_updated", "user_change"}, m.Settings.Events.Bot); diff != "" || !m.Features.Home.Tab {
		t.Errorf("home tab %t, want it; events (-want +got):\n%s", m.Features.Home.Tab, diff)
	}
	slices.Sort(m.OAuth.Scopes.Bot)
	asked := slices.Concat(scopes.Needed, scopes.History)
	slices.Sort(asked)
	if diff := cmp.Diff(asked, m.OAuth.Scopes.Bot); diff != "" {
		t.Errorf("scopes (-that bot/chat needs +of the manifest):\n%s", diff)
	}
}

// The usage hints in the manifest follow from the verbs. With -update they are
// rewritten.
func TestManifestHints(t *testing.T) {
	data, err := os.ReadFile("manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	hint := regexp.MustCompile(`(?m)(- command: /(\w+)\n +description: .*\n +usage_hint: )(".*")$`)
	found := hint.FindAllSubmatch(data, -1)
	if len(found) != len(commands.Roots()) {
		t.Fatalf("%d usage hints for %d commands", len(found), len(commands.Roots()))
	}
	want := hint.ReplaceAllFunc(data, func(one []byte) []byte {
		m := hint.FindSubmatch(one)
		return fmt.Appendf(nil, "%s%q", m[1], commands.Hint(string(m[2])))
	})
	compareGenerated(t, "manifest.yml", "Manifest", want)
}

// The practice Slack has the slash commands of the manifest. It imports nothing of
// gonogo's, so a file tells it, which -update rewrites.
func TestManifestInPractice(t *testing.T) {
	type command struct {
		Command     string `json:"command"`
		Description string `json:"description"`
		UsageHint   string `json:"usage_hint"`
	}
	var list []command
	for _, c := range readManifest(t).Features.Commands {
		list = append(list, command{c.Command, c.Description, c.Hint})
	}
	want, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	compareGenerated(t, "playground/workspace/commands.json", "Manifest", append(want, '\n'))
}

// compareGenerated compares a file with what it is generated as, or with -update
// writes it.
func compareGenerated(t *testing.T, file, run string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s is out of date; update it with: go test . -run %s -update\n(-want +got):\n%s", file, run, diff)
	}
}

// The image runs one static program as nobody in particular, and keeps the
// ledger outside of it.
func TestImage(t *testing.T) {
	data, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := strings.Split(string(data), "\nFROM ")
	if len(stages) != 3 || !strings.Contains(stages[1], "CGO_ENABLED=0") {
		t.Errorf("%d stages, want one that builds without C and one that runs", len(stages)-1)
	}
	last := stages[len(stages)-1]
	for _, want := range []string{`(?m)^USER [1-9][0-9]*:[1-9][0-9]*$`, `(?m)^VOLUME /data$`, `(?m)^ENTRYPOINT \["/gonogo"\]$`} {
		if !regexp.MustCompile(want).MatchString(last) {
			t.Errorf("the last stage has no line %s", want)
		}
	}
	if regexp.MustCompile(`(?m)^(RUN|SHELL|CMD [^\[])`).MatchString(last) {
		t.Error("the last stage needs a shell, and has none")
	}
}
