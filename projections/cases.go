package projections

import (
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/events"
)

// CaseItem is one case in a list.
type CaseItem struct {
	Case        events.Subject
	Code        string       // spoken code
	Source      string       // who referred, a code
	Referrer    events.Place // where the referral was raised; empty while its beginning is not here
	Pen         events.Place // who writes next
	Responsible events.Place // who answers for the child
	From        events.Place // who handed over the pen last
	What        string       // what it waits for; empty: nothing
	Opened      time.Time    // when the referral was raised, or the first that is here happened
	Last        time.Time    // when the last that is here happened
	Care        string       // the care type of the decision in effect, a code
	Answered    bool         // the person who referred has an answer that ends the waiting
	Events      int          // in all
	LateActs    int
	Unjoined    int // wait for a predecessor that is not here
	Newer       bool
	Restricted  []events.Restriction // whom it is kept from, without reasons
}

// casesView has one row per case, under the place where it lives.
type casesView struct{}

var bucketCases = []byte("cases")

// Bucket implements View.
func (casesView) Bucket() []byte { return bucketCases }

// Apply implements View.
func (casesView) Apply(b *bbolt.Bucket, before, after engine.State) error {
	return replace(b, caseRows(before), caseRows(after))
}

func caseRows(s engine.State) []row {
	st := waits(s)
	i := CaseItem{
		Code: s.Code, Source: s.Source, Referrer: s.Referrer, Pen: s.Pen, Responsible: s.Responsible, From: s.Sender,
		What: st.what, Answered: st.answered, LateActs: len(s.Late), Unjoined: len(s.Unjoined), Newer: s.Newer(), Restricted: s.Restricted,
	}
	for _, list := range [][]events.Event{s.Line, s.Late, s.Unjoined, s.Contributions, s.Unread} {
		i.span(list)
	}
	if i.Events == 0 {
		return nil
	}
	if s.Known() {
		i.Opened = s.Line[0].Time
	}
	if s.Decided != nil {
		i.Care = s.Decided.Care
	}
	return []row{{placeKey(s.Subject.Place, s.Subject), encodeCase(i)}}
}

// span counts events, and widens the time in which they happened.
func (i *CaseItem) span(list []events.Event) {
	for _, e := range list {
		if i.Events == 0 || e.Time.Before(i.Opened) {
			i.Opened = e.Time
		}
		if i.Events == 0 || e.Time.After(i.Last) {
			i.Last = e.Time
		}
		i.Events++
	}
}

func encodeCase(i CaseItem) []byte {
	var b []byte
	for _, text := range []string{i.Code, i.Source, string(i.Referrer), string(i.Pen), string(i.Responsible), string(i.From), i.What, i.Care} {
		b = appendText(b, text)
	}
	b = appendTime(appendTime(b, i.Opened), i.Last)
	for _, n := range []int{i.Events, i.LateActs, i.Unjoined} {
		b = appendInt(b, n)
	}
	return appendRestricted(appendFlag(appendFlag(b, i.Answered), i.Newer), i.Restricted)
}

func decodeCase(key, value []byte) (i CaseItem, err error) {
	var place events.Place
	if place, i.Case, _, err = splitKey(key); err != nil {
		return CaseItem{}, err
	}
	d := decoder{rest: value}
	i.Code, i.Source, i.Referrer, i.Pen, i.Responsible, i.From = d.text(), d.text(), d.place(), d.place(), d.place(), d.place()
	i.What, i.Care, i.Opened, i.Last = d.text(), d.text(), d.time(), d.time()
	i.Events, i.LateActs, i.Unjoined, i.Answered, i.Newer, i.Restricted = d.int(), d.int(), d.int(), d.flag(), d.flag(), d.restricted()
	if err := d.end(); err != nil {
		return CaseItem{}, fmt.Errorf("cases of %s: %w", place, err)
	}
	return i, nil
}

// Cases lists the cases that live at an office's place and below it, by place,
// then by age.
func (s *Store) Cases(office events.Place) ([]CaseItem, error) {
	var out []CaseItem
	err := s.look(bucketCases, func(b *bbolt.Bucket) error {
		return eachOffice(b, office, true, func(k, v []byte) error {
			item, err := decodeCase(k, v)
			out = append(out, item)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list the cases of %s: %w", office, err)
	}
	return out, nil
}
