package gates

import "testing"

func TestScope(t *testing.T) {
	s := Scope{TargetURL: "https://app.example.com:8443/x/", Release: "19.0.1", Commit: "abc"}
	got, err := s.Expand("{target.url}/v {target.host} {release.version} {release.commit} {else}")
	if want := "https://app.example.com:8443/x/v app.example.com:8443 19.0.1 abc {else}"; got != want || err != nil {
		t.Errorf("got %s %v, want %s", got, err, want)
	}
	if _, err := (Scope{Release: "{target.url}"}).Expand("{release.version}"); err != nil {
		t.Errorf("a value is taken for a name: %v", err)
	}
	if _, err := (Scope{}).Expand("{target.url}"); err == nil || err.Error() != "{target.url} is not known here" {
		t.Errorf("got %v", err)
	}
}
