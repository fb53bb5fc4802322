package github

import (
	"errors"
	"testing"

	"gonogo/clients/connection"
)

// TestCredentials takes a token or an App's key, and says which variable is
// missing.
func TestCredentials(t *testing.T) {
	for name, tt := range map[string]struct {
		set  map[string]string
		want string // why there is no client; empty: there is one
	}{
		"a token":          {map[string]string{"GITHUB_TOKEN": "ghp_test"}, ""},
		"nothing":          {nil, "neither GITHUB_TOKEN nor GITHUB_APP_PRIVATE_KEY is set"},
		"a key alone":      {map[string]string{"GITHUB_APP_PRIVATE_KEY": "key"}, "GITHUB_APP_ID and GITHUB_APP_INSTALLATION_ID must both be numbers"},
		"an ID in letters": {map[string]string{"GITHUB_APP_PRIVATE_KEY": "key", "GITHUB_APP_ID": "shop", "GITHUB_APP_INSTALLATION_ID": "2"}, "GITHUB_APP_ID and GITHUB_APP_INSTALLATION_ID must both be numbers"},
	} {
		decode := func(into any) error { return into.(*settings).Repository.UnmarshalText([]byte("acme/shop")) }
		made, err := Kind.New("repo", decode, func(name string) (string, bool) { value, ok := tt.set[name]; return value, ok })
		if err != nil {
			t.Fatal(err)
		}
		_, err = connection.Client[*Client](made)
		var missing *connection.Missing
		if errors.As(err, &missing) != (tt.want != "") || err != nil && err.Error() != tt.want {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	if err := new(fullName).UnmarshalText([]byte("acme/shop/x")); err == nil || err.Error() != `"acme/shop/x" isn't a repository; write owner/name` {
		t.Errorf("got %v", err)
	}
}
