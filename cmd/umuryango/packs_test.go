package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"umuryango/cmd/umuryango/web"
)

// A node reads what was decided under a pack that it worked under before, and
// works under the one that it is given now.
func TestANodeKnowsThePacksThatItWorkedUnder(t *testing.T) {
	is := is.New(t)
	a := &app{stderr: io.Discard}
	older, err := a.openLand("", "error")
	is.NoErr(err)
	packs := t.TempDir()
	is.NoErr(os.CopyFS(packs, os.DirFS("../../policies/packs")))
	is.NoErr(os.Remove(filepath.Join(packs, "base", "rules", "G12.yaml")))
	newer, err := a.openLand(packs, "error")
	is.NoErr(err)

	dir := t.TempDir()
	begun := filepath.Join(dir, dirPacks, partPrefix+"1") // by a start that lost its power
	is.NoErr(os.MkdirAll(begun, 0o700))
	_, err = older.keepPacks(dir)
	is.NoErr(err)
	_, err = os.Stat(begun)
	is.True(os.IsNotExist(err))

	hash := older.packs.Versions(web.PackID)[0].Hash()
	both, err := newer.keepPacks(dir)
	is.NoErr(err)
	_, ok := both.packs.ByHash(hash)
	is.True(ok)
	is.Equal(both.packs.Versions(web.PackID), newer.packs.Versions(web.PackID))
}
