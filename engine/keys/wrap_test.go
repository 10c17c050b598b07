package keys

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
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

func goldenContents(k *SealingKey) contents {
	out := contents{made: []string{k.id}}
	for i, class := range []engine.Class{engine.ClassFacts, engine.ClassIdentity} {
		s := new(secret)
		copy(s[:], bytes.Repeat([]byte{byte(i + 1)}, caseKeySize))
		out.keys = append(out.keys, key{nameOf(child, class, s), s})
	}
	return out
}

// TestGoldenWraps: wraps that were sealed once open for ever. Sealing them
// again gives other bytes, so these files were made once and stay.
func TestGoldenWraps(t *testing.T) {
	k := goldenKey(t)
	want := goldenContents(k)
	for name, by := range map[string]events.Place{"sent": village, "own": district} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			sealed := readHex(t, "wrap."+name+".hex")
			w := engine.Wrap{Case: child, Holder: district, HolderKey: k.id, By: by, Data: sealed}
			for _, k := range want.keys {
				w.Keys = append(w.Keys, k.CaseKey)
			}
			is.NoErr(w.Check())
			got, err := unwrap(w, k)
			is.NoErr(err)
			is.Equal(got.made, want.made)
			for i := range want.keys {
				is.Equal(*got.keys[i].secret, *want.keys[i].secret)
			}
		})
	}
	t.Run("contents", func(t *testing.T) {
		is := is.New(t)
		is.True(bytes.Equal(want.encode(), readHex(t, "contents.hex")))
	})
}

// TestGoldenField: a field that was sealed once opens for ever.
func TestGoldenField(t *testing.T) {
	is := is.New(t)
	s := new(secret)
	copy(s[:], bytes.Repeat([]byte{1}, caseKeySize))
	part := events.SealedPart{Field: "facts", Data: readHex(t, "field.hex")}
	plain, err := openField(s, binding(village), part)
	is.NoErr(err)
	is.Equal(string(plain), told)
}

func readHex(t testing.TB, name string) []byte {
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// FuzzContents: what opens is read only where it is exactly the keys that were
// named, and is then written as the same bytes.
func FuzzContents(f *testing.F) {
	k := goldenKey(f)
	good := goldenContents(k)
	names := []engine.CaseKey{good.keys[0].CaseKey, good.keys[1].CaseKey}
	f.Add(good.encode())
	f.Add(good.encode()[1:])
	f.Add([]byte{madeMax + 1})
	f.Add(bytes.Repeat([]byte{0}, 1+2*caseKeySize))
	f.Fuzz(func(t *testing.T, plain []byte) {
		got, err := decodeContents(child, names, plain)
		if err != nil {
			return
		}
		if !bytes.Equal(got.encode(), plain) {
			t.Fatalf("%x is written as %x", plain, got.encode())
		}
		for _, k := range got.keys {
			if !k.fits(child) || !slices.Contains(names, k.CaseKey) {
				t.Fatalf("key %s is not the one that was named", k.ID)
			}
		}
	})
}
