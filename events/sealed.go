package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Facts are a part of a case document (case.md), in codes: names and free text
// are never in an event's clear body. A text is "" (known to be none) or "*"
// (there is one, kept apart). Where facts are sealed, the clear body has none.
type Facts = json.RawMessage

// The sealed fields of a case's events. Each class of them has a key of its
// own, and every adult another.
const (
	FieldIdentity  = "identity"  // the child's names, birth date, address, contacts
	FieldNarrative = "narrative" // every text
	FieldFacts     = "facts"     // the case document, and what the gate answered
	FieldReporter  = "reporter"  // the person who reported
	FieldAdult     = "adult"     // one adult; of several: adult.2, adult.3, …
)

// SealedPart is one field that only holders of its key can read.
type SealedPart struct {
	Field string `json:"field"`
	Key   string `json:"key"`  // id of the key
	Data  []byte `json:"data"` // nonce and ciphertext
}

// Sealed are the sealed parts of a body, each field once.
type Sealed []SealedPart

// Part returns a field's part; false where the event has none.
func (s Sealed) Part(field string) (SealedPart, bool) {
	for _, p := range s {
		if p.Field == field {
			return p, true
		}
	}
	return SealedPart{}, false
}

// Shown is what stays readable of sealed facts: what a level that may not open
// them still counts by. Age is a band, never a number.
type Shown struct {
	AgeBand string `json:"age_band,omitempty"` // 0-2, 3-5, 6-11, 12-17, 18+; empty: not known
	Sex     string `json:"sex,omitempty"`
	Care    string `json:"care,omitempty"` // care type that is asked for
}

// Restriction keeps an office, or one person of it, from seeing a case and from
// holding its keys. Its node still carries the sealed bytes.
type Restriction struct {
	Office string `json:"office"`           // place id
	Person string `json:"person,omitempty"` // worker's code; empty: the whole office
	Reason string `json:"reason"`           // code of the pack
}

// Restricted names who from now on neither sees the case nor holds its keys;
// it replaces what was named before.
type Restricted struct {
	Restrictions []Restriction `json:"restrictions"`
}

// Opened says that a node which does not hold a case's keys opens some of it,
// and why: breaking the glass, or the nation's audit.
type Opened struct {
	Node    string    `json:"node"`    // place id
	Reason  string    `json:"reason"`  // code of the pack
	Classes []string  `json:"classes"` // identity, narrative, facts
	Until   time.Time `json:"until"`
}

// Erased orders that a case's keys, or those of one adult in it, are destroyed
// wherever they are. It stays for ever.
type Erased struct {
	Ground   string `json:"ground"`             // legal ground, a code of the pack
	Document string `json:"document,omitempty"` // number of the order or request on paper
	Key      string `json:"key,omitempty"`      // one adult's key; empty: every key of the case
}

// ErasedHere says that a node which held keys has destroyed them.
type ErasedHere struct {
	Node   string `json:"node"`   // place id
	Erased ID     `json:"erased"` // the order
}

// SealedOf reads the sealed parts of an event's body without reading the rest.
func SealedOf(e Event) (Sealed, error) {
	var body struct {
		Sealed Sealed `json:"sealed"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return nil, fmt.Errorf("sealed parts of %s (%s): %w", e.ID, e.Type, err)
	}
	return body.Sealed, nil
}

// WithSealed puts sealed parts behind the members of an encoded body that has
// none yet.
func WithSealed(body []byte, s Sealed) ([]byte, error) {
	if len(s) == 0 {
		return body, nil
	}
	inner, whole := bytes.CutSuffix(body, []byte("}"))
	if !whole || !bytes.HasPrefix(body, []byte("{")) {
		return nil, fmt.Errorf("seal a body of %d bytes: it is no JSON object", len(body))
	}
	parts, err := Encode(s)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(body)+len(parts)+len(`,"sealed":`)), inner...)
	if len(inner) > len("{") {
		out = append(out, ',')
	}
	return append(append(append(out, `"sealed":`...), parts...), '}'), nil
}
