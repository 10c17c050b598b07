package sim

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

// step is one thing that happens somewhere.
func (w *world) step() {
	n := pick(&w.r, w.nodes)
	n.wake()
	switch roll := w.r.n(100); {
	case roll < 45:
		for range 3 {
			if l := pick(&w.r, w.links); l.open() {
				l.move(w.r.percent(55))
			}
		}
	case roll < 78:
		w.act(n)
	case roll < 81:
		w.cutOrJoin()
	case roll < 83:
		w.darken(n)
	case roll < 85:
		n.restart()
		n.unattended()
	case roll < 88:
		n.backup()
	case roll < 90:
		w.restoreSome(n)
	case roll < 93:
		w.again(n)
	case roll < 95:
		pick(&w.r, w.links).late()
	case roll < 96:
		w.bad(n)
	case roll < 97:
		w.now = w.now.Add(time.Duration(w.r.n(40*24)) * time.Hour)
		w.took(tookLeap)
	case roll < 98:
		w.repeat(n)
		w.stand(n)
	case roll < 99:
		w.loseTail(n)
		w.rotate(n)
		w.stand(n)
		w.move()
	default:
		w.twoAtOnce()
	}
}

// offices are those for which a node speaks.
func (w *world) offices(n *node) []events.Place {
	out := []events.Place{n.place}
	for _, v := range w.villages {
		if w.hostOf(v) == n && v != n.place {
			out = append(out, v)
		}
	}
	return out
}

// hostOf is the node that speaks for an office.
func (w *world) hostOf(office events.Place) *node {
	for p, ok := office, true; ok; p, ok = p.Upper() {
		if n := w.at[p]; n != nil && w.speaks(n) {
			return n
		}
	}
	return w.nodes[0]
}

// casesMax keeps a schedule to few children, so that many act on one case.
const casesMax = 5

// act lets somebody at a node do something that makes sense there, or nearly.
func (w *world) act(n *node) {
	if n.dark {
		return
	}
	office := pick(&w.r, w.offices(n))
	s, ok := w.choose(n, office)
	switch {
	case len(w.cases) < casesMax && (!ok || w.r.percent(15)):
		w.raise(n, office)
		return
	case !ok:
		return
	}
	w.do(n, office, s.Subject, w.whatNext(s, office))
	n.obey()
}

// choose takes a case that an office knows, one that waits for it if it can.
func (w *world) choose(n *node, office events.Place) (engine.State, bool) {
	const tries = 5
	var out engine.State
	for range tries {
		s, ok := w.known(n)
		if !ok || !office.Covers(s.Subject.Place) {
			continue
		}
		if out = s; s.Pen == office {
			break
		}
	}
	return out, out.Subject.ID != ""
}

// known takes any case of which a node has heard.
func (w *world) known(n *node) (engine.State, bool) {
	if len(w.cases) == 0 {
		return engine.State{}, false
	}
	s, err := n.service.Case(pick(&w.r, w.cases))
	if err == nil && len(s.Unjoined) > 0 {
		w.took(tookUnjoined)
	}
	return s, err == nil
}

func (w *world) raise(n *node, office events.Place) {
	homes := slices.DeleteFunc(slices.Clone(w.villages), func(v events.Place) bool { return !office.Covers(v) })
	home := pick(&w.r, homes)
	to := pick(&w.r, office.Path())
	w.do(n, office, events.Subject{Place: home}, engine.Raise{
		To: to, Source: "izu", Facts: events.Facts(fmt.Sprintf(`{"child":{"age_months":%d}}`, w.r.n(200))),
	})
}

// whatNext is what an office might do with a case as it sees it.
func (w *world) whatNext(s engine.State, office events.Place) any {
	switch {
	case office.Level() == decides && w.r.percent(5):
		return engine.Erase{Ground: groundCourt, Document: "TB-1"}
	case s.Pen != office && w.r.percent(45):
		return engine.Contribute{Kind: "sighting", Facts: events.Facts(`{"danger":{"imminent":true}}`)}
	case s.Pen != office && office.Above(s.Pen) && w.r.percent(60):
		return engine.TakeOver{Reason: "unheard"}
	case s.Pen != office:
		return engine.Assess{}
	case s.Awaiting && s.Sender != office && w.r.percent(25):
		return engine.SendBack{Reason: "other_office"}
	case s.Awaiting:
		return engine.Accept{}
	case s.Proposed != nil && w.r.percent(60):
		return w.decision(s)
	}
	upper, below := office.Upper()
	switch roll := w.r.n(100); {
	case roll < 40 && below:
		return engine.Forward{To: pick(&w.r, upper.Path())}
	case roll < 60:
		return engine.Assess{Facts: events.Facts(`{"assessment":{"complete":true}}`)}
	case roll < 70:
		return engine.Contribute{Kind: "note"}
	}
	return engine.Propose{Facts: events.Facts(`{"request":{"care":"` + pick(&w.r, []string{careKin, careFoster, careHome}) + `"}}`)}
}

func (w *world) decision(s engine.State) any {
	d := engine.Decide{Care: s.Proposed.Care, Panel: []events.Member{{ID: "W-2", Discipline: "social_work", Present: true, Vote: "approve"}}, Reason: "best_interests", Answer: "acted_on"}
	if w.r.percent(40) {
		d.Care, d.Facts = careKin, events.Facts(`{"child":{"sex":"female"}}`)
	}
	return d
}

// command is an act as it is sent; clocks are wrong now and then.
func (w *world) command(office events.Place, c events.Subject, do any) engine.Command {
	at := w.now
	if w.r.percent(10) {
		at = at.Add(time.Duration(w.r.n(200)-100) * time.Hour)
	}
	id := w.id(actCommand)
	return engine.Command{
		Act:  engine.Act{ID: id, Office: office, Actor: "W-1", Time: at, Recorded: at},
		Case: c, Do: do, Digest: sha256.Sum256([]byte(fmt.Sprint(id, office, c, do))),
	}
}

func (w *world) do(n *node, office events.Place, c events.Subject, do any) {
	n.befall(7)
	w.send(n, w.command(office, c, do))
}

// send sends a command to a node and accounts for the answer.
func (w *world) send(n *node, c engine.Command) {
	restored := n.restored
	if _, raise := c.Do.(engine.Raise); raise && !n.locked { // wraps first, then the event
		opened := events.Subject{Place: c.Case.Place, Kind: events.KindCase, ID: string(c.ID)}
		n.wrap(opened, w.holders(opened)...)
	}
	if host, _ := n.authority.Host(c.Office); host.Node != n.place {
		w.acts[c.ID].aside = true // also where no answer comes, and it is found when that has passed
	}
	done, err := n.service.Do(ctx, c)
	var refusal *engine.Refusal
	var invalid *engine.Invalid
	switch {
	case err == nil:
		w.accepted(n, c, done)
		if restored {
			w.took(tookRestoreAct)
		}
	case errors.As(err, &refusal):
		w.barred(n, c, refusal)
	case errors.As(err, &invalid):
		w.breach(lawFacts, n.place, "%s by %s cannot be read: %v", name(c.Do), c.Office, invalid)
	case errors.Is(err, engine.ErrNotFound):
	case errors.Is(err, engine.ErrUnsettled):
		n.pending = append(n.pending, c)
		n.fell(err)
	default:
		n.fell(err)
	}
}

// accepted: somebody was told so.
func (w *world) accepted(n *node, c engine.Command, done engine.Done) {
	hash := done.Record.Event.Hash()
	a := w.acts[c.ID]
	if a.acked && a.hash != hash {
		w.breach(1, n.place, "act %s was accepted twice, as two events", c.ID)
	}
	a.acked, a.hash, a.node = true, hash, n.place
	if done.Again {
		w.took(tookAgain)
	} else {
		w.took(name(c.Do))
	}
	if c.Office != n.place {
		w.took(tookHosted)
	}
	if _, raised := c.Do.(engine.Raise); raised && !slices.Contains(w.cases, done.State.Subject) {
		w.cases = append(w.cases, done.State.Subject)
	}
}

// barred: a fact is never refused by a rule (law 8); a node that does not yet
// know again for whom it speaks says so, and the office is told whom to ask.
func (w *world) barred(n *node, c engine.Command, r *engine.Refusal) {
	if n.locked && r.Code == "locked" { // it would be written in nobody's name
		w.took(tookLocked)
		return
	}
	if told, ok := c.Do.(engine.Contribute); ok && r.Code == "erased" && len(told.Facts) > 0 && n.erasedHere(c.Case) {
		w.took(tookInCodes) // nothing can be sealed there any more, and codes are still taken
		told.Facts = nil
		w.send(n, w.command(c.Office, c.Case, told))
		return
	}
	switch c.Do.(type) {
	case engine.Contribute, engine.Raise:
		if r.Code != "not_hosted" {
			w.breach(lawFacts, n.place, "%s by %s was refused: %s", name(c.Do), c.Office, r.Code)
		}
	}
	switch r.Code {
	case "no_pen":
		w.took(tookNoPen)
	case "not_linked":
		w.took(tookUnlinked)
	case "gate_blocked", "gate_divert":
		w.took(tookBarred)
	}
}

// erasedHere reports whether an order that counts stands in a case here.
func (n *node) erasedHere(c events.Subject) bool {
	s, err := n.service.Case(c)
	return err == nil && s.Erasures(decides).Of("")
}

// again sends a command once more whose answer did not come.
func (w *world) again(n *node) {
	if n.dark || len(n.pending) == 0 {
		return
	}
	c := n.pending[0]
	n.pending = n.pending[1:]
	w.send(n, c)
}

// repeat uses the id of an act for another one.
func (w *world) repeat(n *node) {
	s, ok := w.known(n)
	if !ok || n.dark || n.locked || !s.Known() {
		return // a locked node does not know whether it is another act
	}
	last, _ := s.Last()
	r, err := n.history.Find(last.ID)
	if err != nil || r.Command.IsZero() || last.Office != n.place {
		return // it came back over a link, and what was asked for is not known here
	}
	if host, _ := n.authority.Host(n.place); host.Node != n.place {
		return // it is told that first
	}
	c := w.command(n.place, s.Subject, engine.Contribute{Kind: "other"})
	delete(w.acts, c.ID)
	c.ID = last.ID
	if _, err := n.service.Do(ctx, c); !errors.Is(err, engine.ErrRepeated) {
		w.breach(1, n.place, "id %s was taken for another act: %v", c.ID, err)
		return
	}
	w.took(tookRepeated)
}

// twoAtOnce lets two offices take over one case before either hears of it.
func (w *world) twoAtOnce() {
	low, ok := w.known(pick(&w.r, w.nodes))
	if !ok || low.Pen.Level() < 2 {
		return
	}
	for _, place := range low.Pen.Path()[:low.Pen.Level()] {
		n := w.at[place]
		if n == nil || n.dark {
			continue
		}
		if s, err := n.service.Case(low.Subject); err == nil && s.Pen == low.Pen {
			w.do(n, place, low.Subject, engine.TakeOver{Reason: "unheard"})
		}
	}
}

func name(do any) string {
	switch do.(type) {
	case engine.Raise:
		return tookRaise
	case engine.Forward:
		return tookForward
	case engine.Accept:
		return tookAccept
	case engine.SendBack:
		return tookSendBack
	case engine.Assess:
		return tookAssess
	case engine.Contribute:
		return tookContribute
	case engine.Propose:
		return tookPropose
	case engine.Decide:
		return tookDecide
	case engine.Erase:
		return tookErase
	}
	return tookTakeOver
}
