package doctor

import (
	"context"
	"strings"

	"gonogo/bot/doctor/finding"
	"gonogo/bot/web"
	"gonogo/clients/alertmanager"
)

const alone = "nobody would be told outside gonogo that gonogo itself has a problem; "

// secondReceiver checks whether somebody is notified if gonogo can't do it: alerts
// about gonogo that go only to gonogo reach nobody.
func (x examiner) secondReceiver(ctx context.Context) []finding.Finding {
	const subject = "alerts about gonogo"
	managers := x.Config.Alerts.Alertmanagers
	if len(managers) == 0 {
		if x.Config.Pager == nil {
			return []finding.Finding{finding.Warn(subject, alone+"set escalate.webhook, or have something else watch /readyz and metrics")}
		}
		return nil // the webhook has a line of its own
	}
	var found []finding.Finding
	for _, manager := range managers {
		ctx, cancel := context.WithTimeout(ctx, within)
		notifies, err := manager.Notifies(ctx)
		cancel()
		of := subject + " at " + manager.Host()
		switch {
		case err != nil:
			found = append(found, finding.NotChecked(of, err.Error()))
		case onlyGonogo(notifies):
			found = append(found, finding.Warn(of, alone+"add a receiver to Alertmanager that isn't gonogo, such as e-mail or a pager, and route alerts about gonogo to it"))
		case notifies.Others > 0:
			found = append(found, finding.OK(of, "Alertmanager has a receiver that isn't gonogo; route alerts about gonogo to it"))
		default:
			found = append(found, finding.NotChecked(of, "Alertmanager hides the URLs of its webhooks; make sure that one of them isn't gonogo's, and route alerts about gonogo to it"))
		}
	}
	return found
}

// onlyGonogo reports whether all notifications are certain to go to gonogo, or to
// nobody.
func onlyGonogo(n alertmanager.Notifies) bool {
	if n.Others > 0 {
		return false
	}
	hidden := 0
	for _, url := range n.Webhooks {
		switch {
		case url == alertmanager.Hidden:
			hidden++
		case !strings.HasSuffix(strings.TrimRight(url, "/"), web.AlertPath):
			return false
		}
	}
	return hidden == 0 || len(n.Webhooks) == 1 // a single one is gonogo's
}
