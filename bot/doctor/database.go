package doctor

import (
	"context"
	"fmt"
	"strings"

	"gonogo/bot/doctor/finding"
	"gonogo/bot/web"
	"gonogo/storage"
)

// inPostgres looks whether a gonogo can start on a ledger in PostgreSQL, or whether one
// has it, and whether its server keeps what it acknowledges.
func (x examiner) inPostgres(ctx context.Context) []finding.Finding {
	const subject = "ledger"
	kept := x.Config.Storage
	server, err := kept.Server(ctx)
	if err != nil {
		return []finding.Finding{finding.Fault(subject, err.Error())}
	}
	_, running := web.Dial(x.Socket)
	var found []finding.Finding
	switch {
	case running:
		found = append(found, finding.OK(subject, kept.String()+" is in use by the running gonogo"))
	case !server.Exists:
		found = append(found, finding.OK(subject, kept.String()+" doesn't exist yet; the first start creates it"))
	case server.Writer != "":
		found = append(found, finding.Warn(subject, fmt.Sprintf("%s is in use by %s, and none runs here; stop that one before you start gonogo here", kept, server.Writer)))
	default:
		found = append(found, x.verified(ctx)...)
	}
	for _, setting := range server.Unsafe {
		found = append(found, finding.Warn(subject, fmt.Sprintf("PostgreSQL %s at %s has %s off, so it can lose what was recorded when its machine stops; turn it on", server.Version, server.At, setting)))
	}
	if server.Open {
		found = append(found, finding.Warn(subject, "the connection to "+server.At+" isn't encrypted; add sslmode=verify-full to the URL"))
	}
	return append(found, x.neighbors(ctx)...)
}

// verified is what a look at each record of a ledger that nobody uses says.
func (x examiner) verified(ctx context.Context) []finding.Finding {
	const subject = "ledger"
	log, err := x.Config.Storage.OpenReadOnly(ctx)
	if err != nil {
		return []finding.Finding{finding.Fault(subject, err.Error())}
	}
	defer log.Close()
	report, err := storage.Verify(ctx, log)
	if err != nil {
		return []finding.Finding{finding.Fault(subject, err.Error())}
	}
	return append([]finding.Finding{finding.OK(subject, x.Config.Storage.String()+" is readable and intact")}, x.ahead(report)...)
}

// neighbors finds connections that lead to the ledger's own server. When the product's
// database is down, gonogo has to know what to go back to.
func (x examiner) neighbors(ctx context.Context) []finding.Finding {
	const subject = "ledger"
	var found []finding.Finding
	for _, database := range x.Config.Databases {
		named := "the connection " + database.Connection
		if database.Environment != "" {
			named += " of " + database.Environment
		}
		same, err := x.sameServer(ctx, database.URL)
		switch {
		case err != nil:
			found = append(found, finding.NotChecked(subject, "whether "+named+" leads to the ledger's own server: "+strings.TrimSuffix(err.Error(), ".")))
		case same:
			found = append(found, finding.Fault(subject, "it is on the same database server as "+named+", so gonogo can't decide or roll back when that server is down; move the ledger to another server"))
		}
	}
	return found
}

func (x examiner) sameServer(ctx context.Context, url string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return x.Config.Storage.SameServer(ctx, url)
}
