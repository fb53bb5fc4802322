package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"gonogo/bot/doctor/finding"
	"gonogo/bot/web"
	"gonogo/storage/store"
)

// listen looks whether the address is free, or whether the gonogo that runs has it.
func (x examiner) listen(ctx context.Context) []finding.Finding {
	const subject = "listen"
	address := x.Config.Listen
	if address == "" {
		return []finding.Finding{finding.NotChecked(subject, "the configuration has no listen address, so there are no alerts, metrics or health checks")}
	}
	if _, port, _ := net.SplitHostPort(address); port == "0" {
		return []finding.Finding{finding.OK(subject, address+" takes any free port")}
	}
	client, running := web.Dial(x.Socket)
	l, err := net.Listen("tcp", address)
	if err == nil {
		l.Close()
	}
	switch {
	case err == nil && running:
		return []finding.Finding{finding.Warn(subject, address+" is free, so the running gonogo doesn't listen there; restart it if listen was changed")}
	case err == nil:
		return []finding.Finding{finding.OK(subject, address+" is free")}
	case !running && x.silent(ctx):
		return []finding.Finding{finding.NotChecked(subject, address+" can't be opened; the gonogo that holds the ledger and does not answer may have it")}
	case !running:
		return []finding.Finding{finding.Fault(subject, address+" can't be opened; another program uses the port, or the address isn't this machine's")}
	}
	return []finding.Finding{taken(ctx, client, address)}
}

// silent reports whether a process has the ledger open without answering.
func (x examiner) silent(ctx context.Context) bool {
	log, err := x.Config.Storage.OpenReadOnly(ctx)
	if err == nil {
		log.Close()
	}
	return store.InUse(err)
}

// taken finds out whether the gonogo that runs is what answers at an address.
func taken(ctx context.Context, client *web.Client, address string) finding.Finding {
	const subject = "listen"
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	before, err := client.Ready(ctx)
	if err != nil {
		return finding.NotChecked(subject, err.Error())
	}
	there, err := askReady(ctx, address)
	if err != nil {
		return finding.Fault(subject, address+" is in use, but not by the running gonogo; stop the program that uses it, or set listen to a free address")
	}
	after, err := client.Ready(ctx)
	switch {
	case err != nil:
		return finding.NotChecked(subject, err.Error())
	case !between(before, there, after):
		return finding.Fault(subject, address+" is in use, but not by the running gonogo; stop the program that uses it, or set listen to a free address")
	}
	return finding.OK(subject, address+" is in use by the running gonogo")
}

// between reports whether a gonogo that said the first and the last may have said the
// second too: its ledger only grows, and frames only get newer.
func between(before, there, after web.Condition) bool {
	at := func(c web.Condition) time.Time {
		if c.LastFrame == nil {
			return time.Time{}
		}
		return *c.LastFrame
	}
	return before.Records <= there.Records && there.Records <= after.Records && !at(there).Before(at(before)) && !at(after).Before(at(there))
}

// askReady asks for /readyz at an address to listen on.
func askReady(ctx context.Context, address string) (web.Condition, error) {
	var c web.Condition
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return c, fmt.Errorf("split %s: %w", address, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return c, fmt.Errorf("ask %s: %w", address, err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // without a proxy
	response, err := client.Do(request)
	if err != nil {
		return c, fmt.Errorf("ask %s: %w", address, err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&c); err != nil {
		return c, fmt.Errorf("read the answer of %s: %w", address, err)
	}
	return c, nil
}
