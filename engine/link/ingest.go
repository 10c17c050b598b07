package link

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sort"

	"umuryango/engine"
	"umuryango/events"
)

// Index is what the checks ask of a node's store.
type Index interface {
	// Held returns the hash of the event with this id.
	Held(id events.ID) (events.Hash, bool, error)
	// Numbered returns the hash of the event with this number.
	Numbered(s events.Source, number uint64) (events.Hash, bool, error)
	// Refused reports whether this node has refused these bytes before.
	Refused(hash events.Hash) (bool, error)
}

// Refusal is what was not taken, and why.
type Refusal struct {
	Item
	Peer   events.Place  // who delivered it
	Lower  events.Place  // the lower end of the link that it came over
	Source events.Source // author node and run; zero where it could not be read
	Number uint64
	Hash   events.Hash
	Fault  engine.Fault
	Untold bool // this node was locked: the event that tells of it is still to be written
}

// taken is what the checks made of a batch.
type taken struct {
	records []engine.Record
	refused []Refusal
}

// ingest checks authenticity and nothing else (engine/DESIGN.md §3): every node that
// holds the same enrolments decides alike.
type ingest struct {
	authority *engine.Authority
	index     Index
	peer      events.Place
	lower     events.Place

	ids     map[events.ID]events.Hash // of this batch
	numbers map[string]events.Hash    // of this batch, by source and number
	out     taken
}

func (in ingest) take(items []Item) (taken, error) {
	in.ids, in.numbers = map[events.ID]events.Hash{}, map[string]events.Hash{}
	for _, item := range items {
		if err := in.one(item); err != nil {
			return taken{}, err
		}
	}
	return in.out, nil
}

func (in *ingest) one(item Item) error {
	e, err := events.Parse(item.Subject, item.Header, item.Body)
	if err != nil {
		fault := engine.FaultForm
		if errors.Is(err, events.ErrTooLarge) {
			fault = engine.FaultSize
		}
		return in.refuse(Refusal{Item: item, Hash: item.hash(), Fault: fault})
	}
	hash := e.Hash()
	fault, held, err := in.check(e, hash)
	switch {
	case err != nil:
		return fmt.Errorf("check event %s from %s: %w", e.ID, in.peer, err)
	case fault != "":
		return in.refuse(Refusal{Item: item, Source: e.Source, Number: e.Number, Hash: hash, Fault: fault})
	case held:
		return nil
	}
	in.ids[e.ID], in.numbers[numberKey(e)] = hash, hash
	// A true statement stays true if this batch is not stored after all, so the
	// authority may know it before the store does.
	in.authority.Add(e)
	in.out.records = append(in.out.records, engine.Record{Event: e, From: engine.Origin{Node: in.peer, Position: item.At}})
	return nil
}

// check skips what is held, by id and hash, and checks the rest.
func (in *ingest) check(e events.Event, hash events.Hash) (fault engine.Fault, held bool, err error) {
	if !e.Subject.Due(in.lower) {
		return engine.FaultSubject, false, nil
	}
	byID, idHeld, err := in.byID(e.ID)
	if err != nil || idHeld && byID == hash {
		return "", idHeld, err
	}
	if f := in.authority.Check(e); f != "" {
		return f, false, nil
	}
	byNumber, numberHeld, err := in.byNumber(e)
	if err != nil {
		return "", false, err
	}
	if idHeld || numberHeld && byNumber != hash {
		return engine.FaultClone, false, nil
	}
	return "", false, nil
}

func (in *ingest) byID(id events.ID) (events.Hash, bool, error) {
	if h, ok := in.ids[id]; ok {
		return h, true, nil
	}
	return in.index.Held(id)
}

func (in *ingest) byNumber(e events.Event) (events.Hash, bool, error) {
	if h, ok := in.numbers[numberKey(e)]; ok {
		return h, true, nil
	}
	return in.index.Numbered(e.Source, e.Number)
}

func numberKey(e events.Event) string { return fmt.Sprintf("%s/%d", e.Source, e.Number) }

// refuse notes a refusal once: the same bytes may be offered again after a
// restart, as what is refused leaves no position behind.
func (in *ingest) refuse(r Refusal) error {
	for _, before := range in.out.refused {
		if before.Hash == r.Hash {
			return nil
		}
	}
	before, err := in.index.Refused(r.Hash)
	if err != nil || before {
		return err
	}
	r.Peer, r.Lower = in.peer, in.lower
	in.out.refused = append(in.out.refused, r)
	return nil
}

// hash names bytes that could not be read as an event.
func (i Item) hash() events.Hash {
	names := make([]string, 0, len(i.Header))
	for name := range i.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", i.Subject)
	for _, name := range names {
		fmt.Fprintf(h, "%q:%q\n", name, i.Header[name])
	}
	h.Write(i.Body)
	return events.Hash(h.Sum(nil))
}
