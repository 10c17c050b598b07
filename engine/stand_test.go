package engine_test

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// withCell is a sector's node whose cell has a node of its own, of which two
// runs came here.
func withCell(t *testing.T) *node {
	n := newNode(t)
	_, err := n.service.Enrol(ctx, engine.Enrolment{Stamped: stamped(2), Office: cell, Host: hostOf(cell, "cell")})
	n.is.NoErr(err)
	n.take(note(t, cell, cell, run(1), 1, "cell"), note(t, cell, cell, run(1), 2, "cell"), note(t, cell, cell, run(2), 1, "cell"))
	return n
}

func stamped(number int) engine.Stamped {
	return engine.Stamped{ID: id(number), Actor: "adm", At: noon}
}

func hostOf(p events.Place, key string) engine.Host {
	return engine.Host{Node: p, SignKey: public(key), LinkKey: public("link " + key), Address: "127.0.0.1:1"}
}

// take stores what came over a link.
func (n *node) take(all ...events.Event) {
	n.is.Helper()
	_, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) {
		var p engine.Plan
		for _, e := range all {
			n.is.Equal(n.hosts.Check(e), engine.Fault(""))
			p.Records = append(p.Records, engine.Record{Event: e})
		}
		return p, nil
	})
	n.is.NoErr(err)
}

func (n *node) stand(number int, do events.Type, reason string) (engine.Record, error) {
	return n.service.Stand(ctx, engine.Stand{Stamped: stamped(number), Office: cell, Do: do, Reason: reason})
}

func codeOf(err error) string {
	var refusal *engine.Refusal
	var invalid *engine.Invalid
	switch {
	case errors.As(err, &refusal):
		return refusal.Code
	case errors.As(err, &invalid):
		return "invalid " + invalid.Field
	}
	return ""
}

// TestStandNamesRunAndNumber: each change names the last run and number that
// count of whoever spoke before, and all of its runs, never an instant.
func TestStandNamesRunAndNumber(t *testing.T) {
	is := is.New(t)
	n := withCell(t)
	known := events.Former{Node: cell.ID(), Run: run(2), Last: 1, Runs: events.RunEnds{{Run: run(1), Last: 2}, {Run: run(2), Last: 1}}}
	for i, step := range []struct {
		do     events.Type
		reason string
		last   events.Former
		host   events.Place
	}{
		{events.TypeSuspended, "lost", known, sector},
		{events.TypeResumed, "", events.Former{Node: sector.ID(), Run: run(1), Last: 2}, cell},
		{events.TypeRevoked, "stolen", known, sector},
	} {
		r, err := n.stand(10+i, step.do, step.reason)
		is.NoErr(err)
		is.Equal(r.Event.Type, step.do)
		is.Equal(r.Event.Office, sector)
		var b events.Stood
		is.NoErr(r.Event.Decode(&b))
		is.Equal(b, events.Stood{Office: cell.ID(), Node: cell.ID(), Key: events.KeyID(public("cell")), Last: &step.last, Reason: step.reason})
		host, _ := n.hosts.Host(village)
		is.Equal(host.Node, step.host)
	}
	n.do(20, village, raise) // the sector speaks for the village again
	_, err := n.service.Enrol(ctx, engine.Enrolment{Stamped: stamped(21), Office: cell, Host: hostOf(cell, "cell")})
	is.Equal(codeOf(err), "spent_key") // not with the key that was stolen
	_, err = n.service.Enrol(ctx, engine.Enrolment{Stamped: stamped(22), Office: cell, Host: hostOf(cell, "cell 2")})
	is.NoErr(err)
	is.Equal(n.hosts.Check(note(t, cell, cell, run(1), 1, "cell 2")), engine.Fault(""))
}

// TestWhatTheOfficeAboveDidMeanwhileCounts: also where the node is suspended once
// more before anything new of it came; then nothing of it counts again.
func TestWhatTheOfficeAboveDidMeanwhileCounts(t *testing.T) {
	is := is.New(t)
	n := withCell(t)
	stand := func(number int, do events.Type, reason string) {
		t.Helper()
		_, err := n.stand(number, do, reason)
		is.NoErr(err)
	}
	stand(10, events.TypeSuspended, "inquiry")
	meanwhile := n.do(11, village, raise).Record.Event
	stand(12, events.TypeResumed, "")
	stand(13, events.TypeSuspended, "inquiry")
	for _, e := range []events.Event{meanwhile, note(t, cell, cell, run(2), 1, "cell")} {
		is.Equal(n.hosts.Check(e), engine.Fault(""))
	}
	is.Equal(n.hosts.Check(note(t, cell, cell, run(2), 2, "cell")), engine.FaultAuthor)
	stand(14, events.TypeRevoked, "stolen")
	is.Equal(n.hosts.Check(meanwhile), engine.Fault(""))
}

// TestStandRefused: what makes no sense is refused and writes nothing, and a
// store that may be an older copy does not say what counts.
func TestStandRefused(t *testing.T) {
	is := is.New(t)
	n := withCell(t)
	suspend := engine.Stand{Stamped: stamped(30), Office: cell, Do: events.TypeSuspended, Reason: "lost"}
	refused := func(want string, change func(c *engine.Stand)) {
		t.Helper()
		c := suspend
		change(&c)
		head := n.journal.Head()
		_, err := n.service.Stand(ctx, c)
		is.Equal(codeOf(err), want)
		is.Equal(n.journal.Head(), head)
	}
	refused("wrong_office", func(c *engine.Stand) { c.Office = nation })
	refused("not_hosted", func(c *engine.Stand) { c.Office = sector })
	refused("no_node", func(c *engine.Stand) { c.Office = "RW.57.12.06" })
	refused("invalid reason", func(c *engine.Stand) { c.Reason = "because" })
	refused("invalid reason", func(c *engine.Stand) { c.Reason = "" })
	refused("invalid reason", func(c *engine.Stand) { c.Do = events.TypeResumed })
	refused("invalid do", func(c *engine.Stand) { c.Do = events.TypeEnrolled })
	refused("not_suspended", func(c *engine.Stand) { c.Do, c.Reason = events.TypeResumed, "" })
	n.linked = false
	refused("not_linked", func(*engine.Stand) {})
	_, err := n.service.Enrol(ctx, engine.Enrolment{Stamped: stamped(31), Office: cell, Host: hostOf(cell, "cell 2")})
	is.Equal(codeOf(err), "not_linked")
	suspend.Whole = true // somebody knows better
	_, err = n.service.Stand(ctx, suspend)
	is.NoErr(err)
	refused("not_active", func(*engine.Stand) {})
	_, err = n.stand(32, events.TypeRevoked, "stolen")
	is.Equal(codeOf(err), "not_linked")
	n.linked = true
	_, err = n.stand(33, events.TypeRevoked, "stolen")
	is.NoErr(err)
	refused("revoked", func(*engine.Stand) {})
}

// TestEnrolRefused: a store that may be an older copy does not say either what
// counts of its own node, and a node whose next key is not enrolled yet says
// nothing of nodes below; both pass.
func TestEnrolRefused(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	enrol := func(number int, whole bool) error {
		head := n.journal.Head()
		_, err := n.service.Enrol(ctx, engine.Enrolment{Stamped: stamped(number), Office: cell, Host: hostOf(cell, "cell"), Whole: whole})
		is.Equal(n.journal.Head() > head, err == nil)
		return err
	}
	n.linked = false
	is.Equal(codeOf(enrol(2, false)), "not_linked")
	n.linked = true
	is.NoErr(n.service.Turn(ctx, func(events.RunEnds) (engine.Signer, error) { return signer("next"), nil }))
	is.Equal(codeOf(enrol(3, true)), "not_linked")
	_, err := n.stand(4, events.TypeSuspended, "lost")
	is.Equal(codeOf(err), "no_node")
	is.NoErr(n.service.Turn(ctx, func(events.RunEnds) (engine.Signer, error) { return signer("sector"), nil }))
	n.linked = false
	is.NoErr(enrol(5, true)) // somebody knows better
}

// TestASuspendedNodeTellsWhatHappened: law 8. It takes down facts, which wait;
// the pen is with the office above.
func TestASuspendedNodeTellsWhatHappened(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.do(1, village, raise)
	n.hosts.stand(t, events.TypeSuspended, 20, &n.hosts.sector, sectorUpTo(7))
	n.do(2, village, engine.Contribute{Kind: "sighting"})
	n.do(3, village, raise)
	_, err := n.send(4, sector, engine.Accept{})
	is.Equal(codeOf(err), "suspended")
	_, err = n.service.Enrol(ctx, engine.Enrolment{Stamped: stamped(5), Office: cell, Host: hostOf(cell, "cell")})
	is.Equal(codeOf(err), "suspended")
	_, err = n.send(6, foreign, raise)
	is.Equal(codeOf(err), "not_hosted")

	revoked := newNode(t)
	revoked.hosts.stand(t, events.TypeRevoked, 20, &revoked.hosts.sector, sectorUpTo(7))
	_, err = revoked.send(1, village, raise)
	is.Equal(codeOf(err), "revoked")
}

// wish is the cell's wish for other keys.
func wish(t *testing.T, runs events.RunEnds) engine.Rotation {
	w, err := engine.Wish(cell, hostOf(cell, "cell 2"), runs, signer("cell"), signer("cell 2"))
	is.New(t).NoErr(err)
	return w
}

// TestRotate: the node says up to where its old key signs, and neither side
// can make that less than the other knows.
func TestRotate(t *testing.T) {
	is := is.New(t)
	n := withCell(t)
	w := wish(t, events.RunEnds{{Run: run(2), Last: 5}})
	is.NoErr(n.service.Rotate(ctx, stamped(40), w))
	head := n.journal.Head()
	is.NoErr(n.service.Rotate(ctx, stamped(41), w)) // again, as the answer was lost
	is.Equal(n.journal.Head(), head)
	records, err := n.journal.Read(ctx, head, 1)
	is.NoErr(err)
	var b events.Enrolled
	is.NoErr(records[0].Event.Decode(&b))
	is.Equal(*b.Former, events.Former{Node: cell.ID(), Run: run(2), Last: 5, Runs: events.RunEnds{{Run: run(1), Last: 2}, {Run: run(2), Last: 5}}})
	for _, tt := range []struct {
		number uint64
		key    string
		want   engine.Fault
	}{{5, "cell", ""}, {6, "cell", engine.FaultAuthor}, {6, "cell 2", ""}} {
		is.Equal(n.hosts.Check(note(t, cell, cell, run(2), tt.number, tt.key)), tt.want)
	}
	is.Equal(n.hosts.Check(note(t, cell, cell, run(3), 1, "cell")), engine.FaultAuthor)
	is.Equal(n.hosts.Check(note(t, cell, cell, run(3), 1, "cell 2")), engine.Fault(""))
}

// TestRotateRefused: whoever does not hold both keys changes nothing.
func TestRotateRefused(t *testing.T) {
	ends := events.RunEnds{{Run: run(2), Last: 5}}
	for name, tt := range map[string]struct {
		want   string
		change func(n *node, w *engine.Rotation)
	}{
		"another old key": {"signature", func(_ *node, w *engine.Rotation) {
			*w, _ = engine.Wish(cell, hostOf(cell, "cell 2"), ends, signer("thief"), signer("cell 2"))
		}},
		"another new key": {"signature", func(_ *node, w *engine.Rotation) {
			*w, _ = engine.Wish(cell, hostOf(cell, "cell 2"), ends, signer("cell"), signer("thief"))
		}},
		"changed on the way": {"signature", func(_ *node, w *engine.Rotation) { w.Runs = events.RunEnds{{Run: run(2), Last: 4}} }},
		"the same key":       {"spent_key", func(_ *node, w *engine.Rotation) { w.SignKey = public("cell") }},
		"the same link key":  {"spent_key", func(_ *node, w *engine.Rotation) { w.LinkKey = public("link cell") }},
		"half a key":         {"invalid rotation", func(_ *node, w *engine.Rotation) { w.SignKey = w.SignKey[:7] }},
		"no runs":            {"invalid rotation", func(_ *node, w *engine.Rotation) { w.Runs = nil }},
		"of a nation":        {"wrong_office", func(_ *node, w *engine.Rotation) { w.Office = nation }},
		"of this node":       {"not_hosted", func(_ *node, w *engine.Rotation) { w.Office = sector }},
		"of a suspended node": {"not_active", func(n *node, _ *engine.Rotation) {
			_, err := n.stand(50, events.TypeSuspended, "lost")
			n.is.NoErr(err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			n := withCell(t)
			w := wish(t, ends)
			tt.change(n, &w)
			head := n.journal.Head()
			is.Equal(codeOf(n.service.Rotate(ctx, stamped(40), w)), tt.want)
			is.True(n.journal.Head() == head || tt.want == "not_active")
			own, _ := n.hosts.OwnNode(cell)
			is.Equal(own.SignKey, public("cell"))
		})
	}
}

// TestTurn: the keys change between two numbers.
func TestTurn(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.do(1, village, raise)
	gone := errors.New("the disk is full")
	is.True(errors.Is(n.service.Turn(ctx, func(events.RunEnds) (engine.Signer, error) { return nil, gone }), gone))
	is.Equal(n.do(2, village, engine.Contribute{Kind: "sighting"}).Record.Event.Key, signer("sector").Key())
	is.NoErr(n.service.Turn(ctx, func(runs events.RunEnds) (engine.Signer, error) {
		is.Equal(runs, events.RunEnds{{Run: run(1), Last: 2}})
		return signer("sector 2"), nil
	}))
	e := n.do(3, village, engine.Contribute{Kind: "sighting"}).Record.Event
	is.Equal(e.Number, uint64(3))
	is.NoErr(e.Verify(public("sector 2")))
}

// TestWhoSignsIsAskedForWhileItChanges: who asks what the node signs with has no
// turn, and is told the old keys or the new ones; the race detector looks on.
func TestWhoSignsIsAskedForWhileItChanges(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	old, next := signer("sector"), signer("sector 2")
	asking, stop := make(chan struct{}), make(chan struct{})
	told := make(chan string, 1)
	go func() {
		var other string
		for first := true; ; first = false {
			if k := n.service.Writer.Self().Signer.Key(); k != old.Key() && k != next.Key() {
				other = k
			}
			if first {
				close(asking)
			}
			select {
			case <-stop:
				told <- other
				return
			default:
			}
		}
	}()
	<-asking
	is.NoErr(n.service.Turn(ctx, func(events.RunEnds) (engine.Signer, error) { return next, nil }))
	close(stop)
	is.Equal(<-told, "") // no other key than these two
	is.Equal(n.service.Writer.Self().Signer.Key(), next.Key())
}

// TestALostAnswerToAnEnrolment: an event that was stored although its answer
// was lost is followed, not written beside.
func TestALostAnswerToAnEnrolment(t *testing.T) {
	is := is.New(t)
	n := withCell(t)
	fresh := newHierarchy(t) // an authority that has not heard of the cell's enrolment
	n.service.Authority = fresh.Authority
	r, err := n.stand(60, events.TypeSuspended, "lost")
	is.NoErr(err)
	is.NoErr(n.history.Wait(ctx, n.journal.Head()))
	line, err := n.history.Load(events.NodeSubject(cell))
	is.NoErr(err)
	is.Equal(len(line), 2)
	is.Equal(r.Event.Prev, line[0].Hash())
	is.Equal(fresh.Line(cell), line)
}
