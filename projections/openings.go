package projections

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// OpeningItem is a case that an office opened which does not hold its keys.
type OpeningItem struct {
	Case       events.Subject
	Code       string       // spoken code
	By         events.Place // the office that opened it
	Actor      string
	Reason     string // a code of the pack
	Classes    []engine.Class
	At, Until  time.Time
	Restricted []events.Restriction
}

// openingsView has a row per opening, under the place where the case lives.
type openingsView struct{}

var bucketOpenings = []byte("openings")

// Bucket implements View.
func (openingsView) Bucket() []byte { return bucketOpenings }

// Apply implements View.
func (openingsView) Apply(b *bbolt.Bucket, before, after engine.State) error {
	return replace(b, openingRows(before), openingRows(after))
}

func openingRows(s engine.State) []row {
	var out []row
	for i, o := range s.Openings() {
		key := binary.BigEndian.AppendUint32(append(placeKey(s.Subject.Place, s.Subject), 0), uint32(i))
		out = append(out, row{key, encodeOpening(OpeningItem{
			Code: s.Code, By: o.Event.Office, Actor: o.Event.Actor, Reason: o.Reason, Classes: o.Classes,
			At: o.Event.Time, Until: o.Until, Restricted: s.Restricted,
		})})
	}
	return out
}

func encodeOpening(i OpeningItem) []byte {
	var b []byte
	for _, text := range []string{i.Code, string(i.By), i.Actor, i.Reason} {
		b = appendText(b, text)
	}
	b = appendInt(b, len(i.Classes))
	for _, c := range i.Classes {
		b = appendText(b, string(c))
	}
	return appendRestricted(appendTime(appendTime(b, i.At), i.Until), i.Restricted)
}

func decodeOpening(key, value []byte) (i OpeningItem, err error) {
	var place events.Place
	if place, i.Case, _, err = splitKey(key); err != nil {
		return OpeningItem{}, err
	}
	d := decoder{rest: value}
	i.Code, i.By, i.Actor, i.Reason = d.text(), d.place(), d.text(), d.text()
	for range d.count() {
		i.Classes = append(i.Classes, engine.Class(d.text()))
	}
	i.At, i.Until, i.Restricted = d.time(), d.time(), d.restricted()
	if err := d.end(); err != nil {
		return OpeningItem{}, fmt.Errorf("openings of %s: %w", place, err)
	}
	return i, nil
}

// Openings lists the cases of an office's subtree that were opened from outside
// and whose opening ended no earlier than since, newest first.
func (s *Store) Openings(office events.Place, since time.Time) ([]OpeningItem, error) {
	var out []OpeningItem
	err := s.look(bucketOpenings, func(b *bbolt.Bucket) error {
		return eachOffice(b, office, true, func(k, v []byte) error {
			item, err := decodeOpening(k, v)
			if err == nil && !item.Until.Before(since) {
				out = append(out, item)
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list what was opened of %s: %w", office, err)
	}
	slices.SortStableFunc(out, func(a, b OpeningItem) int { return b.At.Compare(a.At) })
	return out, nil
}
