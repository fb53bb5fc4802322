package web

import (
	"encoding/json"
	"errors"
	"gonogo/gates/alertpath"
	"gonogo/readiness/alert"
	"io"
	"strings"
)

// mostPiece is the largest alert or other field that is read, in bytes: a decoder holds
// each completely.
const mostPiece = 1 << 20

// errLongPiece says that a delivery has one of more.
var errLongPiece = errors.New("the delivery has an alert or a field of more than 1 MiB; shorten its labels and annotations")

// errNotRead says that a body could not be read to its end.
var errNotRead = errors.New("the body broke off")

// deliveryReader reads a webhook's body as it comes in, one alert after another,
// so that it never holds all of a long one.
type deliveryReader struct {
	body pieces
	json *json.Decoder
	hook webhook
	held pile

	probes []string // IDs of synthetic alerts that fire
	marked bool     // there are synthetic alerts
}

// incoming is a webhook's body that was read.
type incoming struct {
	alert.Delivery
	probes []string // IDs of synthetic alerts that fire; they aren't in the delivery
	nobody bool     // it has synthetic alerts and no others
}

// mostProbes bounds the IDs of synthetic alerts that are held of one delivery.
const mostProbes = 100

// readDelivery reads a webhook's body and judges it.
func readDelivery(body io.Reader) (incoming, error) {
	d := &deliveryReader{body: pieces{from: body}}
	d.json = json.NewDecoder(&d.body)
	err := d.read()
	switch {
	case d.body.failed != nil:
		return incoming{}, d.body.failed
	case err != nil:
		return incoming{}, err
	}
	if err := d.hook.fault(); err != nil {
		return incoming{}, err
	}
	return d.incoming(), nil
}

// incoming is what was read, without the synthetic alerts. A group that fires only
// because of these is over.
func (d *deliveryReader) incoming() incoming {
	n := incoming{Delivery: d.hook.delivery(&d.held), probes: d.probes}
	if !d.marked {
		return n
	}
	n.nobody = len(n.Alerts) == 0 && n.Truncated == 0
	if d.held.firing.labels == nil && n.Unnamed == 0 {
		n.Status = alert.Resolved
	}
	return n
}

// add takes one alert of so many bytes.
func (d *deliveryReader) add(a alert.Alert, size int) {
	id, synthetic := alertpath.Marked(a.Labels)
	if !synthetic {
		d.held.add(a, size)
		return
	}
	d.marked = true
	if a.Firing() && len(d.probes) < mostProbes {
		d.probes = append(d.probes, id)
	}
}

// read reads the one object that a body is.
func (d *deliveryReader) read() error {
	if token, err := d.json.Token(); err != nil || token != json.Delim('{') {
		return errNotBody
	}
	for d.json.More() {
		name, err := d.json.Token()
		if err != nil {
			return errNotBody
		}
		if err := d.field(strings.ToLower(name.(string))); err != nil { // a name is a string
			return err
		}
	}
	if _, err := d.json.Token(); err != nil {
		return errNotBody
	}
	if _, err := d.json.Token(); err != io.EOF {
		return errNotBody
	}
	return nil
}

// field reads one field of the object. Those that are not known are passed over.
func (d *deliveryReader) field(name string) error {
	d.body.next()
	if name == "alerts" {
		return d.alerts()
	}
	into, known := map[string]any{
		"version": &d.hook.Version, "groupkey": &d.hook.GroupKey, "truncatedalerts": &d.hook.TruncatedAlerts, "status": &d.hook.Status,
		"receiver": &d.hook.Receiver, "grouplabels": &d.hook.GroupLabels, "commonlabels": &d.hook.CommonLabels,
		"commonannotations": &d.hook.CommonAnnotations, "externalurl": &d.hook.ExternalURL,
		"notification_reason": &d.hook.Reason, "routelabels": &d.hook.RouteLabels,
	}[name]
	if !known {
		into = new(json.RawMessage)
	}
	if d.json.Decode(into) != nil {
		return errNotBody
	}
	return nil
}

// alerts reads the list of alerts, one after another.
func (d *deliveryReader) alerts() error {
	switch token, err := d.json.Token(); {
	case err == nil && token == nil:
		return nil // null
	case err != nil || token != json.Delim('['):
		return errNotBody
	}
	for d.json.More() {
		d.body.next()
		began := d.json.InputOffset()
		var a webhookAlert
		if d.json.Decode(&a) != nil {
			return errNotBody
		}
		if err := a.fault(); err != nil {
			return err
		}
		d.add(a.alert(), int(d.json.InputOffset()-began))
	}
	if _, err := d.json.Token(); err != nil {
		return errNotBody
	}
	return nil
}

// pieces is a body that may give only so much for each piece of it. What keeps
// it from being read stays known, whatever the decoder makes of it.
type pieces struct {
	from   io.Reader
	given  int // since the piece began
	failed error
}

// next begins another piece.
func (p *pieces) next() { p.given = 0 }

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (int, error) {
	if p.given > mostPiece {
		p.failed = errLongPiece
		return 0, p.failed
	}
	n, err := p.from.Read(b)
	p.given += n
	if err != nil && err != io.EOF {
		p.failed = errors.Join(errNotRead, err)
	}
	return n, err
}
