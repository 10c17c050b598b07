package projections

import (
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

// recentEvents bounds what is remembered of the cases that were shown last.
const recentEvents = 256

// recent remembers the cases that were shown last as they stand at a sequence,
// so that the acts that follow one another in a case are not read and folded
// from its first one on each time.
type recent struct {
	at    uint64
	held  int
	cases map[events.Subject]known
}

// known is a case with all its events up to recent.at.
type known struct {
	all   []events.Event
	state engine.State
}

// fits forgets everything unless it is of the sequence at.
func (r *recent) fits(at uint64) {
	if r.cases == nil || r.at != at {
		r.forget()
	}
}

func (r *recent) forget() { *r = recent{cases: map[events.Subject]known{}} }

// take gives a case away; whoever has it puts it back as it stands then.
func (r *recent) take(s events.Subject) (k known, ok bool) {
	if k, ok = r.cases[s]; ok {
		r.held -= len(k.all)
		delete(r.cases, s)
	}
	return k, ok
}

// put remembers a case; the others are forgotten when there is no room.
func (r *recent) put(s events.Subject, k known) {
	if len(k.all) > recentEvents {
		return
	}
	if r.held += len(k.all); r.held > recentEvents {
		clear(r.cases)
		r.held = len(k.all)
	}
	r.cases[s] = k
}

// before is a case as it stood before this stretch.
func (s *Store) before(subject events.Subject) (known, error) {
	if k, ok := s.recent.take(subject); ok {
		return k, nil
	}
	all, err := s.history.records(subject)
	if err != nil {
		return known{}, err
	}
	return foldUpTo(subject, all, s.at.seq), nil
}

// foldUpTo is a case as it stood when the stream ended at seq.
func foldUpTo(subject events.Subject, all []engine.Record, seq uint64) known {
	var some []events.Event
	for _, r := range all {
		if r.Seq <= seq {
			some = append(some, r.Event)
		}
	}
	return known{some, engine.Fold(subject, some)}
}

// with is the case with more events.
func (k known) with(subject events.Subject, more []events.Event) known {
	all := slices.Concat(k.all, more)
	return known{all, engine.Fold(subject, all)}
}
