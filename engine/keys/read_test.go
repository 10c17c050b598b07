package keys_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/keys"
)

// filesUnder is every path under a folder, with what it holds.
func filesUnder(is *is.I, dir string) map[string]string {
	is.Helper()
	out := map[string]string{}
	is.NoErr(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		out[path] = string(raw)
		return err
	}))
	return out
}

// TestWhoOnlyReadsFinishesNoRotation: of a node that rotates its keys just now,
// or crashed meanwhile, whoever verifies it reads the keys that count and leaves
// every file where it is; the node itself then finishes.
func TestWhoOnlyReadsFinishesNoRotation(t *testing.T) {
	for name, stopped := range map[string]func(dir string) error{
		"before the folders change places": func(string) error { return nil },
		"between the two renames":          func(dir string) error { return os.Rename(dir, dir+".old") },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			home := t.TempDir()
			dir := filepath.Join(home, "keys")
			before, _, err := create(dir, "RW", nil)
			is.NoErr(err)
			next, err := before.Next(passphrase, keys.CheapCost)
			is.NoErr(err)
			is.NoErr(next.KeepWish([]byte(`{}`)))
			is.NoErr(stopped(dir))

			was := filesUnder(is, home)
			read, err := keys.Read(dir)
			is.NoErr(err)
			is.Equal(read.Key(), next.Key())
			is.Equal(filesUnder(is, home), was) // nothing was moved or written

			loaded, err := keys.Load(dir)
			is.NoErr(err)
			is.Equal(loaded.Key(), next.Key())
			_, err = os.Stat(dir + ".next")
			is.True(os.IsNotExist(err)) // the node finishes it
		})
	}
}
