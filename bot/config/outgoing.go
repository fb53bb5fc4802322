package config

import "gonogo/clients/outgoing"

// proxies are the variables that name a proxy for HTTP.
var proxies = []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"}

// outgoing reads where connections may go. A proxy would look names up itself and hide
// the address, so it can't be combined with a limit.
func (b *builder) outgoing() {
	if b.doc.Outgoing == nil {
		return
	}
	private := b.doc.Outgoing.PrivateAddresses
	if !private.Set || private.V {
		return
	}
	b.deps.Outgoing = outgoing.PublicOnly()
	for _, name := range proxies {
		if value, _ := b.config.Environ(name); value != "" {
			b.Fault(private.Pos, "%s is set, and a proxy hides which address is connected to; unset %s, or remove private_addresses: false and let the proxy forbid them", name, name)
			return
		}
	}
}
