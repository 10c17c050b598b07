package journal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
)

// fence lies under the stream's subjects and can be no event's.
const fence = "ev.fence"

// doubt is an append whose answer did not come.
type doubt struct {
	head    uint64
	records []engine.Record
	cause   error
	outcome error // once settled: what the append should have returned
}

// Refresh implements engine.Journal. It asks the server only after an append
// that found somebody else's event or got no answer.
func (j *Journal) Refresh(ctx context.Context) error {
	if j.sure() {
		return nil
	}
	select {
	case <-j.turn:
	case <-ctx.Done():
		return fmt.Errorf("refresh %s: wait for a turn: %w", Stream, ctx.Err())
	}
	defer func() { j.turn <- struct{}{} }()
	if err := j.settle(ctx); err != nil || j.sure() {
		return err
	}
	last, err := j.lastSeq(ctx)
	if err != nil {
		return err
	}
	j.raise(last, nil)
	return nil
}

func (j *Journal) sure() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.stale && j.doubt == nil
}

// settle finds out what became of an append without an answer, if there is one,
// by reading the places where it would stand. The error is engine.ErrUnsettled. The
// caller has the turn.
func (j *Journal) settle(ctx context.Context) error {
	j.mu.Lock()
	d := j.doubt
	j.mu.Unlock()
	if d == nil {
		return nil
	}
	if err := j.resolve(ctx, d); err != nil {
		return fmt.Errorf("%d events after %d: %w: %w (no answer came: %w)", len(d.records), d.head, engine.ErrUnsettled, err, d.cause)
	}
	j.mu.Lock()
	j.doubt = nil
	j.mu.Unlock()
	return nil
}

func (j *Journal) resolve(ctx context.Context, d *doubt) error {
	if err := j.passFence(ctx); err != nil {
		return err
	}
	last, err := j.lastSeq(ctx)
	if err != nil {
		return err
	}
	n := uint64(len(d.records))
	if last <= d.head {
		d.outcome = fmt.Errorf("append after %d: nothing was stored: %w", d.head, d.cause)
		return nil
	}
	found, _, err := j.direct(ctx, d.head+1, min(last, d.head+n)+1, int(n))
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0].Seq != d.head+1 {
		return fmt.Errorf("what stands at %d cannot be read: %w", d.head+1, engine.ErrBroken)
	}
	switch {
	case last >= d.head+n && sameEvents(found, d.records):
		j.stored(d.head, d.records)
	case sameEvents(found[:1], d.records[:1]):
		d.outcome = fmt.Errorf("append after %d: only a part was stored: %w", d.head, engine.ErrBroken)
	default:
		d.outcome = conflict(d.head)
	}
	if last > j.Head() {
		j.raise(last, nil)
	}
	return nil
}

// passFence returns when the server has dealt with everything that was sent
// before: until then an event that is not in the stream may still be on its
// way, and reading proves nothing. The fence is a message that the server must
// refuse, behind the others in the stream's one queue.
func (j *Journal) passFence(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, j.settleWithin)
	defer cancel()
	never := []string{strconv.FormatUint(math.MaxInt64, 10)}
	answer, err := j.nc.RequestMsgWithContext(ctx, &nats.Msg{Subject: fence, Header: nats.Header{hExpected: never}})
	if err != nil {
		return fmt.Errorf("ask the stream whether it has gone through its queue: %w", err)
	}
	if _, err := readAnswer(answer.Data); !isConflict(err) {
		return errors.Join(errors.New("the stream answered a message that it had to refuse otherwise"), err)
	}
	return nil
}

// sameEvents compares by id and hash.
func sameEvents(found, ours []engine.Record) bool {
	if len(found) != len(ours) {
		return false
	}
	for i := range found {
		if found[i].Event.ID != ours[i].Event.ID || found[i].Event.Hash() != ours[i].Event.Hash() {
			return false
		}
	}
	return true
}
