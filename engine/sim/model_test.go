package sim

import (
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/engine/memory"
	"umuryango/events"
)

// The nation of the link model (models/link_core.py): seven nodes on five
// levels.
var modelPlaces = []events.Place{"RW", "RW.1", "RW.2", "RW.1.1", "RW.1.2", "RW.1.1.1", "RW.1.1.1.1"}

// modelStep is one step of the link model, with its weights.
func (w *world) modelStep() {
	switch roll := w.r.n(100); {
	case roll < 45:
		n := pick(&w.r, w.nodes)
		if w.r.percent(20) {
			w.write(n, events.Subject{Place: n.place, Kind: events.KindPlace, ID: "status"}) // for all below
			return
		}
		var below []events.Place
		for _, p := range modelPlaces {
			if n.place.Covers(p) {
				below = append(below, p)
			}
		}
		w.write(n, events.Subject{Place: pick(&w.r, below), Kind: events.KindCase, ID: string(w.id(actCommand))})
	case roll < 85:
		if l := pick(&w.r, w.links); l.open() {
			l.move(w.r.percent(50))
		}
	case roll < 93:
		l := pick(&w.r, w.links)
		l.cut = !l.cut
	case roll < 96:
		pick(&w.r, w.nodes).restart()
	case roll < 98:
		pick(&w.r, w.nodes).backup()
	default:
		n := pick(&w.r, w.nodes)
		if older := (folder{disk: memory.NewJournal()}); len(n.copies) > 0 && w.r.percent(80) {
			n.restore(n.copies[len(n.copies)-1])
		} else if n.place.Level() > 0 {
			n.restore(older)
		}
	}
}

// write lets a node write something that only the link looks at.
func (w *world) write(n *node, s events.Subject) {
	_, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) {
		return engine.Plan{Drafts: []engine.Draft{{Draft: events.Draft{
			ID: w.id(actCommand), Type: events.TypeContributed, Subject: s, Office: n.place, Actor: "W-1", Time: w.now, Recorded: w.now,
			Code: "K7Q-F2MD", Edition: edition, Body: []byte(`{"kind":"note"}`),
		}}}}, nil
	})
	if err != nil {
		n.fell(err)
	}
}

// plainCursor names its highest position for every run: the tempting sequence
// without a run.
type plainCursor struct{ link.Store }

func (s plainCursor) Known(peer events.Place) ([]engine.Position, error) {
	known, err := s.Store.Known(peer)
	top := uint64(0)
	for _, k := range known {
		top = max(top, k.Seq)
	}
	for i := range known {
		known[i].Seq = top
	}
	return known, err
}

// elephant lists every run that it ever heard of, as if nothing had been lost:
// what came from a neighbour is then never sent back.
type elephant struct {
	link.Store
	ends map[events.Run]uint64
}

func (s elephant) Runs() ([]engine.Position, error) {
	runs, err := s.Store.Runs()
	here := map[events.Run]bool{}
	for i, r := range runs {
		s.ends[r.Run], here[r.Run] = max(s.ends[r.Run], r.Seq), true
		runs[i].Seq = s.ends[r.Run]
	}
	for run, seq := range s.ends {
		if !here[run] {
			runs = append([]engine.Position{{Run: run, Seq: seq}}, runs...)
		}
	}
	return runs, err
}

// TestLinkModel plays the schedules of the link model: the rule leaves nothing
// missing, and each tempting other rule does.
func TestLinkModel(t *testing.T) {
	t.Parallel()
	ends := map[events.Place]map[events.Run]uint64{}
	for name, tt := range map[string]struct {
		seams seams
		loses bool
	}{
		"the rule": {seams{}, false},
		"a bare sequence": {seams{store: func(_ events.Place, s link.Store) link.Store {
			return plainCursor{s}
		}}, true},
		"never back to whom it came from": {seams{store: func(p events.Place, s link.Store) link.Store {
			if ends[p] == nil {
				ends[p] = map[events.Run]uint64{}
			}
			return elephant{s, ends[p]}
		}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			const steps, search = 400, 50
			seeds := modelSeeds
			if tt.loses {
				seeds = search // until one shows it
			}
			bad := 0
			for seed := range uint64(seeds) {
				if bad > 0 {
					break
				}
				clear(ends)
				w := worldOf(Config{Seed: seed + 1}, tt.seams, modelPlaces, nil)
				w.found()
				for range steps {
					w.modelStep()
				}
				w.heal()
				all := w.everything()
				w.destinations(all, w.refusals(all))
				if len(w.breaches) > 0 {
					bad++
				}
				if !tt.loses {
					is.Equal(w.breaches, nil)
					is.True(len(all) > 50) // something happened
				}
			}
			is.Equal(bad > 0, tt.loses)
		})
	}
}
