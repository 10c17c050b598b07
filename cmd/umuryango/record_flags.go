package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
	"umuryango/events"
)

// recordFlags say what no event holds in clear: by a file or standard input,
// which nobody else sees, or by a flag each, which other programs of this
// machine can read in the list of processes.
type recordFlags struct {
	fileOnly bool // no flag but the file's and the note's
	file     string
	given    web.RecordRequest
	adults   []string
}

func (f *recordFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.file, "record", "", "file with names and texts in JSON ({\"identity\":…,\"note\":…,\"reporter\":…,\"adults\":[…]}); - for standard input; safer than the flags below, which other programs can see")
	flags.StringVar(&f.given.Note, "note", "", "what is told in words")
	if f.fileOnly {
		return
	}
	i, r := &f.given.Identity, &f.given.Reporter
	flags.StringVar(&i.Name, "name", "", "the child's name")
	flags.StringVar(&i.AlsoKnownAs, "also-known-as", "", "other names of the child")
	flags.StringVar(&i.BirthDate, "born", "", "birth date, as 2021-03-09, 2021-03 or 2021")
	flags.StringVar(&i.Address, "address", "", "where the child lives")
	flags.StringVar(&i.Contact, "contact", "", "how the child or the family is reached")
	flags.StringVar(&r.Name, "reporter-name", "", "who reported")
	flags.StringVar(&r.Contact, "reporter-contact", "", "how who reported is reached")
	flags.StringVar(&r.Relation, "reporter-relation", "", "what who reported is to the child")
	flags.StringArrayVar(&f.adults, "adult", nil, "an adult, as role:name; once for each")
}

// read lays the flags over the file. Its errors never repeat a value.
func (f *recordFlags) read(a *app) (web.RecordRequest, error) {
	var out web.RecordRequest
	if f.file != "" {
		if err := readRecord(a, f.file, &out); err != nil {
			return out, err
		}
	}
	over := func(to *string, given string) {
		if given != "" {
			*to = given
		}
	}
	i, r, g := &out.Identity, &out.Reporter, f.given
	over(&i.Name, g.Identity.Name)
	over(&i.AlsoKnownAs, g.Identity.AlsoKnownAs)
	over(&i.BirthDate, g.Identity.BirthDate)
	over(&i.Address, g.Identity.Address)
	over(&i.Contact, g.Identity.Contact)
	over(&r.Name, g.Reporter.Name)
	over(&r.Contact, g.Reporter.Contact)
	over(&r.Relation, g.Reporter.Relation)
	over(&out.Note, g.Note)
	for n, text := range f.adults {
		role, name, ok := strings.Cut(text, ":")
		if !ok || role == "" || name == "" {
			return out, &inputError{fmt.Errorf("--adult, number %d: role:name is expected", n+1)}
		}
		out.Adults = append(out.Adults, engine.Adult{Role: role, Name: name})
	}
	return out, nil
}

func readRecord(a *app, path string, into *web.RecordRequest) error {
	in := a.stdin
	if path != fromStdin {
		file, err := os.Open(path)
		if err != nil {
			return &inputError{fmt.Errorf("read the record: %w", err)}
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, factsMax+1))
	if err != nil {
		return &inputError{fmt.Errorf("read the record %s: %w", inFile(path), err)}
	}
	if len(raw) > factsMax {
		return &inputError{fmt.Errorf("the record %s: %w", inFile(path), events.ErrTooLarge)}
	}
	if err := web.Strict(raw, into); err != nil {
		return &inputError{fmt.Errorf("the record %s: %w", inFile(path), ofFile(err))}
	}
	return nil
}
