package engine_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// node is a sector's node with its store in memory.
type node struct {
	is      *is.I
	journal *memory.Journal
	history *memory.History
	hosts   hierarchy
	service *engine.Service
	keys    *memory.Keys
	linked  bool
}

type signer string

func (s signer) Key() string                   { return events.KeyID(public(string(s))) }
func (s signer) Locked() bool                  { return false }
func (s signer) Sign(m []byte) ([]byte, error) { return ed25519.Sign(keyOf(string(s)), m), nil }

func newNode(t testing.TB) *node {
	n := &node{is: is.New(t), journal: memory.NewJournal(), hosts: newHierarchy(t), keys: memory.NewKeys(), linked: true}
	n.begin(1)
	return n
}

// begin starts a run on what the journal holds.
func (n *node) begin(number uint64) {
	n.is.NoErr(n.journal.Refresh(ctx))
	n.history = memory.NewHistory(sector, n.journal)
	n.is.NoErr(n.history.Wait(ctx, n.journal.Head()))
	var before *events.RunEnd
	if end, ok, err := n.history.Last(sector); ok && err == nil {
		before = &end
	}
	n.service = &engine.Service{
		Writer:  engine.NewWriter(engine.Self{Node: sector, Run: run(number), Signer: signer("sector")}, n.journal, n.history, before),
		History: n.history, Authority: n.hosts.Authority, Edition: "test",
		Sealer: &memory.Sealer{Keys: n.keys, Node: sector}, Gate: func(time.Time) (engine.Gate, error) { return gate{}, nil }, Linked: func() bool { return n.linked },
	}
}

// send sends an act under an id.
func (n *node) send(number int, office events.Place, do any) (engine.Done, error) {
	c := command(office, do)
	c.ID, c.Digest = id(number), events.Hash{byte(number)}
	return n.service.Do(ctx, c)
}

func (n *node) do(number int, office events.Place, do any) engine.Done {
	n.is.Helper()
	done, err := n.send(number, office, do)
	n.is.NoErr(err)
	return done
}

// numbers lists the numbers in the stream, in order.
func (n *node) numbers() (out []uint64) {
	records, err := n.journal.Read(ctx, 1, 100)
	n.is.NoErr(err)
	for _, r := range records {
		n.is.Equal(r.Seq, uint64(len(out)+1))
		out = append(out, r.Event.Number)
	}
	return out
}

var raise = engine.Raise{To: sector, Source: "izu"}

// TestService: an act becomes one signed event, numbered from one, and what it
// came to is told.
func TestService(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	done := n.do(1, village, raise)
	is.Equal(done.State.Pen, sector)
	is.Equal(done.Record.Seq, uint64(1))
	is.Equal(done.Record.Event.Subject, child) // the case is named after its first act
	is.Equal(done.Record.Event.Source, events.Source{Node: sector, Run: run(1)})
	is.NoErr(done.Record.Event.Verify(public("sector")))
	is.Equal(n.hosts.Check(done.Record.Event), engine.Fault(""))
	n.do(2, sector, engine.Accept{})
	advice := n.do(3, sector, engine.Assess{})
	is.True(advice.Advice != nil)
	is.Equal(n.numbers(), []uint64{1, 2, 3})
	s, err := n.service.Case(child)
	is.NoErr(err)
	is.Equal(s.Responsible, sector)
	_, err = n.service.Case(events.Subject{Place: village, Kind: events.KindCase, ID: string(id(77))})
	is.True(errors.Is(err, engine.ErrNotFound))
}

// TestRefusedActWritesNothing: what is not allowed leaves no trace, and the
// error says what was attempted by whom.
func TestRefusedActWritesNothing(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.do(1, village, raise)
	_, err := n.send(2, village, engine.Accept{})
	var refusal *engine.Refusal
	is.True(errors.As(err, &refusal))
	is.Equal(refusal.Code, "no_pen")
	is.Equal(err.Error()[:30], "accept by RW.57.12.05.03: the ")
	is.Equal(n.numbers(), []uint64{1})
}

// TestNotHosted: a node speaks for its own office and those below that have no
// node of their own.
func TestNotHosted(t *testing.T) {
	n := newNode(t)
	n.hosts.Add(enrolled{office: cell, node: cell, by: sector, at: events.Source{Node: sector, Run: run(1)}, number: 20, key: "sector", host: "cell"}.event(t))
	for name, office := range map[string]events.Place{"above": district, "elsewhere": foreign, "below, with its own node": cell, "below that": village} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := n.send(1, office, raise)
			var refusal *engine.Refusal
			is.True(errors.As(err, &refusal))
			is.Equal(refusal.Code, "not_hosted")
		})
	}
	c := command("RW.57.12.06", raise) // a cell without a node
	c.Case.Place = c.Office
	_, err := n.service.Do(ctx, c)
	n.is.NoErr(err)
}

// TestNotEnrolledYet: a node that nobody enrolled works, and queues: what it
// writes waits for its enrolment.
func TestNotEnrolledYet(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.service.Authority = engine.NewAuthority(public("root"))
	done := n.do(1, sector, raise)
	is.Equal(n.service.Authority.Check(done.Record.Event), engine.FaultAuthor)
	is.Equal(n.hosts.Check(done.Record.Event), engine.Fault(""))
}

// TestAgain: the same command is done once and answered alike; the id with
// another command is refused.
func TestAgain(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	first := n.do(1, village, raise)
	again := n.do(1, village, raise)
	is.True(again.Again)
	is.True(!first.Again)
	is.Equal(again.Record.Event.Hash(), first.Record.Event.Hash())
	is.Equal(again.State.Pen, sector)
	is.Equal(n.numbers(), []uint64{1})

	for name, c := range map[string]engine.Command{
		"another digest": func() engine.Command { c := command(village, raise); c.ID, c.Digest = id(1), events.Hash{7}; return c }(),
		"another office": func() engine.Command { c := command(sector, raise); c.ID, c.Digest = id(1), events.Hash{1}; return c }(),
		"another case": func() engine.Command {
			c := command(village, engine.Contribute{Kind: "sighting"})
			c.ID, c.Digest, c.Case.ID = id(1), events.Hash{1}, string(id(2))
			return c
		}(),
	} {
		_, err := n.service.Do(ctx, c)
		if !errors.Is(err, engine.ErrRepeated) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnswerLost: an act whose answer was lost is found when it is sent again,
// also after a restart, and is written once.
func TestAnswerLost(t *testing.T) {
	for name, restart := range map[string]bool{"": false, "with a restart": true} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			n := newNode(t)
			n.journal.LoseAnswer()
			_, err := n.send(1, village, raise)
			is.True(errors.Is(err, engine.ErrUnsettled))
			if restart {
				n.begin(2)
			}
			done := n.do(1, village, raise)
			is.True(done.Again)
			n.do(2, sector, engine.Accept{})
			if restart {
				is.Equal(n.numbers(), []uint64{1, 1})
			} else {
				is.Equal(n.numbers(), []uint64{1, 2})
			}
		})
	}
}

// TestRequestLost: an act that never reached the store is done when it is sent
// again, under the number that it would have had.
func TestRequestLost(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.journal.LoseRequest()
	_, err := n.send(1, village, raise)
	is.True(errors.Is(err, engine.ErrUnsettled))
	done := n.do(1, village, raise)
	is.True(!done.Again)
	is.Equal(n.numbers(), []uint64{1})
}

// TestRace: a second writer makes the act fail, nothing is stored, and the next
// try sees what the other wrote.
func TestRace(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.do(1, village, raise)
	n.journal.Refuse()
	_, err := n.send(2, sector, engine.Accept{})
	is.True(errors.Is(err, engine.ErrConflict))
	is.Equal(n.numbers(), []uint64{1})

	other := note(t, district, district, run(1), 9, "district")
	is.NoErr(n.journal.Append(ctx, 1, []engine.Record{{Event: other, Run: run(9)}}))
	done := n.do(2, sector, engine.Accept{})
	is.Equal(done.Record.Seq, uint64(3))
	is.Equal(len(done.State.Contributions), 1) // decided on what was there
}

// TestTwoCommandsRacing: of two that want the pen at once one is written, and
// the other is told why it came too late.
func TestTwoCommandsRacing(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.do(1, village, raise)
	errs := make(chan error, 2)
	for i := range 2 {
		go func() {
			_, err := n.send(2+i, sector, engine.Accept{})
			errs <- err
		}()
	}
	var refusal *engine.Refusal
	first, second := <-errs, <-errs
	is.True((first == nil) != (second == nil))
	is.True(errors.As(errors.Join(first, second), &refusal))
	is.Equal(refusal.Code, "already_accepted")
	is.Equal(n.numbers(), []uint64{1, 2})
}

// TestRunBefore: the first event of a run names the last of the run before, and
// numbers begin anew.
func TestRunBefore(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.do(1, village, raise)
	n.do(2, sector, engine.Accept{})
	n.begin(2)
	done := n.do(3, sector, engine.Assess{})
	is.Equal(done.Record.Event.Before, &events.RunEnd{Run: run(1), Last: 2})
	is.Equal(done.Record.Run, run(2))
	next := n.do(4, sector, engine.Assess{})
	is.Equal(next.Record.Event.Before, (*events.RunEnd)(nil))
	is.Equal(n.numbers(), []uint64{1, 2, 1, 2})
}

// TestWriterTurns: a plan with several records is stored whole, records before
// drafts; an empty one writes nothing; a failed one stores nothing and takes no
// number.
func TestWriterTurns(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	other := note(t, district, district, run(1), 9, "district")
	draft := func(number int) engine.Draft {
		s := events.NodeSubject(sector)
		return engine.Draft{Draft: events.Draft{
			ID: id(number), Type: events.TypeRefused, Subject: s, Office: sector, Actor: "node", Time: noon, Recorded: noon, Code: s.ID, Edition: "test", Body: []byte(`{}`),
		}}
	}
	records, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) {
		return engine.Plan{Records: []engine.Record{{Event: other, From: engine.Origin{Node: district, Position: engine.Position{Run: run(1), Seq: 4}}}}, Drafts: []engine.Draft{draft(1), draft(2)}}, nil
	})
	is.NoErr(err)
	is.Equal(len(records), 3)
	is.Equal(records[0].Run, run(1)) // stored in this node's run
	is.Equal(records[0].From.Seq, uint64(4))
	is.Equal(n.numbers(), []uint64{9, 1, 2})

	none, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) { return engine.Plan{}, nil })
	is.NoErr(err)
	is.Equal(none, nil)
	failed := errors.New("the plan fails")
	_, err = n.service.Writer.Write(ctx, func() (engine.Plan, error) { return engine.Plan{Drafts: []engine.Draft{draft(3)}}, failed })
	is.Equal(err, failed)
	n.journal.Fail()
	_, err = n.service.Writer.Write(ctx, func() (engine.Plan, error) { return engine.Plan{Drafts: []engine.Draft{draft(3)}}, nil })
	is.True(err != nil)
	_, err = n.service.Writer.Write(ctx, func() (engine.Plan, error) { return engine.Plan{Drafts: []engine.Draft{draft(3)}}, nil })
	is.NoErr(err)
	is.Equal(n.numbers(), []uint64{9, 1, 2, 3})
}

// TestWriterWaits: whoever gives up waiting for the turn writes nothing.
func TestWriterWaits(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	planning, goOn := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) {
			close(planning)
			<-goOn
			return engine.Plan{}, nil
		})
		done <- err
	}()
	<-planning
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err := n.service.Writer.Write(gone, func() (engine.Plan, error) { return engine.Plan{}, errors.New("never planned") })
	is.True(errors.Is(err, context.Canceled))
	close(goOn)
	is.NoErr(<-done)
}

// TestEnrol: the office above writes who hosts an office; what the host before
// wrote up to then goes on to count.
func TestEnrol(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	enrol := func(number int, office, host events.Place) (engine.Record, error) {
		return n.service.Enrol(ctx, engine.Enrolment{Stamped: engine.Stamped{ID: id(number), Actor: "adm", At: noon}, Office: office,
			Host: engine.Host{Node: host, SignKey: public("cell"), LinkKey: public("link cell"), Address: "127.0.0.1:1"}})
	}
	n.do(1, village, raise)
	r, err := enrol(2, cell, cell)
	is.NoErr(err)
	is.Equal(n.hosts.Check(r.Event), engine.Fault(""))
	host, _ := n.hosts.Host(village)
	is.Equal(host.Node, cell)
	first, err := n.journal.Read(ctx, 1, 1)
	is.NoErr(err)
	is.Equal(n.hosts.Check(first[0].Event), engine.Fault("")) // what it wrote for the village before
	_, err = n.send(3, village, engine.Contribute{Kind: "sighting"})
	is.True(err != nil) // and no more

	_, err = enrol(4, cell, cell) // again, with a new node
	is.NoErr(err)
	_, err = enrol(5, village, village) // the cell's to write
	var refusal *engine.Refusal
	is.True(errors.As(err, &refusal))
	is.Equal(refusal.Code, "not_hosted")
	_, err = enrol(6, nation, nation)
	is.True(errors.As(err, &refusal))
	is.Equal(refusal.Code, "wrong_office")
}

// TestRootEnrolment: a nation's first event is the root key's.
func TestRootEnrolment(t *testing.T) {
	is := is.New(t)
	e, err := engine.RootEnrolment(id(1), noon, nation, engine.Host{Node: nation, SignKey: public("nation"), LinkKey: public("link")}, events.Source{Node: nation, Run: run(1)}, keyOf("root"), "test")
	is.NoErr(err)
	is.Equal(engine.NewAuthority(public("root")).Check(e), engine.Fault(""))
	is.Equal(engine.NewAuthority(public("thief")).Check(e), engine.FaultAuthor)
	is.Equal(engine.NewAuthority(public("root")).Check(forged(t, e)), engine.FaultSignature)
}
