package engine

import (
	"context"
	"slices"

	"umuryango/events"
)

// flight is an append on its way to the disk. While it is, the next act may be
// planned, numbered and signed behind it, as if it were stored already. Nothing
// of that plan leaves this process before the flight has ended, and it is used
// only where it is the plan that would have been made then:
//
//   - Nothing that the flight carries belongs to what the plan reads. A second
//     command for the same case, or under the same id, waits and reads the first;
//     so does whoever plans while anything but a case is written, as enrolments
//     and packs say who may act and by what rules.
//   - The flight's own append was acknowledged, and the stream's head and the last
//     number are those that the plan was made behind. Where the flight failed, was
//     lost and found, or somebody else wrote in between, what the plan read may
//     have moved under it: it is thrown away, with its numbers and its answer, and
//     made anew on what stands. Nobody else has ever seen those signatures.
//   - It was not locked meanwhile: what a locked node had signed stays unwritten.
//
// So whatever a plan comes to, also a refusal, is told as late as without
// planning ahead. Two turns, taken in the same order by everybody, make it so:
// who plans keeps the turn until the disk is his too, and then passes on the
// turn and keeps the disk. At any time one act is on its way and at most one is
// planned behind it; appends go one at a time, in the order of the turns, each
// naming the sequence that it must follow. Batches of links, enrolments and new
// keys are planned and appended with both in hand.
type flight struct {
	before  []Record // what was appended before it, which history need not hold yet
	after   uint64   // the head that it follows
	number  uint64   // the last number given out, with its own
	records []Record
	failed  bool // of whoever has the disk
}

// touches reports whether a plan must see what is on its way.
func (f *flight) touches(reads func(Record) bool) bool {
	return slices.ContainsFunc(f.records, func(r Record) bool { return r.Event.Subject.Kind != events.KindCase || reads(r) })
}

// passing appends what was made, and passes the turn on while it is on its way.
func (w *Writer) passing(ctx context.Context, j job, m made, pass func()) ([]Record, error) {
	f := &flight{before: w.fresh, after: m.after, number: m.number + uint64(len(m.Drafts)), records: m.records, failed: true}
	w.flight = f
	pass()
	stored, err := w.append(ctx, j, m)
	f.failed = err != nil
	return stored, err
}

// ahead plans behind what is on its way; nil where nothing is, or where the plan
// must wait for it. The caller has the turn, and nobody else can take the disk.
func (w *Writer) ahead(ctx context.Context, j job) *made {
	if len(w.disk) > 0 {
		return nil // whoever had it is done
	}
	f := w.flight
	if f.touches(j.reads) || w.await(ctx, f.after, f.before, j.reads) != nil {
		return nil // settled waits, and says what is wrong
	}
	m := w.make(j, f.after+uint64(len(f.records)), f.number)
	return &m
}

// stands reports whether a plan that was made ahead is the one that would be
// made now. The caller has caught up with the stream.
func (w *Writer) stands(early made) bool {
	return !w.flight.failed && w.head == early.after && w.number == early.number && !w.Self().Signer.Locked()
}
