package playground

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// standard is the default address of a world.
const standard = "127.0.0.1:4600"

// tries is how many ports after the wanted one are tried if that is taken.
const tries = 50

// listen opens the world's own port: the one it had last time, if it was asked
// for the same address then; else the one asked for; else the next free one.
func (w *World) listen(asked string) error {
	if asked == "" {
		asked = standard
	}
	host, text, err := net.SplitHostPort(asked)
	if err != nil {
		return fmt.Errorf("the practice world cannot listen on %q; give an address like %s: %w", asked, standard, err)
	}
	first, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("the practice world cannot listen on %q: %q is not a port number", asked, text)
	}
	ports := w.candidates(asked, first)
	if w.listener, err = firstFree(host, ports); err != nil {
		return fmt.Errorf("the practice world cannot listen on %s: %w", asked, err)
	}
	got := portOf(w.listener)
	w.url = "http://" + net.JoinHostPort(reachable(host), strconv.Itoa(got))
	if wanted := ports[0]; wanted != 0 && wanted != got {
		w.notices = append(w.notices, fmt.Sprintf("Port %d is taken, so this world is at %s.", wanted, w.url))
	}
	w.state.Listen, w.state.Ports["world"] = asked, got
	return nil
}

// candidates are the ports to try, in order.
func (w *World) candidates(asked string, first int) []int {
	var ports []int
	if before := w.state.Ports["world"]; before != 0 && w.state.Listen == asked {
		ports = append(ports, before)
	}
	ports = append(ports, first)
	for next := first + 1; first != 0 && next <= min(first+tries, 65535); next++ {
		ports = append(ports, next)
	}
	return ports
}

// listenFor opens a port on the loopback address for an upstream: the one that
// it had last time, or any free one.
func (w *World) listenFor(name string) (net.Listener, error) {
	l, err := firstFree("127.0.0.1", []int{w.state.Ports[name], 0})
	if err != nil {
		return nil, fmt.Errorf("open a port for %s in the practice world: %w", name, err)
	}
	w.others = append(w.others, l)
	w.keepPort(name, l)
	return l, nil
}

// listenForBoth opens a port as listenFor does, and the same one for datagrams.
func (w *World) listenForBoth(name string) (net.Listener, net.PacketConn, error) {
	ports := append([]int{w.state.Ports[name]}, make([]int, tries)...) // 0 is any free port, a different one each time
	for {
		l, err := firstFree("127.0.0.1", ports[:1])
		if err == nil {
			var packets net.PacketConn
			if packets, err = net.ListenPacket("udp", l.Addr().String()); err == nil {
				w.others = append(w.others, l, packets)
				w.keepPort(name, l)
				return l, packets, nil
			}
			l.Close()
		}
		if ports = ports[1:]; len(ports) == 0 || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, fmt.Errorf("open a port for %s in the practice world: %w", name, err)
		}
	}
}

// keepPort stores an upstream's port, and adds a notice if it has changed.
func (w *World) keepPort(name string, l net.Listener) {
	before, got := w.state.Ports[name], portOf(l)
	if before != 0 && before != got {
		w.notices = append(w.notices, fmt.Sprintf("Port %d is taken, so %s has moved to port %d.", before, name, got))
	}
	w.state.Ports[name] = got
}

// firstFree listens on the first free port. Any other failure is an error at once.
func firstFree(host string, ports []int) (l net.Listener, err error) {
	for _, port := range ports {
		l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
	}
	return nil, err
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// reachable is the host at which a browser on this machine reaches a listener: one that
// listens on every address is reached through the loopback.
func reachable(host string) string {
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}
