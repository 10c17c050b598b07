package keys_test

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/keys"
	"umuryango/events"
)

// passphrase is that of every node of these tests.
var passphrase = []byte("a passphrase for tests")

func create(dir string, place events.Place, root ed25519.PublicKey) (*keys.Identity, ed25519.PrivateKey, error) {
	return keys.Create(dir, place, root, passphrase, keys.CheapCost)
}

func TestIdentityIsReadBackAndNeverOverwritten(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	made, root, err := create(dir, "RW", nil)
	is.NoErr(err)
	is.Equal(root.Public().(ed25519.PublicKey), made.Root) // a nation's root key is made with it
	read, err := keys.Load(dir)
	is.NoErr(err)
	is.Equal(read.Key(), made.Key())         // signing key
	is.Equal(read.LinkKey(), made.LinkKey()) // link key
	is.Equal(read.SealKey(), made.SealKey()) // sealing key
	is.NoErr(read.Unlock(passphrase))
	message := []byte("umuryango")
	sig, err := read.Sign(message)
	is.NoErr(err)
	is.True(ed25519.Verify(made.SignKey(), message, sig)) // the same key signs

	_, _, err = create(dir, "RW", nil)
	is.True(errors.Is(err, keys.ErrExists)) // a second node in the folder is refused
	after, err := keys.Load(dir)
	is.NoErr(err)
	is.Equal(after.Key(), made.Key()) // and nothing was changed
}

func TestKeyFilesAreForTheirOwnerAlone(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	_, _, err := create(dir, "RW", nil)
	is.NoErr(err)
	for _, name := range []string{"vault.json", "link.key", "root.key", "operator.nk"} {
		info, err := os.Stat(filepath.Join(dir, name))
		is.NoErr(err)
		is.Equal(info.Mode().Perm(), os.FileMode(0o600)) // nobody else reads it
	}
}

func TestMixedFoldersAreFound(t *testing.T) {
	for _, name := range []string{"vault.json", "link.key"} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			a, b := t.TempDir(), t.TempDir()
			first, _, err := create(a, "RW", nil)
			is.NoErr(err)
			_, _, err = create(b, "RW.57", first.Root)
			is.NoErr(err)
			other, err := os.ReadFile(filepath.Join(b, name))
			is.NoErr(err)
			is.NoErr(os.WriteFile(filepath.Join(a, name), other, 0o600))
			_, err = keys.Load(a)
			is.True(err != nil && strings.Contains(err.Error(), "mixed")) // the key does not fit node.json
		})
	}
}

func TestLinkIsPinned(t *testing.T) {
	upper, _, err := create(t.TempDir(), "RW", nil)
	if err != nil {
		t.Fatal(err)
	}
	lower, _, err := create(t.TempDir(), "RW.57", upper.Root)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		pin  ed25519.PublicKey
		want error
	}{
		{"the enrolled key", upper.LinkKey(), nil},
		{"another key", lower.LinkKey(), keys.ErrPin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			is := is.New(t)
			seen, err := handshake(t, upper, lower, tt.pin)
			is.True(errors.Is(err, tt.want)) // the handshake
			if tt.want == nil {
				is.Equal(seen, lower.LinkKey()) // the upper node knows who dialled
			}
		})
	}
}

func handshake(t *testing.T, upper, lower *keys.Identity, pin ed25519.PublicKey) (ed25519.PublicKey, error) {
	t.Helper()
	server := upper.ServerTLS(func() []byte { return nil })
	client, err := lower.ClientTLS(pin)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	seen := make(chan ed25519.PublicKey, 1)
	go func() {
		var key ed25519.PublicKey
		defer func() { seen <- key }()
		raw, err := listener.Accept()
		if err != nil {
			return // the dialling side reports what went wrong
		}
		defer raw.Close()
		conn := tls.Server(raw, server)
		if conn.Handshake() == nil {
			key, _ = keys.PeerKey(conn.ConnectionState())
		}
	}()
	conn, err := tls.Dial("tcp", listener.Addr().String(), client)
	if err == nil {
		defer conn.Close()
	}
	return <-seen, err
}

func TestInvitation(t *testing.T) {
	is := is.New(t)
	upper, _, err := create(t.TempDir(), "RW.57", make(ed25519.PublicKey, ed25519.PublicKeySize))
	is.NoErr(err)
	given := keys.Invitation{Place: "RW.57.12", Upper: "RW.57", Address: "127.0.0.1:4222", LinkKey: upper.LinkKey(), Root: upper.Root, Secret: keys.NewSecret()}
	code, err := given.Code()
	is.NoErr(err)
	read, err := keys.ParseInvitation(" " + code + "\n")
	is.NoErr(err)
	is.Equal(read, given) // it is read back whole
	for i := range code {
		wrong := []byte(code)
		wrong[i] ^= 1
		_, err := keys.ParseInvitation(string(wrong))
		is.True(errors.Is(err, keys.ErrInvitation)) // one changed sign is found
	}
}

func FuzzParseInvitation(f *testing.F) {
	f.Add("umuryango1-e30")
	f.Add("")
	f.Fuzz(func(t *testing.T, code string) {
		i, err := keys.ParseInvitation(code)
		if err != nil {
			return
		}
		again, err := i.Code()
		if err != nil {
			t.Fatal(err)
		}
		if read, err := keys.ParseInvitation(again); err != nil || read.Place != i.Place {
			t.Fatalf("%q is not read back: %v", again, err)
		}
	})
}
