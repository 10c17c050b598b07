package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine/keys"
)

// inviteFlags are those of node invite.
type inviteFlags struct {
	address, qr, out string
	all, deep, whole bool
}

const wholeUsage = "this store is no older copy, although it has not linked up since its start"

func newInviteCommand(a *app) *cobra.Command {
	var f inviteFlags
	c := &cobra.Command{
		Use:   "invite PLACE | --all --out FILE",
		Short: "Print the code with which a node for this office can join",
		Long: `Prints the code with which a node for an office can join: good for one machine,
for 30 days. --qr draws it, to be carried on paper. With --all there is one for
every office right below that has no node, with --deep for every office below,
in one file: as pages to be printed (.html) or for a program (.json). An office
whose own upper office gets a node first is invited from there.

Whoever holds a code can become the node of its office: files are readable by
their owner alone.`,
		Args: func(c *cobra.Command, args []string) error {
			if f.all {
				return noArguments(c, args)
			}
			return oneArgument("the office that gets a node of its own, or --all,")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			if f.all {
				return a.inviteAll(c, client, f)
			}
			return a.inviteOne(c, client, args[0], f)
		},
	}
	c.Flags().StringVar(&f.address, "address", "", "where the new node reaches this one (default: where it listens)")
	c.Flags().StringVar(&f.qr, "qr", "", "also draw the code: FILE.svg, FILE.png, or - for SVG on standard output instead of the code")
	c.Flags().BoolVar(&f.all, "all", false, "for every office right below that has no node")
	c.Flags().BoolVar(&f.deep, "deep", false, "with --all: for every office below")
	c.Flags().BoolVar(&f.whole, "whole", false, wholeUsage)
	c.Flags().StringVar(&f.out, "out", "", "with --all: FILE.html or FILE.json")
	return c
}

func (a *app) inviteOne(c *cobra.Command, client *web.Client, place string, f inviteFlags) error {
	if f.deep || f.out != "" {
		return &inputError{errors.New("--deep and --out go with --all")}
	}
	if _, err := qrForm(f.qr); f.qr != "" && err != nil {
		return err
	}
	i, err := client.Invite(c.Context(), web.InviteRequest{Place: place, Address: f.address, Whole: f.whole})
	if err != nil {
		return err
	}
	if f.qr != "" {
		if err := a.drawQR(f.qr, i.Code); err != nil {
			return err
		}
		if f.qr == fromStdin {
			return nil
		}
	}
	if a.output == outputJSON {
		return a.printJSON(i)
	}
	fmt.Fprintln(a.stdout, i.Code)
	return nil
}

// qrForm is how a QR code is drawn in a file of this name.
func qrForm(file string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(file)); {
	case file == fromStdin, ext == ".svg":
		return ".svg", nil
	case ext == ".png":
		return ".png", nil
	}
	return "", &inputError{fmt.Errorf("--qr %s: a file .svg or .png, or -, is expected", file)}
}

func (a *app) drawQR(file, code string) error {
	form, err := qrForm(file)
	if err != nil {
		return err
	}
	var raw []byte
	if form == ".png" {
		const scale = 8
		raw, err = web.QRPNG(code, scale)
	} else {
		svg, e := web.QRSVG(code)
		raw, err = []byte(string(svg)+"\n"), e
	}
	if err != nil {
		return err
	}
	if file == fromStdin {
		_, err := a.stdout.Write(raw)
		return err
	}
	return writeSecret(file, raw)
}

// inviteAll writes the file first empty, so that no invitation is given out
// that cannot be kept.
func (a *app) inviteAll(c *cobra.Command, client *web.Client, f inviteFlags) error {
	ext := strings.ToLower(filepath.Ext(f.out))
	if f.qr != "" || ext != ".html" && ext != ".json" {
		return &inputError{errors.New("--all: name a file .html or .json with --out; it draws every code, --qr goes with one PLACE")}
	}
	if err := writeSecret(f.out, nil); err != nil {
		return err
	}
	given, err := client.InviteAll(c.Context(), web.InviteAllRequest{Deep: f.deep, Address: f.address, Whole: f.whole})
	if err != nil {
		return errors.Join(err, os.Remove(f.out))
	}
	raw, err := json.MarshalIndent(given, "", "  ")
	if ext == ".html" && err == nil {
		raw, err = web.PrintInvitations("en", given.Invitations)
	}
	if err != nil {
		return fmt.Errorf("write %d invitations: %w", len(given.Invitations), err)
	}
	if err := os.WriteFile(f.out, raw, secretMode); err != nil {
		return fmt.Errorf("write %d invitations: %w", len(given.Invitations), err)
	}
	fmt.Fprintf(a.stdout, "%d invitations are in %s; %d offices were left out, as they have a node or hang on another one\n", len(given.Invitations), f.out, len(given.LeftOut))
	return nil
}

const secretMode = fs.FileMode(0o600)

// writeSecret makes a file that its owner alone reads. One that is there stays
// as it is: others may be able to read it.
func writeSecret(file string, raw []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, secretMode)
	if err != nil {
		return &inputError{fmt.Errorf("write a file that only you can read: %w", err)}
	}
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// invitation reads a code from the command line, or from standard input.
func (a *app) invitation(code string) (keys.Invitation, error) {
	if code == fromStdin {
		line, err := a.stdinLine()
		if err != nil {
			return keys.Invitation{}, &inputError{fmt.Errorf("read the code from standard input: %w", err)}
		}
		code = string(line)
	}
	return keys.ParseInvitation(code)
}
