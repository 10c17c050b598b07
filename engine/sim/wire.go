package sim

import (
	"context"
	"errors"

	"umuryango/engine"
	"umuryango/engine/link"
	"umuryango/events"
)

// wire is one link: the lower node drives it, as on real nodes. Whatever is
// lost or fails ends the session, and the lower node greets again.
type wire struct {
	world        *world
	upper, lower *node
	a, b         *link.End // at the upper and at the lower node
	met          bool      // as the lower node knows
	passed       uint64    // of the lower node's stream, as it was answered
	scan         uint64    // how far the lower node has looked for more
	cut          bool
	told         uint64     // how far the upper node's stream was looked at for what the lower one is told meanwhile
	old          []delivery // batches on their way that may come late
}

// delivery is a batch for one of the two ends.
type delivery struct {
	up  bool
	raw []byte
}

// errLost: the message did not arrive, or its answer did not.
var errLost = errors.New("lost on the way")

// begun gives a node that has just started its end of the link.
func (l *wire) begun(n *node) {
	switch n {
	case l.upper:
		l.a = l.end(n, l.lower.place)
	case l.lower:
		l.b, l.met = l.end(n, l.upper.place), false
	}
}

func (l *wire) end(n *node, peer events.Place) *link.End {
	return link.NewEnd(n.linkConfig(peer, l.lower.place))
}

func (n *node) linkConfig(peer, lower events.Place) link.Config {
	return n.withKeys(link.Config{
		Peer: peer, Lower: lower, Journal: short{n.journal, n.world}, Writer: n.service.Writer, Authority: n.authority,
		Store: n.store, Keeper: n, Stamp: n.world.stamp, Edition: edition, Hold: n.hold,
	})
}

// short reads a stream in small stretches, so that batches begin and end
// anywhere.
type short struct {
	engine.Journal
	world *world
}

func (s short) Read(ctx context.Context, from uint64, limit int) ([]engine.Record, error) {
	const stretchMax = 12
	return s.Journal.Read(ctx, from, min(limit, 1+s.world.r.n(stretchMax)))
}

// open reports whether the two can reach each other, and the upper node lets the
// lower one in: one that has lost its store hears from it who it is, once it has
// heard itself of whom it speaks for.
func (l *wire) open() bool {
	if l.cut || l.upper.dark || l.lower.dark {
		return false
	}
	if _, s := l.upper.authority.OwnNode(l.lower.place); s == engine.StandingNone && l.upper.authority.Spoke(l.upper.place, l.upper.place) {
		l.prove()
	}
	return l.reach() != engine.ReachNone
}

// reach is what the lower node has at the upper one.
func (l *wire) reach() engine.Reach { return l.upper.authority.Reach(l.upper.place, l.lower.place) }

// move is one exchange: a greeting, a batch up or a batch down.
func (l *wire) move(up bool) {
	if l.lower.keys.wish != nil && !l.knowsNext() && l.upper.linked {
		l.met = false // what was refused for now is asked for again
	}
	var err error
	switch {
	case !l.met:
		if err = l.rotate(); err == nil {
			err = l.greet()
		}
	case up:
		err = l.up()
	default:
		err = l.down()
	}
	if err != nil {
		if errors.Is(err, link.ErrGreet) {
			l.world.took(tookGreetAgain)
		}
		l.met = false
	}
	l.linked()
}

func (l *wire) greet() error {
	if !l.knowsNext() {
		l.prove()
	}
	own, err := l.b.Greeting()
	if err != nil {
		return err
	}
	peer, err := l.a.Greeting()
	if err != nil {
		return err
	}
	if _, err := l.a.Meet(peer, over(own)); err != nil {
		return err
	}
	if l.world.fails(5) {
		l.world.took(tookGreetLost)
		return errLost
	}
	l.passed, err = l.b.Meet(own, over(peer))
	l.scan, l.met, l.told = l.passed, err == nil, 0
	return err
}

// over carries a message over the wire form.
func over[T any](message T) T {
	read, err := link.Decode(link.Encode(message))
	if out, ok := read.(T); ok && err == nil {
		return out
	}
	return message
}

func (l *wire) up() error {
	if l.reach() == engine.ReachTold {
		l.world.took(tookKept)
		return nil
	}
	session, _ := l.b.Sending()
	batch, err := stretch(l.b, session, l.scan)
	if err != nil {
		return err
	}
	batch.After, l.scan = l.passed, batch.Upto.Seq
	l.echo(l.lower, l.upper, batch)
	if batch = l.inject(l.lower, l.upper, batch); batch.Empty() && !l.b.Closes(l.passed, l.scan) {
		return nil
	}
	got, err := l.deliver(l.upper, batch, true)
	if err != nil {
		return err
	}
	l.passed, l.scan = got.Upto, got.Upto
	l.world.delivered(batch)
	if got.Lacks(batch) {
		l.world.breach(lawKeys, l.upper.place, "it answers, and leaves a wrap out")
	}
	return l.b.Took(ctx, got.Took)
}

func (l *wire) down() error {
	poll, ok := l.b.Next()
	if !ok {
		return link.ErrGreet
	}
	poll = over(poll)
	if err := l.a.Took(ctx, poll.Took); err != nil {
		return err
	}
	told, from := l.reach() != engine.ReachWhole, poll.Got
	switch {
	case told:
		from = max(from, l.told)
	case l.told > 0:
		return link.ErrGreet // and hears what was held back
	}
	batch, err := stretch(l.a, poll.Session, from)
	if err != nil {
		return err
	}
	batch.After = poll.Got
	if told {
		l.told, batch = batch.Upto.Seq, batch.Told()
	}
	l.echo(l.upper, l.lower, batch)
	_, err = l.deliver(l.lower, l.inject(l.upper, l.lower, batch), false)
	if err == nil {
		l.world.delivered(batch)
	}
	return err
}

// stretch looks on until there is something to send, or nothing more.
func stretch(from *link.End, s link.Session, after uint64) (link.Batch, error) {
	for {
		b, err := from.Offer(ctx, s, after)
		if err != nil || !b.Empty() || b.Upto.Seq == after {
			return b, err
		}
		after = b.Upto.Seq
	}
}

// deliver carries a batch to the other end, and what may befall it.
func (l *wire) deliver(to *node, batch link.Batch, up bool) (link.Answer, error) {
	w := l.world
	if w.seams.batch != nil {
		batch = w.seams.batch(batch)
	}
	raw := link.Encode(batch)
	if w.fails(8) {
		l.old = append(l.old, delivery{up, raw})
	}
	if w.fails(4) {
		w.took(tookBatchLost)
		return link.Answer{}, errLost
	}
	if len(batch.Items) > 0 {
		to.befall(6)
	}
	got, err := l.take(to, raw, up)
	if err == nil && w.fails(5) {
		w.took(tookBatchTwice)
		got, err = l.take(to, raw, up)
	}
	if err == nil && w.fails(4) {
		w.took(tookReplyLost)
		return link.Answer{}, errLost
	}
	return over(got), err
}

func (l *wire) take(to *node, raw []byte, up bool) (link.Answer, error) {
	message, err := link.Decode(raw)
	batch, ok := message.(link.Batch)
	if !ok {
		l.world.breach(0, to.place, "a batch cannot be read from the wire: %v", err)
		return link.Answer{}, errLost
	}
	to.refusals = nil
	end := l.b
	if up {
		end = l.a
	}
	got, err := end.Take(ctx, batch)
	to.settled()
	to.obey()
	switch {
	case err == nil && len(batch.Items) > 0:
		l.world.took(tookBatch)
		l.world.refused(batch, to.refusals)
	case err != nil && !errors.Is(err, link.ErrGreet):
		to.fell(err)
	}
	return got, err
}

// late delivers a batch that was on its way all the time.
func (l *wire) late() {
	if len(l.old) == 0 || !l.open() {
		return
	}
	d := l.old[0]
	l.old = l.old[1:]
	to := l.lower
	if d.up {
		to = l.upper
	}
	l.world.took(tookBatchOld)
	if _, err := l.take(to, d.raw, d.up); errors.Is(err, link.ErrGreet) {
		l.world.took(tookGreetAgain)
	}
}

// linked notes who has heard all that the neighbour held; the nation's own link
// is any from below.
func (l *wire) linked() {
	heard := func(n *node) {
		n.linked, n.restored = true, false
		if n.emptied && n.disk.Head() > 0 {
			n.emptied = false
			l.world.took(tookRefill)
		}
	}
	if l.met && l.b.CaughtUp() {
		heard(l.lower)
	}
	if l.met && l.upper.place.Level() == 0 && l.a.CaughtUp() {
		heard(l.upper)
	}
}

// echo counts what was passed over because it came from the neighbour.
func (l *wire) echo(from, to *node, batch link.Batch) {
	if l.world.taken[tookEcho] > 0 {
		return
	}
	offered := map[uint64]bool{}
	for _, i := range batch.Items {
		offered[i.At.Seq] = true
	}
	for _, r := range from.records() {
		if r.From.Node == to.place && r.Seq <= batch.Upto.Seq && r.Event.Subject.Due(l.lower.place) && !offered[r.Seq] {
			l.world.took(tookEcho)
			return
		}
	}
}
