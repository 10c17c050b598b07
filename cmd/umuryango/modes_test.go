package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/node"
)

// TestWhatOthersCanReadIsTold: by its name, and never by what stands in it; what
// the owner alone reads, what is not there and what the system hands to a service
// are passed over.
func TestWhatOthersCanReadIsTold(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	is.NoErr(os.Mkdir(filepath.Join(dir, node.DirKeys), 0o700))
	passphrase := filepath.Join(dir, "passphrase")
	for path, mode := range map[string]os.FileMode{
		filepath.Join(dir, node.DirKeys, "link.key"): 0o644, filepath.Join(dir, node.DirKeys, "operator.nk"): 0o600, passphrase: 0o640,
	} {
		is.NoErr(os.WriteFile(path, []byte("what nobody may read"), 0o600))
		is.NoErr(os.Chmod(path, mode))
	}
	var log bytes.Buffer
	l := land{log: slog.New(slog.NewTextHandler(&log, nil))}
	l.tellReadable(dir, passphrase)
	is.Equal(strings.Count(log.String(), "chmod 600"), 2)
	is.True(strings.Contains(log.String(), "link.key") && strings.Contains(log.String(), passphrase))
	is.True(!strings.Contains(log.String(), "what nobody may read"))
	log.Reset()
	is.NoErr(os.Chmod(filepath.Join(dir, node.DirKeys, "link.key"), 0o600))
	for _, file := range []string{"", fromStdin, "/run/secrets/passphrase", filepath.Join(dir, "none")} {
		l.tellReadable(dir, file)
	}
	is.Equal(log.String(), "")
}
