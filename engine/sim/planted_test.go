package sim

import (
	"context"
	"testing"

	"umuryango/engine"
	"umuryango/engine/audit"
	"umuryango/engine/link"
	"umuryango/events"
)

// TestPlantedFaults: a fault in what a node is given turns the simulator red,
// under the law that it breaks. What is planted are the mistakes that somebody
// might make in a journal, an index, a link or a gate.
func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		seams seams
		law   int
		first uint64 // seeds up to this one show nothing, and take their time
	}{
		"a journal that acknowledges before it stores": {seams{journal: func(p events.Place, j engine.Journal) engine.Journal {
			return &forgetful{Journal: j}
		}}, audit.LawNothingLost, 0},
		"a link that drops an event and goes on": {seams{batch: func(b link.Batch) link.Batch {
			if len(b.Items) > 3 {
				b.Items = append(b.Items[:1:1], b.Items[2:]...)
			}
			return b
		}}, audit.LawNothingLost, 0},
		"an end that claims more than its store holds": {seams{store: func(_ events.Place, s link.Store) link.Store {
			return boastful{s}
		}}, audit.LawNothingLost, 0},
		"an index that refuses without a word": {seams{store: func(_ events.Place, s link.Store) link.Store {
			return credulous{s}
		}}, audit.LawNothingLost, 0},
		"a history that forgets the oldest": {seams{history: func(h engine.History) engine.History {
			return amnesiac{h}
		}}, audit.LawSameState, 48},
		"a gate that refuses facts": {seams{gate: func(g engine.Gate) engine.Gate {
			return strict{g}
		}}, lawFacts, 0},
		"a gate that answers otherwise the next time": {seams{gate: func(g engine.Gate) engine.Gate {
			return moody{g}
		}}, audit.LawReasons, 0},
		"a sealer that wraps keys for everybody": {seams{sealer: func(s engine.Sealer) engine.Sealer {
			return generous{s}
		}}, lawKeys, 0},
		"a sealer that seals nothing into the right place": {seams{sealer: func(s engine.Sealer) engine.Sealer {
			return misplaced{s}
		}}, lawKeys, 0},
		"a locked node that forgets what it refused": {seams{untold: func(link.Refusal) bool {
			return false
		}}, audit.LawNothingLost, 14},
		"a node that keeps the keys of what was erased": {seams{kept: func(p events.Place) bool {
			return p.Level() == 3
		}}, lawKeys, 0},
		"a node that asks nobody for the keys that it misses": {seams{end: func(c link.Config) link.Config {
			c.Asks = nil
			return c
		}}, lawKeys, 0},
		"a node that says it has wraps and let them go": {seams{end: func(c link.Config) link.Config {
			if c.Peer.Level() == 2 {
				c.Keys = careless{c.Keys}
			}
			return c
		}}, lawKeys, 0},
		"a clock that writes an event": {seams{journal: func(p events.Place, j engine.Journal) engine.Journal {
			if p == country {
				return &clockwork{Journal: j}
			}
			return j
		}}, lawTime, 0},
	} {
		t.Run(name, func(t *testing.T) {
			const seeds = 60
			for seed := range uint64(seeds) {
				for _, b := range run(Config{Seed: tt.first + seed + 1}, tt.seams).Breaches {
					if b.Law == tt.law {
						return
					}
				}
			}
			t.Errorf("no breach of law %d in %d seeds", tt.law, seeds)
		})
	}
}

// careless stores no wrap that arrives.
type careless struct{ link.Keys }

func (careless) Arrived(context.Context, events.Place, []engine.Wrap) error { return nil }

// generous holds that the nation may open whatever others may.
type generous struct{ engine.Sealer }

func (s generous) Prepare(ctx context.Context, c events.Subject, holders []engine.Holder, fields []string) (engine.Seal, error) {
	all := []engine.Class{engine.ClassFacts, engine.ClassNarrative, engine.ClassIdentity}
	return s.Sealer.Prepare(ctx, c, append(holders, engine.Holder{Node: country, Classes: all}), fields)
}

// misplaced binds what it seals to another type of event.
type misplaced struct{ engine.Sealer }

func (s misplaced) Prepare(ctx context.Context, c events.Subject, holders []engine.Holder, fields []string) (engine.Seal, error) {
	seal, err := s.Sealer.Prepare(ctx, c, holders, fields)
	return func(b engine.Binding, x engine.Secret) (events.SealedPart, error) {
		b.Type += "x"
		return seal(b, x)
	}, err
}

// forgetful says that every fifth append was stored, and stores it not.
type forgetful struct {
	engine.Journal
	appends int
}

func (j *forgetful) Append(ctx context.Context, head uint64, records []engine.Record) error {
	if j.appends++; j.appends%5 == 0 {
		return nil
	}
	return j.Journal.Append(ctx, head, records)
}

// boastful lists its runs as if nothing had been lost of them.
type boastful struct{ link.Store }

func (s boastful) Runs() ([]engine.Position, error) {
	runs, err := s.Store.Runs()
	for i := range runs {
		runs[i].Seq += 20
	}
	return runs, err
}

// credulous says that some numbers stand with other content, and that what it
// refuses was refused before.
type credulous struct{ link.Store }

func (s credulous) Refused(h events.Hash) (bool, error) { return true, nil }

func (s credulous) Numbered(src events.Source, n uint64) (events.Hash, bool, error) {
	if n%7 == 0 {
		return events.Hash{1}, true, nil
	}
	return s.Store.Numbered(src, n)
}

// amnesiac loads a case without its first event.
type amnesiac struct{ engine.History }

func (h amnesiac) Load(s events.Subject) ([]events.Event, error) {
	all, err := h.History.Load(s)
	if len(all) > 4 {
		all = all[1:]
	}
	return all, err
}

// strict knows no kind of contribution.
type strict struct{ engine.Gate }

func (g strict) Knows(list, code string) bool {
	return list != engine.ListContributions && g.Gate.Knows(list, code)
}

// moody answers with a result that no other asking gives.
type moody struct{ engine.Gate }

func (g moody) Check(doc []byte) (engine.Finding, error) {
	f, err := g.Gate.Check(doc)
	f.Result = events.Facts(`{"outcome":"no_objection"}`)
	return f, err
}

// clockwork writes an event of its own beside what it is given.
type clockwork struct {
	engine.Journal
	wrote uint64
}

func (j *clockwork) Append(ctx context.Context, head uint64, records []engine.Record) error {
	for _, r := range records {
		d := r.Event.Draft
		if j.wrote > 0 || d.Type != events.TypeAccepted {
			continue
		}
		j.wrote++
		key := keyOf(country)
		d.ID, d.Type, d.Office, d.Prev, d.Body = "01a1f795-4f80-7000-8000-000000000001", events.TypeContributed, country, events.Hash{}, []byte(`{"kind":"overdue"}`)
		e, err := events.Sign(d, events.Author{
			Source: events.Source{Node: country, Run: events.Run{Number: 50, Mark: "clock"}}, Number: j.wrote,
			Key: events.KeyID(public(key)), Sign: events.SignWith(key),
		})
		if err != nil {
			return err
		}
		records = append(records, engine.Record{Event: e, Run: r.Run})
	}
	return j.Journal.Append(ctx, head, records)
}
