package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/keys"
)

// passphraseFile makes a file with one line.
func passphraseFile(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestWhereAPassphraseComesFrom: the flag, then the environment, then the
// credential that systemd hands over; else from nowhere.
func TestWhereAPassphraseComesFrom(t *testing.T) {
	is := is.New(t)
	credentials := t.TempDir()
	is.NoErr(os.WriteFile(filepath.Join(credentials, credential), []byte("of systemd"), 0o600)) // it adds no line's end
	flag, env := passphraseFile(t, "of the flag"), passphraseFile(t, "of the environment")
	for _, tt := range []struct {
		name, flag, env, credentials, stdin, want string
	}{
		{"flag first", flag, env, credentials, "", "of the flag"},
		{"then environment", "", env, credentials, "", "of the environment"},
		{"then credential", "", "", credentials, "", "of systemd"},
		{"stdin", "-", env, credentials, "of stdin\nmore\n", "of stdin"},
		{"stdin named by the environment", "", "-", "", "of stdin\r\n", "of stdin"},
		{"stdin without a line's end", "-", "", "", "of stdin", "of stdin"},
		{"other credentials", "", "", t.TempDir(), "", ""},
		{"nowhere", "", "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			is := is.New(t)
			a := &app{stdin: strings.NewReader(tt.stdin), getenv: func(name string) string {
				return map[string]string{envPassphrase: tt.env, envCredentials: tt.credentials}[name]
			}}
			got, err := a.readPassphrase(tt.flag)
			is.NoErr(err)
			is.Equal(string(got), tt.want)
			is.Equal(got == nil, tt.want == "")
		})
	}
}

// TestAPassphraseThatCannotBeRead: the error says what is wrong and repeats
// nothing of what was read.
func TestAPassphraseThatCannotBeRead(t *testing.T) {
	long := strings.Repeat("x", keys.PassphraseMax+1)
	for name, tt := range map[string]struct{ file, stdin string }{
		"no file":       {filepath.Join(t.TempDir(), "gone"), ""},
		"a folder":      {t.TempDir(), ""},
		"two lines":     {passphraseFile(t, "secret one\nsecret two"), ""},
		"nothing":       {passphraseFile(t, ""), ""},
		"too long":      {passphraseFile(t, long), ""},
		"empty stdin":   {"-", ""},
		"empty line":    {"-", "\nsecret"},
		"too long line": {"-", long + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			a := &app{stdin: strings.NewReader(tt.stdin), getenv: func(string) string { return "" }}
			got, err := a.readPassphrase(tt.file)
			is.True(err != nil && got == nil)
			is.Equal(exitCode(err), exitInput)
			is.True(!strings.Contains(err.Error(), "secret") && !strings.Contains(err.Error(), "xxx"))
		})
	}
}

// TestTwoLinesOfStdin: one command may read both from there.
func TestTwoLinesOfStdin(t *testing.T) {
	is := is.New(t)
	a := &app{stdin: strings.NewReader("the older one\nthe newer one\n"), getenv: func(string) string { return "" }}
	older, err := a.needPassphrase(fromStdin, "")
	is.NoErr(err)
	newer, err := a.newPassphrase(fromStdin, "")
	is.NoErr(err)
	is.Equal([]string{string(older), string(newer)}, []string{"the older one", "the newer one"})
}

// TestNobodyIsAskedWithoutATerminal.
func TestNobodyIsAskedWithoutATerminal(t *testing.T) {
	is := is.New(t)
	pipe, end, err := os.Pipe()
	is.NoErr(err)
	defer errors.Join(pipe.Close(), end.Close())
	for _, stdin := range []io.Reader{strings.NewReader("x"), pipe} {
		a := &app{stdin: stdin, stderr: io.Discard, getenv: func(string) string { return "" }}
		_, err := a.needPassphrase("", "Passphrase: ")
		is.Equal(err, error(errNoPassphrase))
	}
}

// TestServeSaysThatItIsLocked, and how to go on.
func TestServeSaysThatItIsLocked(t *testing.T) {
	is := is.New(t)
	dir := t.TempDir()
	code, _, errs := command(t.Context(), "node", "init", "RW", "--dir", dir, "--pages", "127.0.0.1:0", "--passphrase-file", passphraseFile(t, "a passphrase for tests"))
	is.Equal(errs, "")
	is.Equal(code, exitDone)
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	var problems bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		defer write.Close()
		ended <- run(ctx, []string{"serve", "--config", filepath.Join(dir, fileSettings), "--passphrase-file", passphraseFile(t, "another passphrase")},
			func(string) string { return "" }, strings.NewReader(""), write, &problems)
	}()
	told := bufio.NewReader(read)
	first, err := told.ReadString('\n')
	is.NoErr(err)
	address := first[strings.LastIndex(first, " ")+1 : len(first)-1]
	second, err := told.ReadString('\n')
	is.NoErr(err)
	is.True(strings.Contains(second, "it is locked") && strings.HasSuffix(second, "umuryango node unlock --node "+address+"\n"))
	cancel()
	is.Equal(<-ended, exitDone)
	is.True(strings.Contains(problems.String(), keys.ErrPassphrase.Error())) // why
	is.True(!strings.Contains(problems.String()+second, "another passphrase"))
}

// TestTheDemoSaysThatItsPassphraseProtectsNothing.
func TestTheDemoSaysThatItsPassphraseProtectsNothing(t *testing.T) {
	is := is.New(t)
	var told bytes.Buffer
	a := &app{stdout: &told, stderr: io.Discard}
	l, err := a.openLand("", "warn")
	is.NoErr(err)
	d, err := newLayout(l.places, t.TempDir(), demoPort, "")
	is.NoErr(err)
	a.welcome(l, d, make([]string, len(d.places)))
	is.True(strings.Contains(told.String(), "which protects nothing:\n\n  "+string(demoPassphrase().text)+"\n"))
	is.NoErr(keys.CheckPassphrase(demoPassphrase().text))
}
