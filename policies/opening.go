package policies

import (
	"bytes"
	"encoding/json"
	"time"
)

// Instead replaces what a document says of its pack and its instant, to ask
// another pack or to ask as on another day.
type Instead struct {
	Pack string    // "": the document's own
	At   time.Time // zero: the document's own
}

// Open reads a document under the pack that it names, in the version that is
// in force at its instant.
func (l *Library) Open(doc []byte, instead Instead) (*Pack, *Case, error) {
	if len(doc) > documentMost {
		return nil, nil, wrong("", "it has %d bytes, at most %d are read", len(doc), documentMost)
	}
	if instead != (Instead{}) {
		var err error
		if doc, err = instead.in(doc); err != nil {
			return nil, nil, err
		}
	}
	id, at, err := headOf(doc)
	if err != nil {
		return nil, nil, err
	}
	p, err := l.InForce(id, at)
	if err != nil {
		return nil, nil, wrong("pack", "%s", err)
	}
	c, err := p.Read(doc)
	return p, c, err
}

// headOf reads which pack a document wants, and when. Everything else is left
// to that pack.
func headOf(doc []byte) (id string, at time.Time, err error) {
	fields, err := fieldsOf(doc)
	if err != nil {
		return "", time.Time{}, wrong("", "%s", err)
	}
	var when string
	heads := map[string]*string{"pack": &id, "at": &when}
	for _, f := range fields {
		if head, ok := heads[f.name]; ok {
			if err := json.Unmarshal(f.raw, head); err != nil {
				return "", time.Time{}, wrong(f.name, "a string is expected")
			}
		}
	}
	for _, name := range []string{"pack", "at"} {
		if *heads[name] == "" {
			return "", time.Time{}, wrong(name, "missing")
		}
	}
	at, err = readTime(when, time.RFC3339, "at", "an instant as in 2026-11-22T09:00:00Z")
	return id, at, err
}

// in writes the document anew with other values; keys that stand there twice
// still do, so that they are still refused.
func (i Instead) in(doc []byte) ([]byte, error) {
	fields, err := fieldsOf(doc)
	if err != nil {
		return nil, wrong("", "%s", err)
	}
	values := map[string]string{}
	if i.Pack != "" {
		values["pack"] = i.Pack
	}
	if !i.At.IsZero() {
		values["at"] = i.At.UTC().Format(time.RFC3339)
	}
	there := map[string]bool{}
	for n, f := range fields {
		there[f.name] = true
		if v, ok := values[f.name]; ok {
			fields[n].raw = appendString(nil, v)
		}
	}
	for _, name := range sorted(values) {
		if !there[name] {
			fields = append(fields, rawField{name, appendString(nil, values[name])})
		}
	}
	var out bytes.Buffer
	for n, f := range fields {
		out.WriteString(map[bool]string{true: "{", false: ","}[n == 0])
		out.Write(append(appendString(nil, f.name), ':'))
		out.Write(f.raw)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
