package workspace_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"gonogo/playground/workspace"
)

func TestARestartShowsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "workspace.json")
	w := newWorld(t, workspace.Options{StateFile: path})
	root := w.post(buttons("go"))
	if _, err := w.SayTS("U0PO", "C0RELEASES", root, "a reply"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.api.PostMessageContext(w.ctx, "U0PO", slack.MsgOptionText("direct", false)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.PublishViewContext(w.ctx, slack.PublishViewContextRequest{
		UserID: "U0PO", View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, CallbackID: "home", Blocks: slack.Blocks{BlockSet: []slack.Block{buttons("go")}}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	again := newWorld(t, workspace.Options{StateFile: path})
	again.await("the state is read", func() bool { return len(again.Messages("C0RELEASES")) == 2 })
	for _, channel := range []string{"C0RELEASES", "D0PO"} {
		if diff := cmp.Diff(w.Messages(channel), again.Messages(channel)); diff != "" {
			t.Errorf("%s after a restart (-before +after):\n%s", channel, diff)
		}
	}
	before, _ := w.Home("U0PO")
	after, _ := again.Home("U0PO")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("Home after a restart (-before +after):\n%s", diff)
	}
	if ts := again.post(buttons("go")); ts <= root {
		t.Errorf("ts after a restart = %s, want it after %s, although the clock went back", ts, root)
	}
}

func TestChangesAreSavedWhileRunning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "workspace.json")
	w := newWorld(t, workspace.Options{StateFile: path})
	w.post(buttons("go"))
	w.pass(time.Second)
	w.await("the file is written", func() bool {
		data, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(data), "a message")
	})
}

func TestAFileThatIsNotOursIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"torn":            {`{"format":"gonogo practice workspace","version":1,"chan`, "its content is invalid"},
		"empty":           {``, "its content is invalid"},
		"foreign":         {`{"format":"something else","version":1}`, `its format is "something else"`},
		"foreign fields":  {`{"name":"package.json"}`, "its content is invalid"},
		"newer":           {`{"format":"gonogo practice workspace","version":2}`, "its version is 2, not 1"},
		"with a tail":     {`{"format":"gonogo practice workspace","version":1} {}`, "more data after its end"},
		"not even a file": {"", "can't read its state"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "workspace.json")
			if name == "not even a file" {
				path = filepath.Dir(path)
			} else if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			w := workspace.New(workspace.Options{StateFile: path})
			err := w.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Run = %v, want a sentence with %q", err, test.want)
			}
			if name == "not even a file" {
				return
			}
			if got, _ := os.ReadFile(path); string(got) != test.content {
				t.Errorf("the file now holds %q, want it untouched", got)
			}
		})
	}
}
