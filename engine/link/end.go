package link

import (
	"context"
	"fmt"
	"sync"

	"umuryango/engine"
	"umuryango/events"
)

// Store is what a link end reads of its node's history.
type Store interface {
	Index
	// Runs lists the runs of this node's own store in the order of the stream,
	// each with its last sequence.
	Runs() ([]engine.Position, error)
	// Known lists the highest position in each run of a neighbour from which a
	// record stands here.
	Known(peer events.Place) ([]engine.Position, error)
	// Gaps lists at most limit gaps in the numbers of the nodes under a place;
	// a number that a refusal fills is none. Those behind after come first, and
	// then, from the beginning, the others.
	Gaps(under events.Place, after engine.Gap, limit int) ([]engine.Gap, error)
	// At returns the record of a number.
	At(s events.Source, number uint64) (engine.Record, bool, error)
	// Next returns the record of the lowest number of a stretch that is here.
	Next(in engine.Gap) (engine.Record, bool, error)
}

// Keeper keeps the bytes of what was refused, beside the journal, and of what is
// Untold that it is. Keeping the same bytes again changes nothing.
type Keeper interface {
	Keep(r Refusal) error
}

// Config is what an end needs.
type Config struct {
	Peer      events.Place // the neighbour
	Lower     events.Place // the lower one of the two
	Journal   engine.Journal
	Writer    *engine.Writer
	Authority *engine.Authority
	Store     Store
	Keeper    Keeper
	Stamp     func() Stamp // id and instant of a refusal
	Edition   string
	Keys      Keys  // nil: this node takes no part in wraps
	Asks      *Asks // of this node, shared by its ends; nil: none
	// Hold keeps an event back, and all behind it, until nobody would refuse it;
	// nil: nothing is kept back.
	Hold func(e events.Event) bool
}

// End is one end of a link, at one node. Both ends are alike; who dials and
// who waits is not this package's business. It is safe for concurrent use.
type End struct {
	Config
	mu       sync.Mutex
	sender   *sender
	receiver *receiver
	bookmark engine.Position // how far the neighbour's stream was passed in this run
	took     []string        // wraps of the last batch, which the next poll acknowledges
	asked    engine.Gap      // the last that a greeting asked for
}

// NewEnd makes an end that has not greeted yet.
func NewEnd(c Config) *End { return &End{Config: c} }

// Greeting is what this end says first. Of more gaps than one greeting asks for,
// the next one goes on with the others: what nobody can fill hides nothing.
func (e *End) Greeting() (Greeting, error) {
	self := e.Writer.Self()
	g := Greeting{Node: self.Node, Run: self.Run}
	var err error
	if g.Runs, err = e.Store.Runs(); err != nil {
		return g, fmt.Errorf("list the runs of %s: %w", self.Node, err)
	}
	if g.Known, err = e.Store.Known(e.Peer); err != nil {
		return g, fmt.Errorf("list what is known of %s: %w", e.Peer, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if g.Want, err = e.Store.Gaps(e.Lower, e.asked, GapsMax); err != nil {
		return g, fmt.Errorf("list the gaps under %s: %w", e.Lower, err)
	}
	if len(g.Want) > 0 {
		e.asked = g.Want[len(g.Want)-1]
	}
	g.Known = withBookmark(g.Known, e.bookmark)
	return g, nil
}

func withBookmark(known []engine.Position, mark engine.Position) []engine.Position {
	if mark.Run.IsZero() {
		return known
	}
	for i := range known {
		if known[i].Run == mark.Run {
			known[i].Seq = max(known[i].Seq, mark.Seq)
			return known
		}
	}
	return append(known, mark)
}

// Meet begins a session: own is what this end said, peer what the other did.
// It returns the sequence of this node's stream behind which the neighbour
// wants to hear more.
func (e *End) Meet(own, peer Greeting) (after uint64, err error) {
	if peer.Node != e.Peer {
		return 0, fmt.Errorf("%s speaks where %s is expected", peer.Node, e.Peer)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sender = newSender(e.Lower, own, peer)
	e.receiver = newReceiver(own, peer)
	e.took = nil
	if e.Asks != nil {
		e.Asks.met(e.Peer)
	}
	return resume(own.Runs, peer.Known), nil
}

// Offer makes the next batch for the neighbour, which has passed sequence
// after. It reads at most one stretch; a batch without items still moves Upto.
// ErrGreet before a session, or in another one.
func (e *End) Offer(ctx context.Context, s Session, after uint64) (Batch, error) {
	e.mu.Lock()
	send := e.sender
	if send == nil || s.To != send.own || s.From != send.peer.Run {
		e.mu.Unlock()
		return Batch{}, ErrGreet
	}
	want := send.want
	chain := e.chain(send, after)
	send.want, send.fresh = nil, false
	e.mu.Unlock()
	again, err := e.fetch(want)
	if err != nil {
		return Batch{}, err
	}
	records, err := e.Journal.Read(ctx, after+1, BatchRecordsMax)
	if err != nil {
		return Batch{}, fmt.Errorf("read from sequence %d for %s: %w", after+1, e.Peer, err)
	}
	b := send.fill(after, chain, again, e.unheld(records))
	return b, e.carry(ctx, &b)
}

// chain is what the neighbour must hold to check the rest: at the beginning of
// everything all enrolments on its path. At the beginning of each session, and
// when that changes, it is told who this node is: what was signed with a new key
// stands in this stream before that key's enrolment. The upper one wrote that
// itself and may have lost it since.
func (e *End) chain(send *sender, after uint64) []events.Event {
	self := e.Writer.Self().Node
	head, _, _ := e.Authority.Enrolment(self)
	changed := head != send.head
	send.head = head
	switch {
	case send.fresh && after == 0:
		return e.Authority.Chain(e.Lower)
	case changed && e.Lower == e.Peer:
		return e.Authority.Chain(self)
	case changed:
		if line := e.Authority.Line(self); len(line) > 1 {
			return line
		}
	}
	return nil
}

// unheld leaves the records before the first that is held.
func (e *End) unheld(records []engine.Record) []engine.Record {
	for i, r := range records {
		if e.Hold != nil && e.Hold(r.Event) {
			return records[:i]
		}
	}
	return records
}

// fetch finds the numbers that the neighbour misses, as far as one batch has
// room for them. It passes over what is not here: of a long gap that may be all
// but the last number.
func (e *End) fetch(want []engine.Gap) ([]engine.Record, error) {
	var out []engine.Record
	size := 0
	for _, g := range want {
		for range GapNumbersMax {
			r, here, err := e.Store.Next(g)
			if err != nil {
				return nil, fmt.Errorf("find numbers %d to %d of %s: %w", g.From, g.To, g.Source, err)
			}
			if !here {
				break
			}
			if r.Event.Subject.Due(e.Lower) {
				if size += r.Event.Size(); size > BatchBytesMax/2 || len(out) == BatchRecordsMax/2 {
					return out, nil // the rest is asked for at the next greeting
				}
				out = append(out, r)
			}
			if r.Event.Number == g.To {
				break
			}
			g.From = r.Event.Number + 1
		}
	}
	return out, nil
}

// Sending is the session of this end's own batches.
func (e *End) Sending() (Session, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sender == nil {
		return Session{}, false
	}
	return Session{From: e.sender.peer.Run, To: e.sender.own}, true
}

// Next is the poll that asks the neighbour for more; false before a session.
func (e *End) Next() (Poll, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.receiver == nil {
		return Poll{}, false
	}
	return Poll{Session: Session{From: e.receiver.own, To: e.receiver.peer.Run}, Got: e.receiver.got.Seq, Took: e.took}, true
}

// Closes reports whether a batch with nothing in it says something all the same to
// a neighbour that has passed this end's stream up to passed: at upto it has heard
// all that was held here when the session began.
func (e *End) Closes(passed, upto uint64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sender != nil && passed < e.sender.end && upto >= e.sender.end
}

// CaughtUp reports whether everything has been taken that the neighbour held
// when the session began.
func (e *End) CaughtUp() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.receiver == nil {
		return false
	}
	runs := e.receiver.peer.Runs
	return len(runs) == 0 || e.receiver.got.Seq >= runs[len(runs)-1].Seq
}

// Take checks and stores a batch and returns this end's new position in the
// neighbour's stream, and the wraps that it has. ErrGreet when the batch is of
// another session. What is refused is kept, written as an event, and never holds
// back what follows.
func (e *End) Take(ctx context.Context, b Batch) (Answer, error) {
	got, ok := e.session(b)
	if !ok {
		return Answer{}, ErrGreet
	}
	// Wraps first, as whoever wrote did: what can be read at all can be read at
	// once.
	took, err := e.arrived(ctx, b)
	if err != nil {
		return Answer{}, err
	}
	refused := 0
	if b.After <= got && len(b.Items) > 0 {
		plan := func() (p engine.Plan, err error) {
			p, refused, err = e.plan(b)
			return p, err
		}
		if _, err := e.Writer.Write(ctx, plan); err != nil {
			return Answer{}, fmt.Errorf("take %d events from %s: %w", len(b.Items), e.Peer, err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.receiver == nil || b.From != e.receiver.peer.Run {
		return Answer{}, ErrGreet
	}
	e.took = took
	if b.After <= got {
		e.receiver.pass(b)
		e.bookmark = e.receiver.got
	}
	return Answer{Upto: e.receiver.got.Seq, Took: took, Refused: refused}, nil
}

func (e *End) session(b Batch) (got uint64, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.receiver
	if r == nil || b.From != r.peer.Run || b.To != r.own {
		return 0, false
	}
	return r.got.Seq, true
}

// plan is what to write of a batch, and how much of it is refused.
func (e *End) plan(b Batch) (p engine.Plan, refused int, err error) {
	in := ingest{authority: e.Authority, index: e.Store, peer: e.Peer, lower: e.Lower}
	t, err := in.take(b.Items)
	if err != nil {
		return engine.Plan{}, 0, err
	}
	p.Records = t.records
	locked := e.Writer.Self().Signer.Locked()
	for _, r := range t.refused {
		r.Untold = locked
		if err := e.Keeper.Keep(r); err != nil {
			return engine.Plan{}, 0, fmt.Errorf("keep what was refused from %s: %w", e.Peer, err)
		}
		if locked {
			continue // what follows is taken; Tell writes the event when the node is unlocked
		}
		d, err := e.refusal(r)
		if err != nil {
			return engine.Plan{}, 0, err
		}
		p.Drafts = append(p.Drafts, d)
	}
	return p, len(t.refused), nil
}
