package keys

import (
	"slices"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// TestMoved: a sealed field that is moved to another event, field, author, type
// or case, or changed, does not open.
func TestMoved(t *testing.T) {
	v := newMachine(t, village)
	part := v.seal(t, path(v), "facts", told)
	for name, change := range map[string]func(*engine.Binding, *events.SealedPart){
		"event":       func(b *engine.Binding, _ *events.SealedPart) { b.ID = "01989b6a-0000-7000-8000-0000000000ab" },
		"author":      func(b *engine.Binding, _ *events.SealedPart) { b.Office = sector },
		"type":        func(b *engine.Binding, _ *events.SealedPart) { b.Type = events.TypeContributed },
		"field":       func(_ *engine.Binding, p *events.SealedPart) { p.Field = "narrative" },
		"other field": func(_ *engine.Binding, p *events.SealedPart) { p.Field = "adult.2" },
		"no field":    func(_ *engine.Binding, p *events.SealedPart) { p.Field = "facts.2" },
		"a bit":       func(_ *engine.Binding, p *events.SealedPart) { p.Data[len(p.Data)-1] ^= 1 },
		"its nonce":   func(_ *engine.Binding, p *events.SealedPart) { p.Data[0] ^= 1 },
		"its end":     func(_ *engine.Binding, p *events.SealedPart) { p.Data = p.Data[:len(p.Data)-1] },
		"all of it":   func(_ *engine.Binding, p *events.SealedPart) { p.Data = nil },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			b, p := binding(village), part
			p.Data = slices.Clone(p.Data)
			change(&b, &p)
			_, err := v.Open(b, p)
			is.Equal(why(err), engine.ErrTampered)
		})
	}
	is := is.New(t)
	moved := binding(village)
	moved.Case.ID = "01989b6a-0000-7000-8000-000000000002"
	_, err := v.Open(moved, part)
	is.Equal(why(err), engine.ErrNoKey) // another case has no key of this name
	for _, k := range v.open.keys {
		_, err = openField(k.secret, moved, part)
		is.Equal(why(err), engine.ErrTampered) // nor would it help
	}
}

// TestBogusWrap: a wrap that was made up on the way does not open, keeps no good
// one from being used, and its keys are never written with.
func TestBogusWrap(t *testing.T) {
	is := is.New(t)
	v, s, d := newMachine(t, village), newMachine(t, sector), newMachine(t, district)
	part := v.seal(t, path(v, s, d), "facts", told)

	// Somebody's own key under the name that stands in the signed event.
	mine := makeKey(child, engine.ClassFacts)
	mine.ID = part.Key
	bogus, err := newWrap(child, district, d.vault.SealKey(), nil, []key{mine})
	is.NoErr(err)
	d.shelf.own = []Wrap{bogus}
	_, err = bogus.open(d.vault)
	is.True(err != nil)
	_, err = d.reads(village, part)
	is.Equal(why(err), engine.ErrNoKey)
	deliver(v, s, d)
	text, err := d.reads(village, part)
	is.NoErr(err)
	is.Equal(text, told)

	// A key of their own under its own name: it is good, and known to them.
	theirs := makeKey(child, engine.ClassFacts)
	offered, err := newWrap(child, district, d.vault.SealKey(), nil, []key{theirs})
	is.NoErr(err)
	claimed := offered
	claimed.Made = true
	d.shelf.own = append(d.shelf.own, offered, claimed)
	_, err = d.find(child, theirs.ID)
	is.NoErr(err) // it could be read with
	is.True(d.seal(t, path(v, s, d), "facts", told).Key != theirs.ID)
	is.True(d.seal(t, path(v, s, d), "facts", told).Key != part.Key)
}

// TestWrapBound: a wrap says nothing of itself that can be changed, and opens
// for its holder alone.
func TestWrapBound(t *testing.T) {
	s, d := newMachine(t, sector), newMachine(t, district)
	keys := []key{makeKey(child, engine.ClassFacts), makeKey(child, engine.ClassIdentity)}
	sent, err := newWrap(child, district, d.vault.SealKey(), []string{SealKeyID(s.vault.SealKey())}, keys)
	if err != nil {
		t.Fatal(err)
	}
	own, err := newOwnWrap(child, district, d.vault, sent.For, keys)
	if err != nil {
		t.Fatal(err)
	}
	for kind, w := range map[string]Wrap{"sent": sent, "own": own} {
		for name, change := range map[string]func(*Wrap){
			"case":       func(w *Wrap) { w.Case.ID = "01989b6a-0000-7000-8000-000000000002" },
			"holder":     func(w *Wrap) { w.Holder = sector },
			"key":        func(w *Wrap) { w.To = SealKeyID(s.vault.SealKey()) },
			"for whom":   func(w *Wrap) { w.For = nil },
			"class":      func(w *Wrap) { w.Keys[0].Class = engine.ClassNarrative },
			"a name":     func(w *Wrap) { w.Keys[0].ID = w.Keys[1].ID },
			"the order":  func(w *Wrap) { slices.Reverse(w.Keys) },
			"fewer keys": func(w *Wrap) { w.Keys = w.Keys[:1] },
			"a claim":    func(w *Wrap) { w.Made = !w.Made },
			"a bit":      func(w *Wrap) { w.Data[len(w.Data)-1] ^= 1 },
			"its end":    func(w *Wrap) { w.Data = w.Data[:8] },
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				is := is.New(t)
				changed := w
				changed.Keys, changed.Data = slices.Clone(w.Keys), slices.Clone(w.Data)
				change(&changed)
				_, err := changed.open(d.vault)
				is.True(err != nil)
			})
		}
		is := is.New(t)
		got, err := w.open(d.vault)
		is.NoErr(err)
		for i, k := range got {
			is.Equal(*k.secret, *keys[i].secret)
		}
		_, err = w.open(s.vault)
		is.True(err != nil) // another node
	}
}

// TestNames: a key's name is of one class of one case.
func TestNames(t *testing.T) {
	is := is.New(t)
	k := makeKey(child, engine.ClassFacts)
	is.True(k.fits(child, k.secret))
	other := child
	other.ID = "01989b6a-0000-7000-8000-000000000002"
	is.True(!k.fits(other, k.secret))
	is.True(!Name{engine.ClassIdentity, k.ID}.fits(child, k.secret))
	is.True(!k.fits(child, newSecret()))
	is.Equal(nameOf(child, engine.ClassFacts, &secret{}).ID, "gV8HFDuGGCnPRx6g") // for ever
}
