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
			_, err := v.Open(t.Context(), b, p)
			is.Equal(why(err), engine.ErrTampered)
		})
	}
	is := is.New(t)
	moved := binding(village)
	moved.Case.ID = "01989b6a-0000-7000-8000-000000000002"
	_, err := v.Open(t.Context(), moved, part)
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
	w := wrapper{child, village, nil}
	mine := makeKey(child, engine.ClassFacts)
	mine.ID = part.Key
	bogus, err := w.wrap(d.holder(), contents{keys: []key{mine}})
	is.NoErr(err)
	d.shelf.own = []engine.Wrap{bogus}
	_, err = unwrap(bogus, d.vault)
	is.True(err != nil)
	_, err = d.reads(village, part)
	is.Equal(why(err), engine.ErrNoKey)
	deliver(v, s, d)
	text, err := d.reads(village, part)
	is.NoErr(err)
	is.Equal(text, told)

	// A key of their own under its own name: it is good, and known to them.
	theirs := makeKey(child, engine.ClassFacts)
	offered, err := w.wrap(d.holder(), contents{keys: []key{theirs}})
	is.NoErr(err)
	claimed := offered
	claimed.By = district
	d.shelf.own = append(d.shelf.own, offered, claimed)
	_, err = d.find(t.Context(), child, theirs.ID, d.Store.Own)
	is.NoErr(err) // it could be read with
	_, err = unwrap(claimed, d.vault)
	is.True(err != nil)
	for range 2 {
		used := d.seal(t, path(v, s, d), "facts", told).Key
		is.True(used != theirs.ID)
		is.True(used != part.Key)
	}
}

// TestWrapBound: a wrap says nothing of itself that can be changed, and opens
// for its holder alone.
func TestWrapBound(t *testing.T) {
	s, d := newMachine(t, sector), newMachine(t, district)
	in := contents{[]string{engine.SealKeyID(s.vault.SealKey())}, []key{makeKey(child, engine.ClassFacts), makeKey(child, engine.ClassIdentity)}}
	for kind, by := range map[string]events.Place{"sent": village, "own": district} {
		w, err := wrapper{child, by, d.vault}.wrap(d.holder(), in)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*engine.Wrap){
			"case":       func(w *engine.Wrap) { w.Case.ID = "01989b6a-0000-7000-8000-000000000002" },
			"holder":     func(w *engine.Wrap) { w.Holder = sector },
			"key":        func(w *engine.Wrap) { w.HolderKey = engine.SealKeyID(s.vault.SealKey()) },
			"class":      func(w *engine.Wrap) { w.Keys[0].Class = engine.ClassNarrative },
			"a name":     func(w *engine.Wrap) { w.Keys[0].ID = w.Keys[1].ID },
			"the order":  func(w *engine.Wrap) { slices.Reverse(w.Keys) },
			"fewer keys": func(w *engine.Wrap) { w.Keys = w.Keys[:1] },
			"a claim":    func(w *engine.Wrap) { w.By = map[bool]events.Place{true: village, false: district}[isOwn(*w)] },
			"a bit":      func(w *engine.Wrap) { w.Data[len(w.Data)-1] ^= 1 },
			"its end":    func(w *engine.Wrap) { w.Data = w.Data[:8] },
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				is := is.New(t)
				changed := w
				changed.Keys, changed.Data = slices.Clone(w.Keys), slices.Clone(w.Data)
				change(&changed)
				_, err := unwrap(changed, d.vault)
				is.True(err != nil)
			})
		}
		is := is.New(t)
		got, err := unwrap(w, d.vault)
		is.NoErr(err)
		is.Equal(got.made, in.made)
		for i, k := range got.keys {
			is.Equal(*k.secret, *in.keys[i].secret)
		}
		_, err = unwrap(w, s.vault)
		is.True(err != nil) // another node
	}
}

// TestNames: a key's name is of one class of one case.
func TestNames(t *testing.T) {
	is := is.New(t)
	k := makeKey(child, engine.ClassFacts)
	is.True(k.fits(child))
	other := child
	other.ID = "01989b6a-0000-7000-8000-000000000002"
	is.True(!k.fits(other))
	is.True(!key{engine.CaseKey{ID: k.ID, Class: engine.ClassIdentity}, k.secret}.fits(child))
	is.True(!key{k.CaseKey, newSecret()}.fits(child))
	is.Equal(nameOf(child, engine.ClassFacts, &secret{}).ID, "gV8HFDuGGCnPRx6g") // for ever
}
