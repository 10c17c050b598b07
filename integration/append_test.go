package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
)

// BenchmarkAppend compares appending through the engine (decide under the pack
// in force, number, sign, publish, wait) with a bare publish of the very same
// messages, turn by turn so that both meet the same disk. Goal under
// SyncAlways: a ratio of 0.75.
func BenchmarkAppend(b *testing.B) {
	b.Run("SyncAlways", func(b *testing.B) { benchAppend(b, false, appends) })
	b.Run("DefaultSync", func(b *testing.B) { benchAppend(b, true, appends) })
}

// BenchmarkAct is BenchmarkAppend with all that an act asks for beside it:
// looking the case up before the turn too, marking the command and sealing what
// is personal. The keys of its case are on disk before.
func BenchmarkAct(b *testing.B) { benchAppend(b, false, acts) }

// way makes what carries out the commands of a turn, and makes ready for them.
type way func(m *member) (ready func([]engine.Command), do func(engine.Command) engine.Record)

func benchAppend(b *testing.B, unsafe bool, by way) {
	n := emptyNation(b)
	n.unsafeSync = unsafe
	n.grow(placeNation)
	m := n.at(placeNation)
	m.Service.Gate = inForce(b)
	ready, do := by(m)
	_, js := bareServer(b, b.TempDir(), !unsafe)
	const turns, each = 40, 25
	var ours, floor []time.Duration
	b.ResetTimer()
	for range b.N {
		for range turns {
			commands := m.commands(each)
			ready(commands)
			var written []events.Event
			for _, c := range commands {
				ours = timed(ours, 1, func() { written = append(written, do(c).Event) })
			}
			for _, e := range written {
				floor = timed(floor, 1, func() {
					_, err := js.PublishMsg(n.ctx, &nats.Msg{Subject: e.Subject.String(), Header: e.Header(), Data: e.Body})
					m.must(err)
				})
			}
		}
	}
	slices.Sort(floor)
	slices.Sort(ours)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(micros(ours, 50), "µs-ours-p50")
	b.ReportMetric(micros(floor, 50), "µs-floor-p50")
	b.ReportMetric(micros(floor, 50)/micros(ours, 50), "ratio")
}

// inForce is the pack that the program carries.
func inForce(tb testing.TB) func(time.Time) (engine.Gate, error) {
	library, err := policies.Embedded()
	if err != nil {
		tb.Fatal(err)
	}
	return func(at time.Time) (engine.Gate, error) {
		p, err := library.InForce("rwanda", at)
		if err != nil {
			return nil, err
		}
		return engine.PackGate(p), nil
	}
}

// commands are referrals that this node's own office raises.
func (m *member) commands(n int) []engine.Command {
	var out []engine.Command
	for range n {
		id, err := newID()
		m.must(err)
		c := command(id, m.place, events.Subject{Place: m.place, Kind: events.KindCase, ID: string(id)},
			engine.Raise{To: m.place, Source: "izu", Facts: events.Facts(`{"child":{"age_months":18}}`)})
		out = append(out, c)
	}
	return out
}

// appends goes through the writer's turn alone, as an act does.
func appends(m *member) (func([]engine.Command), func(engine.Command) engine.Record) {
	return func([]engine.Command) {}, func(c engine.Command) engine.Record {
		reads := func(r engine.Record) bool { return r.Event.Subject == c.Case || r.Event.ID == c.ID }
		var state engine.State
		records, err := m.Service.Writer.WriteOn(m.nation.ctx, reads, func() (engine.Plan, error) {
			if _, err := m.history.Find(c.ID); !errors.Is(err, engine.ErrNotFound) {
				return engine.Plan{}, fmt.Errorf("find %s: %w", c.ID, err)
			}
			all, err := m.history.Load(c.Case)
			if err != nil {
				return engine.Plan{}, err
			}
			gate, err := m.Service.Gate(c.Time)
			if err != nil {
				return engine.Plan{}, err
			}
			view := engine.View{Gate: gate, Linked: true, Open: m.Service.Opener(m.nation.ctx)}
			decision, err := view.Decide(engine.Fold(c.Case, all), c)
			decision.Draft.Edition = m.Edition
			return engine.Plan{Drafts: []engine.Draft{{Draft: decision.Draft, Command: c.Digest}}, Meanwhile: func(added []engine.Record) {
				state = engine.Fold(c.Case, append(slices.Clip(all), added[0].Event))
			}}, err
		})
		m.must(err)
		if state.Pen != m.place {
			m.nation.t.Fatalf("the pen of %s is with %s", c.Case, state.Pen)
		}
		return records[0]
	}
}

// acts carries out whole acts, whose keys were made ready before.
func acts(m *member) (func([]engine.Command), func(engine.Command) engine.Record) {
	made := &keysMade{Sealer: m.Service.Sealer, seals: map[events.Subject]engine.Seal{}}
	m.Service.Sealer = made
	m.raise(m.place, m.place) // tells for whom and for what keys are made
	ready := func(commands []engine.Command) {
		for _, c := range commands {
			seal, err := made.Sealer.Prepare(m.nation.ctx, c.Case, made.holders, made.fields)
			m.must(err)
			made.seals[c.Case] = seal
		}
	}
	return ready, func(c engine.Command) engine.Record {
		done, err := m.Service.Do(m.nation.ctx, c)
		m.must(err)
		return done.Record
	}
}

// keysMade is a sealer whose slow half was done before.
type keysMade struct {
	engine.Sealer
	holders []engine.Holder
	fields  []string
	seals   map[events.Subject]engine.Seal
}

func (k *keysMade) Prepare(ctx context.Context, c events.Subject, holders []engine.Holder, fields []string) (engine.Seal, error) {
	if seal, made := k.seals[c]; made {
		return seal, nil
	}
	k.holders, k.fields = holders, fields
	return k.Sealer.Prepare(ctx, c, holders, fields)
}
