// Package audit checks the laws over the stores of several nodes: what the
// simulator asks at the end of a schedule, and what an auditor asks who has
// nothing but the files and the nation's root key. It reads records and changes
// none; it trusts no index, and computes the link rule, the pen and the numbers
// anew, apart from the code that kept them.
//
// A store that is behind breaks nothing: what a neighbour has not passed yet is
// on its way, and what one node alone holds is kept only there. What a
// neighbour has passed and does not hold is missing.
package audit

import (
	"cmp"
	"crypto/ed25519"
	"fmt"
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

// The laws of engine/DESIGN.md §1 that are checked here.
const (
	LawNothingLost = 1
	LawOnePen      = 2
	LawSameState   = 3
	LawReasons     = 4
	LawHearsBack   = 5
	LawNoTrust     = 7 // an event that nobody signed who might
)

// Store is what one node's stream holds, in its order.
type Store struct {
	Node    events.Place
	Records []engine.Record
	Damage  []string     // what could not be read, in words
	Lost    []engine.Gap // numbers known to have gone with a destroyed store: shown, and no breach
	Untold  []Untold     // what was refused while the node was locked
	// Rotation is what the node is still to ask for: it signs with the next key
	// already, and holds that back. nil: nothing.
	Rotation *engine.Rotation
}

// Untold is an event that a node refused while it could not sign: its bytes are
// kept, and the event that tells of it is still to come.
type Untold struct {
	Hash   events.Hash
	Source events.Source // zero where it could not be read
	Number uint64
}

// Breach is a law that does not hold.
type Breach struct {
	Law  int
	Node events.Place // where it shows
	What string
	// Pack is set where nothing was found to be wrong: a decision could not be
	// checked again, as the pack of this hash is not at hand.
	Pack string
}

func (b Breach) String() string { return fmt.Sprintf("law %d at %s: %s", b.Law, b.Node, b.What) }

// Recheck asks the gate again: the result of a case document under the pack
// with this hash. known is false where that pack is not at hand.
type Recheck = func(packHash string, doc []byte) (result []byte, known bool, err error)

// Again says how decisions are checked again.
type Again struct {
	Recheck Recheck       // nil: the gate is not asked
	Open    engine.Opener // of what is sealed in them; nil opens nothing
}

// Report is what an audit found.
type Report struct {
	Breaches []Breach // sorted; none means that the laws hold
	Checked  int      // times that the gate was asked again
	Sealed   int      // decisions that no key at hand opens: not checked again here
	Erased   int      // decisions that nobody can check again: their case was erased
	Disowned int      // events that a store took before it had heard that they count no more
}

// Check checks laws 1 to 5 over the stores, and that every event bears the
// signature of a node that spoke for its office, which follows from the root
// key alone. What is sealed and does not open is counted, and is no breach.
func Check(root ed25519.PublicKey, stores []Store, again Again) Report {
	a := auditor{authority: engine.NewAuthority(root), again: again, erased: map[events.Subject]bool{}, fold: engine.Fold, missing: map[events.Place]map[events.Hash]bool{}}
	for _, s := range stores {
		a.stores = append(a.stores, read(s))
	}
	a.signatures()
	a.streams()
	a.links()
	a.numbers()
	a.cases()
	a.decisions()
	slices.SortFunc(a.Breaches, func(x, y Breach) int {
		return cmp.Or(cmp.Compare(x.Law, y.Law), cmp.Compare(x.Node, y.Node), cmp.Compare(x.What, y.What))
	})
	a.Breaches = slices.Compact(a.Breaches)
	return a.Report
}

type auditor struct {
	authority *engine.Authority
	again     Again
	erased    map[events.Subject]bool // cases of which somebody ordered the erasure
	fold      func(events.Subject, []events.Event) engine.State
	stores    []*store
	missing   map[events.Place]map[events.Hash]bool // passed by that node, and not there
	Report
}

// store is a Store with what the checks look up in it.
type store struct {
	Store
	entries []entry
	held    map[events.Hash]bool
	refused map[events.Hash]bool // by this node
	bySeq   map[uint64]events.Hash
}

// entry is a record with the hash of its event.
type entry struct {
	engine.Record
	hash events.Hash
}

func read(s Store) *store {
	out := &store{Store: s, held: map[events.Hash]bool{}, refused: map[events.Hash]bool{}, bySeq: map[uint64]events.Hash{}}
	for _, r := range s.Records {
		e := entry{r, r.Event.Hash()}
		out.entries = append(out.entries, e)
		out.held[e.hash], out.bySeq[r.Seq] = true, e.hash
		if b, ok := refusal(r.Event); ok && r.Event.Source.Node == s.Node {
			out.refused[b.Hash] = true
		}
	}
	for _, u := range s.Untold {
		out.refused[u.Hash] = true
	}
	return out
}

func refusal(e events.Event) (events.Refused, bool) {
	var b events.Refused
	return b, e.Type == events.TypeRefused && e.Decode(&b) == nil
}

func (a *auditor) breach(law int, node events.Place, format string, args ...any) {
	a.Breaches = append(a.Breaches, Breach{Law: law, Node: node, What: fmt.Sprintf(format, args...)})
}

func (e entry) name() string {
	return fmt.Sprintf("%s (%s, number %d of %s)", e.Event.ID, e.Event.Type, e.Event.Number, e.Event.Source)
}
