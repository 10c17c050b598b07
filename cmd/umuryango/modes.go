package main

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"

	"umuryango/engine/keys"
	"umuryango/engine/node"
)

// runtimeDir holds what the system hands to a service (systemd, containers): it
// keeps others out by itself.
const runtimeDir = "/run/"

// tellReadable warns of secrets that others on the machine can read: a copy that
// was put back may have lost the mode of its files.
func (l land) tellReadable(dir, passphrase string) {
	var files []string
	for _, name := range keys.InClear() {
		files = append(files, filepath.Join(dir, node.DirKeys, name))
	}
	if passphrase != fromStdin && !strings.HasPrefix(passphrase, runtimeDir) {
		files = append(files, passphrase)
	}
	for _, path := range files {
		const others = 0o077
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&others != 0 {
			l.log.Warn("others on this machine can read this file: chmod 600 it", "file", path, "mode", info.Mode().Perm().String())
		}
	}
}

// passphraseFile is the file that is named for the passphrase, by the flag or in
// the environment; empty for none.
func (a *app) passphraseFile(flag string) string { return cmp.Or(flag, a.getenv(envPassphrase)) }
