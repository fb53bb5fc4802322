package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"gonogo/bot/doctor/finding"
	"gonogo/bot/web"
	"gonogo/gates/program"
	"gonogo/runs/runbook"
	"gonogo/storage"
	"gonogo/storage/store"
)

// ledger looks whether a gonogo can start on the ledger, or whether one that
// runs holds it.
func (x examiner) ledger(ctx context.Context) []finding.Finding {
	const subject = "ledger"
	kept := x.Config.Storage
	if kept.InPostgres() {
		return x.inPostgres(ctx)
	}
	if _, running := web.Dial(x.Socket); running {
		if lost := Lost(kept); lost != nil {
			return []finding.Finding{finding.Fault(subject, lost.Error()+"; gonogo ledger backup FILE saves what the running gonogo has")}
		}
		return []finding.Finding{finding.OK(subject, kept.String()+" is in use by the running gonogo")}
	}
	log, err := kept.OpenReadOnly(ctx)
	err = kept.Silent(err)
	if err == nil {
		defer log.Close()
	}
	missing := errors.Is(err, fs.ErrNotExist)
	if err == nil || missing {
		err = kept.MayWrite(ctx)
	}
	switch {
	case err != nil:
		return []finding.Finding{finding.Fault(subject, err.Error())}
	case missing:
		return []finding.Finding{finding.OK(subject, kept.String()+" doesn't exist yet; the first start creates it")}
	}
	report, err := storage.Verify(ctx, log)
	if err != nil {
		return []finding.Finding{finding.Fault(subject, err.Error())}
	}
	found := []finding.Finding{finding.OK(subject, kept.String()+" is readable and intact")}
	if info, err := os.Stat(kept.Bolt); err == nil && info.Mode().Perm()&0o077 != 0 {
		found = append(found, finding.Warn(subject, fmt.Sprintf("other users of this machine can read or write it (%v); run chmod 600 %s", info.Mode().Perm(), kept)))
	}
	return append(found, x.ahead(report)...)
}

// ahead says if the last record is ahead of the clock.
func (x examiner) ahead(report storage.Report) []finding.Finding {
	ahead := storage.Ahead(report.At, x.Now())
	if ahead == 0 {
		return nil
	}
	return []finding.Finding{finding.Fault("clock", fmt.Sprintf("the last record of %s is %s ahead of the clock, so what was recorded may count for too long; "+
		"check the clock of this machine; if it is right now, gonogo corrects this two minutes after its start", x.Config.Storage, ahead.Round(time.Second)))}
}

// running checks what a running gonogo says about itself, as in /readyz.
func (x examiner) running(ctx context.Context) []finding.Finding {
	const subject = "running gonogo"
	client, running := web.Dial(x.Socket)
	if !running {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c, err := client.Ready(ctx)
	if err != nil {
		return []finding.Finding{finding.NotChecked(subject, err.Error())}
	}
	var found []finding.Finding
	for _, why := range c.Reasons {
		found = append(found, finding.Fault(subject, why))
	}
	for _, why := range c.Problems {
		found = append(found, finding.Warn(subject, why))
	}
	for _, why := range c.Unchecked {
		found = append(found, finding.NotChecked(subject, why))
	}
	if len(found) == 0 {
		found = append(found, finding.OK(subject, "it is ready"))
	}
	return found
}

// Lost returns why the gonogo that runs on a ledger doesn't use the one that is there
// now, or nil, also if it has stopped.
func Lost(kept store.Store) error {
	err := kept.Held()
	if err == nil {
		return nil
	}
	if _, running := web.Dial(kept.Files().Running()); !running {
		return nil
	}
	return err
}

// leastFree is the room on the disk below which the ledger may soon not grow.
const leastFree = 100 << 20 // bytes

// disk checks the space where the ledger is.
func (x examiner) disk(context.Context) []finding.Finding {
	const subject = "disk"
	folder := x.Config.Storage.Disk()
	free, err := storage.Free(folder)
	if err != nil {
		return []finding.Finding{finding.Fault(subject, "the folder "+folder+" of gonogo's files doesn't exist or can't be read; create it for gonogo's user")}
	}
	if free < leastFree {
		return []finding.Finding{finding.Fault(subject, fmt.Sprintf("only %d MiB are free in %s; gonogo needs at least %d", free>>20, folder, leastFree>>20))}
	}
	return []finding.Finding{finding.OK(subject, fmt.Sprintf("%d MiB are free in %s", free>>20, folder))}
}

// shortToken is the length below which a token can be guessed.
const shortToken = 20

func (x examiner) alerts(context.Context) []finding.Finding {
	if token := x.Config.Alerts.Token; token != "" && len(token) < shortToken {
		return []finding.Finding{finding.Warn("alerts", fmt.Sprintf("the token has only %d characters; use at least %d, such as the output of openssl rand -hex 20", len(token), shortToken))}
	}
	return nil
}

// runbooks checks that the programs of runbooks are installed, and that their variables
// are set.
func (x examiner) runbooks(context.Context) []finding.Finding {
	var found []finding.Finding
	for _, book := range x.Config.Runbooks {
		f := finding.OK("runbook "+book.ID, "its programs are installed")
		for _, step := range book.Steps {
			if why := program.Missing(step.Run[0], step.Dir); why != "" {
				f.Level, f.Says = finding.Faulty, why
				break
			}
			for _, name := range step.Env {
				if !x.set(book, name) && f.Level == finding.Sound {
					f.Level, f.Says = finding.Warning, "it uses "+name+", which isn't set; set it in gonogo's environment"
				}
			}
		}
		found = append(found, f)
	}
	return found
}

// set reports whether a runbook's programs find a variable set, whichever
// environment they are run for.
func (x examiner) set(book runbook.Runbook, name string) bool {
	_, set := x.Environ(name)
	return set || len(book.Environments) > 0 && !slices.ContainsFunc(book.Environments, func(env string) bool {
		_, own := book.Variables[env][name]
		return !own
	})
}
