package engine

import (
	"fmt"

	"umuryango/events"
)

// Opener opens one sealed field of an event, where this node holds its key. It
// fails as Sealer.Open does.
type Opener func(e events.Event, part events.SealedPart) ([]byte, error)

// Disclosed is what one event says beyond its codes, as far as it is open here.
type Disclosed struct {
	Facts     events.Facts
	Asked     *events.Checked // the gate's answer, whole where the facts are open
	Taken     *events.Checked
	Narrative Narrative
	Identity  *Identity
	Reporter  *Reporter
	Adults    []Adult
	Closed    map[string]error // by field: why it is not open
}

// Disclose opens what can be opened of an event of a case. It fails only on a
// body that this program cannot read; a nil opener opens nothing.
func Disclose(e events.Event, open Opener) (Disclosed, error) {
	d := Disclosed{Closed: map[string]error{}}
	sealed, err := d.clear(e)
	if err != nil {
		return d, err
	}
	for _, part := range sealed {
		plain, err := openPart(open, e, part)
		if err == nil {
			err = d.put(part.Field, plain)
		}
		if err != nil {
			d.Closed[part.Field] = err
		}
	}
	return d, nil
}

func openPart(open Opener, e events.Event, part events.SealedPart) ([]byte, error) {
	if open == nil {
		return nil, ErrNoKey
	}
	return open(e, part)
}

// clear takes what stands in the body.
func (d *Disclosed) clear(e events.Event) (events.Sealed, error) {
	body := newBody(e.Type)
	if e.Type == events.TypeContributed {
		body = new(events.Contributed)
	}
	if body == nil {
		return nil, nil
	}
	if err := e.Decode(body); err != nil {
		return nil, err
	}
	switch b := body.(type) {
	case *events.Raised:
		d.Facts = b.Facts
		return b.Sealed, nil
	case *events.Assessed:
		d.Facts = b.Facts
		return b.Sealed, nil
	case *events.Contributed:
		d.Facts = b.Facts
		return b.Sealed, nil
	case *events.Proposed:
		d.Facts, d.Asked = b.Facts, &b.Checked
		return b.Sealed, nil
	case *events.Decided:
		d.Asked, d.Taken = &b.Asked, b.Taken
		return b.Sealed, nil
	}
	return nil, nil
}

// put takes the plain text of a field.
func (d *Disclosed) put(field string, plain []byte) error {
	class, known := ClassOf(field)
	if !known {
		return fmt.Errorf("field %q is not known to this program", field)
	}
	switch class {
	case ClassFacts:
		return d.putFacts(plain)
	case ClassNarrative:
		return put(plain, func(n Narrative) { d.Narrative = n })
	case ClassIdentity:
		return put(plain, func(i Identity) { d.Identity = &i })
	case ClassReporter:
		return put(plain, func(r Reporter) { d.Reporter = &r })
	}
	return put(plain, func(a Adult) { d.Adults = append(d.Adults, a) })
}

// put reads a plain text whole or not at all.
func put[T any](plain []byte, take func(T)) error {
	var read T
	if err := decode(plain, &read); err != nil {
		return err
	}
	take(read)
	return nil
}

func (d *Disclosed) putFacts(plain []byte) error {
	return put(plain, func(r Recorded) {
		if len(r.Facts) > 0 {
			d.Facts = r.Facts
		}
		if d.Asked != nil {
			d.Asked = r.Asked.with(*d.Asked)
		}
		if d.Taken != nil {
			d.Taken = r.Taken.with(*d.Taken)
		}
	})
}

// factsOf is what an event adds to the case document: what stands in clear, or
// what can be opened of it. It fails as an Opener does where it is closed here;
// what opens and cannot be read adds nothing.
func factsOf(t Told, open Opener) (events.Facts, error) {
	part, sealed := t.Sealed.Part(events.FieldFacts)
	if !sealed {
		return t.Facts, nil
	}
	plain, err := openPart(open, t.Event, part)
	if err != nil {
		return nil, err
	}
	var r Recorded
	if decode(plain, &r) != nil {
		return nil, nil
	}
	return r.Facts, nil
}
