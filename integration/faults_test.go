package integration

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/engine/node"
	"umuryango/events"
)

// refusals are the refusals that a node wrote.
func (m *member) refusals() []events.Refused {
	m.nation.t.Helper()
	return m.refusalsBy(m.place)
}

// refusalsBy are the refusals by another node that this one knows of.
func (m *member) refusalsBy(by events.Place) []events.Refused {
	m.nation.t.Helper()
	var out []events.Refused
	for _, r := range m.records() {
		if r.Event.Type != events.TypeRefused || r.Event.Source.Node != by {
			continue
		}
		var b events.Refused
		m.must(r.Event.Decode(&b))
		out = append(out, b)
	}
	return out
}

// quarantine is what was refused, here or by others.
func (m *member) quarantine() []node.Kept {
	m.nation.t.Helper()
	m.must(m.history.Wait(m.nation.ctx, m.Journal.Head()))
	out, err := m.Quarantine()
	m.must(err)
	return out
}

// gaps are the numbers under this node's place that it knows to be missing.
func (m *member) gaps() []engine.Gap {
	m.nation.t.Helper()
	m.must(m.history.Wait(m.nation.ctx, m.Journal.Head()))
	out, err := m.history.Gaps(m.place, engine.Gap{}, 10)
	m.must(err)
	return out
}

func refusal(t *testing.T, err error) string {
	t.Helper()
	var r *engine.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("a refusal is expected, not %v", err)
	}
	return r.Code
}

// forged is an event whose signature does not fit.
func forged(r *rogue) events.Event {
	return r.event(func(_ *events.Draft, a *events.Author) {
		sign := a.Sign
		a.Sign = func(m []byte) ([]byte, error) { return sign(append(m, ' ')) }
	})
}

// TestRefusedOnTheLink: what is not authentic is not taken; its bytes are kept,
// its number is filled, the author hears of it, and what follows in the same
// batch is taken.
func TestRefusedOnTheLink(t *testing.T) {
	sibling := events.Place("RW.57.12.05.04")
	for name, test := range map[string]struct {
		fault  engine.Fault
		item   func(r *rogue) link.Item
		number uint64 // that the refusal fills
	}{
		"an event over 64 kB": {engine.FaultSize, func(r *rogue) link.Item {
			i := item(r.event(nil))
			i.Body = fmt.Appendf(nil, `{"to":"RW571205","x":"%s"}`, strings.Repeat("y", events.SizeMax))
			return i
		}, 0},
		"forged signature": {engine.FaultSignature, func(r *rogue) link.Item { return item(forged(r)) }, 1},
		"changed on the way": {engine.FaultSignature, func(r *rogue) link.Item {
			i := item(r.event(nil))
			i.Body = []byte(strings.Replace(string(i.Body), "izu", "pol", 1))
			return i
		}, 1},
		"foreign subject": {engine.FaultSubject, func(r *rogue) link.Item {
			return item(r.event(func(d *events.Draft, _ *events.Author) { d.Subject.Place, d.Office = sibling, sibling }))
		}, 1},
		"a subject above": {engine.FaultSubject, func(r *rogue) link.Item {
			return item(r.event(func(d *events.Draft, _ *events.Author) { d.Subject.Place, d.Office = placeCell, placeCell }))
		}, 1},
		"an office that the node does not host": {engine.FaultAuthor, func(r *rogue) link.Item {
			return item(r.event(func(d *events.Draft, _ *events.Author) { d.Office = placeCell }))
		}, 1},
		"an office off the path": {engine.FaultAuthor, func(r *rogue) link.Item {
			return item(r.event(func(d *events.Draft, _ *events.Author) { d.Office = sibling }))
		}, 1},
		"in another node's name": {engine.FaultAuthor, func(r *rogue) link.Item {
			return item(r.event(func(d *events.Draft, a *events.Author) { d.Office, a.Source.Node = placeCell, placeCell }))
		}, 1},
		"with another key": {engine.FaultAuthor, func(r *rogue) link.Item {
			return item(r.event(func(_ *events.Draft, a *events.Author) { a.Key = "00112233aabbccdd" }))
		}, 1},
		"no event at all": {engine.FaultForm, func(r *rogue) link.Item {
			r.number++
			return link.Item{Subject: "ev.RW.57.12.05.03.case.1", Header: map[string][]string{"ce-id": {"x"}}, Body: []byte("{")}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			n := newNation(t, placeNation, placeCell)
			cell := n.at(placeCell)
			r := n.rogueAt(placeVillage)
			r.greet()
			bad := test.item(r)
			r.send(bad, item(r.event(nil)))

			list := cell.refusals()
			is.Equal(len(list), 1)
			is.Equal(list[0].Reason, string(test.fault))
			is.Equal(list[0].Number, test.number)
			is.Equal(list[0].From, placeVillage.ID())
			kept := cell.quarantine()
			is.Equal(len(kept), 1)
			is.Equal(kept[0].Fault, string(test.fault))
			is.Equal(kept[0].Text, bad.Subject)
			is.Equal(string(kept[0].Body), string(bad.Body))
			told := r.hear(func(e events.Event) bool { return e.Type == events.TypeRefused })
			is.Equal(told.Source.Node, placeCell)

			good := cell.records()
			is.Equal(good[len(good)-2].Event.Source.Node, placeVillage) // what followed was taken
			nation := n.at(placeNation)
			nation.holds(good[len(good)-2].Event.ID)
			nation.holds(told.ID)
			if test.number > 0 && list[0].Node == placeVillage.ID() {
				is.Equal(cell.gaps(), nil)
				is.Equal(nation.gaps(), nil)
				n.lawful()
				return
			}
			// Its number could not be read, or is another's: the hole is shown.
			missing := engine.Gap{Source: events.Source{Node: placeVillage, Run: r.run}, From: 1, To: 1}
			is.Equal(cell.gaps(), []engine.Gap{missing})
			n.lawful(missing)
		})
	}
}

// TestAnActOver64kB: it is refused where it is made, with nothing stored, and
// the next one goes on.
func TestAnActOver64kB(t *testing.T) {
	is := is.New(t)
	nation := newNation(t, placeNation).at(placeNation)
	before := nation.Journal.Head()
	facts := events.Facts(fmt.Sprintf(`{"child":{"note":"%s"}}`, strings.Repeat("y", events.SizeMax)))
	_, err := nation.do(placeNation, events.Subject{Place: placeNation}, engine.Raise{To: placeNation, Source: "izu", Facts: facts})
	is.True(errors.Is(err, events.ErrTooLarge))
	is.Equal(nation.Journal.Head(), before)
	is.Equal(nation.raise(placeNation, placeNation).Record.Event.Number, uint64(1))
}

// TestForeignSubjectsOverTheServer: a lower node can say nothing and hear
// nothing beside its two request subjects.
func TestForeignSubjectsOverTheServer(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeCell)
	cell, sibling := n.at(placeCell), n.rogueAt("RW.57.12.05.04")
	r := n.rogueAt(placeVillage)
	r.greet()
	sibling.greet()
	before := cell.Journal.Head()
	e := r.event(nil)
	for _, subject := range []string{
		e.Subject.String(), "ev.RW.57.12.05.04.case." + e.Subject.ID, "sync.up.RW5712050304", "sync.dn.RW5712050304", "join.RW5712050303",
		"$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.PURGE.EVENTS", "$JS.API.CONSUMER.CREATE.EVENTS", "$JS.ACK.EVENTS.x.1.1.1.1.0",
		"_INBOX_RW5712050304.x",
	} {
		is.NoErr(r.conn.PublishMsg(&nats.Msg{Subject: subject, Header: e.Header(), Data: e.Body}))
		is.NoErr(r.conn.Flush())
		is.True(errors.Is(<-r.problems, nats.ErrPermissionViolation))
	}
	for _, subject := range []string{"ev.>", "sync.>", "_INBOX_RW5712050304.>", "_INBOX.>", ">"} {
		_, err := r.conn.SubscribeSync(subject)
		is.NoErr(err) // the refusal comes behind
		is.NoErr(r.conn.Flush())
		is.True(errors.Is(<-r.problems, nats.ErrPermissionViolation))
	}
	// An answer that is to go to somebody else, or into the stream, is not given.
	for _, reply := range []string{"ev.RW.57.12.05.04.case." + e.Subject.ID, "_INBOX_RW5712050304.x", "sync.up.RW5712050304"} {
		is.NoErr(r.conn.PublishRequest("sync.up.RW5712050303", reply, link.Encode(link.Poll{})))
	}
	r.send(item(e))
	sibling.send(item(sibling.event(nil)))
	is.Equal(cell.Journal.Head(), before+2) // two authentic events, and nothing else
	is.Equal(cell.refusals(), nil)
}

// TestANumberTwiceWithOtherContent: a cloned or stolen node.
func TestANumberTwiceWithOtherContent(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeCell)
	cell := n.at(placeCell)
	r := n.rogueAt(placeVillage)
	r.greet()
	first := r.event(nil)
	r.send(item(first))
	r.number--
	second := r.event(nil)
	r.send(item(second), item(r.event(nil)))

	list := cell.refusals()
	is.Equal(len(list), 1)
	is.Equal(list[0].Reason, string(engine.FaultClone))
	is.Equal(list[0].Hash, second.Hash())
	n.at(placeNation).holds(first.ID)
	_, here := n.at(placeNation).find(second.ID)
	is.True(!here)
	r.hear(func(e events.Event) bool { return e.Type == events.TypeRefused }) // the administrators are told
	n.lawful()
}

// TestTwoSessionsOfOneLowerNode: a clone dials beside the node; whoever greeted
// last is heard, the other is told to greet again, and nothing is stored twice.
func TestTwoSessionsOfOneLowerNode(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeCell)
	cell := n.at(placeCell)
	one := n.rogueAt(placeVillage)
	two := one.m.rogue("zzzz")
	one.greet()
	one.send(item(one.event(nil)))
	before := cell.Journal.Head()
	two.greet()
	stale := one.batch(item(one.event(nil)))
	answer, err := one.ask("up", stale)
	is.NoErr(err)
	is.Equal(answer, link.ErrGreet)
	is.Equal(cell.Journal.Head(), before)
	two.send(item(two.event(nil)))

	one.greet()
	one.passed, one.seq = one.peer.Known[0].Seq, stale.Upto.Seq
	for _, k := range one.peer.Known {
		if k.Run == one.run {
			one.passed = k.Seq
		}
	}
	is.Equal(one.passed, uint64(1)) // what was not taken is offered again
	stale.To, stale.After = one.peer.Run, one.passed
	answer, err = one.ask("up", stale)
	is.NoErr(err)
	is.Equal(answer, link.Answer{Upto: 2})
	is.Equal(cell.Journal.Head(), before+2)
	is.Equal(cell.refusals(), nil)
}

// TestAnUnknownTypeIsCarriedOn: untouched to the nation, shown, and no hindrance
// for other cases.
func TestAnUnknownTypeIsCarriedOn(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	cell, nation := n.at(placeCell), n.at(placeNation)
	r := n.rogueAt(placeVillage)
	r.greet()
	opened := r.event(nil)
	newer := r.event(func(d *events.Draft, _ *events.Author) {
		d.Type, d.Subject, d.Prev, d.Body = "rw.umuryango.case.reviewed.v7", opened.Subject, opened.Hash(), []byte(`{"seen": [1,2]}`)
	})
	other := r.event(nil)
	r.send(item(opened), item(newer), item(other))

	for _, m := range []*member{cell, n.at(placeDistrict), nation} {
		is.Equal(m.holds(newer.ID).Event.SignedBytes(), newer.SignedBytes()) // untouched
		s := m.state(opened.Subject)
		is.True(s.Newer())
		is.Equal(len(s.Unread), 1)
		is.Equal(s.Pen, placeCell)
	}
	_, err := cell.do(placeCell, opened.Subject, engine.Accept{})
	is.Equal(refusal(t, err), "newer_program")
	cell.did(placeCell, other.Subject, engine.Accept{}) // other rows go on
	n.lawful()
}

// TestAnOfficeWithoutThePen: a command is refused; an event is kept and shown,
// without effect.
func TestAnOfficeWithoutThePen(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict, placeCell)
	cell, district := n.at(placeCell), n.at(placeDistrict)
	r := n.rogueAt(placeVillage)
	r.greet()
	opened := r.event(nil)
	r.send(item(opened))
	district.holds(opened.ID)
	_, err := district.do(placeDistrict, opened.Subject, engine.Accept{})
	is.Equal(refusal(t, err), "no_pen")
	_, err = cell.do(placeVillage, opened.Subject, engine.Forward{To: placeCell})
	is.Equal(refusal(t, err), "not_hosted")

	without := r.event(func(d *events.Draft, _ *events.Author) {
		d.Type, d.Subject, d.Prev, d.Body = events.TypeForwarded, opened.Subject, opened.Hash(), []byte(`{"to":"RW57"}`)
	})
	r.send(item(without))
	for _, m := range []*member{cell, district} {
		m.holds(without.ID)
		s := m.state(opened.Subject)
		is.Equal(s.Pen, placeCell)
		is.Equal(len(s.Late), 1)
		is.Equal(s.Late[0].ID, without.ID)
	}
	n.lawful()
}

// TestTwoCommandsRacing: of two acts on one case exactly one is done, and the
// same act sent twice is done once.
func TestTwoCommandsRacing(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict)
	district := n.at(placeDistrict)
	for range 20 {
		c := district.raise(placeVillage, placeSector).State.Subject
		results := make([]error, 2)
		var both sync.WaitGroup
		for i, act := range []any{engine.Accept{}, engine.SendBack{Reason: "wrong_office"}} {
			both.Go(func() { _, results[i] = district.do(placeSector, c, act) })
		}
		both.Wait()
		loser := 0
		if results[0] == nil {
			loser = 1
		}
		is.NoErr(results[1-loser])
		is.True(results[loser] != nil)
		s := district.state(c)
		is.Equal(len(s.Line), 2)
		is.Equal(len(s.Late), 0)

		id, err := newID()
		is.NoErr(err)
		again := make([]engine.Done, 2)
		for i := range again {
			both.Go(func() {
				again[i], results[i] = district.Service.Do(n.ctx, command(id, placeDistrict, c, engine.Contribute{Kind: "note"}))
			})
		}
		both.Wait()
		is.NoErr(results[0])
		is.NoErr(results[1])
		is.True(again[0].Again != again[1].Again)
		is.Equal(again[0].Record.Event.Hash(), again[1].Record.Event.Hash())
	}
	n.level()
}

// TestAnotherWriterOnTheSameStream: what it wrote makes the append fail instead
// of standing between, and the node goes on behind it.
func TestAnotherWriterOnTheSameStream(t *testing.T) {
	is := is.New(t)
	n := newNation(t, placeNation, placeDistrict)
	district := n.at(placeDistrict)
	district.raise(placeVillage, placeSector)
	foreign := district.signed(1, nil)
	_, err := district.Service.Writer.Write(n.ctx, func() (engine.Plan, error) {
		is.NoErr(district.Journal.Append(n.ctx, district.Journal.Head(), []engine.Record{foreign}))
		return engine.Plan{Drafts: []engine.Draft{{Draft: foreign.Event.Draft}}}, nil
	})
	is.True(errors.Is(err, engine.ErrConflict))
	district.raise(placeVillage, placeSector)
	n.level()
	is.Equal(district.refusals(), nil)
	is.Equal(n.at(placeNation).refusals(), nil) // no number was used twice
}
