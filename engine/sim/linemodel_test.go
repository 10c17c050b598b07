package sim

import (
	"cmp"
	"slices"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// chain is the path on which the line model plays (engine/DESIGN.md §4).
var chain = []events.Place{"RW.1.1.1.1", "RW.1.1.1", "RW.1.1", "RW.1", "RW"}

// modelAct is an event of the line model.
type modelAct struct {
	id, prev int // prev 0: the opening
	author   events.Place
	run      uint64
	over     bool         // takes over
	to       events.Place // hands the pen to
}

// modelLine is the line rule, written down once more.
func modelLine(acts []modelAct) (line []int, pen events.Place) {
	pen = chain[0]
	for cur := 0; ; {
		next := slices.DeleteFunc(slices.Clone(acts), func(a modelAct) bool {
			return a.prev != cur || a.over && !a.author.Above(pen) || !a.over && a.author != pen
		})
		if len(next) == 0 {
			return line, pen
		}
		a := slices.MinFunc(next, func(x, y modelAct) int {
			if x.over != y.over {
				if x.over {
					return -1
				}
				return 1
			}
			if x.over {
				return cmp.Or(cmp.Compare(x.author.Level(), y.author.Level()), cmp.Compare(x.id, y.id))
			}
			return cmp.Or(cmp.Compare(x.run, y.run), cmp.Compare(x.id, y.id))
		})
		line, cur = append(line, a.id), a.id
		switch {
		case a.over:
			pen = a.author
		case a.to != "":
			pen = a.to
		}
	}
}

// TestFoldIsTheModels: on random histories, with branches everywhere, the fold
// finds the line and the pen that the model's does.
func TestFoldIsTheModels(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const histories = 150
	branched := 0
	for seed := range uint64(histories) {
		w := worldOf(Config{Seed: seed + 1}, seams{}, modelPlaces[:1], nil)
		c := events.Subject{Place: chain[0], Kind: events.KindCase, ID: string(w.id(actCommand))}
		signed := []events.Event{w.modelEvent(c, nil, modelAct{author: chain[0], run: 1})}
		var acts []modelAct
		for id := 1; id <= 25; id++ {
			_, pen := modelLine(acts)
			a := modelAct{id: id, prev: max(0, len(acts)-w.r.n(3)), author: pen, run: uint64(1 + id/8)}
			switch roll := w.r.n(10); {
			case roll < 4:
				a.to = pick(&w.r, chain)
			case roll < 6:
				a.author, a.over = pick(&w.r, chain), true
			case roll < 7:
				a.author = pick(&w.r, chain)
			}
			acts = append(acts, a)
			signed = append(signed, w.modelEvent(c, signed, a))
		}
		want, pen := modelLine(acts)
		s := engine.Fold(c, signed)
		var got []int
		for _, e := range s.Line[1:] {
			got = append(got, slices.IndexFunc(signed, func(x events.Event) bool { return x.ID == e.ID }))
		}
		is.Equal(got, want)
		is.Equal(s.Pen, pen)
		is.Equal(len(s.Unjoined), 0)
		if len(s.Late) > 5 {
			branched++
		}
	}
	is.True(branched > histories/2) // the histories are worth comparing
}

// modelEvent signs an event of the model: the opening where there is nothing
// before, else one that follows a.prev.
func (w *world) modelEvent(c events.Subject, signed []events.Event, a modelAct) events.Event {
	id := w.id(actCommand)
	w.now = w.now.Add(1e9) // so that ids rise as the model's do
	d := events.Draft{
		ID: id, Type: events.TypeAssessed, Subject: c, Office: a.author, Actor: "W-1", Time: w.now, Recorded: w.now,
		Code: "K7Q-F2MD", Edition: edition, Body: []byte(`{"facts":{}}`),
	}
	switch {
	case signed == nil:
		d.Type, d.Body = events.TypeRaised, []byte(`{"to":"`+chain[0].ID()+`","source":"izu","facts":{}}`)
	case a.over:
		d.Type, d.Body = events.TypeTakenOver, []byte(`{"from":"RW1","reason":"unheard"}`)
	case a.to != "":
		d.Type, d.Body = events.TypeForwarded, []byte(`{"to":"`+a.to.ID()+`"}`)
	}
	if signed != nil {
		d.Prev = signed[a.prev].Hash()
	}
	n := w.nodes[0]
	e, err := events.Sign(d, events.Author{Source: events.Source{Node: a.author, Run: events.Run{Number: a.run, Mark: "m"}}, Number: uint64(a.id + 1), Key: n.keys.id, Sign: n.Sign})
	n.check(err)
	return e
}

// TestLineModel plays the schedules of the line model on real nodes: one line
// and one pen everywhere, and an act that all had shown as in effect stays so;
// where stores are restored from older copies hardly one is overruled.
func TestLineModel(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		restores bool
		most     int // seeds in which a settled act was overruled
	}{
		"without restores": {false, 0},
		"with restores":    {true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			overruled, acts := 0, 0
			for seed := range uint64(modelSeeds) {
				w := worldOf(Config{Seed: seed + 1}, seams{}, []events.Place{chain[4], chain[3], chain[2], chain[1], chain[0]}, chain[:1])
				w.found()
				for len(w.cases) == 0 { // what befalls the disk may befall this too
					w.raise(w.at[chain[0]], chain[0])
				}
				m := lineModel{world: w, settled: map[events.ID]bool{}, folds: map[*node]fold{}}
				for range 300 {
					m.step(tt.restores)
					m.settle()
				}
				w.heal()
				w.sameStates(nil)
				is.Equal(w.breaches, nil)
				line := m.line(w.nodes[0]).ids
				acts += len(line)
				all := w.everything()
				for _, e := range all {
					if m.settled[e.ID] && !line[e.ID] {
						overruled++
						break
					}
				}
			}
			is.True(acts > modelSeeds*5)
			is.True(overruled <= tt.most)
		})
	}
}

type lineModel struct {
	*world
	settled map[events.ID]bool
	folds   map[*node]fold
}

// fold is what a node shows, as long as its stream stands at head.
type fold struct {
	head uint64
	run  events.Run
	ids  map[events.ID]bool
	engine.State
}

func (m *lineModel) line(n *node) fold {
	if f, ok := m.folds[n]; ok && f.head == n.disk.Head() && f.run == n.run {
		return f
	}
	n.check(n.history.Wait(ctx, n.journal.Head()))
	f := fold{head: n.disk.Head(), run: n.run, ids: map[events.ID]bool{}}
	if s, err := n.service.Case(m.cases[0]); err == nil {
		f.State = s
	}
	for _, e := range f.Line {
		f.ids[e.ID] = true
	}
	m.folds[n] = f
	return f
}

// settle notes what every node shows as in effect.
func (m *lineModel) settle() {
	for id := range m.line(m.nodes[0]).ids {
		everywhere := !slices.ContainsFunc(m.nodes, func(n *node) bool { return !m.line(n).ids[id] })
		m.settled[id] = m.settled[id] || everywhere
	}
}

// step is one step of the line model, with its weights.
func (m *lineModel) step(restores bool) {
	w := m.world
	n := pick(&w.r, w.nodes)
	switch roll := w.r.n(1000); {
	case roll < 400:
		m.act(n)
	case roll < 850:
		for range 30 { // until it is quiet
			if l := pick(&w.r, w.links); l.open() {
				l.move(w.r.percent(50))
			}
		}
	case roll < 930:
		l := pick(&w.r, w.links)
		l.cut = !l.cut
	case roll < 950:
		n.backup()
	case roll < 965 && restores && len(n.copies) > 0:
		n.restore(pick(&w.r, n.copies))
	}
}

func (m *lineModel) act(n *node) {
	s := m.line(n).State
	switch {
	case !s.Known():
	case s.Pen != n.place:
		if n.place.Above(s.Pen) && m.r.percent(15) {
			m.do(n, n.place, s.Subject, engine.TakeOver{Reason: "unheard"})
		}
	case s.Awaiting && s.Sender != n.place && m.r.percent(30):
		m.do(n, n.place, s.Subject, engine.SendBack{Reason: "other_office"})
	case s.Awaiting:
		m.do(n, n.place, s.Subject, engine.Accept{})
	case m.r.percent(50) && n.place.Level() > 0:
		upper, _ := n.place.Upper()
		m.do(n, n.place, s.Subject, engine.Forward{To: upper})
	default:
		m.do(n, n.place, s.Subject, engine.Assess{})
	}
}
