package keys

import (
	"testing"

	"umuryango/engine"
)

// BenchmarkWrap: what it costs to give one holder the keys of a case, and to
// take them out again; and a wrap that a node keeps of its own keys.
func BenchmarkWrap(b *testing.B) {
	d := newMachine(b, district)
	keys := []key{makeKey(child, engine.ClassIdentity), makeKey(child, engine.ClassNarrative), makeKey(child, engine.ClassFacts)}
	sent, err := newWrap(child, district, d.vault.SealKey(), nil, keys)
	if err != nil {
		b.Fatal(err)
	}
	own, err := newOwnWrap(child, district, d.vault, nil, keys)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("wrap", func(b *testing.B) {
		for b.Loop() {
			if _, err := newWrap(child, district, d.vault.SealKey(), nil, keys); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(sent.Encode())), "B/wrap")
	})
	for name, w := range map[string]Wrap{"unwrap": sent, "unwrap own": own} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := w.open(d.vault); err != nil {
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
