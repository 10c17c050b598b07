package keys

import (
	"testing"

	"github.com/matryer/is"
)

// meanwhile is a vault beside which something happens while a wrap is opened.
type meanwhile struct {
	*vault
	happens func()
}

func (m meanwhile) Unwrap(to string, info, sealed []byte) ([]byte, error) {
	defer m.happens()
	return m.vault.Unwrap(to, info, sealed)
}

func (m meanwhile) OwnKey(to string) ([]byte, error) {
	defer m.happens()
	return m.vault.OwnKey(to)
}

// TestNothingStaysOpenThatWasClosedMeanwhile: a page that is made just when the
// node is locked, or its case erased, leaves no key in memory.
func TestNothingStaysOpenThatWasClosedMeanwhile(t *testing.T) {
	for name, happens := range map[string]func(m *machine, id string) func(){
		"nothing": func(*machine, string) func() { return func() {} },
		"locked":  func(m *machine, _ string) func() { return func() { m.vault.locked = true; m.Lock() } },
		"erased": func(m *machine, id string) func() {
			return func() { m.erased[id] = true; m.Forget(child, id) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			m := newMachine(t, village)
			part := m.seal(t, path(m), "identity", "a name")
			m.Lock() // it is opened from its wrap
			m.Opener = meanwhile{m.vault, happens(m, part.Key)}
			_, err := m.Open(t.Context(), binding(village), part)
			is.NoErr(err) // it was asked for before
			_, open := m.open.get(child, part.Key)
			is.Equal(open, name == "nothing")
		})
	}
}
