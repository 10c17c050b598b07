package keys

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// goldenKey is a sealing key that is the same for ever.
func goldenKey(t testing.TB) *SealingKey {
	private, err := wrapKEM.DeriveKeyPair(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	k, err := newSealingKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func goldenSecret(t testing.TB, class engine.Class, fill byte) key {
	s := new(secret)
	copy(s[:], bytes.Repeat([]byte{fill}, caseKeySize))
	return key{nameOf(child, class, s), s}
}

// TestGoldenWraps: wraps that were written once are read and opened for ever,
// and written as the same bytes.
func TestGoldenWraps(t *testing.T) {
	keys := []key{goldenSecret(t, engine.ClassFacts, 1), goldenSecret(t, engine.ClassAdult, 2)}
	k := goldenKey(t)
	made := []string{SealKeyID(k.SealKey())}
	for _, name := range []string{"sent", "own"} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			want, err := os.ReadFile(filepath.Join("testdata", "wrap."+name+".hex"))
			is.NoErr(err)
			raw, err := hex.DecodeString(strings.TrimSpace(string(want)))
			is.NoErr(err)
			w, err := DecodeWrap(raw)
			is.NoErr(err)
			is.Equal([]any{w.Case, w.Holder, w.To, w.For, w.Keys, w.Made}, []any{child, district, made[0], made, names(keys), name == "own"})
			is.True(bytes.Equal(w.Encode(), raw))
			got, err := w.open(k)
			is.NoErr(err)
			for i := range keys {
				is.Equal(*got[i].secret, *keys[i].secret)
			}
		})
	}
}

// TestWrapForm: what is no wrap of this program is not read.
func TestWrapForm(t *testing.T) {
	k := goldenKey(t)
	good, err := newWrap(child, district, k.SealKey(), []string{k.id}, []key{goldenSecret(t, engine.ClassFacts, 1)})
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*Wrap)) []byte {
		w := good
		change(&w)
		return w.Encode()
	}
	raw := good.Encode()
	for name, bad := range map[string][]byte{
		"nothing":              nil,
		"its beginning":        raw[:len(raw)/2],
		"a byte more":          append(bytes.Clone(raw), 0),
		"another version":      append([]byte{2}, raw[1:]...),
		"another kind":         append([]byte{1, 2}, raw[2:]...),
		"a longer number":      append(append([]byte{1, 0}, raw[2]|0x80, 0), raw[3:]...),
		"no keys":              changed(func(w *Wrap) { w.Keys = nil }),
		"too many keys":        changed(func(w *Wrap) { w.Keys = append(w.Keys, make([]Name, wrapKeysMax)...) }),
		"no class":             changed(func(w *Wrap) { w.Keys = []Name{{"adult.2", w.Keys[0].ID}} }),
		"an unsorted list":     changed(func(w *Wrap) { w.For = []string{"zrfEo7mpkMaWpDDh", "AAAAAAAAAAAAAAAA"} }),
		"a place of elsewhere": changed(func(w *Wrap) { w.Holder = "RW.58" }),
		"no place":             changed(func(w *Wrap) { w.Holder = "57" }),
		"no case":              changed(func(w *Wrap) { w.Case = events.NodeSubject(district) }),
		"too much":             changed(func(w *Wrap) { w.Data = make([]byte, wrapDataMax+1) }),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := DecodeWrap(bad)
			is.True(err != nil)
		})
	}
}

// FuzzDecodeWrap: the decoder takes nothing that it would not write itself, and
// a holder opens none that it was not sent.
func FuzzDecodeWrap(f *testing.F) {
	k := goldenKey(f)
	for _, name := range []string{"sent", "own"} {
		text, err := os.ReadFile(filepath.Join("testdata", "wrap."+name+".hex"))
		if err != nil {
			f.Fatal(err)
		}
		raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add(raw[:len(raw)-1])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		w, err := DecodeWrap(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(w.Encode(), raw) {
			t.Fatalf("%x is written as %x", raw, w.Encode())
		}
		keys, err := w.open(k)
		for _, opened := range keys {
			if !opened.fits(w.Case, opened.secret) || err != nil {
				t.Fatalf("key %s is not what it is named: %v", opened.ID, err)
			}
		}
	})
}
