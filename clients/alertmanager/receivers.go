package alertmanager

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// Notifies is where an Alertmanager sends notifications, according to the configuration
// that it returns. That is in a canonical form, and since 0.22 without webhooks' URLs.
type Notifies struct {
	Webhooks []string // their URLs; [Hidden] for one that isn't shown
	Others   int      // integrations of other kinds, such as e-mail or PagerDuty
}

// Hidden is what Alertmanager shows instead of a URL.
const Hidden = "<secret>"

var (
	integrations = regexp.MustCompile(`^\s+(?:- )?([a-z0-9]+)_configs:`)
	webhookURL   = regexp.MustCompile(`^\s+(?:- )?url: (.+)$`)
	entry        = regexp.MustCompile(`^(\s*)- `)
)

// Notifies reads where notifications are sent.
func (c *Client) Notifies(ctx context.Context) (Notifies, error) {
	var status struct{ Config struct{ Original string } }
	if err := c.get(ctx, &status, "api/v2/status"); err != nil {
		return Notifies{}, err
	}
	_, receivers, found := strings.Cut("\n"+status.Config.Original, "\nreceivers:")
	if !found {
		return Notifies{}, errors.New("the configuration that Alertmanager shows has no receivers")
	}
	return notifies(receivers), nil
}

// notifies parses the receivers, which end where the next part of the file begins.
func notifies(receivers string) (n Notifies) {
	kind, depth := "", -1
	for line := range strings.Lines(receivers) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && line[0] != ' ' && line[0] != '-' {
			break
		}
		if began := integrations.FindStringSubmatch(line); began != nil {
			kind, depth = began[1], -1
			continue
		}
		// The indentation of the first entry is that of all entries of the list.
		if item := entry.FindStringSubmatch(line); item != nil && kind != "" && (depth < 0 || len(item[1]) == depth) {
			if depth = len(item[1]); kind == "webhook" {
				n.Webhooks = append(n.Webhooks, Hidden)
			} else {
				n.Others++
			}
		}
		if url := webhookURL.FindStringSubmatch(line); url != nil && kind == "webhook" && len(n.Webhooks) > 0 {
			n.Webhooks[len(n.Webhooks)-1] = strings.Trim(url[1], `"'`)
		}
	}
	return n
}
