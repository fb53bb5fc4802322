package main

import (
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
)

// practiceAddress is where the practice world is found, if the port is free.
const practiceAddress = "127.0.0.1:4600"

func demoCommand(s system) *cobra.Command {
	var dir, listen, file string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Starts the practice Slack with the bot in it, and prints its address",
		Args:  takesNothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), dir, listen, file, s)
		},
	}
	worldFlags(cmd, &dir, &listen, "gonogo-demo")
	cmd.Flags().StringVarP(&file, "config", "c", "", "the configuration to use (default: the InsightPulse checklist)")
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

// demo runs the world and, against it, the same bot that serve runs. The bot finds the
// world only through variables and its configuration.
func demo(ctx context.Context, dir, listen, file string, s system) error {
	world, err := openWorld(dir, listen, s)
	if err != nil {
		return err
	}
	environ := worldEnviron(world, s.Environ)
	cfg, err := demoConfig(dir, file, environ)
	if err != nil {
		return errors.Join(err, world.Close())
	}
	journal, err := os.OpenFile(filepath.Join(dir, "gonogo.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(fmt.Errorf("open the demo's log: %w", err), world.Close())
	}
	defer journal.Close()
	fmt.Fprintf(s.Out, "The practice Slack is at %s\n\nOpen it in a browser and type /ready in #releases. Ctrl-C stops it; its data stays in %s.\n", world.URL(), dir)
	return runDemo(ctx, world, cfg, system{Out: s.Out, Err: journal, Environ: environ})
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

// demoConfig is a configuration, or else the shipped example, with its ledger in
// the demo's folder.
func demoConfig(dir, file string, environ func(string) (string, bool)) (*config.Config, error) {
	load := func() (*config.Config, error) {
		return config.Parse("insightpulse.yml", examples.InsightPulse, environ)
	}
	if file != "" {
		load = func() (*config.Config, error) { return config.Load(file, environ) }
	}
	cfg, err := load()
	if err != nil {
		return nil, err
	}
	cfg.Storage.Bolt = filepath.Join(dir, "gonogo.db")
	cfg.Listen = "127.0.0.1:0" // several demos may run side by side; the world is told the address
	return cfg, nil
}
