package gatestest

import (
	"crypto/ed25519"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
)

// SSH starts an OpenSSH server with lines of its own in sshd_config, and gives its
// address and the fingerprint of its host key. Nobody can log in: it doesn't run as root
// and has no accounts.
func SSH(t testing.TB, lines ...string) (address, fingerprint string) {
	t.Helper()
	program := find(t, "openssh-server", "/usr/sbin/sshd")
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		keygen = find(t, "openssh-client", "/usr/bin/ssh-keygen")
	}
	s := newServer(t)
	key := filepath.Join(s.dir, "host_key")
	s.run(keygen, "-q", "-t", "ed25519", "-N", "", "-f", key)
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.command(keygen, "-l", "-f", s.file("public", string(public))).Output()
	if err != nil {
		t.Fatal(err)
	}
	port := s.listen("Server listening on", syscall.SIGTERM, func(port int) []string {
		config := fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %s\nPidFile none\nUsePAM no\n%s\n", port, key, strings.Join(lines, "\n"))
		return []string{program, "-D", "-e", "-f", s.file("sshd_config", config)}
	})
	return fmt.Sprintf("127.0.0.1:%d", port), strings.Fields(string(out))[1]
}

// Login is how to log in to a server of [SSHLogin].
type Login struct {
	Port    int
	User    string
	Key     string // file of the private key
	HostKey string // line for known_hosts
}

// SSHLogin starts an OpenSSH server that lets one user in, by a key. Commands run in a
// folder, and find programs in it before all others.
func SSHLogin(t testing.TB, programs map[string]string) (l Login, folder string) {
	t.Helper()
	program := find(t, "openssh-server", "/usr/sbin/sshd")
	s := newServer(t)
	for _, name := range []string{"host_key", "key"} {
		s.run(find(t, "openssh-client", "/usr/bin/ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(s.dir, name))
	}
	private, err := os.ReadFile(filepath.Join(s.dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	l.Key = filepath.Join(t.TempDir(), "key") // of this test's user, and not of the server's
	if err := os.WriteFile(l.Key, private, 0o600); err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join(s.dir, "host_key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	l.User = s.user()
	for name, text := range programs {
		if err := os.Chmod(s.file(name, text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l.Port = s.listen("Server listening on", syscall.SIGTERM, func(port int) []string {
		config := fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %[2]s/host_key\nPidFile none\nUsePAM no\nStrictModes no\nAuthorizedKeysFile %[2]s/key.pub\nSetEnv PATH=%[2]s:/usr/bin:/bin\nForceCommand cd %[2]s && eval \"$SSH_ORIGINAL_COMMAND\"\n", port, s.dir)
		return []string{program, "-D", "-e", "-f", s.file("sshd_config", config)}
	})
	l.HostKey = fmt.Sprintf("[127.0.0.1]:%d %s", l.Port, public)
	return l, s.dir
}

// UnlockedSSH is a server within the test that lets everybody in without
// authentication, as sshd does with PermitEmptyPasswords and an empty password. It gives
// its address.
func UnlockedSSH(t *testing.T) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	return Listen(t, func(conn net.Conn) {
		c, channels, requests, err := ssh.NewServerConn(conn, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for channel := range channels {
			_ = channel.Reject(ssh.Prohibited, "")
		}
		_ = c.Wait()
	}).Address
}
