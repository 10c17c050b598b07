package projections

import (
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// codesView finds cases by their spoken code.
type codesView struct{}

var bucketCodes = []byte("codes")

// Bucket implements View.
func (codesView) Bucket() []byte { return bucketCodes }

// Apply implements View.
func (codesView) Apply(b *bbolt.Bucket, before, after engine.State) error {
	return replace(b, codeRows(before), codeRows(after))
}

// codeRows: a code that nobody can have read out finds nothing.
func codeRows(s engine.State) []row {
	code, err := events.ParseCode(s.Code)
	if err != nil {
		return nil
	}
	return []row{{append(append([]byte(code), 0), s.Subject.String()...), []byte{1}}}
}

// ByCode finds a case by its spoken code, as it was spoken or typed.
// *engine.Invalid for what is no code, or where two cases have the same;
// ErrNotFound.
func (s *Store) ByCode(code string) (events.Subject, error) {
	clean, err := events.ParseCode(code)
	if err != nil {
		return events.Subject{}, &engine.Invalid{Field: "code", Problem: err.Error()}
	}
	var found []string
	err = s.look(bucketCodes, func(b *bbolt.Bucket) error {
		eachUnder(b, append([]byte(clean), 0), func(k, _ []byte) bool {
			found = append(found, string(k[len(clean)+1:]))
			return true
		})
		return nil
	})
	switch {
	case err != nil:
		return events.Subject{}, fmt.Errorf("look up code %s: %w", clean, err)
	case len(found) == 0:
		return events.Subject{}, fmt.Errorf("code %s: %w", clean, engine.ErrNotFound)
	case len(found) > 1:
		return events.Subject{}, &engine.Invalid{Field: "code", Problem: "several cases have the code " + clean + ", name one: " + strings.Join(found, ", ")}
	}
	subject, err := events.ParseSubject(found[0])
	if err != nil {
		return events.Subject{}, fmt.Errorf("look up code %s: %w: %w", clean, engine.ErrBroken, err)
	}
	return subject, nil
}
