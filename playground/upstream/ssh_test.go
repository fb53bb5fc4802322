package upstream

import (
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestSSH logs in to the practice host, and looks at what it offers.
func TestSSH(t *testing.T) {
	u := practice(t, newProductionHost)
	for state, want := range map[string][]string{"keys": {"publickey"}, passwordsTaken: {"password", "publickey"}} {
		turn(t, u, "production-ssh", state)
		var offered []string
		_, err := ssh.Dial("tcp", value(t, u, "PRODUCTION_SSH"), &ssh.ClientConfig{
			User: "root", Timeout: 30 * time.Second, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
			AuthCallback: func(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
				offered = slices.Sorted(slices.Values(c.AllowedMethods))
				return nil, errors.New("seen")
			},
		})
		if err == nil || !slices.Equal(offered, want) {
			t.Errorf("%s: %v were offered, %v; want %v", state, offered, err, want)
		}
	}
}
