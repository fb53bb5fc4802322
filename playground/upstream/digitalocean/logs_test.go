package digitalocean_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/digitalocean/godo"

	"gonogo/playground/upstream/digitalocean"
)

// lines are what is at the address of a log, asked as DigitalOcean's own client does.
func (a *account) lines(deployment, component string, kind godo.AppLogType, tail int) []string {
	a.t.Helper()
	logs, _, err := a.client.Apps.GetLogs(a.t.Context(), appID, deployment, component, kind, false, tail)
	if err != nil {
		a.t.Fatal(err)
	}
	if logs.LiveURL == "" {
		return nil
	}
	response, err := http.Get(logs.LiveURL)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		a.t.Fatalf("status %d, %v: %s", response.StatusCode, err, text)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestLogs(t *testing.T) {
	a := open(t)
	live := a.app().ActiveDeployment.ID
	began := a.now()
	a.pass(10 * time.Minute)
	got := a.lines(live, "", godo.AppLogTypeRun, -1)
	if len(got) != 61 || !strings.HasPrefix(got[0], "web "+began.Format(time.RFC3339)[:19]) || strings.Contains(strings.Join(got, ""), "ERROR") {
		t.Errorf("got %d lines, the first %s", len(got), got[0])
	}
	if got := a.lines(live, "web", godo.AppLogTypeRun, 2); len(got) != 2 {
		t.Errorf("got %q", got)
	}
	if got := a.lines(live, "", godo.AppLogTypeRunRestarted, -1); got != nil {
		t.Errorf("nothing has crashed: got %q", got)
	}
	if err := a.SetLog(appID, digitalocean.LogErrors); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(a.lines(live, "", godo.AppLogTypeRun, -1), "\n"); strings.Count(got, " 7 ERROR ") != 3 {
		t.Errorf("got %s", got)
	}
	if err := a.SetLog(appID, digitalocean.LogSilent); err != nil {
		t.Fatal(err)
	}
	a.pass(time.Hour)
	if got := a.lines(live, "", godo.AppLogTypeRun, -1); len(got) != 61 {
		t.Errorf("silent: got %d lines", len(got))
	}
	a.pass(24 * time.Hour)
	if err := a.SetLog(appID, digitalocean.LogGood); err != nil {
		t.Fatal(err)
	}
	if got := a.lines(live, "", godo.AppLogTypeRun, -1); len(got) != 721 {
		t.Errorf("a day later: got %d lines", len(got))
	}
}

func TestLogRefusals(t *testing.T) {
	a := open(t)
	bearer := map[string]string{"Authorization": "Bearer " + token}
	logs := "/v2/apps/" + appID + "/deployments/" + a.app().ActiveDeployment.ID
	for path, want := range map[string]reply{
		logs + "/logs":                                          {400, "bad_request", "type is required"},
		logs + "/logs?type=UNSPECIFIED":                         {400, "bad_request", "type is required"},
		logs + "/logs?type=run":                                 {400, "bad_request", "invalid log type run"},
		logs + "/logs?type=RUN&follow=yes":                      {400, "bad_request", "invalid follow"},
		logs + "/logs?type=RUN&pod_connection_timeout=1":        {400, "bad_request", "invalid pod_connection_timeout"},
		logs + "/logs?type=RUN&since=1h":                        {400, "bad_request", "unknown parameter since"},
		logs + "/components/none/logs?type=RUN":                 {404, "not_found", "The resource you were accessing could not be found."},
		"/v2/apps/" + appID + "/deployments/none/logs?type=RUN": {404, "not_found", "The resource you were accessing could not be found."},
	} {
		if got, _ := a.sendAs("GET", path, "", bearer); got != want {
			t.Errorf("%s: got %+v, want %+v", path, got, want)
		}
	}
	for header, want := range map[string]int{"": http.StatusUnauthorized, "Bearer " + token: http.StatusBadRequest} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.server.URL+"/v2/logs?token=e30.x", nil)
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			request.Header.Set("Authorization", header)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%q: got status %d, want %d", header, response.StatusCode, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
