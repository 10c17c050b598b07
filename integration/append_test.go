package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
)

// BenchmarkAppend compares appending through the engine (decide under the pack
// in force, number, sign, publish, wait) with a bare publish of the very same
// messages, turn by turn so that both meet the same disk. Goal under
// SyncAlways: a ratio of 0.75.
//
// SyncAlways and DefaultSync have one client. Their ratio is one of times: how
// long somebody waits who is alone at the node. He pays for the disk and for all
// that is ours, one after the other.
//
// FourClients has four at once, each waiting for his own act. Its ratio is one
// of acts a second. It says nothing of how long anybody waits: each waits longer
// than when he is alone, and so does each publisher of the floor. What is ours is
// done while the act before is on its way to the disk. But an act is sent only
// once the one before is acknowledged, where the floor's four are in the
// server's queue at once: that round trip is what remains.
func BenchmarkAppend(b *testing.B) {
	b.Run("SyncAlways", func(b *testing.B) { benchAppend(b, false, appends) })
	b.Run("FourClients", func(b *testing.B) { benchClients(b, appends) })
	b.Run("DefaultSync", func(b *testing.B) { benchAppend(b, true, appends) })
}

// BenchmarkAct is BenchmarkAppend with all that an act asks for beside it:
// looking the case up before the turn too, marking the command and sealing what
// is personal. The keys of its case are on disk before.
func BenchmarkAct(b *testing.B) {
	b.Run("SyncAlways", func(b *testing.B) { benchAppend(b, false, acts) })
	b.Run("FourClients", func(b *testing.B) { benchClients(b, acts) })
}

// way makes what carries out the commands of a turn, and makes ready for them.
type way func(m *member) (ready func([]engine.Command), do doer)

// doer carries out one command; several may at once.
type doer func(engine.Command) (engine.Record, error)

const turns, each = 40, 25 // of a benchmark, and acts of a client in one turn

func benchAppend(b *testing.B, unsafe bool, by way) {
	m := appender(b, unsafe)
	ready, do := by(m)
	_, js := bareServer(b, b.TempDir(), !unsafe)
	var ours, floor []time.Duration
	b.ResetTimer()
	for range b.N {
		for range turns {
			commands := m.commands(each)
			ready(commands)
			var written []events.Event
			for _, c := range commands {
				ours = timed(ours, 1, func() {
					r, err := do(c)
					m.must(err)
					written = append(written, r.Event)
				})
			}
			for _, e := range written {
				floor = timed(floor, 1, func() { m.must(bare(m.nation.ctx, js, e)) })
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

// benchClients lets several clients act at once, each on cases of its own, and
// then as many publish the messages that came of it.
func benchClients(b *testing.B, by way) {
	const clients = 4
	m := appender(b, false)
	ready, do := by(m)
	_, js := bareServer(b, b.TempDir(), true)
	var ours, floor []time.Duration
	b.ResetTimer()
	for range b.N {
		for range turns {
			commands := m.commands(clients * each)
			ready(commands)
			written := make([]events.Event, len(commands))
			ours = timed(ours, 1, func() {
				m.must(share(clients, len(commands), func(i int) error {
					r, err := do(commands[i])
					written[i] = r.Event
					return err
				}))
			})
			floor = timed(floor, 1, func() {
				m.must(share(clients, len(written), func(i int) error { return bare(m.nation.ctx, js, written[i]) }))
			})
		}
	}
	slices.Sort(floor)
	slices.Sort(ours)
	rate := func(times []time.Duration) float64 { return clients * each / times[len(times)/2].Seconds() }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rate(ours), "acts/s-ours")
	b.ReportMetric(rate(floor), "acts/s-floor")
	b.ReportMetric(rate(ours)/rate(floor), "ratio")
}

// share lets several clients do n things at once, each its share one after the
// other.
func share(clients, n int, do func(i int) error) error {
	errs := make([]error, clients)
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := c; i < n && errs[c] == nil; i += clients {
				errs[c] = do(i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// appender is a node that appends under the pack in force.
func appender(b *testing.B, unsafe bool) *member {
	n := emptyNation(b)
	n.unsafeSync = unsafe
	n.grow(placeNation)
	m := n.at(placeNation)
	m.Service.Gate = inForce(b)
	return m
}

// bare publishes an event as it is.
func bare(ctx context.Context, js jetstream.JetStream, e events.Event) error {
	_, err := js.PublishMsg(ctx, &nats.Msg{Subject: e.Subject.String(), Header: e.Header(), Data: e.Body})
	return err
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
func appends(m *member) (func([]engine.Command), doer) {
	return func([]engine.Command) {}, func(c engine.Command) (engine.Record, error) {
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
		switch {
		case err != nil:
			return engine.Record{}, err
		case state.Pen != m.place:
			return engine.Record{}, fmt.Errorf("the pen of %s is with %s", c.Case, state.Pen)
		}
		return records[0], nil
	}
}

// acts carries out whole acts, whose keys were made ready before.
func acts(m *member) (func([]engine.Command), doer) {
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
	return ready, func(c engine.Command) (engine.Record, error) {
		done, err := m.Service.Do(m.nation.ctx, c)
		return done.Record, err
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
