package main

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/node"
)

func TestSettingsAreReadBack(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	upper := node.Upper{Place: "RW.57", Address: "127.0.0.1:7412", LinkKey: key}
	given := settings{Listen: "127.0.0.1:7413", Pages: "127.0.0.1:7403", Upper: upperOf(upper)}
	is.NoErr(writeSettings(dir, given))
	read, in, err := readSettings(filepath.Join(dir, fileSettings))
	is.NoErr(err)
	is.Equal(read, given)
	is.Equal(in, dir) // the node lives beside its settings
	have, err := read.upper()
	is.NoErr(err)
	is.Equal(have, upper)
}

func TestSettingsRefuse(t *testing.T) {
	for text, want := range map[string]string{
		"pages: 127.0.0.1:1\nlissen: 127.0.0.1:2\n": "lissen",
		"listen: 127.0.0.1:2\n":                     "pages is missing",
		"pages: [1]\n":                              "line 1",
		"pages: a\npages: b\n":                      "pages",
	} {
		is := is.New(t)
		path := filepath.Join(t.TempDir(), fileSettings)
		is.NoErr(os.WriteFile(path, []byte(text), 0o600))
		_, _, err := readSettings(path)
		is.True(err != nil && strings.Contains(err.Error(), want)) // it names what is wrong
		is.Equal(exitCode(err), exitInput)
	}
	is := is.New(t)
	_, err := settings{Upper: &upperSettings{Place: "RW", Address: "x", LinkKey: "AAAA"}}.upper()
	is.True(err != nil && strings.Contains(err.Error(), "upper.link_key"))
}
