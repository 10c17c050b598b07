package integration

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"
	"golang.org/x/crypto/argon2"

	"umuryango/engine/node"
)

// openVault reads a vault.json by its documented form alone, as whoever has the
// passphrase and no program could.
func openVault(t *testing.T, dir string, passphrase []byte) (sign []byte, seals [][]byte) {
	t.Helper()
	is := is.New(t)
	raw, err := os.ReadFile(filepath.Join(dir, "vault.json"))
	is.NoErr(err)
	var v struct {
		Form      string
		Sign      []byte `json:"sign_key"`
		Time      uint32
		MemoryKiB uint32 `json:"memory_kib"`
		Threads   uint8
		Salt      []byte
		Nonce     []byte
		Sealed    []byte
	}
	is.NoErr(json.Unmarshal(raw, &v))
	var public struct{ Place string }
	raw, err = os.ReadFile(filepath.Join(dir, "node.json"))
	is.NoErr(err)
	is.NoErr(json.Unmarshal(raw, &public))
	block, err := aes.NewCipher(argon2.IDKey(passphrase, v.Salt, v.Time, v.MemoryKiB, v.Threads, 32))
	is.NoErr(err)
	aead, err := cipher.NewGCM(block)
	is.NoErr(err)
	text, err := aead.Open(nil, v.Nonce, v.Sealed, append([]byte(v.Form+"\x00"+public.Place+"\x00"), v.Sign...))
	is.NoErr(err)
	var in struct {
		Sign  []byte
		Seals [][]byte
	}
	is.NoErr(json.Unmarshal(text, &in))
	is.True(bytes.Equal(ed25519.NewKeyFromSeed(in.Sign).Public().(ed25519.PublicKey), v.Sign))
	return in.Sign, in.Seals
}

// spellings are the ways in which a secret could stand in a file: as it is, in
// hexadecimal digits, and in base64 wherever it begins in what was encoded.
func spellings(secret []byte) [][]byte {
	out := [][]byte{secret, []byte(hex.EncodeToString(secret)), bytes.ToUpper([]byte(hex.EncodeToString(secret)))}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for before := range 3 {
			text := enc.EncodeToString(append(make([]byte, before), secret...))
			out = append(out, []byte(text[4:len(text)-4])) // the first and last signs hold bits of its neighbours
		}
	}
	return out
}

// filesWith names the files under dir in which a secret stands.
func filesWith(t *testing.T, dir string, secret []byte) (found []string, searched int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		searched++
		for _, s := range spellings(secret) {
			if bytes.Contains(raw, s) {
				found = append(found, filepath.Base(path))
				break
			}
		}
		return err
	})
	is.New(t).NoErr(err)
	return found, searched
}

// TestNoStoreHoldsAPrivateKey: after a node was made, joined, worked, was locked
// and unlocked, got another passphrase and other keys and was started again, neither its
// private keys nor a passphrase stand in any file of its folder.
func TestNoStoreHoldsAPrivateKey(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict)
	district := n.at(placeDistrict)
	newer := []byte("a newer passphrase")
	district.raise(placeDistrict, placeDistrict)
	district.Lock()
	is.NoErr(district.Unlock(passphrase))
	is.NoErr(district.ChangePassphrase(passphrase, newer))
	district.locked = true
	district.restart()
	is.NoErr(district.Unlock(newer))
	done := district.raise(placeDistrict, placeDistrict)
	n.at(placeNation).holds(done.Record.Event.ID)
	before, _ := openVault(t, filepath.Join(district.dir, node.DirKeys), newer)
	district.until("linked", district.Linked)
	is.NoErr(district.Rotate(n.ctx, newer, false))
	district.rotated(district.ID.SignKey()[:0])
	n.stop()

	sign, seals := openVault(t, filepath.Join(district.dir, node.DirKeys), newer)
	is.Equal(len(seals), 2) // what was wrapped to the former one still opens
	is.True(!bytes.Equal(sign, before))
	for name, secret := range map[string][]byte{
		"signing key": sign, "former signing key": before, "sealing key": seals[0], "former sealing key": seals[1],
		"passphrase": passphrase, "newer passphrase": newer,
	} {
		found, searched := filesWith(t, n.dir, secret)
		if found != nil {
			t.Errorf("the %s stands in %v", name, found)
		}
		is.True(searched > 20) // keys, streams and what is made of them, of both nodes
	}
	found, _ := filesWith(t, n.dir, []byte(done.Record.Event.Body))
	is.True(len(found) > 1) // the search finds what stands there in clear
}
