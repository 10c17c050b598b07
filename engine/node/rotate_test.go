package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/keys"
)

// The stream names keys that a crash kept from being taken: while they cannot be
// read they are not thrown away, as nothing else can sign for the nation.
func TestEnrolledKeysAreNeverDropped(t *testing.T) {
	is := is.New(t)
	ctx := context.Background()
	c := founded(t)
	n, err := begin(t, c)
	is.NoErr(err)
	next, err := n.ID.Next(secret, keys.CheapCost)
	is.NoErr(err)
	crash := errors.New("the power went")
	_, err = n.Service.RotateNation(ctx, engine.Stamped{ID: "01a1f795-4f80-7000-8000-00000000ffff", Actor: "adm", At: time.Now()},
		engine.Host{Node: "RW", SignKey: next.SignKey(), LinkKey: next.LinkKey(), SealKey: next.SealKey()},
		func() (engine.Signer, error) { return nil, crash })
	is.True(errors.Is(err, crash))
	is.NoErr(n.Close())

	vault := filepath.Join(c.Dir, DirKeys+".next", "vault.json")
	is.NoErr(os.Rename(vault, vault+".away"))
	is.NoErr(os.Mkdir(vault, 0o700)) // reading it fails for everybody
	_, err = begin(t, c)
	is.True(err != nil)
	is.NoErr(os.Remove(vault))
	is.NoErr(os.Rename(vault+".away", vault))
	n, err = begin(t, c)
	is.NoErr(err)
	defer n.Close()
	is.True(n.ID.SignKey().Equal(next.SignKey()))
}
