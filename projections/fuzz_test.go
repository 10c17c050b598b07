package projections

import (
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// The decoders read a file that a disk may have damaged: whatever is there,
// they return a record or ErrBroken, and what they read they write again as
// something that reads the same.

func FuzzRecord(f *testing.F) {
	for _, r := range mixed(1, 20) {
		f.Add(encodeRecord(r))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		is := is.New(t)
		r, err := decodeRecord(7, raw)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		again, err := decodeRecord(7, encodeRecord(r))
		is.NoErr(err)
		is.Equal(again, r)
	})
}

func FuzzMark(f *testing.F) {
	f.Add(encodeMark(mark{seq: 9, last: 8, run: events.Run{Number: 3, Mark: "k3f9"}, hash: events.Hash{1}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		is := is.New(t)
		m, err := decodeMark(raw)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		again, err := decodeMark(encodeMark(m))
		is.NoErr(err)
		is.Equal(again, m)
	})
}

func FuzzSpans(f *testing.F) {
	f.Add(encodeSpans([]span{{1, 4}, {6, 6}, {9, 1 << 60}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		is := is.New(t)
		spans, err := decodeSpans(raw)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		again, err := decodeSpans(encodeSpans(spans))
		is.NoErr(err)
		is.Equal(again, spans)
	})
}

func FuzzTrailRow(f *testing.F) {
	f.Add(encodeTrail(1, events.Hash{1}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		is := is.New(t)
		standing, hash, err := decodeTrail(raw)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		for i, s := range standings {
			if s == standing {
				is.Equal(len(encodeTrail(i, hash)), 1+len(hash))
			}
		}
	})
}

var fuzzSubject = events.Subject{Place: village, Kind: events.KindCase, ID: "01a1f795-4f80-7c3a-9d51-6e0f2b84a7c9"}

func FuzzInboxRow(f *testing.F) {
	f.Add(placeKey(sector, fuzzSubject), encodeInbox(InboxItem{Code: "K7Q-F2MD", Responsible: cell, From: village, What: WhatAccept, Since: origin, LateActs: 2, Newer: true, Restricted: []events.Restriction{{Office: "RW5712", Person: "W-7"}}}))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		is := is.New(t)
		i, err := decodeInbox(key, value)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		i.look(origin, func(string) (time.Duration, bool) { return time.Nanosecond, true })
		is.True(i.Escalated <= i.Pen.Level())
		again, err := decodeInbox(placeKey(i.Pen, i.Case), encodeInbox(i))
		is.NoErr(err)
		again.Due, again.Late, again.Escalated = i.Due, i.Late, i.Escalated
		is.Equal(again, i)
	})
}

func FuzzAnswerRow(f *testing.F) {
	f.Add(append(placeKey(village, fuzzSubject), 0, 0, 0, 0, 1), encodeAnswer(AnswerItem{Code: "K7Q-F2MD", By: cell, At: origin, Answer: "received", Replaces: true}))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		is := is.New(t)
		i, err := decodeAnswer(key, value)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		again, err := decodeAnswer(key, encodeAnswer(i))
		is.NoErr(err)
		is.Equal(again, i)
	})
}

func FuzzCaseRow(f *testing.F) {
	f.Add(placeKey(village, fuzzSubject), encodeCase(CaseItem{Code: "K7Q-F2MD", Source: "izu", Referrer: village, Pen: cell, What: WhatAccept, Opened: origin, Last: origin, Events: 3, Restricted: []events.Restriction{{Office: "RW571205"}}}))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		is := is.New(t)
		i, err := decodeCase(key, value)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		again, err := decodeCase(key, encodeCase(i))
		is.NoErr(err)
		is.Equal(again, i)
	})
}

func FuzzOpeningRow(f *testing.F) {
	f.Add(append(placeKey(village, fuzzSubject), 0, 0, 0, 0, 1), encodeOpening(OpeningItem{
		Code: "K7Q-F2MD", By: "RW", Actor: "NAT-1", Reason: "audit", Classes: []engine.Class{engine.ClassFacts}, At: origin, Until: origin.Add(time.Hour),
	}))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		is := is.New(t)
		i, err := decodeOpening(key, value)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		again, err := decodeOpening(key, encodeOpening(i))
		is.NoErr(err)
		is.Equal(again, i)
	})
}

func FuzzIdentityRow(f *testing.F) {
	f.Add(encodeIdentity(IdentityItem{ErasedBy: []events.Place{"RW.57"}, Parts: []engine.Sealed{{
		Binding: engine.Binding{Case: fuzzSubject, Office: village, ID: events.ID(fuzzSubject.ID), Type: events.TypeRaised},
		Part:    events.SealedPart{Field: events.FieldIdentity, Key: "AAAAAAAAAAAAAAAA", Data: []byte{1, 2, 3}},
	}}}))
	f.Fuzz(func(t *testing.T, value []byte) {
		is := is.New(t)
		parts, err := decodeIdentity(fuzzSubject, value)
		if err != nil {
			is.True(errors.Is(err, engine.ErrBroken))
			return
		}
		again, err := decodeIdentity(fuzzSubject, encodeIdentity(parts))
		is.NoErr(err)
		is.Equal(again, parts)
	})
}
