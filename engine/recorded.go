package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"umuryango/events"
)

// Recorded is the plain text of an event's sealed facts: what it adds to the
// case document, and what the gate was asked and answered.
type Recorded struct {
	Facts events.Facts `json:"facts,omitempty"`
	Asked *Asked       `json:"asked,omitempty"`
	Taken *Asked       `json:"taken,omitempty"`
}

// Asked is the document that the gate read and what it answered, byte for byte.
type Asked struct {
	Case   json.RawMessage `json:"case"`
	Result json.RawMessage `json:"result"`
}

// apart takes an answer of the gate into what stays in clear and what is sealed.
func apart(f Finding) (events.Checked, *Asked) {
	return events.Checked{Outcome: f.Outcome, Rules: f.Rules, PackHash: f.PackHash}, &Asked{f.Case, f.Result}
}

// with is an answer of the gate whole again.
func (a *Asked) with(c events.Checked) *events.Checked {
	if a != nil {
		c.Case, c.Result = a.Case, a.Result
	}
	return &c
}

// shownOf is what stays in clear of facts.
func shownOf(f events.Facts) events.Shown {
	var told struct {
		Child struct {
			Age *int   `json:"age_months"`
			Min *int   `json:"age_months_min"`
			Max *int   `json:"age_months_max"`
			Sex string `json:"sex"`
		} `json:"child"`
		Request struct {
			Care string `json:"care"`
		} `json:"request"`
	}
	if len(f) == 0 || json.Unmarshal(f, &told) != nil {
		return events.Shown{}
	}
	out := events.Shown{Sex: told.Child.Sex, Care: told.Request.Care}
	c := told.Child
	switch {
	case c.Age != nil:
		out.AgeBand = ageBand(*c.Age)
	case c.Min != nil && c.Max != nil && ageBand(*c.Min) == ageBand(*c.Max):
		out.AgeBand = ageBand(*c.Min)
	}
	return out
}

// ageBands are the bands of events.Shown by the months at which they end. They
// are no pack's: a count that is compared over years must not move with a law.
var ageBands = []struct {
	months int
	name   string
}{{36, "0-2"}, {72, "3-5"}, {144, "6-11"}, {216, "12-17"}}

func ageBand(months int) string {
	for _, b := range ageBands {
		if months < b.months {
			return b.name
		}
	}
	return "18+"
}

// decode reads the plain text of a sealed field as strictly as a body is read.
func decode(plain []byte, into any) error {
	if err := events.CheckBody(plain); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// noFacts stand in the clear body of an event whose facts are sealed, or that
// has none.
var noFacts = events.Facts("{}")

// told reads what an act tells: its facts as they are recorded, without free
// texts, and those texts with what else was told in words.
func (d *decider) told(f events.Facts, p Personal) (events.Facts, Narrative, error) {
	if err := p.check(); err != nil {
		return nil, nil, err
	}
	o, err := checkFacts(f)
	if err != nil {
		return nil, nil, err
	}
	story := Narrative{}
	if len(o) > 0 {
		if f, story, err = d.view.Gate.Split(f); err != nil {
			return nil, nil, err
		}
	} else {
		f = nil
	}
	if p.Note != "" {
		story[NoteKey] = p.Note
	}
	return f, story, checkNarrative(story)
}

// seal notes what is to be sealed into the event of this act.
func (d *decider) seal(r Recorded, p Personal, story Narrative) error {
	if len(r.Facts) > 0 || r.Asked != nil {
		plain, err := events.Encode(r)
		if err != nil {
			return err
		}
		d.secrets = append(d.secrets, Secret{Field: events.FieldFacts, Plain: plain})
	}
	secrets, err := p.secrets(story)
	d.secrets = append(d.secrets, secrets...)
	return err
}
