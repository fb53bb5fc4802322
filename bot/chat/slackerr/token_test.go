package slackerr

import (
	"strings"
	"testing"
)

// TestRefusedTokenSaysRestart holds that whoever is told to set another token is told
// that gonogo reads it when it starts.
func TestRefusedTokenSaysRestart(t *testing.T) {
	for _, code := range []string{"invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed", "not_allowed_token_type", "forbidden_team"} {
		if !strings.HasSuffix(fixes[code], "and restart gonogo") {
			t.Errorf("%s: %s", code, fixes[code])
		}
	}
}
