package main

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
)

func newUnlockCommand(a *app) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "unlock",
		Short: "Let the node sign and open again, with its passphrase",
		Long: `Lets a locked node sign and open again. A node that is started without its
passphrase is locked: it passes on what others write, signs nothing and opens
nothing. The passphrase goes to the node over loopback alone.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			text, err := a.needPassphrase(file, "Passphrase of the node: ")
			if err != nil {
				return err
			}
			l, err := client.Unlock(c.Context(), web.UnlockRequest{Passphrase: string(text)})
			if err != nil {
				return err
			}
			return a.printLock(l)
		},
	}
	passphraseFlag(c, &file)
	return c
}

func newLockCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lock",
		Short: "Make the node forget its opened keys; it goes on passing on",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			l, err := client.Lock(c.Context())
			if err != nil {
				return err
			}
			return a.printLock(l)
		},
	}
}

func (a *app) printLock(l web.LockView) error {
	return a.print(l, "PLACE|LOCKED", [][]string{{l.Place, strconv.FormatBool(l.Locked)}})
}

func newPassphraseCommand(a *app) *cobra.Command {
	var older, newer string
	c := &cobra.Command{
		Use:   "passphrase",
		Short: "Change the passphrase of the node's keys",
		Long: `Puts the node's keys under another passphrase. The keys stay the same, so an
older copy of the key folder still opens with the older passphrase: who may have
such a copy and know it must be kept out by enrolling new keys. Where both files
are -, the first line of standard input is the older passphrase.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			now, err := a.needPassphrase(older, "Passphrase of the node: ")
			if err != nil {
				return err
			}
			next, err := a.nextPassphrase(newer)
			if err != nil {
				return err
			}
			if bytes.Equal(now, next) {
				return &inputError{errors.New("the newer passphrase is the older one: nothing was done")}
			}
			l, err := client.ChangePassphrase(c.Context(), web.PassphraseRequest{Older: string(now), Newer: string(next)})
			if err != nil {
				return err
			}
			return a.printLock(l)
		},
	}
	passphraseFlag(c, &older)
	c.Flags().StringVar(&newer, "new-passphrase-file", "", "file with the newer passphrase in one line, - for standard input")
	return c
}

// nextPassphrase is never the one of the environment: that is the older one.
func (a *app) nextPassphrase(file string) ([]byte, error) {
	if file == "" {
		return a.askTwice("New passphrase: ")
	}
	return a.newPassphrase(file, "")
}
