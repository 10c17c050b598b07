package keys_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/keys"
)

// loaded makes a node and reads it back, locked.
func loaded(t testing.TB) (*keys.Identity, string) {
	t.Helper()
	is := is.New(t)
	dir := t.TempDir()
	_, _, err := create(dir, "RW", nil)
	is.NoErr(err)
	id, err := keys.Load(dir)
	is.NoErr(err)
	return id, dir
}

// TestALockedNodeSignsAndOpensNothing, and links up all the same.
func TestALockedNodeSignsAndOpensNothing(t *testing.T) {
	is := is.New(t)
	id, _ := loaded(t)
	to, info, secret := engine.SealKeyID(id.SealKey()), []byte("a case"), []byte("its key")
	sealed := sealTo(t, id.SealKey(), info, secret)
	locked := func() {
		is.Helper()
		is.True(id.Locked())
		sig, err := id.Sign([]byte("umuryango"))
		is.True(errors.Is(err, engine.ErrLocked) && sig == nil)
		plain, err := id.Unwrap(to, info, sealed)
		is.True(errors.Is(err, engine.ErrLocked) && plain == nil)
		own, err := id.OwnKey(to)
		is.True(errors.Is(err, engine.ErrLocked) && own == nil)
		_, err = id.ServerTLS(func() []byte { return nil }).GetCertificate(&tls.ClientHelloInfo{}) // the link's key is not under the passphrase
		is.NoErr(err)
	}
	locked() // as it is read
	is.NoErr(id.Unlock(passphrase))
	is.True(!id.Locked())
	sig, err := id.Sign([]byte("umuryango"))
	is.NoErr(err)
	is.True(ed25519.Verify(id.SignKey(), []byte("umuryango"), sig))
	plain, err := id.Unwrap(to, info, sealed)
	is.NoErr(err)
	is.Equal(plain, secret)
	own, err := id.OwnKey(to)
	is.NoErr(err)
	before := bytes.Clone(own)
	id.Lock()
	locked()              // and again
	is.Equal(own, before) // what is in use is not wiped from under its user
	is.NoErr(id.Unlock(passphrase))
	after, err := id.OwnKey(to)
	is.NoErr(err)
	is.Equal(after, before) // and the same after every start
}

func TestOnlyThePassphraseOpens(t *testing.T) {
	id, _ := loaded(t)
	for name, wrong := range map[string][]byte{
		"another": []byte("another passphrase"), "none": nil, "shorter": passphrase[:len(passphrase)-1],
		"in capitals": bytes.ToUpper(passphrase), "with a line's end": append(bytes.Clone(passphrase), '\n'),
		"longer than any": bytes.Repeat([]byte("x"), 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			is.True(errors.Is(id.Unlock(wrong), keys.ErrPassphrase))
			is.True(id.Locked())
		})
	}
	is := is.New(t)
	is.NoErr(id.Unlock(passphrase)) // however often it was mistyped
	is.True(errors.Is(id.Unlock([]byte("another passphrase")), keys.ErrPassphrase))
	is.True(!id.Locked()) // a mistake locks nothing
}

func TestAShortPassphraseMakesNoNode(t *testing.T) {
	for _, tt := range []struct {
		passphrase string
		taken      bool
	}{
		{"", false}, {"1234567", false}, {"12345678", true},
		{"ééééééé", false}, {"éééééééé", true}, // characters count, not bytes
		{string(bytes.Repeat([]byte("x"), keys.PassphraseMax+1)), false},
	} {
		is := is.New(t)
		dir := t.TempDir()
		_, _, err := keys.Create(dir, "RW", nil, []byte(tt.passphrase), keys.CheapCost)
		var invalid *engine.Invalid
		is.Equal(errors.As(err, &invalid), !tt.taken)
		made, readErr := os.ReadDir(dir)
		is.NoErr(readErr)
		is.Equal(len(made) > 0, tt.taken) // nothing is left behind
	}
}

func TestPassphraseIsChanged(t *testing.T) {
	is := is.New(t)
	id, dir := loaded(t)
	file := filepath.Join(dir, "vault.json")
	before, err := os.ReadFile(file)
	is.NoErr(err)
	newer := []byte("a newer passphrase")

	var invalid *engine.Invalid
	is.True(errors.As(id.ChangePassphrase(passphrase, []byte("short"), keys.CheapCost), &invalid))
	is.True(errors.Is(id.ChangePassphrase(newer, newer, keys.CheapCost), keys.ErrPassphrase))
	same, err := os.ReadFile(file)
	is.NoErr(err)
	is.Equal(same, before) // what fails changes nothing

	is.NoErr(id.ChangePassphrase(passphrase, newer, keys.CheapCost))
	is.True(id.Locked()) // it unlocks nothing
	is.True(errors.Is(id.Unlock(passphrase), keys.ErrPassphrase))
	is.NoErr(id.Unlock(newer))
	again, err := keys.Load(dir)
	is.NoErr(err)
	is.NoErr(again.Unlock(newer)) // also after a start
	is.Equal(again.Key(), id.Key())
	left, err := filepath.Glob(filepath.Join(dir, "*.new"))
	is.NoErr(err)
	is.Equal(left, nil)
}

// TestKeysInClearAreRefused: the form of folder that the walk began with.
func TestKeysInClearAreRefused(t *testing.T) {
	is := is.New(t)
	_, dir := loaded(t)
	clear, err := os.ReadFile(filepath.Join(dir, "link.key"))
	is.NoErr(err)
	is.NoErr(os.WriteFile(filepath.Join(dir, "sign.key"), clear, 0o600))
	_, err = keys.Load(dir)
	is.True(errors.Is(err, keys.ErrFormer))
}

// TestNextKeysUnlockNothing: a node that was locked while it rotated stays
// locked, under the same passphrase.
func TestNextKeysUnlockNothing(t *testing.T) {
	is := is.New(t)
	id, _ := loaded(t)
	next, err := id.Next(passphrase, keys.CheapCost)
	is.NoErr(err)
	is.NoErr(id.Take(next))
	is.True(id.Locked())
	is.NoErr(id.Unlock(passphrase))
}

// TestLockingWhileOthersSign: a signature is whole or there is none.
func TestLockingWhileOthersSign(t *testing.T) {
	is := is.New(t)
	id, _ := loaded(t)
	message := []byte("umuryango")
	var work sync.WaitGroup
	signed, refused := make([]int, 4), make([]int, 4)
	for i := range signed {
		work.Go(func() {
			for signed[i] < 5 || refused[i] == 0 {
				sig, err := id.Sign(message)
				switch {
				case errors.Is(err, engine.ErrLocked):
					refused[i]++
				case err != nil || !ed25519.Verify(id.SignKey(), message, sig):
					t.Errorf("a broken signature: %v", err)
					return
				default:
					signed[i]++
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()
	for {
		is.NoErr(id.Unlock(passphrase))
		id.Lock()
		select {
		case <-done:
			return
		default:
		}
	}
}

// sealTo seals as a wrap is sealed.
func sealTo(t testing.TB, public, info, plain []byte) []byte {
	t.Helper()
	is := is.New(t)
	to, err := hpke.MLKEM768X25519().NewPublicKey(public)
	is.NoErr(err)
	sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), info, plain)
	is.NoErr(err)
	return sealed
}

func TestSealedToOneNodeAndPurpose(t *testing.T) {
	is := is.New(t)
	id, _ := loaded(t)
	other, _ := loaded(t)
	is.NoErr(errors.Join(id.Unlock(passphrase), other.Unlock(passphrase)))
	to := engine.SealKeyID(id.SealKey())
	sealed := sealTo(t, id.SealKey(), []byte("a case"), []byte("its key"))
	_, err := other.Unwrap(to, []byte("a case"), sealed)
	is.True(errors.Is(err, engine.ErrNoKey)) // another node
	_, err = other.Unwrap(engine.SealKeyID(other.SealKey()), []byte("a case"), sealed)
	is.True(err != nil) // that says it is to it
	_, err = id.Unwrap(to, []byte("another case"), sealed)
	is.True(err != nil) // another purpose
	_, err = id.Unwrap(to, []byte("a case"), sealed[:len(sealed)-1])
	is.True(err != nil) // cut short
	is.NoErr(keys.CheckSealKey(id.SealKey()))
	is.True(keys.CheckSealKey(id.SignKey()) != nil)
}

func BenchmarkUnlock(b *testing.B) {
	dir := b.TempDir()
	id, _, err := keys.Create(dir, "RW", nil, passphrase, keys.DefaultCost)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := id.Unlock(passphrase); err != nil {
			b.Fatal(err)
		}
	}
}
