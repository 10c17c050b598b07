package projections

import (
	"fmt"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// IdentityItem is the sealed identity of a case.
type IdentityItem struct {
	Parts    []engine.Sealed // oldest first
	ErasedBy []events.Place  // offices that ordered its erasure; whether that counts is the pack's to say
}

// identitiesView has the sealed identity of each case as it came, so that a page
// of many names reads one row for each. No view ever keeps an opened field.
type identitiesView struct{}

var bucketIdentities = []byte("identities")

// Bucket implements View.
func (identitiesView) Bucket() []byte { return bucketIdentities }

// Apply implements View.
func (identitiesView) Apply(b *bbolt.Bucket, before, after engine.State) error {
	return replace(b, identityRows(before), identityRows(after))
}

func identityRows(s engine.State) []row {
	i := IdentityItem{Parts: s.SealedParts(engine.ClassIdentity)}
	if len(i.Parts) == 0 {
		return nil
	}
	for _, e := range s.Contributions {
		if b, counts := engine.ErasureOf(e, e.Office.Level()); counts && b.Key == "" {
			i.ErasedBy = append(i.ErasedBy, e.Office)
		}
	}
	return []row{{subjectKey(s.Subject), encodeIdentity(i)}}
}

func encodeIdentity(i IdentityItem) []byte {
	b := appendInt(nil, len(i.Parts))
	for _, p := range i.Parts {
		for _, text := range []string{string(p.Office), string(p.ID), string(p.Type), p.Part.Field, p.Part.Key, string(p.Part.Data)} {
			b = appendText(b, text)
		}
	}
	b = appendInt(b, len(i.ErasedBy))
	for _, office := range i.ErasedBy {
		b = appendText(b, string(office))
	}
	return b
}

func decodeIdentity(c events.Subject, value []byte) (out IdentityItem, err error) {
	d := decoder{rest: value}
	for range d.count() {
		out.Parts = append(out.Parts, engine.Sealed{
			Binding: engine.Binding{Case: c, Office: d.place(), ID: events.ID(d.text()), Type: events.Type(d.text())},
			Part:    events.SealedPart{Field: d.text(), Key: d.text(), Data: []byte(d.text())},
		})
	}
	for range d.count() {
		out.ErasedBy = append(out.ErasedBy, d.place())
	}
	if err := d.end(); err != nil {
		return IdentityItem{}, fmt.Errorf("identity of %s: %w", c.ID, err)
	}
	return out, nil
}

// Identity returns the sealed identity of a case; nothing where the case has
// none.
func (s *Store) Identity(c events.Subject) (IdentityItem, error) {
	var raw []byte
	err := s.look(bucketIdentities, func(b *bbolt.Bucket) error {
		raw = append(raw, b.Get(subjectKey(c))...)
		return nil
	})
	if err != nil {
		return IdentityItem{}, fmt.Errorf("find the identity of %s: %w", c.ID, err)
	}
	if raw == nil {
		return IdentityItem{}, nil
	}
	return decodeIdentity(c, raw)
}
