package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"gonogo/bot/config"
	"gonogo/examples"
	"gonogo/playground"
	"gonogo/playground/guide"
)

// practiceAddress is where the practice world is found, if the port is free.
const practiceAddress = "127.0.0.1:4600"

func demoCommand(s system) *cobra.Command {
	var d demonstration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Starts the practice Slack with the bot in it, and opens it in the browser",
		Args:  takesNothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if d.story && d.file != "" {
				return misused("%s takes --story or --config, not both; %s", cmd.CommandPath(), seeHelp(cmd))
			}
			return d.run(cmd.Context(), s)
		},
	}
	worldFlags(cmd, &d.dir, &d.listen, "")
	cmd.Flags().Lookup("dir").Usage += " (default gonogo-demo, or gonogo-story with --story)"
	cmd.Flags().StringVarP(&d.file, "config", "c", "", "the configuration to use (default: the InsightPulse checklist)")
	cmd.Flags().BoolVar(&d.story, "story", false, "use a checklist of one page, with a guide through a release that goes out and back in five minutes")
	cmd.Flags().BoolVar(&d.noOpen, "no-open", false, "only print the address")
	return cmd
}

func playgroundCommand(s system) *cobra.Command {
	var dir, listen string
	cmd := &cobra.Command{
		Use:   "playground",
		Short: "Starts the practice Slack without the bot, for any Slack client",
		Args:  takesCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return playAlone(cmd.Context(), dir, listen, s)
		},
	}
	worldFlags(cmd, &dir, &listen, "gonogo-playground")
	cmd.AddCommand(turnCommand(s))
	return cmd
}

// turnCommand turns a switch of the practice world. Runbooks call it where they would
// call the program that fixes the real service.
func turnCommand(s system) *cobra.Command {
	return &cobra.Command{
		Use:   "turn SWITCH STATE",
		Short: "Sets a switch of the practice world at PLAYGROUND_URL, as its panel does",
		Args:  takes("a switch and its state", "test-run all-pass", func(n int) bool { return n == 2 }),
		RunE: func(cmd *cobra.Command, args []string) error {
			address, _ := s.Environ("PLAYGROUND_URL")
			if address == "" {
				return exit{2, errors.New("PLAYGROUND_URL is not set: gonogo playground prints what to set it to")}
			}
			title, err := playground.Turn(cmd.Context(), address, args[0], args[1])
			if err != nil {
				return err
			}
			fmt.Fprintln(s.Out, title)
			return nil
		},
	}
}

func worldFlags(cmd *cobra.Command, dir, listen *string, folder string) {
	cmd.Flags().StringVar(dir, "dir", folder, "the folder in which the world is stored")
	cmd.Flags().StringVar(listen, "listen", practiceAddress, "the page's address; if the port is taken, a free one is used")
}

// playAlone runs the world and prints the variables that a client needs.
func playAlone(ctx context.Context, dir, listen string, s system) error {
	world, err := openWorld(dir, listen, s)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "# The practice world is at %s\n\n", world.URL()) // "#", so that a shell can evaluate it all
	for _, v := range world.Variables() {
		fmt.Fprintf(s.Out, "export %s=%q   # %s\n", v.Name, v.Value, v.About)
	}
	return world.Run(ctx)
}

func openWorld(dir, listen string, s system) (*playground.World, error) {
	world, err := playground.New(playground.Options{Dir: dir, Listen: listen, Log: newLogger(s.Err, nil)})
	if err != nil {
		return nil, exit{2, err}
	}
	if notice := world.Notice(); notice != "" {
		fmt.Fprintln(s.Err, notice)
	}
	return world, nil
}

// demonstration is what a demo is asked for.
type demonstration struct {
	dir, listen, file string
	story, noOpen     bool
}

// run runs the world and, against it, the same bot that serve runs. The bot finds the
// world only through variables and its configuration.
func (d demonstration) run(ctx context.Context, s system) error {
	dir := cmp.Or(d.dir, "gonogo-demo")
	if d.story {
		dir = cmp.Or(d.dir, "gonogo-story")
	}
	world, err := openWorld(dir, d.listen, s)
	if err != nil {
		return err
	}
	environ := worldEnviron(world, s.Environ)
	cfg, err := d.config(dir, environ)
	if err != nil {
		return errors.Join(err, world.Close())
	}
	world.Guide(d.guide())
	journal, err := os.OpenFile(filepath.Join(dir, "gonogo.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(fmt.Errorf("open the demo's log: %w", err), world.Close())
	}
	defer journal.Close()
	fmt.Fprintf(s.Out, "The practice Slack is at %s\n\n%s Ctrl-C stops it; its data stays in %s.\n", world.URL(), d.firstStep(), dir)
	d.open(world.URL(), s)
	return runDemo(ctx, world, cfg, system{Out: s.Out, Err: journal, Environ: environ, Welcome: true})
}

// guide leads through what the demo's configuration is for; nobody has written one for
// another configuration.
func (d demonstration) guide() *guide.Guide {
	switch {
	case d.story:
		return examples.Story
	case d.file == "":
		return examples.Tour
	}
	return nil
}

func (d demonstration) firstStep() string {
	if d.guide() != nil {
		return "Open it in a browser, and follow the guide beside the channels."
	}
	return "Open it in a browser, and type /ready in #releases."
}

// open shows the page, if the demo was started by a person at a terminal.
func (d demonstration) open(url string, s system) {
	out, ok := s.Out.(*output)
	if s.Browse != nil && !d.noOpen && ok && out.Columns() > 0 && hasWindows(s.Environ) {
		s.Browse(url)
	}
}

// runDemo runs the world and the bot until one of them ends. The bot stops first, so
// that its last messages still reach the practice Slack.
func runDemo(ctx context.Context, world *playground.World, cfg *config.Config, s system) error {
	worldCtx, stopWorld := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorld()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer stopWorld()
		s.Listening = func(address string) { world.SendAlertsTo("http://" + address + "/alerts/alertmanager") }
		return serve(ctx, cfg, s)
	})
	group.Go(func() error {
		if err := world.Run(worldCtx); err != nil {
			return err
		}
		if ctx.Err() == nil && worldCtx.Err() == nil {
			return errors.New("the practice world has stopped by itself")
		}
		return nil
	})
	return group.Wait()
}

// worldEnviron looks variables up in the world first.
func worldEnviron(world *playground.World, otherwise func(string) (string, bool)) func(string) (string, bool) {
	values := map[string]string{}
	if program, err := os.Executable(); err == nil {
		values["GONOGO"] = program // for runbooks
	}
	for _, v := range world.Variables() {
		values[v.Name] = v.Value
	}
	return func(name string) (string, bool) {
		if value, ok := values[name]; ok {
			return value, true
		}
		return otherwise(name)
	}
}

// config is the demo's configuration, with its ledger in the demo's folder.
func (d demonstration) config(dir string, environ func(string) (string, bool)) (*config.Config, error) {
	cfg, err := d.load(environ)
	if err != nil {
		return nil, err
	}
	cfg.Storage.Bolt = filepath.Join(dir, "gonogo.db")
	cfg.Listen = "127.0.0.1:0" // several demos may run side by side; the world is told the address
	return cfg, nil
}

func (d demonstration) load(environ func(string) (string, bool)) (*config.Config, error) {
	switch {
	case d.file != "":
		return config.Load(d.file, environ)
	case d.story:
		return config.Parse("story.yml", examples.OnePage, environ)
	}
	return config.Parse("insightpulse.yml", examples.InsightPulse, environ)
}
