package alertmanager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The configurations are as Alertmanager shows them.
func TestNotifies(t *testing.T) {
	const head = "global:\n  resolve_timeout: 5m\nroute:\n  receiver: gonogo\n  continue: false\n"
	for name, tt := range map[string]struct {
		config string
		want   Notifies
		fails  bool
	}{
		"one hidden webhook": {head + "receivers:\n- name: gonogo\n  webhook_configs:\n  - send_resolved: true\n    http_config:\n      follow_redirects: true\n    url: <secret>\n    url_file: \"\"\n    max_alerts: 0\ntemplates: []\n",
			Notifies{Webhooks: []string{Hidden}}, false},
		"a webhook that is shown, and another": {head + "receivers:\n- name: gonogo\n  webhook_configs:\n  - send_resolved: true\n    url: http://gonogo:8080/alerts/alertmanager\n  - send_resolved: true\n    url: http://pager/\ntemplates: []\n",
			Notifies{Webhooks: []string{"http://gonogo:8080/alerts/alertmanager", "http://pager/"}}, false},
		"e-mail too": {head + "receivers:\n- name: gonogo\n  webhook_configs:\n  - url: <secret>\n- name: mail\n  email_configs:\n  - send_resolved: false\n    to: ops@example.com\n    headers:\n      Subject: it - fails\n  - to: b@example.com\nmute_time_intervals:\n- name: nights\n",
			Notifies{Webhooks: []string{Hidden}, Others: 2}, false},
		"a receiver without anything": {head + "receivers:\n- name: nobody\ntemplates: []\n", Notifies{}, false},
		"no receivers":                {head, Notifies{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, "", "", func(w http.ResponseWriter, _ *http.Request) {
				original, _ := json.Marshal(tt.config)
				fmt.Fprintf(w, `{"config":{"original":%s},"uptime":"2026-03-02T09:00:00.000+02:00"}`, original)
			})
			got, err := c.Notifies(t.Context())
			if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.fails {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}
