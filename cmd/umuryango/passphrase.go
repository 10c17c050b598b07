package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"umuryango/engine/keys"
)

// passphrase is one with the cost at which it protects what is made with it.
type passphrase struct {
	text []byte // nil: there is none, and the node stays locked
	cost keys.Cost
}

//go:embed demo_passphrase.txt
var demoText string

// demoPassphrase protects nothing: it stands in the program, and the demo
// prints it. So guessing it may be cheap, and the five nodes start at once.
func demoPassphrase() passphrase {
	return passphrase{[]byte(strings.TrimRight(demoText, "\n")), keys.CheapCost}
}

const (
	// fromStdin is the name of the file that stands for standard input.
	fromStdin = "-"
	// envPassphrase and envCredentials say where a passphrase lies; the second
	// is systemd's (LoadCredential=).
	envPassphrase  = "UMURYANGO_PASSPHRASE_FILE"
	envCredentials = "CREDENTIALS_DIRECTORY"
	credential     = "umuryango-passphrase"
)

const passphraseHelp = "file with the passphrase in one line, - for standard input (default $" + envPassphrase + ", else the systemd credential " + credential + ")"

func passphraseFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "passphrase-file", "", passphraseHelp)
}

// noPassphrase is an input error: a command needs one and is given none.
var errNoPassphrase = &inputError{errors.New("a passphrase is missing: name a file with --passphrase-file (- is standard input) or $" + envPassphrase + ", or type it at a terminal")}

// readPassphrase reads the passphrase from where the flag or the environment
// says; nil where nothing does.
func (a *app) readPassphrase(file string) ([]byte, error) {
	file = a.passphraseFile(file)
	if file == fromStdin {
		text, err := a.stdinLine()
		if err != nil {
			return nil, &inputError{fmt.Errorf("read the passphrase from standard input: %w", err)}
		}
		return text, nil
	}
	if file != "" {
		return passphraseIn(file)
	}
	dir := a.getenv(envCredentials)
	if dir == "" {
		return nil, nil
	}
	text, err := passphraseIn(filepath.Join(dir, credential))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the unit has other credentials
	}
	return text, err
}

// passphraseIn reads a file of one line. No error repeats what stands in it.
func passphraseIn(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &inputError{fmt.Errorf("read the passphrase: %w", err)}
	}
	defer f.Close()
	const lineEnd = 2
	raw, err := io.ReadAll(io.LimitReader(f, keys.PassphraseMax+lineEnd+1))
	if err != nil {
		return nil, &inputError{fmt.Errorf("read the passphrase: %w", err)}
	}
	text := withoutEnd(raw)
	if len(text) == 0 || bytes.ContainsAny(text, "\r\n") || len(text) > keys.PassphraseMax {
		return nil, &inputError{fmt.Errorf("read the passphrase in %s: one line of 1 to %d bytes is expected", file, keys.PassphraseMax)}
	}
	return text, nil
}

func withoutEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

var errNoLine = errors.New("it ends before there is a line")

// stdinLine reads the next line of standard input; more may follow.
func (a *app) stdinLine() ([]byte, error) {
	if a.lines == nil {
		a.lines = bufio.NewReaderSize(a.stdin, keys.PassphraseMax+1)
	}
	line, err := a.lines.ReadSlice('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err // a line that is too long is one
	}
	text := bytes.Clone(withoutEnd(line))
	if len(text) == 0 {
		return nil, errNoLine
	}
	return text, nil
}

// needPassphrase is readPassphrase for a command that goes no further without:
// it asks whoever sits at a terminal.
func (a *app) needPassphrase(file, ask string) ([]byte, error) {
	text, err := a.readPassphrase(file)
	if err != nil || text != nil {
		return text, err
	}
	return a.askPassphrase(ask)
}

// newPassphrase is needPassphrase for one that is set from now on: at a terminal
// it is typed twice.
func (a *app) newPassphrase(file, ask string) ([]byte, error) {
	text, err := a.readPassphrase(file)
	if err == nil && text == nil {
		text, err = a.askTwice(ask)
	}
	if err != nil {
		return nil, err
	}
	return text, keys.CheckPassphrase(text)
}

func (a *app) askTwice(ask string) ([]byte, error) {
	text, err := a.askPassphrase(ask)
	if err != nil {
		return nil, err
	}
	again, err := a.askPassphrase("The same once more: ")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(text, again) {
		return nil, &inputError{errors.New("the two passphrases differ: nothing was done")}
	}
	return text, nil
}

// askPassphrase asks at the terminal, without an echo.
func (a *app) askPassphrase(ask string) ([]byte, error) {
	in, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return nil, errNoPassphrase
	}
	fmt.Fprint(a.stderr, ask)
	text, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.stderr)
	if err != nil {
		return nil, &inputError{fmt.Errorf("read the passphrase from the terminal: %w", err)}
	}
	if len(text) == 0 {
		return nil, errNoPassphrase
	}
	return text, nil
}
