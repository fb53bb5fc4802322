package web

import (
	"strings"
	"testing"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

func TestSSH(t *testing.T) {
	const noPasswords = "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
	const otherKey = "SHA256:RLy4JBv7jMK5qYhRKwHB3af0rpMKYwE2PBhALCBV3G8"
	for _, test := range []struct {
		name, config, settings string
		verdict                answer.Verdict
		words                  []string
	}{
		{"keys alone", noPasswords, `{}`, answer.Passed, []string{"root is offered publickey; host key SHA256:", "; gonogo is offered publickey"}},
		{"the host's key", noPasswords, `{host_keys: ["` + otherKey + `", "KEY"]}`, answer.Passed, []string{"root is offered publickey; host key SHA256:"}},
		{"another host's key", noPasswords, `{host_keys: ["` + otherKey + `"]}`, answer.Failed, []string{"the host key SHA256:", "(ssh-ed25519) isn't one of host_keys"}},
		{"the defaults", "", `{}`, answer.Failed, []string{"the server offers root keyboard-interactive and password; the server offers gonogo keyboard-interactive and password"}},
		{"passwords for others alone", noPasswords + "Match User deploy\nPasswordAuthentication yes", `{users: [admin, deploy]}`, answer.Failed, []string{"the server offers deploy password"}},
		{"passwords for others that aren't asked for", noPasswords + "Match User deploy\nPasswordAuthentication yes", `{}`, answer.Passed, nil},
		{"a one-time code", "PasswordAuthentication no", `{keyboard_interactive: true}`, answer.Passed, []string{"root is offered publickey, keyboard-interactive"}},
		{"what may be a password", "PasswordAuthentication no", `{}`, answer.Failed, []string{"the server offers root keyboard-interactive"}},
		{"root refused, which can't be seen", noPasswords + "PermitRootLogin no", `{root: refused}`, answer.Errored, []string{"the server offers root publickey, which doesn't show whether root is refused"}},
		{"root refused, with passwords", "PermitRootLogin no", `{root: refused, users: []}`, answer.Failed, []string{"the server offers root keyboard-interactive and password"}},
		{"root refused", noPasswords + "Match User root\nPubkeyAuthentication no", `{root: refused}`, answer.Passed, []string{"root is offered nothing"}},
		{"keys that nobody has", noPasswords + "AuthenticationMethods publickey", `{users: []}`, answer.Passed, []string{"root is offered publickey"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			address, key := gatestest.SSH(t, test.config)
			settings := strings.Replace(strings.Replace(test.settings, "{", "{address: '"+address+"', ", 1), "KEY", key, 1)
			ev := kindtest.Measured(t, kindtest.Built(t, SSH, settings, gates.Deps{}), gates.Scope{})
			if said := kindtest.Odd(ev, test.verdict, test.words...); said != "" {
				t.Error(said)
			}
		})
	}
}

// A server whose root has no password, and that accepts that, lets root in at "none".
func TestSSHOpen(t *testing.T) {
	address := gatestest.UnlockedSSH(t)
	ev := kindtest.Measured(t, kindtest.Built(t, SSH, `{address: '`+address+`'}`, gates.Deps{}), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Failed, "the server lets root in without any authentication"); said != "" {
		t.Error(said)
	}
}

func TestSSHAddress(t *testing.T) {
	for written, want := range map[string]string{
		"shop.example": "shop.example:22", "shop.example:2222": "shop.example:2222", "{target.host}": "app.example:22", "{target.host}:2222": "app.example:2222", "[2001:db8::1]": "[2001:db8::1]:22",
	} {
		b := kindtest.Built(t, SSH, `{address: "`+written+`"}`, gates.Deps{})
		got, err := b.Gate.(*sshGate).address(gates.Scope{TargetURL: "https://app.example:8443/"})
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", written, got, err, want)
		}
	}
}

func TestSSHFaults(t *testing.T) {
	for _, test := range []struct{ settings, want string }{
		{`{users: [deploy]}`, "address is missing; write a host and a port, as in shop.example:22"},
		{`{address: a, users: [root, ""], host_keys: ["MD5:00"], timeout: 0s}`,
			`"root" isn't the name of another user; write it like deploy; "" isn't the name of another user; write it like deploy; "MD5:00" isn't a fingerprint; write it as ssh-keygen -l prints it, SHA256: and 43 letters; timeout must be longer than zero; write it like 10s`},
		{`{address: a, root: no}`, `"no" is neither no_password nor refused`},
	} {
		if got := kindtest.Faulty(t, SSH, test.settings, gates.Deps{}); !strings.Contains(got, test.want) {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
