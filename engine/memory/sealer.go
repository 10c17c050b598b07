package memory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"

	"umuryango/engine"
	"umuryango/events"
)

// Keys are the keys of all cases of a simulated nation: which node holds which.
// Nothing is hidden by them; what a node may not open, it does not open.
type Keys struct {
	mu     sync.Mutex
	cases  map[events.Subject]map[string]*heldKey // by key id
	erased map[events.Subject]bool
}

type heldKey struct {
	class engine.Class
	nodes []events.Place
}

// NewKeys begins with none.
func NewKeys() *Keys {
	return &Keys{cases: map[events.Subject]map[string]*heldKey{}, erased: map[events.Subject]bool{}}
}

// Erase makes everything sealed in a case unreadable for ever.
func (k *Keys) Erase(c events.Subject) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.erased[c] = true
}

// Opener opens whatever anybody holds a key of, as an auditor does who is given
// every vault.
func (k *Keys) Opener() engine.Opener {
	return func(e events.Event, part events.SealedPart) ([]byte, error) {
		k.mu.Lock()
		node := events.Place("")
		if key := k.cases[e.Subject][part.Key]; key != nil && len(key.nodes) > 0 {
			node = key.nodes[0]
		}
		k.mu.Unlock()
		return (&Sealer{Keys: k, Node: node}).Open(context.Background(), engine.BindingOf(e), part)
	}
}

// Sealer seals for one node of a simulated nation, without cryptography: the
// same acts give the same bytes. What it sealed opens at its holders, and in the
// field, event and case where it was sealed. Wraps are there at once.
type Sealer struct {
	Keys   *Keys
	Node   events.Place
	Locked func() bool // nil: never
}

var _ engine.Sealer = (*Sealer)(nil)

// Prepare implements engine.Sealer.
func (s *Sealer) Prepare(_ context.Context, c events.Subject, holders []engine.Holder, fields []string) (engine.Seal, error) {
	if s.locked() {
		return nil, engine.ErrLocked
	}
	s.Keys.mu.Lock()
	defer s.Keys.mu.Unlock()
	if s.Keys.erased[c] && len(fields) > 0 {
		return nil, engine.ErrErased
	}
	s.give(c, holders)
	ids := map[string]string{}
	for _, field := range fields {
		class, known := engine.ClassOf(field)
		if !known {
			return nil, fmt.Errorf("%q is no field that can be sealed", field)
		}
		ids[field] = s.key(c, class, holders)
	}
	return func(b engine.Binding, x engine.Secret) (events.SealedPart, error) {
		id, ready := ids[x.Field]
		if !ready {
			return events.SealedPart{}, fmt.Errorf("seal %s: it was not prepared", x.Field)
		}
		return events.SealedPart{Field: x.Field, Key: id, Data: append(tag(b, x.Field, id, x.Plain), veil(x.Plain)...)}, nil
	}, nil
}

// key names the key of a class for these holders, and notes who they are.
func (s *Sealer) key(c events.Subject, class engine.Class, holders []engine.Holder) string {
	var nodes []events.Place
	for _, h := range holders {
		if slices.Contains(h.Classes, class) {
			nodes = append(nodes, h.Node)
		}
	}
	sum := sha256.Sum256(fmt.Append(nil, "simulated key", s.Node, c, class, nodes))
	id := base64.RawURLEncoding.EncodeToString(sum[:12])
	if s.Keys.cases[c] == nil {
		s.Keys.cases[c] = map[string]*heldKey{}
	}
	s.Keys.cases[c][id] = &heldKey{class, nodes}
	return id
}

// give lets holders have what this node holds of a case.
func (s *Sealer) give(c events.Subject, holders []engine.Holder) {
	for _, k := range s.Keys.cases[c] {
		for _, h := range holders {
			if slices.Contains(k.nodes, s.Node) && slices.Contains(h.Classes, k.class) && !slices.Contains(k.nodes, h.Node) {
				k.nodes = append(k.nodes, h.Node)
			}
		}
	}
}

// Ready implements engine.Sealer: every key is open that there is.
func (s *Sealer) Ready(context.Context, []engine.KeyOf) {}

// Open implements engine.Sealer.
func (s *Sealer) Open(_ context.Context, b engine.Binding, part events.SealedPart) ([]byte, error) {
	s.Keys.mu.Lock()
	defer s.Keys.mu.Unlock()
	why := error(nil)
	switch k := s.Keys.cases[b.Case][part.Key]; {
	case s.Keys.erased[b.Case]:
		why = engine.ErrErased
	case s.locked():
		why = engine.ErrLocked
	case k == nil || !slices.Contains(k.nodes, s.Node):
		why = engine.ErrNoKey
	case len(part.Data) < sha256.Size:
		why = engine.ErrTampered
	default:
		plain := veil(part.Data[sha256.Size:])
		if bytes.Equal(tag(b, part.Field, part.Key, plain), part.Data[:sha256.Size]) {
			return plain, nil
		}
		why = engine.ErrTampered
	}
	return nil, fmt.Errorf("open %s of event %s: %w", part.Field, b.ID, why)
}

// Mark implements engine.Sealer.
func (s *Sealer) Mark(digest events.Hash) (events.Hash, error) {
	if s.locked() {
		return events.Hash{}, engine.ErrLocked
	}
	return sha256.Sum256(append([]byte(s.Node), digest[:]...)), nil
}

func (s *Sealer) locked() bool { return s.Locked != nil && s.Locked() }

// tag stands for what authenticates a field.
func tag(b engine.Binding, field, key string, plain []byte) []byte {
	sum := sha256.Sum256(append([]byte(strings.Join([]string{b.Case.String(), string(b.Office), string(b.ID), string(b.Type), field, key, ""}, "\n")), plain...))
	return sum[:]
}

// veil turns plain text into what nobody takes for it, and back.
func veil(text []byte) []byte {
	out := make([]byte, len(text))
	for i, c := range text {
		out[i] = ^c
	}
	return out
}
