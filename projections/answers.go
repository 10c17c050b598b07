package projections

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// AnswerItem is one answer to the person who referred, or that one is awaited.
// It names no place of the child, no carer and no finding (law 5).
type AnswerItem struct {
	Case       events.Subject
	Code       string               // spoken code
	Event      events.ID            // which carries the answer; empty while waiting
	By         events.Place         // who answered; while waiting, who has the pen
	At         time.Time            // when; while waiting, since when
	Answer     string               // a code of the pack
	Reason     string               // of a referral that was sent back, a code
	Replaces   bool                 // an earlier answer
	InDoubt    bool                 // it was given by an act that is late, and has no effect
	Waiting    bool                 // no answer that ends the waiting has come
	Restricted []events.Restriction // whom the case is kept from, without reasons
}

// answersView has the answers under the office where the referral was raised.
type answersView struct{}

var bucketAnswers = []byte("answers")

// Bucket implements View.
func (answersView) Bucket() []byte { return bucketAnswers }

// Apply implements View.
func (answersView) Apply(b *bbolt.Bucket, before, after engine.State) error {
	return replace(b, answerRows(before), answerRows(after))
}

func answerRows(s engine.State) []row {
	if s.Referrer == "" {
		return nil
	}
	var out []row
	add := func(i AnswerItem) {
		i.Code, i.Restricted = s.Code, s.Restricted
		key := binary.BigEndian.AppendUint32(append(placeKey(s.Referrer, s.Subject), 0), uint32(len(out)))
		out = append(out, row{key, encodeAnswer(i)})
	}
	for i, a := range s.Answers {
		add(AnswerItem{Event: a.Event.ID, By: a.Event.Office, At: a.Event.Time, Answer: a.Code, Reason: a.Reason, Replaces: i > 0})
	}
	for _, e := range s.Late {
		if answer, reason, ok := lateAnswer(s, e); ok {
			add(AnswerItem{Event: e.ID, By: e.Office, At: e.Time, Answer: answer, Reason: reason, InDoubt: true})
		}
	}
	if !waits(s).answered {
		add(AnswerItem{By: s.Pen, At: s.Line[0].Time, Waiting: true})
	}
	return out
}

// lateAnswer is the answer that an act without effect had carried: whoever got
// it is told that it is in doubt.
func lateAnswer(s engine.State, e events.Event) (answer, reason string, ok bool) {
	switch e.Type {
	case events.TypeDecided:
		var b events.Decided
		if err := e.Decode(&b); err != nil {
			return "", "", false
		}
		return b.Answer, "", true
	case events.TypeSentBack:
		var b events.SentBack
		if err := e.Decode(&b); err != nil || b.To != s.Referrer.ID() {
			return "", "", false
		}
		return engine.AnswerSentBack, b.Reason, true
	}
	return "", "", false
}

func encodeAnswer(i AnswerItem) []byte {
	var b []byte
	for _, text := range []string{i.Code, string(i.Event), string(i.By), i.Answer, i.Reason} {
		b = appendText(b, text)
	}
	b = appendTime(b, i.At)
	return appendRestricted(appendFlag(appendFlag(appendFlag(b, i.Replaces), i.InDoubt), i.Waiting), i.Restricted)
}

func decodeAnswer(key, value []byte) (i AnswerItem, err error) {
	var office events.Place
	if office, i.Case, _, err = splitKey(key); err != nil {
		return AnswerItem{}, err
	}
	d := decoder{rest: value}
	i.Code, i.Event, i.By, i.Answer, i.Reason = d.text(), events.ID(d.text()), d.place(), d.text(), d.text()
	i.At, i.Replaces, i.InDoubt, i.Waiting, i.Restricted = d.time(), d.flag(), d.flag(), d.flag(), d.restricted()
	if err := d.end(); err != nil {
		return AnswerItem{}, fmt.Errorf("answers to %s: %w", office, err)
	}
	return i, nil
}

// Answers lists the answers to the referrals that an office raised: of each
// case all of them, oldest first, those in doubt, and whether one is awaited.
func (s *Store) Answers(office events.Place) ([]AnswerItem, error) {
	var out []AnswerItem
	err := s.look(bucketAnswers, func(b *bbolt.Bucket) error {
		return eachOffice(b, office, false, func(k, v []byte) error {
			item, err := decodeAnswer(k, v)
			out = append(out, item)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the answers to %s: %w", office, err)
	}
	return out, nil
}
