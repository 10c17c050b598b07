package keys

import (
	"testing"

	"umuryango/engine"
	"umuryango/events"
)

// BenchmarkWrap: what it costs to give one holder the keys of a case, and to
// take them out again; and a wrap that a node keeps of its own keys.
func BenchmarkWrap(b *testing.B) {
	d := newMachine(b, district)
	in := contents{keys: []key{makeKey(child, engine.ClassIdentity), makeKey(child, engine.ClassNarrative), makeKey(child, engine.ClassFacts)}}
	for name, by := range map[string]events.Place{"": village, " own": district} {
		wrap := func() engine.Wrap {
			w, err := wrapper{child, by, d.vault}.wrap(d.holder(), in)
			if err != nil {
				b.Fatal(err)
			}
			return w
		}
		w := wrap()
		b.Run("wrap"+name, func(b *testing.B) {
			for b.Loop() {
				wrap()
			}
			b.ReportMetric(float64(len(w.Data)), "B/wrap")
		})
		b.Run("unwrap"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := unwrap(w, d.vault); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkField: sealing and opening 300 bytes with a key that is at hand.
func BenchmarkField(b *testing.B) {
	k := makeKey(child, engine.ClassNarrative)
	text := make([]byte, 300)
	part, err := sealField(k.secret, k.ID, binding(village), "narrative", text)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			if _, err := sealField(k.secret, k.ID, binding(village), "narrative", text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := openField(k.secret, binding(village), part); err != nil {
				b.Fatal(err)
			}
		}
	})
}
