package keys

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"umuryango/engine"
	"umuryango/events"
)

const (
	nation   events.Place = "RW"
	district events.Place = "RW.57"
	sector   events.Place = "RW.57.12"
	village  events.Place = "RW.57.12.05.03"
)

var child = events.Subject{Place: village, Kind: events.KindCase, ID: "01989b6a-0000-7000-8000-000000000001"}

// binding is of one event of the child's case.
func binding(office events.Place) engine.Binding {
	return engine.Binding{Case: child, Office: office, ID: "01989b6a-0000-7000-8000-0000000000aa", Type: events.TypeAssessed}
}

// shelf is a node's wraps in memory.
type shelf struct {
	node  events.Place
	own   []engine.Wrap
	away  []engine.Wrap
	given []engine.Given
	fails error
	reads atomic.Int64 // how often a case was read
}

func (s *shelf) Put(_ context.Context, wraps []engine.Wrap) error {
	for _, w := range wraps {
		if err := errors.Join(s.fails, w.Check()); err != nil {
			return err
		}
	}
	for _, w := range wraps {
		for _, k := range w.Keys {
			s.given = append(s.given, engine.Given{Key: k.ID, HolderKey: w.HolderKey})
		}
		if w.Holder == s.node {
			s.own = append(s.own, w)
		} else {
			s.away = append(s.away, w)
		}
	}
	return nil
}

func (s *shelf) Own(_ context.Context, c events.Subject) ([]engine.Wrap, error) {
	s.reads.Add(1)
	return slices.DeleteFunc(slices.Clone(s.own), func(w engine.Wrap) bool { return w.Case != c }), nil
}

func (s *shelf) Given(context.Context, events.Subject) ([]engine.Given, error) { return s.given, nil }

// vault is a sealing key that can be locked.
type vault struct {
	*SealingKey
	locked bool
}

func (v *vault) Locked() bool { return v.locked }

func (v *vault) Unwrap(to string, info, sealed []byte) ([]byte, error) {
	if v.locked {
		return nil, engine.ErrLocked
	}
	return v.SealingKey.Unwrap(to, info, sealed)
}

func (v *vault) OwnKey(to string) ([]byte, error) {
	if v.locked {
		return nil, engine.ErrLocked
	}
	return v.SealingKey.OwnKey(to)
}

// machine is a node's sealer with what lies around it.
type machine struct {
	*Sealer
	shelf  *shelf
	vault  *vault
	linked bool
	erased map[string]bool // by key id, "" for the case
}

func newMachine(t testing.TB, place events.Place) *machine {
	t.Helper()
	k, err := NewSealingKey()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{shelf: &shelf{node: place}, vault: &vault{SealingKey: k}, linked: true, erased: map[string]bool{}}
	m.Sealer = &Sealer{
		Node: place, Opener: m.vault, Store: m.shelf, Linked: func() bool { return m.linked },
		Erased: func(_ events.Subject, id string) bool { return m.erased[""] || m.erased[id] },
	}
	return m
}

var ofPath = []engine.Class{engine.ClassIdentity, engine.ClassNarrative, engine.ClassFacts, engine.ClassAdult}

func (m *machine) holder(classes ...engine.Class) engine.Holder {
	return engine.Holder{Node: m.Node, Key: m.vault.SealKey(), Classes: classes}
}

// path are nodes that may hold what belongs to a case's path.
func path(machines ...*machine) []engine.Holder {
	var out []engine.Holder
	for _, m := range machines {
		out = append(out, m.holder(ofPath...))
	}
	return out
}

// seal prepares and seals one field in m's event.
func (m *machine) seal(t testing.TB, holders []engine.Holder, field, text string) events.SealedPart {
	t.Helper()
	seal, err := m.Prepare(t.Context(), child, holders, []string{field})
	if err != nil {
		t.Fatal(err)
	}
	part, err := seal(binding(m.Node), engine.Secret{Field: field, Plain: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return part
}

// deliver brings every wrap that is on its way to its holder.
func deliver(machines ...*machine) {
	at := map[events.Place]*machine{}
	for _, m := range machines {
		at[m.Node] = m
	}
	for _, m := range machines {
		for _, w := range m.shelf.away {
			if to := at[w.Holder]; to != nil && !to.has(w) {
				to.shelf.own = append(to.shelf.own, w)
			}
		}
	}
}

func (m *machine) has(w engine.Wrap) bool {
	return slices.ContainsFunc(m.shelf.own, func(o engine.Wrap) bool { return slices.Equal(o.Data, w.Data) })
}

// reads opens a part that author wrote.
func (m *machine) reads(author events.Place, part events.SealedPart) (string, error) {
	plain, err := m.Open(context.Background(), binding(author), part)
	return string(plain), err
}

// why names the sentinel behind an error.
func why(err error) error {
	for _, e := range []error{engine.ErrNoKey, engine.ErrErased, engine.ErrLocked, engine.ErrNotLinked, engine.ErrTampered} {
		if errors.Is(err, e) {
			return e
		}
	}
	return err
}

func ids(wraps []engine.Wrap) []string {
	out := map[string]bool{}
	for _, w := range wraps {
		for _, n := range w.Keys {
			out[n.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(out))
}
