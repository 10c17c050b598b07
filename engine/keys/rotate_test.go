package keys_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/keys"
)

// Keys that a rotation left are nobody's only where they were not finished: what
// cannot be read may be enrolled already.
func TestKeysThatCannotBeReadAreNotTakenForUnfinished(t *testing.T) {
	for name, test := range map[string]struct {
		do    func(next string) error
		left  bool
		fault string
	}{
		"none were made":     {do: os.RemoveAll},
		"not finished":       {do: func(next string) error { return os.Remove(filepath.Join(next, "node.json")) }},
		"finished":           {do: func(string) error { return nil }, left: true},
		"one file is gone":   {do: func(next string) error { return os.Remove(filepath.Join(next, "link.key")) }, fault: "link.key"},
		"one cannot be read": {do: func(next string) error { return blocked(filepath.Join(next, "vault.json")) }, fault: "vault.json"},
		"nor who it is":      {do: func(next string) error { return blocked(filepath.Join(next, "node.json")) }, fault: "not taken"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			dir := filepath.Join(t.TempDir(), "keys")
			id, _, err := create(dir, "RW", nil)
			is.NoErr(err)
			_, err = id.Next(passphrase, keys.CheapCost)
			is.NoErr(err)
			is.NoErr(test.do(dir + ".next"))
			next, err := id.Left()
			is.Equal(next != nil, test.left)
			is.Equal(err != nil, test.fault != "")
			is.True(err == nil || strings.Contains(err.Error(), test.fault))
		})
	}
}

// blocked puts a folder in a file's place: reading that fails for everybody.
func blocked(path string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.Mkdir(path, 0o700)
}

// A folder says who it is whole or not at all, so that what was cut short can be
// made again.
func TestANodeThatWasCutShortCanBeMadeAgain(t *testing.T) {
	is := is.New(t)
	dir := filepath.Join(t.TempDir(), "keys")
	beside := filepath.Join(dir, "node.json.new")
	is.NoErr(os.MkdirAll(beside, 0o700)) // so that the last step fails
	_, _, err := create(dir, "RW", nil)
	is.True(err != nil)
	_, err = os.Stat(filepath.Join(dir, "node.json"))
	is.True(os.IsNotExist(err))
	is.NoErr(os.Remove(beside))
	is.NoErr(os.WriteFile(beside, []byte(`{"place": "R`), 0o600)) // as a power cut leaves it
	made, _, err := create(dir, "RW", nil)
	is.NoErr(err)
	read, err := keys.Load(dir)
	is.NoErr(err)
	is.Equal(read.Key(), made.Key())
}
