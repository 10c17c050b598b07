package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// watched is a sealer that tells what it is asked, and lets something happen.
type watched struct {
	engine.Sealer
	prepared func(holders []engine.Holder, fields []string) error
}

func (w watched) Prepare(ctx context.Context, c events.Subject, holders []engine.Holder, fields []string) (engine.Seal, error) {
	if err := w.prepared(holders, fields); err != nil {
		return nil, err
	}
	return w.Sealer.Prepare(ctx, c, holders, fields)
}

// TestWrapsFirst: before an event is written, and outside the writer's turn, the
// keys of its fields are ready for its holders; where they cannot be, nothing is
// written.
func TestWrapsFirst(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	real, calls := n.service.Sealer, 0
	full := errors.New("the disk is full")
	n.service.Sealer = watched{real, func([]engine.Holder, []string) error { return full }}
	told := engine.Raise{To: sector, Source: "izu", Facts: events.Facts(`{"child":{"age_months":18}}`), Personal: engine.Personal{Note: "hungry"}}
	_, err := n.send(1, sector, told)
	is.True(errors.Is(err, full))
	is.Equal(n.journal.Head(), uint64(0))

	n.service.Sealer = watched{real, func(holders []engine.Holder, fields []string) error {
		calls++
		is.Equal(n.journal.Head(), uint64(0)) // nothing is written yet
		is.Equal(fields, []string{"facts", "narrative"})
		is.Equal(written(holders), "RW57:infar RW5712:infa")
		_, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) { return engine.Plan{}, nil })
		return err // the turn is free
	}}
	done := n.do(1, sector, told)
	is.Equal(calls, 1)
	is.Equal(string(done.Record.Event.Body[:60]), `{"to":"RW5712","source":"izu","facts":{},"age_band":"0-2","s`)
	open, err := engine.Disclose(done.Record.Event, n.service.Opener(ctx))
	is.NoErr(err)
	is.Equal(open.Narrative, engine.Narrative{"note": "hungry"})
	is.Equal(string(open.Facts), `{"child":{"age_months":18}}`)

	is.NoErr(n.history.Wait(ctx, n.journal.Head()))
	n.service.Sealer = watched{real, func([]engine.Holder, []string) error { return errors.New("it was asked again") }}
	is.True(n.do(1, sector, told).Again) // sent again, nothing is sealed again
}

// TestTheCaseGoesOnMeanwhile: what was decided on before is decided anew, and
// sealed for who is a holder then; a case that never rests is given up.
func TestTheCaseGoesOnMeanwhile(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.hosts.Add(enrolled{office: cell, node: cell, by: sector, at: events.Source{Node: sector, Run: run(1)}, number: 900, key: "sector", host: "cell"}.event(t))
	on := n.do(1, sector, engine.Raise{To: sector, Source: "izu"}).Record.Event.Subject
	act := func(number int, do any) error {
		c := command(sector, do)
		c.ID, c.Case = id(number), on
		_, err := n.service.Do(ctx, c)
		return err
	}
	is.NoErr(act(2, engine.Accept{}))
	// meanwhile lets the case be kept from the cell and the village, which one node hosts, or not any more, whenever
	// keys were made ready, so often.
	told := engine.Contribute{Kind: "sighting", Personal: engine.Personal{Note: "hungry"}}
	with, without := "RW57:infar RW5712:infa RW571205:infa", "RW57:infar RW5712:infa"
	var seen []string
	number := 100
	real := n.service.Sealer
	meanwhile := func(often int) {
		n.service.Sealer = watched{real, func(holders []engine.Holder, fields []string) error {
			if len(fields) == 0 {
				return nil // the restriction itself
			}
			if seen = append(seen, written(holders)); len(seen) > often {
				return nil
			}
			outer := n.service.Sealer
			n.service.Sealer = real
			defer func() { n.service.Sealer = outer }()
			keep := engine.Restrict{}
			if written(holders) == with {
				keep.Restrictions = []events.Restriction{kept(cell, ""), kept(village, "")}
			}
			number++
			return act(number, keep)
		}}
	}
	meanwhile(1)
	is.NoErr(act(3, told))
	is.Equal(seen, []string{with, without})

	seen = nil
	meanwhile(1000)
	is.True(errors.Is(act(4, told), engine.ErrConflict))
	is.True(len(seen) > 3)
}

// TestLockedOrErased: who cannot seal is told what to do.
func TestLockedOrErased(t *testing.T) {
	for code, err := range map[string]error{"locked": engine.ErrLocked, "erased": engine.ErrErased} {
		t.Run(code, func(t *testing.T) {
			is := is.New(t)
			n := newNode(t)
			n.service.Sealer = watched{n.service.Sealer, func([]engine.Holder, []string) error { return err }}
			_, err := n.send(1, sector, engine.Raise{To: sector, Source: "izu", Personal: engine.Personal{Note: "hungry"}})
			var refusal *engine.Refusal
			is.True(errors.As(err, &refusal))
			is.Equal(refusal.Code, code)
			is.Equal(n.journal.Head(), uint64(0))
		})
	}
}

// TestBeforeEnrolment: a node of which nobody has heard yet seals for itself and
// reads what it wrote. It does not take the nation's node, the only one that it
// knows, for that of the offices in between: the nation must not get a name.
func TestBeforeEnrolment(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	n.service.Authority = engine.NewAuthority(public("root"))
	n.service.Authority.Add(newHierarchy(t).nation)
	var seen string
	n.service.Sealer = watched{n.service.Sealer, func(holders []engine.Holder, _ []string) error {
		seen = written(holders)
		return nil
	}}
	done := n.do(1, sector, engine.Raise{To: sector, Source: "izu", Personal: engine.Personal{Note: "hungry"}})
	is.Equal(seen, "RW5712:infar")
	open, err := engine.Disclose(done.Record.Event, n.service.Opener(ctx))
	is.NoErr(err)
	is.Equal(open.Narrative, engine.Narrative{"note": "hungry"})
	is.True(n.service.Sealer.(watched).Sealer.(*memory.Sealer).Node == sector)
}

// TestLetInUntilThen: who was let in for a time that is over is named, so that
// what is written from then on has keys that it was never given.
func TestLetInUntilThen(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	raised := n.do(1, sector, raise).Record.Event
	body := encode(t, events.Opened{Node: nation.ID(), Reason: "audit", Classes: []string{"facts"}, Until: noon.Add(time.Hour)})
	e, err := events.Sign(events.Draft{
		ID: id(70), Type: events.TypeOpened, Subject: raised.Subject, Office: nation, Actor: "N-1", Time: noon, Recorded: noon,
		Code: raised.Code, Prev: raised.Hash(), Edition: "test", Body: body,
	}, author(nation, run(1), 3, "nation"))
	is.NoErr(err)
	is.NoErr(n.journal.Append(ctx, n.journal.Head(), []engine.Record{{Event: e, Run: run(1)}}))
	var seen []string
	n.service.Sealer = watched{n.service.Sealer, func(holders []engine.Holder, _ []string) error {
		seen = append(seen, written(holders))
		return nil
	}}
	for i, at := range []time.Time{noon, noon.Add(2 * time.Hour)} {
		c := command(sector, engine.Contribute{Kind: "sighting", Personal: engine.Personal{Note: "hungry"}})
		c.ID, c.Case, c.Recorded = id(71+i), raised.Subject, at
		_, err := n.service.Do(ctx, c)
		is.NoErr(err)
	}
	// Before its first turn the writer has not seen what somebody else appended.
	is.Equal(seen, []string{"RW57:infar RW5712:infa", "RW:f RW57:infar RW5712:infa", "RW57:infar RW5712:infa RW:"})
}

// FuzzDisclose: whatever is sealed in an event, reading it neither panics nor
// says what the field does not.
func FuzzDisclose(f *testing.F) {
	for _, plain := range []string{`{"facts":{"child":{}},"asked":{"case":{},"result":{}}}`, `{"name":"Keza"}`, `{"note":"x"}`, `{"role":"mother"}`, `{"a":1,"a":2}`, `null`, `{} {}`} {
		for _, field := range []string{"facts", "identity", "narrative", "reporter", "adult", "adult.2", "adult.02", "other"} {
			f.Add(field, []byte(plain))
		}
	}
	f.Fuzz(func(t *testing.T, field string, plain []byte) {
		body, err := events.Encode(events.Assessed{Facts: events.Facts("{}"), Sealed: events.Sealed{{Field: field, Key: "AAAAAAAAAAAAAAAA", Data: plain}}})
		if err != nil {
			return
		}
		d, err := engine.Disclose(events.Event{Draft: events.Draft{Type: events.TypeAssessed, Body: body}}, openClear)
		if err != nil {
			return
		}
		told := d.Identity != nil || d.Reporter != nil || d.Adults != nil || d.Narrative != nil || string(d.Facts) != "{}"
		if told && len(d.Closed) > 0 {
			t.Fatalf("field %q is both open and closed: %v", field, d.Closed)
		}
	})
}
