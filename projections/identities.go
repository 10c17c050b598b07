package projections

import (
	"fmt"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

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
	parts := s.SealedParts(engine.ClassIdentity)
	if len(parts) == 0 {
		return nil
	}
	return []row{{subjectKey(s.Subject), encodeParts(parts)}}
}

func encodeParts(parts []engine.Sealed) []byte {
	b := appendInt(nil, len(parts))
	for _, p := range parts {
		for _, text := range []string{string(p.Office), string(p.ID), string(p.Type), p.Part.Field, p.Part.Key, string(p.Part.Data)} {
			b = appendText(b, text)
		}
	}
	return b
}

func decodeParts(c events.Subject, value []byte) ([]engine.Sealed, error) {
	d := decoder{rest: value}
	var out []engine.Sealed
	for range d.count() {
		out = append(out, engine.Sealed{
			Binding: engine.Binding{Case: c, Office: d.place(), ID: events.ID(d.text()), Type: events.Type(d.text())},
			Part:    events.SealedPart{Field: d.text(), Key: d.text(), Data: []byte(d.text())},
		})
	}
	if err := d.end(); err != nil {
		return nil, fmt.Errorf("identity of %s: %w", c.ID, err)
	}
	return out, nil
}

// Identity returns the sealed identity of a case, oldest part first; none where
// the case has none.
func (s *Store) Identity(c events.Subject) ([]engine.Sealed, error) {
	var raw []byte
	err := s.look(bucketIdentities, func(b *bbolt.Bucket) error {
		raw = append(raw, b.Get(subjectKey(c))...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the identity of %s: %w", c.ID, err)
	}
	if raw == nil {
		return nil, nil
	}
	return decodeParts(c, raw)
}
