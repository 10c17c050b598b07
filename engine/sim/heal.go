package sim

import "fmt"

// roundsMax is far beyond what a healed world of any size that is played needs:
// a link that does not come to rest is a fault.
const roundsMax = 400

// heal ends all that was planted: every node is up, every link open, and
// nothing more befalls anybody.
func (w *world) heal() {
	w.calm = true
	for _, l := range w.links {
		l.cut, l.old = false, nil
	}
	for _, n := range w.nodes {
		n.planned = planNone
		if n.dark {
			n.dark = false
			n.restart()
		}
		n.locked = false
		n.disk.Restore(n.disk) // forgets what was to befall the next append, as time would
		n.tell()
	}
	w.settle()
	for _, n := range w.nodes {
		w.bringBack(n) // so that everything arrives
	}
	w.settle()
}

// settle moves events over all links until nothing moves any more.
func (w *world) settle() {
	was := w.calm
	w.calm = true
	defer func() { w.calm = was }()
	quiet, before := 0, ""
	for range roundsMax {
		for _, l := range w.links {
			if l.a == nil || l.b == nil || !l.open() {
				continue // while the world begins, or the upper node does
			}
			l.move(true)
			l.move(false)
		}
		for _, n := range w.nodes {
			if n.asks != nil { // it has begun
				n.custody()
			}
		}
		now := w.progress()
		if quiet++; now != before {
			quiet, before = 0, now
		}
		if quiet == 2 {
			return
		}
	}
	w.breach(1, w.nodes[0].place, "the links do not come to rest")
}

// progress is how long every stream is, how far every neighbour has passed it, and
// who may be an older copy still, which keeps others waiting.
func (w *world) progress() string {
	out := []uint64{uint64(w.taken[tookAsks]), uint64(w.taken[tookWraps])} // what goes beside the streams
	for _, n := range w.nodes {
		out = append(out, n.disk.Head(), uint64(len(n.shelf.own)), uint64(len(n.shelf.way)))
		if n.restored {
			out = append(out, 1)
		}
	}
	for _, l := range w.links {
		if l.b != nil {
			poll, _ := l.b.Next()
			out = append(out, l.scan, poll.Got)
		}
	}
	return fmt.Sprint(out)
}
