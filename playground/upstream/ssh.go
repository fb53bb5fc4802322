package upstream

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// passwordsTaken is the state in which the server takes passwords.
const passwordsTaken = "passwords"

// loginTime is how long somebody may take to log in.
const loginTime = 30 * time.Second

// sshServer is the SSH server of a host. It offers keys, or passwords as well, and lets
// nobody in. Unlike OpenSSH, it can't be configured to offer root nothing.
type sshServer struct {
	listener net.Listener
	key      ssh.Signer
	methods  *Switch
}

func newProductionHost(p Place) (*Upstream, error) {
	s := &sshServer{}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if s.key, err = ssh.NewSignerFromKey(private); err != nil {
		return nil, err
	}
	if s.listener, err = p.Listen("production-ssh"); err != nil {
		return nil, err
	}
	s.methods = (&Switch{
		ID: "production-ssh", Title: "SSH on production's host", Help: "What the server at " + s.listener.Addr().String() + " offers those who log in. It lets nobody in.",
		States: []State{
			{ID: "keys", Title: "Keys only", Good: true},
			{ID: passwordsTaken, Title: "Keys and passwords"},
		},
	}).restore(p)
	return &Upstream{
		Title: "Production host", Switches: []*Switch{s.methods},
		Variables: []Variable{{"PRODUCTION_SSH", s.listener.Addr().String(), "where the practice production host speaks SSH"}},
		Run:       s.run,
	}, nil
}

// run answers connections until ctx ends.
func (s *sshServer) run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { s.listener.Close() })()
	var logins sync.WaitGroup
	defer logins.Wait()
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept an SSH connection: %w", err)
		}
		logins.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			if err := conn.SetDeadline(time.Now().Add(loginTime)); err != nil {
				return
			}
			if server, _, _, err := ssh.NewServerConn(conn, s.config()); err == nil {
				server.Close() // cannot be: every login is refused
			}
		})
	}
}

var errNobody = errors.New("nobody may log in")

// config offers what the switch says.
func (s *sshServer) config() *ssh.ServerConfig {
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errNobody }}
	if s.methods.is(passwordsTaken) {
		config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, errNobody }
	}
	config.AddHostKey(s.key)
	return config
}
