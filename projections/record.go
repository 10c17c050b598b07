package projections

import (
	"encoding/binary"
	"fmt"
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

// headerNames are written as one byte; their order, which is that of the names,
// is part of the form.
var headerNames = [...]string{
	"ce-actor", "ce-datacontenttype", "ce-edition", "ce-id", "ce-key", "ce-office", "ce-policyver", "ce-prevhash",
	"ce-priorrun", "ce-recordedtime", "ce-sequence", "ce-sig", "ce-source", "ce-specversion", "ce-subject", "ce-time", "ce-type",
}

// encodeRecord writes a record whole but for its sequence, which is its key.
func encodeRecord(r engine.Record) []byte {
	e := r.Event
	b := make([]byte, 0, e.Size()+64)
	b = appendText(b, e.Subject.String())
	b = appendHeader(b, e)
	b = binary.AppendUvarint(b, uint64(len(e.Body)))
	b = append(b, e.Body...)
	b = appendRun(b, r.Run)
	b = appendText(b, string(r.From.Node))
	if r.From.Node != "" {
		b = binary.AppendUvarint(appendRun(b, r.From.Run), r.From.Seq)
	}
	b = appendFlag(b, !r.Command.IsZero())
	if !r.Command.IsZero() {
		b = append(b, r.Command[:]...)
	}
	return b
}

// appendHeader writes the headers that have a byte, in the order of their
// bytes, then those of a newer program by name.
func appendHeader(b []byte, e events.Event) []byte {
	var ours [len(headerNames)]string
	var others []string
	n := uint64(0)
	for name, value := range e.Attributes() {
		n++
		if i, ok := slices.BinarySearch(headerNames[:], name); ok {
			ours[i] = value
		} else {
			others = append(others, name, value) // sorted, as attributes are
		}
	}
	b = binary.AppendUvarint(b, n)
	for i, value := range ours {
		if value != "" {
			b = appendText(append(b, byte(i)+1), value)
		}
	}
	for i := 0; i < len(others); i += 2 {
		b = appendText(appendText(append(b, 0), others[i]), others[i+1])
	}
	return b
}

// decodeRecord reads what encodeRecord wrote; it keeps nothing of raw.
func decodeRecord(seq uint64, raw []byte) (engine.Record, error) {
	d := decoder{rest: raw}
	subject := d.text()
	n := d.count()
	header := make(map[string][]string, n)
	for range n {
		name := d.headerName()
		if _, twice := header[name]; twice {
			d.fail("a header twice")
		}
		header[name] = []string{d.text()}
	}
	body := []byte(d.text())
	r := engine.Record{Seq: seq, Run: d.run()}
	if r.From.Node = d.place(); r.From.Node != "" {
		r.From.Run, r.From.Seq = d.run(), d.uint()
	}
	if d.flag() {
		r.Command = d.hash()
	}
	if err := d.end(); err != nil {
		return engine.Record{}, fmt.Errorf("read record %d: %w", seq, err)
	}
	var err error
	if r.Event, err = events.Parse(subject, header, body); err != nil {
		return engine.Record{}, fmt.Errorf("read record %d: %w: %w", seq, engine.ErrBroken, err)
	}
	return r, nil
}

func (d *decoder) headerName() string {
	b := d.take(1)
	switch {
	case len(b) == 0:
		return ""
	case b[0] == 0:
		return d.text()
	case int(b[0]) > len(headerNames):
		d.fail("an unknown header")
		return ""
	}
	return headerNames[b[0]-1]
}
