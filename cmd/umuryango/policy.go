package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"umuryango/policies"
)

// outputText is what people call the form for people where nothing is a table.
const outputText = "text"

// policyFlags are shared by the commands that ask the gate directly. They talk
// to no node: an office, an auditor or a test needs nothing but the document.
type policyFlags struct {
	packs string // --packs
	pack  string // --pack
	at    string // --at
	lang  string // --lang
}

func newPolicyCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Ask the gate directly, and work on policy packs",
		Long: `The policy check finds; people decide. "no_objection" says that no rule objects,
never that a placement is good. These commands need no node.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if !slices.Contains([]string{outputText, outputTable, outputJSON}, a.output) {
				return &inputError{fmt.Errorf("-o %s: %s or %s is expected", a.output, outputText, outputJSON)}
			}
			return nil
		},
	}
	f := &policyFlags{}
	c.PersistentFlags().StringVar(&f.packs, "packs", "", "folder of policy packs, instead of those in the program")
	c.AddCommand(newPolicyCheck(a, f), newPolicyExplain(a, f), newPolicyTest(a, f), newPolicyLint(a, f), newPolicySchema(a))
	return c
}

// document registers the flags of a command that reads a case document.
func (f *policyFlags) document(c *cobra.Command) {
	c.Flags().StringVar(&f.pack, "pack", "", "ask this pack instead of the one that the document names")
	c.Flags().StringVar(&f.at, "at", "", "check as at this instant or day instead of the document's own")
	c.Flags().StringVar(&f.lang, "lang", "en", "language of the messages: rw, en or fr")
}

func (f *policyFlags) library() (*policies.Library, error) {
	return packsIn("--packs", f.packs)
}

// packsIn reads a folder of policy packs, where there is one; an empty name is for
// those in the program. An error begins with the words by which it was named.
func packsIn(named, dir string) (*policies.Library, error) {
	if dir == "" {
		return policies.Embedded()
	}
	f, err := folderAt(dir)
	var l *policies.Library
	if err == nil {
		l, err = policies.LoadFS(f)
	}
	if err != nil {
		return nil, &inputError{fmt.Errorf("%s %s: %w", named, dir, err)}
	}
	return l, nil
}

// folderAt is a folder, if it is one: what reads it knows only the names within.
func folderAt(path string) (fs.FS, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil, errors.New("there is no such folder")
	}
	return os.DirFS(path), nil
}

// open reads the document that an argument names; "-" is the standard input.
func (f *policyFlags) open(a *app, name string) (*policies.Pack, *policies.Case, error) {
	if !slices.Contains([]string{"rw", "en", "fr"}, f.lang) {
		return nil, nil, &inputError{fmt.Errorf("--lang %s: rw, en or fr is expected", f.lang)}
	}
	at, err := instant(f.at)
	if err != nil {
		return nil, nil, err
	}
	doc, err := readDocument(a.stdin, name)
	if err != nil {
		return nil, nil, &inputError{err}
	}
	l, err := f.library()
	if err != nil {
		return nil, nil, err
	}
	p, c, err := l.Open(doc, policies.Instead{Pack: f.pack, At: at})
	if err != nil {
		return nil, nil, &inputError{fmt.Errorf("%s: %w", documentName(name), err)}
	}
	return p, c, nil
}

func instant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &inputError{fmt.Errorf("--at %s: an instant as in 2026-11-22T09:00:00Z or a day as in 2026-11-22 is expected", s)}
}

// readMost is more than any document that is taken, so that a larger one is
// refused for its size and not read whole.
const readMost = 1 << 20

func documentName(name string) string {
	if name == fromStdin {
		return "standard input"
	}
	return name
}

func readDocument(stdin io.Reader, name string) ([]byte, error) {
	from := stdin
	if name != fromStdin {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open the case document: %w", err)
		}
		defer file.Close()
		from = file
	}
	doc, err := io.ReadAll(io.LimitReader(from, readMost))
	if err != nil {
		return nil, fmt.Errorf("read the case document: %w", err)
	}
	return doc, nil
}

// write prints text as it is.
func (a *app) write(text string) error {
	if _, err := io.WriteString(a.stdout, text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// labelled shows codes of a list with what people call them.
func labelled(p *policies.Pack, list string, codes []string, lang string) string {
	var out []string
	for _, code := range codes {
		out = append(out, code+" ("+p.Label(list, code, lang)+")")
	}
	return strings.Join(out, ", ")
}
