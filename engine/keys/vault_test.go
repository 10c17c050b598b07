package keys

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/events"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenDir is a key folder as this release writes it. What lies in it is
// secret to nobody.
const goldenDir = "testdata/folder"

var testPassphrase = []byte("a passphrase for tests")

// TestGoldenFolder: a key folder that was written once is read for ever.
func TestGoldenFolder(t *testing.T) {
	is := is.New(t)
	if *update {
		is.NoErr(os.RemoveAll(goldenDir))
		_, _, err := Create(goldenDir, "RW.57", make(ed25519.PublicKey, ed25519.PublicKeySize), testPassphrase, DefaultCost)
		is.NoErr(err)
	}
	id, err := Load(goldenDir)
	is.NoErr(err)
	is.Equal(id.Place, events.Place("RW.57"))
	is.True(id.Locked())
	is.NoErr(id.Unlock(testPassphrase)) // its keys are those that node.json names

	raw, err := os.ReadFile(filepath.Join(goldenDir, fileVault))
	is.NoErr(err)
	v, err := parseVault(raw)
	is.NoErr(err)
	is.Equal(v.Cost, DefaultCost)
	again, err := json.MarshalIndent(v, "", "  ")
	is.NoErr(err)
	is.Equal(string(again)+"\n", string(raw)) // and is written the same
}

// spellings are the ways in which a secret could stand in a file: as it is, in
// hexadecimal digits, and in base64 wherever it begins in what was encoded.
func spellings(secret []byte) [][]byte {
	out := [][]byte{secret, []byte(hex.EncodeToString(secret)), []byte(strings.ToUpper(hex.EncodeToString(secret)))}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for before := range 3 {
			text := enc.EncodeToString(append(make([]byte, before), secret...))
			// The first and last signs also hold bits of what stands beside it.
			out = append(out, []byte(text[4:len(text)-4]))
		}
	}
	return out
}

// filesWith names the files under dir in which a secret stands in some spelling.
func filesWith(t *testing.T, dir string, secret []byte) []string {
	t.Helper()
	is := is.New(t)
	var out []string
	all, err := os.ReadDir(dir)
	is.NoErr(err)
	is.True(len(all) > 0)
	for _, f := range all {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		is.NoErr(err)
		for _, s := range spellings(secret) {
			if bytes.Contains(raw, s) {
				out = append(out, f.Name())
				break
			}
		}
	}
	return out
}

// TestNoKeyStandsInClear: neither the signing nor the sealing key stands in any
// file of the folder, also after the passphrase was changed.
func TestNoKeyStandsInClear(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	id, _, err := Create(dir, "RW.57", make(ed25519.PublicKey, ed25519.PublicKeySize), testPassphrase, CheapCost)
	is.NoErr(err)
	is.NoErr(id.ChangePassphrase(testPassphrase, []byte("a newer passphrase"), CheapCost))
	seal, err := id.open.seals[0].Bytes()
	is.NoErr(err)
	for name, secret := range map[string][]byte{"signing key": id.open.sign.Seed(), "sealing key": seal, "passphrase": testPassphrase, "newer passphrase": []byte("a newer passphrase")} {
		if found := filesWith(t, dir, secret); found != nil {
			t.Errorf("the %s stands in %v", name, found)
		}
	}
	is.Equal(filesWith(t, dir, id.link.Seed()), []string{fileLink}) // the search finds the one that is outside
	for _, s := range spellings(seal) {
		planted := filepath.Join(dir, "planted")
		is.NoErr(os.WriteFile(planted, append([]byte("before"), s...), 0o600))
		is.Equal(filesWith(t, dir, seal), []string{"planted"}) // in every spelling
	}
}

func TestLockWipesTheKeys(t *testing.T) {
	is := is.New(t)
	id, _, err := Create(t.TempDir(), "RW", nil, testPassphrase, CheapCost)
	is.NoErr(err)
	seed, err := id.open.seals[0].private.Bytes()
	is.NoErr(err)
	held := [][]byte{id.open.sign, seed, id.open.seals[0].own}
	for _, h := range held {
		is.True(!bytes.Equal(h, make([]byte, len(h))))
	}
	id.Lock()
	for _, h := range held {
		is.Equal(h, make([]byte, len(h)))
	}
}

// TestAHostileVaultIsNotTried: what a file asks for is checked before any
// memory is taken for it.
func TestAHostileVaultIsNotTried(t *testing.T) {
	good := vaultFile{
		Form: vaultForm, Sign: make(ed25519.PublicKey, ed25519.PublicKeySize), KDF: vaultKDF, Cost: CheapCost,
		Salt: make([]byte, saltSize), Nonce: make([]byte, nonceSize), Sealed: make([]byte, 100),
	}
	write := func(change func(*vaultFile)) []byte {
		v := good
		change(&v)
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	_, err := parseVault(write(func(*vaultFile) {}))
	is.New(t).NoErr(err)
	for name, raw := range map[string][]byte{
		"a terabyte":       write(func(v *vaultFile) { v.MemoryKiB = 1 << 30 }),
		"most memory":      write(func(v *vaultFile) { v.MemoryKiB = 1<<32 - 1 }),
		"too little":       write(func(v *vaultFile) { v.MemoryKiB = 7 }),
		"no time":          write(func(v *vaultFile) { v.Time = 0 }),
		"for ever":         write(func(v *vaultFile) { v.Time = 1<<32 - 1 }),
		"no thread":        write(func(v *vaultFile) { v.Threads = 0 }),
		"many threads":     write(func(v *vaultFile) { v.Threads = 255 }),
		"another form":     write(func(v *vaultFile) { v.Form = "umuryango vault 2" }),
		"another function": write(func(v *vaultFile) { v.KDF = "scrypt" }),
		"half a key":       write(func(v *vaultFile) { v.Sign = v.Sign[:16] }),
		"short salt":       write(func(v *vaultFile) { v.Salt = v.Salt[:8] }),
		"short nonce":      write(func(v *vaultFile) { v.Nonce = v.Nonce[:8] }),
		"nothing sealed":   write(func(v *vaultFile) { v.Sealed = nil }),
		"much sealed":      write(func(v *vaultFile) { v.Sealed = make([]byte, sealedMax+1) }),
		"more behind":      append(write(func(*vaultFile) {}), '{'),
		"unknown member":   []byte(strings.Replace(string(write(func(*vaultFile) {})), "{", `{"more":1,`, 1)),
		"memory as text":   []byte(strings.Replace(string(write(func(*vaultFile) {})), `"memory_kib":64`, `"memory_kib":"64"`, 1)),
		"no JSON":          []byte("vault"),
		"nothing":          nil,
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := parseVault(raw)
			is.True(errors.Is(err, ErrVault))
		})
	}
}

// TestAVaultIsBoundToItsNode: under the same passphrase it opens for its own
// place and key only.
func TestAVaultIsBoundToItsNode(t *testing.T) {
	is := is.New(t)
	s, err := newSecrets()
	is.NoErr(err)
	raw, err := sealVault(s, "RW.57", testPassphrase, CheapCost)
	is.NoErr(err)
	v, err := parseVault(raw)
	is.NoErr(err)
	_, err = v.open("RW.57", testPassphrase)
	is.NoErr(err)
	_, err = v.open("RW.58", testPassphrase)
	is.True(errors.Is(err, ErrPassphrase))
	other, err := newSecrets()
	is.NoErr(err)
	v.Sign = other.sign.Public().(ed25519.PublicKey)
	_, err = v.open("RW.57", testPassphrase)
	is.True(errors.Is(err, ErrPassphrase))
	_, err = sealVault(s, "RW.57", testPassphrase, Cost{Time: 1, MemoryKiB: 1 << 30, Threads: 1})
	is.True(err != nil) // what could not be opened again is not written
}

// TestTwoVaultsDiffer: the same keys under the same passphrase show nothing of
// it, and are whole in both.
func TestTwoVaultsDiffer(t *testing.T) {
	is := is.New(t)
	s, err := newSecrets()
	is.NoErr(err)
	var before vaultFile
	for range 2 {
		raw, err := sealVault(s, "RW", testPassphrase, CheapCost)
		is.NoErr(err)
		v, err := parseVault(raw)
		is.NoErr(err)
		out, err := v.open("RW", testPassphrase)
		is.NoErr(err)
		is.True(out.sign.Equal(s.sign) && bytes.Equal(out.seals[0].SealKey(), s.seals[0].SealKey()) && bytes.Equal(out.seals[0].own, s.seals[0].own))
		is.True(!bytes.Equal(v.Salt, before.Salt) && !bytes.Equal(v.Nonce, before.Nonce) && !bytes.Equal(v.Sealed, before.Sealed))
		before = v
	}
}

func FuzzParseVault(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join(goldenDir, fileVault))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := parseVault(raw)
		if err != nil {
			return
		}
		if v.check() != nil {
			t.Fatalf("a vault out of bounds was taken: %+v", v.Cost)
		}
		if v.Time > 2 || v.MemoryKiB > 1<<10 { // within bounds, and slow
			v.Cost = CheapCost
		}
		if _, err := v.open("RW", testPassphrase); err == nil {
			t.Fatalf("opened: %s", raw)
		}
	})
}
