package postgres

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy is a network between a log and its server, which a test cuts.
type proxy struct {
	URL string

	listener net.Listener
	server   string

	mu    sync.Mutex
	links map[*link]struct{}
	rule  rule
	all   sync.WaitGroup
}

// link is one connection through the proxy.
type link struct {
	client, server net.Conn

	kept atomic.Bool // the server's side stays open when the client closes its own
}

// rule says what happens to the bytes on their way; a nil function lets them pass.
type rule struct {
	request func(l *link, b []byte) // to the server
	answer  func(l *link, b []byte) // to the client
}

// newProxy starts a proxy in front of a database.
func newProxy(t *testing.T, database string) *proxy {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: u.Host, links: map[*link]struct{}{}}
	u.Host = listener.Addr().String()
	p.URL = u.String()
	p.all.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.cut()
		p.all.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		l := &link{client: client, server: server}
		p.mu.Lock()
		p.links[l] = struct{}{}
		p.mu.Unlock()
		p.all.Go(func() { p.carry(l, client, server, func(r rule) func(*link, []byte) { return r.request }) })
		p.all.Go(func() { p.carry(l, server, client, func(r rule) func(*link, []byte) { return r.answer }) })
	}
}

// carry takes bytes from one side to the other until one of them closes.
func (p *proxy) carry(l *link, from io.Reader, to io.Writer, which func(rule) func(*link, []byte)) {
	defer func() {
		l.client.Close()
		if !l.kept.Load() {
			l.server.Close()
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			p.mu.Lock()
			do := which(p.rule)
			p.mu.Unlock()
			if do != nil {
				do(l, b[:n])
			} else if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *link) close() {
	l.client.Close()
	l.server.Close()
}

// set makes a rule the one for all bytes from now on.
func (p *proxy) set(r rule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rule = r
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.kept.Store(false)
		l.close()
	}
	p.links = map[*link]struct{}{}
}
