package projections

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// InboxItem is a case that waits for an office, as it looks at an instant.
type InboxItem struct {
	Case        events.Subject
	Code        string               // spoken code
	Pen         events.Place         // the office that is to act
	Responsible events.Place         // who answers for the child until it does
	From        events.Place         // who handed over the pen last
	What        string               // WhatAccept, …
	Since, Due  time.Time            // zero Due: no clock
	Late        bool                 // Due has passed
	Escalated   int                  // how many levels up it is shown: one when Due passes, one more with each further period
	LateActs    int                  // acts of offices that could not know of a hand-over, not reconciled
	Uncovered   int                  // contributions that the decision does not cover
	Newer       bool                 // a newer program wrote in this case
	Source      string               // who referred, a code
	Restricted  []events.Restriction // whom it is kept from, without reasons
}

// Clocks tells how long an office has for what waits; policies.Pack.Clock fits.
type Clocks func(what string) (time.Duration, bool)

// inboxView has one row per case that waits, under the office that has the pen.
type inboxView struct{}

var bucketInbox = []byte("inbox")

// Bucket implements View.
func (inboxView) Bucket() []byte { return bucketInbox }

// Apply implements View.
func (inboxView) Apply(b *bbolt.Bucket, before, after engine.State) error {
	return replace(b, inboxRows(before), inboxRows(after))
}

func inboxRows(s engine.State) []row {
	st := waits(s)
	if st.what == "" || s.Pen == "" {
		return nil
	}
	item := InboxItem{
		Code: s.Code, Responsible: s.Responsible, From: s.Sender, What: st.what, Since: st.since,
		LateActs: len(s.Late), Uncovered: len(uncovered(s)), Newer: s.Newer(), Source: s.Source, Restricted: s.Restricted,
	}
	return []row{{placeKey(s.Pen, s.Subject), encodeInbox(item)}}
}

// encodeInbox writes what follows from the events; nothing that a clock says.
func encodeInbox(i InboxItem) []byte {
	var b []byte
	for _, text := range []string{i.Code, string(i.Responsible), string(i.From), i.What, i.Source} {
		b = appendText(b, text)
	}
	b = appendTime(b, i.Since)
	return appendRestricted(appendFlag(appendInt(appendInt(b, i.LateActs), i.Uncovered), i.Newer), i.Restricted)
}

func decodeInbox(key, value []byte) (i InboxItem, err error) {
	if i.Pen, i.Case, _, err = splitKey(key); err != nil {
		return InboxItem{}, err
	}
	d := decoder{rest: value}
	i.Code, i.Responsible, i.From, i.What, i.Source = d.text(), d.place(), d.place(), d.text(), d.text()
	i.Since, i.LateActs, i.Uncovered, i.Newer, i.Restricted = d.time(), d.int(), d.int(), d.flag(), d.restricted()
	if err := d.end(); err != nil {
		return InboxItem{}, fmt.Errorf("inbox of %s: %w", i.Pen, err)
	}
	return i, nil
}

// Inbox lists what waits for an office, and what waits too long for one below
// it, so that it is shown here as well. What is late comes first, then what
// waits longest. It is computed for now: no clock is ever stored (law 9).
func (s *Store) Inbox(office events.Place, now time.Time, clocks Clocks) ([]InboxItem, error) {
	var out []InboxItem
	err := s.look(bucketInbox, func(b *bbolt.Bucket) error {
		return eachOffice(b, office, true, func(k, v []byte) error {
			item, err := decodeInbox(k, v)
			if err != nil {
				return err
			}
			item.look(now, clocks)
			if item.Pen.Level()-office.Level() <= item.Escalated {
				out = append(out, item)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the inbox of %s: %w", office, err)
	}
	slices.SortFunc(out, func(a, b InboxItem) int {
		return cmp.Or(
			bytes.Compare(appendFlag(nil, b.Late), appendFlag(nil, a.Late)),
			a.Since.Compare(b.Since),
			cmp.Compare(a.Case.Place, b.Case.Place), cmp.Compare(a.Case.ID, b.Case.ID),
		)
	})
	return out, nil
}

// look says what the clocks say at an instant.
func (i *InboxItem) look(now time.Time, clocks Clocks) {
	if clocks == nil {
		return
	}
	period, ok := clocks(i.What)
	if !ok || period <= 0 {
		return
	}
	i.Due = i.Since.Add(period)
	if i.Late = !now.Before(i.Due); i.Late {
		i.Escalated = int(min(now.Sub(i.Since)/period, time.Duration(i.Pen.Level())))
	}
}
