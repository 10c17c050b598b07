package projections

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// Store keeps the views of a node in one file. It is safe for concurrent use.
type Store struct {
	file
	history *History
	views   []View
	recent  recent
}

// View is what one page is made of. It sees an aggregate before and after what
// came, and replaces what the aggregate had put there; so an event that is
// late, out of order or overruled is no special case.
type View interface {
	// Bucket names where the rows stand.
	Bucket() []byte
	// Apply replaces the aggregate's rows.
	Apply(b *bbolt.Bucket, before, after engine.State) error
}

// viewsFormat names the form of the rows; another one is thrown away.
const viewsFormat = "views 2"

// OpenStore opens or makes the views at path. They start over when they do not
// follow from this stream.
func OpenStore(path string, h *History, src Source) (*Store, error) {
	s := &Store{history: h, views: []View{answersView{}, casesView{}, codesView{}, identitiesView{}, inboxView{}, openingsView{}, trailView{}}}
	s.file = file{path: path, src: src, format: viewsFormat, take: s.one, fill: s.whole}
	for _, v := range s.views {
		s.names = append(s.names, v.Bucket())
	}
	if err := s.open(context.Background()); err != nil {
		return nil, err
	}
	return s, nil
}

// one applies a stretch of the stream: each aggregate in it once.
func (s *Store) one(ctx context.Context, records []engine.Record) error {
	upto := records[len(records)-1].Seq
	if err := s.history.Wait(ctx, upto); err != nil {
		return fmt.Errorf("wait for the history: %w", err)
	}
	came := map[events.Subject][]events.Event{}
	var order []events.Subject
	for _, r := range records {
		subject := r.Event.Subject
		if subject.Kind != events.KindCase {
			continue
		}
		if came[subject] == nil {
			order = append(order, subject)
		}
		came[subject] = append(came[subject], r.Event)
	}
	s.recent.fits(s.at.seq)
	s.recent.at = upto // when this fails, nothing fits any more
	for _, subject := range order {
		before, err := s.before(subject)
		if err != nil {
			return err
		}
		after := before.with(subject, came[subject])
		if err := s.show(before.state, after.state); err != nil {
			return fmt.Errorf("show %s: %w", subject, err)
		}
		s.recent.put(subject, after)
	}
	return nil
}

func (s *Store) show(before, after engine.State) error {
	for _, v := range s.views {
		if err := v.Apply(s.tx.Bucket(v.Bucket()), before, after); err != nil {
			return fmt.Errorf("view %s: %w", v.Bucket(), err)
		}
	}
	return nil
}

// look reads a view as the stream stands now: whoever has just been told that
// an act is accepted finds it on the page.
func (s *Store) look(bucket []byte, do func(b *bbolt.Bucket) error) error {
	if head := s.src.Head(); s.Applied() != head {
		if err := s.catchUp(context.Background(), head); err != nil {
			return err
		}
	}
	return s.read(bucket, do)
}

// row is what a view keeps under one key.
type row struct{ key, value []byte }

// replace puts the rows of an aggregate in the place of those that it had.
func replace(b *bbolt.Bucket, before, after []row) error {
	had := make(map[string][]byte, len(before))
	for _, r := range before {
		had[string(r.key)] = r.value
	}
	for _, r := range after {
		old, there := had[string(r.key)]
		delete(had, string(r.key))
		if there && bytes.Equal(old, r.value) {
			continue
		}
		if err := b.Put(r.key, r.value); err != nil {
			return fmt.Errorf("write row %q: %w", r.key, err)
		}
	}
	for key := range had {
		if err := b.Delete([]byte(key)); err != nil {
			return fmt.Errorf("delete row %q: %w", key, err)
		}
	}
	return nil
}

// placeKey is the key of a row that an office, or a place's page, reads.
func placeKey(place events.Place, s events.Subject) []byte {
	return append(append([]byte(place), 0), s.String()...)
}

// splitKey reads what placeKey wrote, and gives back what stands behind it.
func splitKey(key []byte) (place events.Place, s events.Subject, rest []byte, err error) {
	office, text, ok := bytes.Cut(key, []byte{0})
	text, rest, _ = bytes.Cut(text, []byte{0})
	if s, err = events.ParseSubject(string(text)); err != nil || !ok {
		return "", s, nil, fmt.Errorf("key %q: %w: %w", key, errRow, engine.ErrBroken)
	}
	return events.Place(office), s, rest, nil
}

// eachOffice calls do for the rows of an office, and of those below it too.
func eachOffice(b *bbolt.Bucket, office events.Place, below bool, do func(k, v []byte) error) error {
	var fault error
	step := func(k, v []byte) bool {
		fault = do(k, v)
		return fault == nil
	}
	eachUnder(b, append([]byte(office), 0), step)
	if below && fault == nil {
		eachUnder(b, append([]byte(office), '.'), step)
	}
	return fault
}

// nextSubject finds the first aggregate behind a key of the subjects' index,
// and the key behind which to go on.
func (h *History) nextSubject(after []byte) (s events.Subject, next []byte, err error) {
	err = h.read(bucketSubjects, func(b *bbolt.Bucket) error {
		k, _ := b.Cursor().Seek(after)
		if k == nil {
			return nil
		}
		text := k[:len(k)-8-1] // without the sequence
		if s, err = events.ParseSubject(string(text)); err != nil {
			return fmt.Errorf("subject %q: %w: %w", text, errRow, engine.ErrBroken)
		}
		next = append(slices.Clone(text), 1) // behind all its sequences
		return nil
	})
	return s, next, err
}

// cursor is how far the history is.
func (h *History) cursor() mark {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func appendInt(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(max(n, 0))) }

func (d *decoder) int() int {
	n := d.uint()
	if n > 1<<31 {
		d.fail("a number too high")
		return 0
	}
	return int(n)
}
