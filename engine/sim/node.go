package sim

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"maps"
	"math"
	"slices"
	"time"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/engine/memory"
	"umuryango/events"
)

const edition = "simulated"

var ctx = context.Background()

// node is one node of the world. What lies on its disk outlives its process;
// begin makes the rest anew.
type node struct {
	world *world
	place events.Place
	keys  keyring

	disk   *memory.Journal
	untold map[events.Hash]link.Refusal // refused while it was locked, beside the stream
	shelf  *shelf                       // wraps, beside the stream
	copies []folder                     // older copies of all, oldest first

	journal   engine.Journal
	history   *memory.History
	store     link.Store
	authority *engine.Authority
	service   *engine.Service
	run       events.Run
	linked    bool

	dark     bool
	asks     *link.Asks
	wrapped  int              // wraps that it made
	followed uint64           // record up to which it obeyed what was erased
	locked   bool             // it relays, and signs nothing
	restored bool             // and not linked up since
	emptied  bool             // and not filled since
	pending  []engine.Command // sent, and no answer came
	planned  plan             // for the next append
	refusals []link.Refusal   // of the batch that is being taken
}

// folder is what a backup copies.
type folder struct {
	disk   *memory.Journal
	untold map[events.Hash]link.Refusal
	shelf  *shelf
}

func newNode(w *world, place events.Place) *node {
	return &node{world: w, place: place, keys: newKeyring(place, 0), disk: memory.NewJournal(), untold: map[events.Hash]link.Refusal{}, shelf: newShelf(place)}
}

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func (n *node) host() engine.Host {
	return n.keys.host(n.place)
}

// Key implements engine.Signer.
func (n *node) Key() string { return n.keys.id }

// Locked implements engine.Signer.
func (n *node) Locked() bool { return n.locked }

// Sign implements engine.Signer.
func (n *node) Sign(message []byte) ([]byte, error) {
	if n.locked {
		return nil, engine.ErrLocked
	}
	return ed25519.Sign(n.keys.key, message), nil
}

// Keep implements link.Keeper.
func (n *node) Keep(r link.Refusal) error {
	n.refusals = append(n.refusals, r)
	if r.Untold && n.world.seams.untold != nil {
		r.Untold = n.world.seams.untold(r)
	}
	if r.Untold {
		n.world.took(tookUntold)
		n.untold[r.Hash] = r
	}
	return nil
}

// begin starts a run on what the disk holds.
func (n *node) begin() {
	w := n.world
	n.check(n.disk.Refresh(ctx))
	n.journal, n.linked = n.disk, n.place.Level() == 0 && len(w.nodes) == 1
	if w.seams.journal != nil {
		n.journal = w.seams.journal(n.place, n.disk)
	}
	n.history = memory.NewHistory(n.place, n.journal)
	n.check(n.history.Wait(ctx, n.journal.Head()))
	n.store = n.history
	if w.seams.store != nil {
		n.store = w.seams.store(n.place, n.history)
	}
	n.authority = engine.NewAuthority(public(w.root))
	n.learn()
	n.settleRotation()
	history := engine.History(n.history)
	if w.seams.history != nil {
		history = w.seams.history(history)
	}
	before := n.nextRun()
	n.service = &engine.Service{
		Writer:  engine.NewWriter(engine.Self{Node: n.place, Run: n.run, Signer: n}, n.journal, history, before),
		History: history, Authority: n.authority, Gate: w.gateAt, Edition: edition, Sealer: w.sealer(n), Linked: func() bool { return n.linked },
	}
	n.asks, n.followed = link.NewAsks(nil), 0
	for _, l := range w.links {
		l.begun(n)
	}
	n.obey()
}

func (w *world) sealer(n *node) engine.Sealer {
	s := engine.Sealer(&memory.Sealer{Keys: w.keys, Node: n.place, Locked: n.Locked})
	if w.seams.sealer != nil {
		s = w.seams.sealer(s)
	}
	return s
}

func (w *world) gateAt(time.Time) (engine.Gate, error) {
	if w.seams.gate != nil {
		return w.seams.gate(gate{}), nil
	}
	return gate{}, nil
}

// learn folds who may sign from the stream, as far as it follows from the root.
func (n *node) learn() {
	waiting, err := n.history.NodeEvents()
	n.check(err)
	for progress := true; progress; {
		left := slices.DeleteFunc(slices.Clone(waiting), func(e events.Event) bool {
			if n.authority.Check(e) != "" {
				return false
			}
			n.authority.Add(e)
			return true
		})
		progress = len(left) < len(waiting)
		waiting = left
	}
}

// nextRun is one higher than the last that the store knows, with a random mark.
func (n *node) nextRun() (before *events.RunEnd) {
	number := uint64(0)
	runs, err := n.history.Runs()
	n.check(err)
	for _, r := range runs {
		number = max(number, r.Run.Number)
	}
	last, ok, err := n.history.Last(n.place)
	n.check(err)
	if ok {
		before, number = &last, max(number, last.Run.Number)
	}
	n.run = events.Run{Number: number + 1, Mark: n.world.r.mark()}
	return before
}

// check notes an error that nothing in the schedule explains.
func (n *node) check(err error) {
	if err != nil {
		n.world.breach(0, n.place, "the simulated node fails: %v", err)
	}
}

func (n *node) records() []engine.Record {
	out, err := n.disk.Read(ctx, 1, math.MaxInt)
	n.check(err)
	return out
}

// restart is a crash: what was not on the disk is gone.
func (n *node) restart() {
	n.world.took(tookRestart)
	n.begin()
}

// backup takes a copy of the disk.
func (n *node) backup() {
	const copiesMax = 3
	n.copies = append(n.copies, folder{n.disk.Copy(), maps.Clone(n.untold), n.shelf.copy()})
	if len(n.copies) > copiesMax {
		n.copies = n.copies[1:]
	}
}

// restore puts a copy in the disk's place, or nothing, and notes what no other
// store holds.
func (n *node) restore(older folder) {
	before := n.records()
	n.disk.Restore(older.disk)
	n.untold = map[events.Hash]link.Refusal{}
	maps.Copy(n.untold, older.untold)
	n.shelf = newShelf(n.place)
	if older.shelf != nil {
		n.shelf = older.shelf.copy()
	}
	n.pending = nil // whoever waited for an answer is told that the store was lost
	left := n.world.everything()
	for _, r := range before {
		if hash := r.Event.Hash(); left[hash].ID == "" {
			n.world.lost[hash] = r.Event
		}
	}
	n.begin()
}
