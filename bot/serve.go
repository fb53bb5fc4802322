package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/redact"
)

func serveCommand(s system) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Runs the bot until it is stopped",
		Long: "Runs the bot. It reads SLACK_BOT_TOKEN, SLACK_APP_TOKEN, and the variables used in the\n" +
			"configuration. SLACK_API_URL selects a different Slack. SIGTERM stops it gracefully.",
		Args: takesNothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, s)
		},
	}
	configFlag(cmd, &file)
	return cmd
}

// configFlag adds the flag that names the configuration.
func configFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "gonogo.yml", "the configuration")
}

// serve runs the bot on a configuration.
func serve(ctx context.Context, cfg *config.Config, s system) error {
	slack, err := slackFrom(s.Environ)
	if err != nil {
		return err
	}
	logger := newLogger(s.Err, append(cfg.Secrets, slack.BotToken, slack.AppToken))
	sayNotYet(logger, cfg)
	a, err := newApp(ctx, cfg, slack, s, logger)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // stopped before it had started
	case err != nil:
		return err
	}
	spareMemory(s.Environ)
	told := make(chan struct{})
	ctx, stop := context.WithCancel(ctx)
	defer func() { stop(); <-told }()
	go func() {
		defer close(told)
		if address, err := a.web.Addr(ctx); err == nil && address != "" && s.Listening != nil {
			s.Listening(address)
		}
	}()
	logger.Info("starting gonogo", "version", version, "project", cfg.Project, "ledger", cfg.Storage.String())
	err = a.Run(ctx)
	if err != nil && ctx.Err() == nil {
		return err
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		logger.Warn("gonogo stopped with an error", "error", err)
	}
	logger.Info("gonogo stopped")
	return nil
}

// spareMemory returns memory that only the start needed, and makes the garbage
// collector run twice as often as by default: gonogo should run on the smallest
// machines, and has processor time to spare. It leaves a GOGC that somebody has set.
func spareMemory(environ func(string) (string, bool)) {
	if _, set := environ("GOGC"); set {
		return
	}
	debug.SetGCPercent(50)
	debug.FreeOSMemory()
	forgetCode()
}

// sayNotYet logs what the configuration asks for that isn't implemented yet, and its
// warnings.
func sayNotYet(logger *slog.Logger, cfg *config.Config) {
	if len(cfg.NotYet) > 0 {
		logger.Warn("the configuration uses features that don't work yet: " + strings.Join(cfg.NotYet, ", "))
	}
	for _, warning := range cfg.Warnings {
		logger.Warn(warning)
	}
}

// newLogger writes JSON lines without any secret, whatever is logged.
func newLogger(out io.Writer, secrets []string) *slog.Logger {
	var pairs []string
	for _, form := range redact.Forms(secrets) {
		pairs = append(pairs, inJSON(form), redact.Mark, form, redact.Mark)
	}
	return slog.New(slog.NewJSONHandler(redactor{out, strings.NewReplacer(pairs...)}, &slog.HandlerOptions{ReplaceAttr: inWords}))
}

// inJSON is a text as it appears in a line of the log, where < and > are not escaped.
func inJSON(text string) string {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)                     // a string always encodes
	return line.String()[1 : line.Len()-2] // without its quotes and the line end
}

// inWords writes durations as people do: 1m0s, not 60000000000.
func inWords(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// redactor removes secrets, in each form they can take, from what is written through
// it.
type redactor struct {
	out   io.Writer
	blank *strings.Replacer
}

// Write implements io.Writer. Each JSON line must come in one call.
func (r redactor) Write(line []byte) (int, error) {
	if _, err := io.WriteString(r.out, r.blank.Replace(string(line))); err != nil {
		return 0, fmt.Errorf("write the log: %w", err)
	}
	return len(line), nil
}
