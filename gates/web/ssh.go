package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/clients/outgoing"
	"gonogo/gates"
	"gonogo/gates/form"
	"gonogo/gates/limit"
	"gonogo/gates/network"
	"gonogo/gates/sshlogin"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// SSH is the kind ssh.
var SSH = gates.Kind{
	Name: "ssh", About: "which methods of authentication an SSH server offers to root and to others, without logging in", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "neither root nor another user is offered a password or let in without authentication; if root is refused, root is offered nothing; and the host key is one of host_keys",
		Failed:  "one of these isn't so",
		Errored: "the server can't be reached at one of its addresses, doesn't respond in time, hangs up, or isn't an SSH server; or root should be refused and is offered a method that doesn't show it, such as publickey",
	},
	Notes: `For each user name the gate opens a connection, sends the request ` + "`none`" + `, to which the server answers with the methods that it offers (RFC 4252, section 5.2),
and hangs up. ` + "`password` and `keyboard-interactive`" + ` count as passwords. The server logs each question; if fail2ban or OpenSSH's ` + "`PerSourcePenalties`" + ` watches
it, exempt gonogo's address.

OpenSSH offers root the same methods as everybody, also with ` + "`PermitRootLogin no` or `prohibit-password`" + ` (9.2). So the gate can't tell whether a key would let root
in, and with ` + "`root: refused`" + ` it is errored if root is offered ` + "`publickey`" + `. To make a refusal visible, offer root nothing:

    Match User root
        PubkeyAuthentication no
        PasswordAuthentication no
        KbdInteractiveAuthentication no

Not visible to it: what ` + "`Match`" + ` blocks offer to other addresses than gonogo's and to users that aren't named here, second factors after the first, whose keys are
authorized, other ports, and changes of the file that sshd hasn't loaded yet.

` + severalAddresses,
	Example: `address: shop.example:22
root: refused
users: [deploy]
keyboard_interactive: true
host_keys: ["SHA256:RLy4JBv7jMK5qYhRKwHB3af0rpMKYwE2PBhALCBV3G8"]
timeout: 5s`,
	New: newSSH,
}

// sshSettings are the settings of kind ssh.
type sshSettings struct {
	Address     string         `yaml:"address" required:"true"` // host and port; without a port, 22
	Root        rootLogin      `yaml:"root"`                    // no_password: root is offered no password; refused: root is offered nothing; default: no_password
	Users       []string       `yaml:"users"`                   // other user names to ask for, with or without an account; default: [gonogo]
	Interactive bool           `yaml:"keyboard_interactive"`    // whether keyboard-interactive may be offered, because it asks for something other than a password; default: false
	HostKeys    []string       `yaml:"host_keys"`               // fingerprints of host keys, as ssh-keygen -l prints them, one of which the server must have; default: any
	Timeout     limit.Duration `yaml:"timeout"`                 // the time limit for each connection; default: 10s
}

// rootLogin is what root may be offered.
type rootLogin string

const (
	rootWithoutPassword rootLogin = "no_password"
	rootRefused         rootLogin = "refused"
)

// UnmarshalText reads one of the words.
func (r *rootLogin) UnmarshalText(text []byte) error {
	*r = rootLogin(text)
	if *r != rootWithoutPassword && *r != rootRefused {
		return fmt.Errorf("%q is neither %s nor %s", text, rootWithoutPassword, rootRefused)
	}
	return nil
}

// Form implements [form.Formed].
func (rootLogin) Form() form.Form {
	return form.Form{Name: "no_password or refused", Words: []string{string(rootWithoutPassword), string(rootRefused)}, Pattern: `^(no_password|refused)$`}
}

const (
	sshPort  = "22"
	mostSSH  = 10 // user names
	longUser = 64
)

type sshGate struct {
	settings sshSettings
	network  network.Resolver
	dialer   func(address string) *net.Dialer
}

func newSSH(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := sshSettings{Root: rootWithoutPassword, Users: []string{"gonogo"}, Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if err := s.faults().OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: &sshGate{s, deps.Network, deps.Dialer}, Settings: gates.SettingsHash("ssh", s)}, nil
}

// fingerprint matches that of a key: SHA256 in base64 without padding.
var fingerprint = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)

func (s *sshSettings) faults() gates.Faults {
	var faults gates.Faults
	add := func(field, problem string) { faults = append(faults, gates.Fault{Field: field, Problem: problem}) }
	if problem := addressProblem(s.Address); problem != "" {
		add("address", problem+"; write a host and a port, as in shop.example:22")
	}
	if len(s.Users) > mostSSH {
		add("users", fmt.Sprintf("users has %d names, but at most %d are asked for", len(s.Users), mostSSH))
	}
	for i, user := range s.Users {
		if user == "" || user == "root" || len(user) > longUser || strings.ContainsAny(user, " \t\r\n\x00") {
			add(fmt.Sprintf("users.[%d]", i), fmt.Sprintf("%q isn't the name of another user; write it like deploy", user))
		}
	}
	for i, key := range s.HostKeys {
		if !fingerprint.MatchString(key) {
			add(fmt.Sprintf("host_keys.[%d]", i), fmt.Sprintf("%q isn't a fingerprint; write it as ssh-keygen -l prints it, SHA256: and 43 letters", key))
		}
	}
	if s.Timeout <= 0 {
		add("timeout", "timeout must be longer than zero; write it like 10s")
	}
	return faults
}

// Deadline implements [gates.WithDeadline]: there is a look-up, and at each address one
// connection after another.
func (g *sshGate) Deadline() time.Duration {
	return max(gates.UsualDeadline, time.Duration(len(g.settings.Users)+2)*time.Duration(g.settings.Timeout)+time.Second)
}

// Check implements [gates.Gate].
func (g *sshGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	address, err := g.address(s)
	if err != nil {
		return gates.Errored("the address is not known: %s", err)
	}
	host, port, _ := net.SplitHostPort(address)
	places, unseen, err := g.places(ctx, host)
	if err != nil {
		return g.unasked(ctx, address, err)
	}
	return worst(lookAt(places, func(place string) atPlace {
		return atPlace{evidence: g.look(ctx, address, net.JoinHostPort(place, port))}
	}), unseen)
}

func (g *sshGate) places(ctx context.Context, host string) (places, unseen []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(g.settings.Timeout))
	defer cancel()
	return g.network.Addresses(ctx, host)
}

// address is the server's, with its port. The port of {target.host} is the site's.
func (g *sshGate) address(s gates.Scope) (string, error) {
	written := g.settings.Address
	if written == "{target.host}" {
		written += ":" + sshPort
	}
	address, err := s.Expand(withoutTargetPort(written, s))
	if err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = strings.Trim(address, "[]"), sshPort
	}
	return net.JoinHostPort(network.ASCIIName(host), port), nil
}

// look asks a server at one of its addresses, for root and then for the others.
func (g *sshGate) look(ctx context.Context, address, dialled string) answer.Evidence {
	server := sshlogin.Server{Address: dialled, Timeout: time.Duration(g.settings.Timeout), Dialer: g.dialer(address)}
	var parts []answer.Evidence
	for _, user := range append([]string{"root"}, g.settings.Users...) {
		offer, err := server.Ask(ctx, user)
		if err != nil {
			return g.unasked(ctx, address, err)
		}
		parts = append(parts, g.judge(user, offer))
		if key := g.judgeKey(offer.Key); user == "root" || key.Verdict != answer.Passed {
			parts = append(parts, key)
		}
	}
	return gates.Joined(parts)
}

// judgeKey judges a host key. Every connection must show a known one.
func (g *sshGate) judgeKey(key sshlogin.HostKey) answer.Evidence {
	if len(g.settings.HostKeys) == 0 {
		return answer.Evidence{Verdict: answer.Passed, Summary: "host key " + key.Fingerprint}
	}
	m := answer.Measure{Name: "host key", Value: key.Fingerprint, Limit: "one of host_keys", OK: slices.Contains(g.settings.HostKeys, key.Fingerprint)}
	ev := gates.Judged([]answer.Measure{m}, "host key "+key.Fingerprint)
	if !m.OK {
		ev.Summary = fmt.Sprintf("the host key %s (%s) isn't one of host_keys", key.Fingerprint, phrase.Excerpt(key.Type))
	}
	return ev
}

// judge judges what a user is offered.
func (g *sshGate) judge(user string, offer sshlogin.Offer) answer.Evidence {
	refused := user == "root" && g.settings.Root == rootRefused
	passwords := g.passwords(offer.Methods)
	offered := phrase.Excerpt(strings.Join(offer.Methods, ", "))
	if len(offer.Methods) == 0 {
		offered = "nothing"
	}
	m := answer.Measure{Name: "offered to " + user, Value: offered, Limit: "no password", OK: !offer.Open && len(passwords) == 0}
	if refused {
		m.Limit, m.OK = "nothing", !offer.Open && len(offer.Methods) == 0
	}
	ev := answer.Evidence{Verdict: answer.Failed, Measures: []answer.Measure{m}}
	switch {
	case offer.Open:
		ev.Measures[0].Value = "login without authentication"
		ev.Summary = fmt.Sprintf("the server lets %s in without any authentication", user)
	case len(passwords) > 0:
		ev.Summary = fmt.Sprintf("the server offers %s %s", user, strings.Join(passwords, " and "))
	case refused && len(offer.Methods) > 0:
		ev.Verdict = answer.Errored
		ev.Summary = fmt.Sprintf("the server offers root %s, which doesn't show whether root is refused; offer root nothing in a Match User root block, or write root: no_password", offered)
	default:
		ev.Verdict, ev.Summary = answer.Passed, fmt.Sprintf("%s is offered %s", user, offered)
	}
	return ev
}

// passwords are the methods that count as passwords.
func (g *sshGate) passwords(methods []string) (found []string) {
	for _, method := range methods {
		if method == "password" || method == "keyboard-interactive" && !g.settings.Interactive {
			found = append(found, method)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// unasked is the evidence of a server that couldn't be asked.
func (g *sshGate) unasked(ctx context.Context, address string, err error) answer.Evidence {
	host, _, _ := net.SplitHostPort(address)
	problem := network.LookUpProblem(host, err)
	switch {
	case ctx.Err() != nil:
		return gates.Errored("cut off before %s had answered", address)
	case network.IsNotFound(err):
		return gates.Errored("%s; check address", problem)
	case problem != "":
		return gates.Errored("%s", problem)
	case outgoing.Why(address, err) != "":
		return gates.Errored("%s", outgoing.Why(address, err))
	case network.IsUnreachable(err):
		return gates.Errored("there is no route to %s; check the network of this machine, and whether it has that kind of address", address)
	case network.IsRefused(err):
		return gates.Errored("nothing listens at %s; check address, and that the server runs", address)
	case network.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded):
		return gates.Errored("%s did not answer within %s", address, readiness.Span(time.Duration(g.settings.Timeout)))
	case errors.Is(err, sshlogin.ErrNotSSH):
		return gates.Errored("%s isn't an SSH server; check its port", address)
	case errors.Is(err, sshlogin.ErrAlgorithm):
		return gates.Errored("%s and gonogo have no algorithm in common; see the server's log", address)
	case errors.Is(err, sshlogin.ErrHungUp):
		return gates.Errored("%s hung up before it had answered; see the server's log, and whether it has banned this machine", address)
	}
	return gates.Errored("%s could not be reached; the network gave an error", address)
}
