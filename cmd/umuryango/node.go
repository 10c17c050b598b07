package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
)

func newNodeCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "node",
		Short: "Make a node, let others join, and look after it",
		Args:  noArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newInitCommand(a), newInviteCommand(a), newJoinCommand(a), newRecallCommand(a), newStatusCommand(a),
		newStandCommand(a, "suspend"), newStandCommand(a, "resume"), newStandCommand(a, "revoke"), newRotateCommand(a), newNodesCommand(a),
		newUnlockCommand(a), newLockCommand(a), newPassphraseCommand(a), newQuarantineCommand(a), newExposureCommand(a), newVerifyCommand(a))
	return c
}

// placeFlags say where a new node lives and listens.
type placeFlags struct {
	dir        string
	passphrase string
	settings
}

func (f *placeFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.dir, "dir", "", "the node's folder")
	c.Flags().StringVar(&f.Listen, "listen", "", "where lower nodes dial, as 127.0.0.1:7411; empty: nobody is below")
	c.Flags().StringVar(&f.Address, "address", "", "where lower nodes reach it, if not at --listen")
	c.Flags().StringVar(&f.Pages, "pages", "127.0.0.1:7401", "loopback address of its pages and API")
	passphraseFlag(c, &f.passphrase)
}

func (f *placeFlags) check() error {
	if f.dir == "" {
		return &inputError{errors.New("--dir: the node's folder is missing")}
	}
	return f.settings.check()
}

// makeDir makes the node's folder, before a code is used up on a node that
// cannot be kept.
func (f *placeFlags) makeDir() error {
	if err := os.MkdirAll(filepath.Join(f.dir, node.DirKeys), dirMode); err != nil {
		return &inputError{fmt.Errorf("make the node's folder %s: %w: name another with --dir", f.dir, err)}
	}
	return nil
}

// newPassphrase is that of a node which is made now.
func (f *placeFlags) newPassphrase(a *app, place string) (passphrase, error) {
	text, err := a.newPassphrase(f.passphrase, "Passphrase for the new node of "+place+": ")
	return passphrase{text, keys.DefaultCost}, err
}

// wayOut adds to what kept a node from being made what to do next.
func (f *placeFlags) wayOut(err error) error {
	switch {
	case errors.Is(err, keys.ErrExists):
		return fmt.Errorf("%w; start it with: umuryango serve --config %s/%s, or name another folder with --dir", err, f.dir, fileSettings)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w; start the node above, see that it can be reached there, and join again with the same code", err)
	}
	return err
}

func newInitCommand(a *app) *cobra.Command {
	var f placeFlags
	var r replaceFlags
	c := &cobra.Command{
		Use:   "init PLACE --dir DIR",
		Short: "Make a nation's node, and the nation's root key",
		Long: `Makes a nation's node, and the nation's root key. With --replace it gives a
nation's node new keys, signed by the root key, when its own are lost or in wrong
hands: what its folder (or the newest copy of it) and the folders of --from hold
of what it wrote goes on to count, and nothing else that the old keys sign. A
node whose folder is gone is made again from copies of folders of nodes below.`,
		Args: oneArgument("the nation, as RW"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return a.initNode(c.Context(), args[0], f, r)
		},
	}
	f.register(c)
	c.Flags().BoolVar(&r.replace, "replace", false, "give the node in --dir new keys, or make it again")
	c.Flags().StringVar(&r.rootKey, "root-key", "", "with --replace: the file of the nation's root key")
	c.Flags().StringArrayVar(&r.from, "from", nil, "with --replace: a copy of the folder of a node below; may be repeated")
	return c
}

// replaceFlags are those of node init --replace.
type replaceFlags struct {
	replace bool
	rootKey string
	from    []string
}

func (a *app) initNode(ctx context.Context, text string, f placeFlags, r replaceFlags) error {
	if r.replace == (r.rootKey == "") || !r.replace && len(r.from) > 0 {
		return &inputError{errors.New("--replace, --root-key FILE and --from DIR go together")}
	}
	l, err := a.openLand("", "warn")
	if err != nil {
		return err
	}
	place, err := l.places.Resolve(text)
	if err != nil {
		return err
	}
	if place.Place.Level() != 0 || !place.HasOffice() {
		return &inputError{fmt.Errorf("%s is a %s: only a nation is made, every other node joins the one above it (node invite, node join)", place.Name, place.Level)}
	}
	p, err := f.newPassphrase(a, place.Name)
	if err != nil {
		return err
	}
	if r.replace {
		return a.replaceNode(ctx, l, place, f, r, p)
	}
	if err := f.makeDir(); err != nil {
		return err
	}
	if err := found(ctx, l, f.dir, place.Place, f.settings, p); err != nil {
		return f.wayOut(err)
	}
	fmt.Fprintf(a.stdout, "the node of %s is made in %s\ncarry %s/%s/root.key to a safe place: it is needed again only to replace this node\nstart it with: umuryango serve --config %s/%s\n",
		place.Name, f.dir, f.dir, node.DirKeys, f.dir, fileSettings)
	return nil
}

// replaceNode gives a nation's node new keys.
func (a *app) replaceNode(ctx context.Context, l land, place events.PlaceInfo, f placeFlags, r replaceFlags, p passphrase) error {
	root, err := keys.ReadRoot(r.rootKey)
	if err != nil {
		return &inputError{fmt.Errorf("--root-key: %w", err)}
	}
	if err := os.MkdirAll(f.dir, dirMode); err != nil {
		return &inputError{fmt.Errorf("--dir: %w", err)}
	}
	if err := node.Replace(ctx, l.config(f.dir, settings{}, node.Upper{}, p), place.Place, root, r.from); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(f.dir, fileSettings)); errors.Is(err, fs.ErrNotExist) {
		if err := writeSettings(f.dir, f.settings); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "the node of %s in %s has new keys, signed by the root key: carry that back to its safe place\nstart it with: umuryango serve --config %s/%s\n", place.Name, f.dir, f.dir, fileSettings)
	return nil
}

const dirMode = fs.FileMode(0o700)

func newJoinCommand(a *app) *cobra.Command {
	var f placeFlags
	c := &cobra.Command{
		Use:   "join CODE|- --dir DIR",
		Short: "Make a node from an invitation",
		Long: `Makes a node from the code of an invitation. With - the code is read from a
line of standard input, so that it stands in no history of commands and in no
list of processes.`,
		Args: oneArgument("the code of an invitation, or - for standard input,"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			i, err := a.invitation(args[0])
			if err != nil {
				return err
			}
			p, err := f.newPassphrase(a, i.Place.ID())
			if err != nil {
				return err
			}
			if err := f.makeDir(); err != nil {
				return err
			}
			if err := join(c.Context(), f.dir, i, f.settings, p); err != nil {
				return f.wayOut(err)
			}
			fmt.Fprintf(a.stdout, "the node of %s is made in %s\nstart it with: umuryango serve --config %s/%s\n", i.Place.ID(), f.dir, f.dir, fileSettings)
			return nil
		},
	}
	f.register(c)
	return c
}

func newRecallCommand(a *app) *cobra.Command {
	var in web.RecallRequest
	c := &cobra.Command{
		Use:   "recall PLACE",
		Short: "Host an office here again that had a node of its own",
		Args:  oneArgument("the office"),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			r, err := client.Recall(c.Context(), args[0], in)
			if err != nil {
				return err
			}
			return a.print(r, "OFFICE|EVENT", [][]string{{r.Place, string(r.Event)}})
		},
	}
	c.Flags().BoolVar(&in.Whole, "whole", false, wholeUsage)
	return c
}

func newStatusCommand(a *app) *cobra.Command {
	var ready bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Tell how the node and its links stand",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			s, err := client.Status(c.Context())
			if err != nil {
				return err
			}
			if err := a.print(s, "PLACE||ENROLLED|LOCKED|LINK|HEARD|NOT PASSED ON", statusRows(s)); err != nil {
				return err
			}
			if how := standsHow(s); how != "" && a.output != outputJSON {
				fmt.Fprintf(a.stdout, "%s: %s\n", s.Place, how)
			}
			if s.Damaged > 0 && a.output != outputJSON {
				fmt.Fprintf(a.stdout, "%s: %d records of its store cannot be read, the first is %s; umuryango node verify on its folder lists them\n", s.Place, s.Damaged, s.Damage)
			}
			if ready && s.Applied < s.Head {
				return &unreadyError{}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&ready, "ready", false, "end with 3 while the views have not caught up with the stream")
	return c
}

type unreadyError struct{}

func (*unreadyError) Error() string { return "the node is not ready: its views have not caught up" }
func (*unreadyError) ExitCode() int { return exitUnreachable }

func statusRows(s web.StatusView) [][]string {
	link := func(up bool) string {
		if up {
			return "up"
		}
		return "down"
	}
	rows := [][]string{{s.Place, s.Name, enrolledWord(s), strconv.FormatBool(s.Locked), "", "", ""}}
	if s.Upper != nil {
		rows = append(rows, []string{"↑ " + s.Upper.Place, s.Upper.Name, "", "", link(s.Upper.Up), localTime(s.Upper.Heard), strconv.FormatUint(s.Upper.Behind, 10)})
	}
	for _, l := range s.Lowers {
		rows = append(rows, []string{"↓ " + l.Place, l.Name, mark(l.Standing != string(engine.StandingActive), l.Standing), "", link(l.Up), localTime(l.Heard), ""})
	}
	return rows
}

// enrolledWord says in a word how the node stands.
func enrolledWord(s web.StatusView) string {
	switch {
	case s.Rotating:
		return "keys changing"
	case s.Standing != "" && s.Standing != string(engine.StandingActive):
		return s.Standing
	}
	return strconv.FormatBool(s.Enrolled)
}

// standsHow tells, below the table of a status, what it means for the work.
func standsHow(s web.StatusView) string {
	switch {
	case s.Rotating:
		return "its next keys are not enrolled yet: what is written here waits until the node above has been asked"
	case s.Standing == string(engine.StandingSuspended):
		return "it is suspended: it takes down referrals and what happened, which wait here; everything else is done at the office above"
	case s.Standing == string(engine.StandingRecalled):
		return "its office is hosted by the node above again: act there"
	case s.Standing == string(engine.StandingRevoked):
		return "its keys were revoked: ask the office above for an invitation"
	case !s.Enrolled:
		return "it is not enrolled yet: it works, and keeps what is written here until the node above has enrolled it"
	}
	return ""
}

func newQuarantineCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "quarantine",
		Short: "List what this node refused, and why",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := a.client("")
			if err != nil {
				return err
			}
			kept, err := client.Quarantine(c.Context())
			if err != nil {
				return err
			}
			var rows [][]string
			for _, k := range kept {
				rows = append(rows, []string{k.Fault, k.Place, k.Source, strconv.FormatUint(k.Number, 10), k.Hash.String()})
			}
			return a.printList(kept, "FAULT|CAME FROM|AUTHOR|NUMBER|HASH", rows, "this node refused nothing")
		},
	}
}
