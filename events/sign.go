package events

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// Sign makes the event of a draft. The times are cut to milliseconds, in UTC.
// It returns the event as Parse reads it, and fails on a draft that Parse would
// not read back, over SizeMax, or where the author cannot sign.
func Sign(d Draft, a Author) (Event, error) {
	e := Event{Draft: d, Source: a.Source, Number: a.Number, Before: a.Before, Key: a.Key}
	e.Time, e.Recorded = d.Time.UTC().Truncate(time.Millisecond), d.Recorded.UTC().Truncate(time.Millisecond)
	e.office = d.Office.ID()
	e.header = e.write()
	message := e.SignedBytes()
	var err error
	if e.sig, err = a.Sign(message); err != nil {
		return Event{}, fmt.Errorf("sign %s on %s: %w", d.Type, d.Subject, err)
	}
	if e.readsBack() {
		e.hash = sha256.Sum256(message)
		return e, nil
	}
	// Parse knows what is wrong, or what it takes otherwise than it was written.
	if e, err = Parse(e.Subject.String(), e.Header(), e.Body); err != nil {
		return Event{}, fmt.Errorf("sign %s on %s: %w", d.Type, d.Subject, err)
	}
	return e, nil
}

// readsBack reports that Parse would read what was written as this very event.
// It may say no to what Parse takes, never yes to what it refuses or takes
// otherwise: reading every event back would cost half of signing it.
func (e *Event) readsBack() bool {
	return e.Subject.valid() && e.Office.Covers(e.Subject.Place) && e.textsReadBack() &&
		e.Source.Node.valid() && e.Source.Run.valid() && (e.Before == nil || e.Before.Run.valid()) &&
		e.Number > 0 && timeReadsBack(e.Time) && timeReadsBack(e.Recorded) &&
		len(e.sig) > 0 && e.Size() <= SizeMax && checkObject(e.Body) == nil
}

func (e *Event) textsReadBack() bool {
	for _, s := range [...]string{string(e.Type), e.Actor, e.Code, e.Edition, e.Key} {
		if s == "" || !isPlain(s) {
			return false
		}
	}
	return e.ID.Valid() && isPlain(e.Policy)
}

// timeReadsBack: RFC 3339 has years of four digits.
func timeReadsBack(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }
