package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/engine"
	"umuryango/engine/audit"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/engine/node"
	"umuryango/events"
	"umuryango/policies"
	"umuryango/projections"
)

// errBreached is returned when a law does not hold over the stores.
var errBreached = fmt.Errorf("a law is broken: %w", engine.ErrBroken)

// errUnchecked is returned when nothing was found to be wrong, and not all that
// could be opened could be checked.
var errUnchecked = errors.New("policy packs are nowhere here: name a folder that holds them with --packs, or add the folder of a node that worked under them")

// breaches counts how often, where it is told for each what broke it.
type breaches int

func (n breaches) Error() string {
	return counted(int(n), "breach of a law", "breaches of laws")
}
func (breaches) Unwrap() error { return errBreached }

func newVerifyCommand(a *app) *cobra.Command {
	var root, packs, passphrase string
	c := &cobra.Command{
		Use:   "verify DIR...",
		Short: "Check laws 1 to 5 over the stores in these folders",
		Long: `Reads the stores of any number of nodes, given by their folders, and checks what
must hold: nothing lost, one pen, same events same state, no decision without its
reasons, the village hears back. It trusts nothing but the nation's root key and
changes nothing. Folders that hold no node are passed over.

The case documents of decisions are sealed. With the passphrase of these nodes
the decisions are checked again that they hold keys of; how many could not be is
said. A decision is checked under the policy pack whose hash it carries: of this
program, of --packs, or as one of the nodes has kept it in its folder.

Checked to the last byte is the store of events: that every record can be read,
is signed by a node that spoke for its office, has its number in its run, and
follows the laws. A byte that was changed there ends with 4. Where no law speaks
of what is held, a changed byte may well end with 0:

  the keys in the store   each is checked when it is opened: with a passphrase
  keys/vault.json         likewise
  the opened pages        this machine's own list (record reads): no law is on it
  views.db, history.db    are made again from the store; of history.db is read how
                          far it had come, which shows a store that was cut short
  state.db                this machine's own notes; read is what it has still to
                          tell others
  node.yaml               where the machine listens`,
		Args: atLeastOne("a node's folder"),
		RunE: func(c *cobra.Command, dirs []string) error {
			return a.verify(c.Context(), dirs, root, packs, passphrase)
		},
	}
	c.Flags().StringVar(&root, "root", "", "the nation's root key in base64 (default: the one that the folders name)")
	c.Flags().StringVar(&packs, "packs", "", "folder of policy packs to check decisions again with")
	passphraseFlag(c, &passphrase)
	return c
}

// verified is what verify prints.
type verified struct {
	Root     string         `json:"root_key"`
	Stores   []verifiedNode `json:"stores"`
	Breaches []string       `json:"breaches"`
	NoPack   []string       `json:"not_checked"`   // their pack is nowhere here
	Kept     []string       `json:"kept_packs"`    // asked, and known from the nodes' folders alone
	Spoilt   []string       `json:"spoilt_packs"`  // kept, and not what their folder's name says
	Checked  int            `json:"checked_again"` // times that the gate was asked again
	Sealed   int            `json:"sealed"`        // proposals and decisions that no key at hand opens
	Erased   int            `json:"erased"`        // those of erased cases
	Disowned int            `json:"disowned"`      // events taken before their node had heard that they count no more

	decided bool // some decision is among what was checked
}

type verifiedNode struct {
	Place  string `json:"place"`
	Events int    `json:"events"`
	Cases  int    `json:"cases"`
	Untold int    `json:"untold,omitempty"` // refused while it was locked, and still to be told
}

func (a *app) verify(ctx context.Context, dirs []string, rootText, packsDir, passphrase string) error {
	l, err := a.openLand(packsDir, "error")
	if err != nil {
		return err
	}
	found, err := inspect(ctx, dirs)
	if err != nil {
		return err
	}
	root, err := rootKey(rootText, found)
	if err != nil {
		return err
	}
	out := verified{Root: base64.StdEncoding.EncodeToString(root), Breaches: []string{}, NoPack: []string{}}
	var stores []audit.Store
	for _, f := range found {
		out.Stores = append(out.Stores, verifiedNode{Place: f.ID.Place.ID(), Events: len(f.Records), Cases: cases(f.Records), Untold: len(f.Untold)})
		out.decided = out.decided || slices.ContainsFunc(f.Records, func(r engine.Record) bool { return r.Event.Type == events.TypeDecided })
		stores = append(stores, audit.Store{Node: f.ID.Place, Records: f.Records, Damage: f.Damage, Untold: untold(f.Untold), Rotation: f.Rotation})
	}
	open, err := a.opener(found, passphrase)
	if err != nil {
		return err
	}
	packs, err := gather(l.packs, found)
	if err != nil {
		return err
	}
	report := audit.Check(root, stores, audit.Again{Recheck: packs.recheck, Open: open})
	out.Checked, out.Sealed, out.Erased, out.Disowned = report.Checked, report.Sealed, report.Erased, report.Disowned
	out.Kept, out.Spoilt = packs.asked(), packs.spoilt
	for _, b := range report.Breaches {
		if b.Pack != "" {
			out.NoPack = append(out.NoPack, fmt.Sprintf("at %s: %s", l.places.FullName(b.Node), b.What))
			continue
		}
		out.Breaches = append(out.Breaches, fmt.Sprintf("law %d at %s: %s", b.Law, l.places.FullName(b.Node), b.What))
	}
	return a.printVerified(l, out)
}

func untold(refused []link.Refusal) []audit.Untold {
	var out []audit.Untold
	for _, r := range refused {
		out = append(out, audit.Untold{Hash: r.Hash, Source: r.Source, Number: r.Number})
	}
	return out
}

func (a *app) printVerified(l land, v verified) error {
	if a.output == outputJSON {
		if err := a.printJSON(v); err != nil {
			return err
		}
	} else {
		for _, s := range v.Stores {
			place, err := l.places.ByID(s.Place)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%-9s %-45s %5d events, %4d cases", place.Level, place.FullName, s.Events, s.Cases)
			if s.Untold > 0 {
				fmt.Fprintf(a.stdout, ", %d refused while it was locked: unlock it, and it tells of them", s.Untold)
			}
			fmt.Fprintln(a.stdout)
		}
		for _, b := range v.Breaches {
			fmt.Fprintln(a.stdout, "BROKEN:", b)
		}
		for _, n := range v.NoPack {
			fmt.Fprintln(a.stdout, "NOT CHECKED:", n)
		}
		for _, s := range v.Spoilt {
			fmt.Fprintln(a.stdout, "passed over:", s)
		}
	}
	if len(v.Breaches) > 0 {
		return breaches(len(v.Breaches))
	}
	if len(v.NoPack) > 0 {
		return fmt.Errorf("%d times a decision could not be checked again: %w", len(v.NoPack), errUnchecked)
	}
	if a.output == outputTable {
		fmt.Fprintf(a.stdout, "laws 1 to 5 hold over %d stores, under the root key %s\n", len(v.Stores), v.Root)
		v.printAgain(a.stdout)
	}
	return nil
}

// printAgain says how far decisions could be checked again, and what of them is
// taken on trust.
func (v verified) printAgain(w io.Writer) {
	if v.Checked > 0 {
		fmt.Fprintf(w, "the policy check was asked again %s and gave the same bytes\n", counted(v.Checked, "time", "times"))
	}
	for _, k := range v.Kept {
		fmt.Fprintf(w, "of these, some under the policy pack %s, which only these folders hold: read it there\n", k)
	}
	if v.Sealed > 0 {
		fmt.Fprintf(w, "%s sealed, and no key at hand opens %s: not checked again here (--passphrase-file opens what these nodes hold)\n", v.acts(v.Sealed), mark(v.Sealed == 1, "it")+mark(v.Sealed > 1, "them"))
	}
	if v.Disowned > 0 {
		fmt.Fprintf(w, "%s taken before the node there had heard that its author counts no more: what that tells is shown there alone\n", counted(v.Disowned, "event was", "events were"))
	}
	if v.Erased > 0 {
		fmt.Fprintf(w, "%s of erased cases: nobody can check that again\n", v.acts(v.Erased))
	}
}

// acts counts what the gate was asked on: proposals, and decisions where the
// stores hold any.
func (v verified) acts(n int) string {
	if v.decided {
		return counted(n, "proposal or decision is", "proposals and decisions are")
	}
	return counted(n, "proposal is", "proposals are")
}

// opener opens what any of the nodes holds a key of; without a passphrase,
// nothing. One that opens none of them is an input error.
func (a *app) opener(found []inspected, file string) (engine.Opener, error) {
	text, err := a.readPassphrase(file)
	if err != nil || text == nil {
		return nil, err
	}
	var open []*node.Inspected
	for i := range found {
		err := found[i].ID.Unlock(text)
		if err == nil {
			open = append(open, &found[i].Inspected)
		} else if !errors.Is(err, keys.ErrPassphrase) {
			return nil, fmt.Errorf("open the keys in %s: %w", found[i].dir, err)
		}
	}
	if len(open) == 0 {
		return nil, fmt.Errorf("open the keys of these nodes: %w", keys.ErrPassphrase)
	}
	return func(e events.Event, part events.SealedPart) (plain []byte, err error) {
		for _, i := range open {
			if plain, err = i.Open(e, part); !errors.Is(err, engine.ErrNoKey) {
				return plain, err
			}
		}
		return nil, err
	}, nil
}

// inspected is one folder as it was read.
type inspected struct {
	node.Inspected
	dir string
}

func inspect(ctx context.Context, dirs []string) ([]inspected, error) {
	var out []inspected
	for _, dir := range dirs {
		if info, err := os.Stat(filepath.Join(dir, node.DirKeys)); err != nil || !info.IsDir() {
			if _, err := os.Stat(dir); err != nil {
				return nil, &inputError{fmt.Errorf("read the store: %w", err)}
			}
			continue // beside the nodes' folders others may lie
		}
		i, err := node.Inspect(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w: %w", dir, engine.ErrBroken, err)
		}
		i.Damage = append(i.Damage, compareHistory(dir, i)...)
		out = append(out, inspected{i, dir})
	}
	if len(out) == 0 {
		return nil, &inputError{fmt.Errorf("no node's store lies in %s", strings.Join(dirs, ", "))}
	}
	return out, nil
}

// compareHistory finds a stream that has become shorter than what was read
// from it before: its tail is gone, and nobody else may have held it.
func compareHistory(dir string, i node.Inspected) []string {
	path := filepath.Join(dir, fileHistory)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil // it was thrown away, which is allowed
	}
	applied, err := projections.AppliedIn(path)
	if err != nil {
		return []string{fmt.Sprintf("%s cannot be read: %v", fileHistory, err)}
	}
	var head uint64
	if n := len(i.Records); n > 0 {
		head = i.Records[n-1].Seq
	}
	if applied > head {
		return []string{fmt.Sprintf("the stream ends at sequence %d, and %s has read up to %d", head, fileHistory, applied)}
	}
	return nil
}

// rootKey is the key that was given, else the one that all folders name.
func rootKey(text string, found []inspected) (ed25519.PublicKey, error) {
	if text != "" {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, &inputError{fmt.Errorf("--root: %d bytes in base64 are expected", ed25519.PublicKeySize)}
		}
		return raw, nil
	}
	root := found[0].ID.Root
	for _, f := range found {
		if !f.ID.Root.Equal(root) {
			return nil, &inputError{fmt.Errorf("%s and %s name different root keys: they are of two nations, or one was changed; say which with --root", found[0].dir, f.dir)}
		}
	}
	return root, nil
}

func cases(records []engine.Record) int {
	seen := map[string]bool{}
	for _, r := range records {
		if r.Event.Subject.Kind == "case" {
			seen[r.Event.Subject.String()] = true
		}
	}
	return len(seen)
}

// packsAtHand are those under which decisions can be checked again.
type packsAtHand struct {
	given  *policies.Library // of this program, or of --packs
	all    *policies.Library // and those that the nodes have kept
	spoilt []string
	used   map[string]*policies.Pack // of the kept ones
}

// gather adds what the nodes have kept. What such a pack says is its node's word
// for what was in force there, so which of them were used is told.
func gather(given *policies.Library, found []inspected) (*packsAtHand, error) {
	out := &packsAtHand{given: given, all: given, spoilt: []string{}, used: map[string]*policies.Pack{}}
	for _, f := range found {
		kept, spoilt, err := keptPacks(f.dir)
		if err != nil {
			return nil, err
		}
		out.all = out.all.With(kept...)
		for _, s := range spoilt {
			out.spoilt = append(out.spoilt, s.Error())
		}
	}
	return out, nil
}

// recheck asks the gate again under the pack whose hash a decision carries.
func (p *packsAtHand) recheck(hash string, doc []byte) (result []byte, known bool, err error) {
	pack, ok := p.all.ByHash(hash)
	if !ok {
		return nil, false, nil
	}
	if _, ok := p.given.ByHash(hash); !ok {
		p.used[hash] = pack
	}
	c, err := pack.Read(doc)
	if err != nil {
		return nil, true, err
	}
	return slices.Clone(policies.Check(pack, c).JSON()), true, nil
}

// asked names the kept packs that decisions were checked again under.
func (p *packsAtHand) asked() []string {
	out := []string{}
	for _, hash := range slices.Sorted(maps.Keys(p.used)) {
		out = append(out, fmt.Sprintf("%s %s (%s)", p.used[hash].ID(), p.used[hash].Version(), hash))
	}
	return out
}
