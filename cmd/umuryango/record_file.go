package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
)

// fileMode: what is given to a person is for nobody else on this machine.
const fileMode = fs.FileMode(0o600)

func newGiveCommand(a *app) *cobra.Command {
	var to, out, reason, lang string
	f := &lookFlags{}
	c := &cobra.Command{
		Use:   "give CASE --to person --reason CODE --out FILE",
		Short: "Write the whole file of a person, to hand it to them",
		Long: `Writes who the person is, everything that was written about them, what was decided
and what was answered, as a page to read (FILE.html) or as JSON (any other name).
Nobody else's data stand in it. The file is readable by you alone, the name of the
file should be the case's code, and that it was given stands on record.`,
		Args: oneArgument(aCase),
		RunE: func(c *cobra.Command, args []string) error {
			if to != "person" || out == "" {
				return &inputError{fmt.Errorf("--to person and --out FILE are expected: a file is given to the person alone")}
			}
			if !web.Speaks(lang) {
				return &inputError{errors.New("--lang: rw, en or fr is expected")}
			}
			by, client, err := f.look(a)
			if err != nil {
				return err
			}
			file, err := client.Give(c.Context(), args[0], lang, web.ReasonRequest{ActRequest: by, Reason: reason})
			if err != nil {
				return err
			}
			if err := writeFile(out, file); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s: the whole file is written; hand it to the person and delete it here\n", file.Code)
			return nil
		},
	}
	f.register(c)
	c.Flags().StringVar(&to, "to", "", "to whom: person")
	c.Flags().StringVar(&out, "out", "", "file to write; it must not be there yet")
	c.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	c.Flags().StringVar(&lang, "lang", "en", "language of the file: rw, en or fr")
	return c
}

// writeFile writes a person's file as a page or as JSON; it replaces nothing.
func writeFile(path string, file web.FileView) (err error) {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return &inputError{fmt.Errorf("write the file: %w", err)}
	}
	if err = fillFile(out, strings.HasSuffix(path, ".html"), file); err == nil {
		err = out.Sync()
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write the file %s: %w", path, err)
	}
	return nil
}

func fillFile(out io.Writer, page bool, file web.FileView) error {
	if page {
		return file.Print(out)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(file)
}
