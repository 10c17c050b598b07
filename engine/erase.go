package engine

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"umuryango/events"
)

// Erase orders that the keys of a case, or those of one adult in it, are
// destroyed wherever they are. What was sealed stays in the journals and can be
// read by nobody; the trail stays whole.
//
// An erased case goes on taking what happens, in codes (law 8), and nothing that
// would have to be sealed: its keys are gone, and new ones would tie new names to
// the old trail. A child who comes back is a new referral and a new case.
type Erase struct {
	Ground   string // code of the pack
	Document string // number of the order or request on paper; needed where it lifts a hold
	Key      string // id of one adult's key; empty: every key of the case
}

// ErasureRule is what a legal ground allows.
type ErasureRule struct {
	Court     bool // it lifts the standing hold
	Person    bool // it does for the person themselves, once of age
	Adult     bool // it is one for the keys of one adult
	HoldYears int  // how long the record of a child who was placed is held; 0: for ever
	Majority  int  // in months
}

// documentForm is a number on paper, never a text.
var documentForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9/_.:-]{0,63}$`)

func (d *decider) erase(do Erase) (any, events.Type, error) {
	rule, known := d.view.Gate.Erasure(do.Ground)
	switch {
	case !d.state.Known():
		return nil, "", ErrNotFound
	case d.state.Newer():
		return nil, "", refuse("newer_program", "a newer program wrote in this case: it takes no commands here until this node is updated")
	case d.command.Office.Level() > d.view.Gate.Decides():
		return nil, "", refuse("not_deciding", "%s does not decide on this case: an erasure is ordered by the office that decides, or one above it", d.command.Office)
	case !known:
		return nil, "", &UnknownCode{Invalid: Invalid{"ground", "code " + quote(do.Ground) + " is not in the list " + ListErasure + " of the policy pack"}, List: ListErasure}
	case do.Document != "" && !documentForm.MatchString(do.Document):
		return nil, "", &Invalid{"document", "the number of a paper is expected, of letters, digits and /_.:-, never a text"}
	case (rule.Court || rule.Person) && do.Document == "":
		return nil, "", &Invalid{"document", "this ground is an order or a request on paper: its number is missing"}
	}
	if err := d.erasable(do, rule); err != nil {
		return nil, "", err
	}
	if err := d.held(rule); err != nil {
		return nil, "", err
	}
	return events.Erased{Ground: do.Ground, Document: do.Document, Key: do.Key}, events.TypeErased, nil
}

// erasable: what is to be erased is there, and was not erased before.
func (d *decider) erasable(do Erase, rule ErasureRule) error {
	gone := d.state.Erasures(d.view.Gate.Decides())
	if gone.Of("") || do.Key != "" && gone.Of(do.Key) {
		return refuse("already_erased", "this was erased already: its trail shows by whom and where it is still readable")
	}
	if do.Key == "" {
		return nil
	}
	switch class, there := d.state.sealedUnder(do.Key); {
	case !there:
		return &Invalid{"key", "nothing in this case is sealed under this key"}
	case class != ClassAdult:
		return &Invalid{"key", "this key is not an adult's: the child's own record goes as a whole"}
	case !rule.Adult && !rule.Court:
		return refuse("ground_of_child", "on the ground %s the whole record goes, not what it says of one adult", do.Ground)
	}
	return nil
}

// held: the record of every child who was ever placed is kept for the pack's
// years; only the person, once of age, or a court lifts that.
func (d *decider) held(rule ErasureRule) error {
	until, held := d.hold(rule.HoldYears)
	if !held || !until.IsZero() && d.at().After(until) || rule.Court {
		return nil
	}
	if !rule.Person {
		return refuse("held", "this child was placed once, and the record is held%s: only the person, once of age, or a court lifts that", untilDay(until))
	}
	months, known := d.months()
	switch {
	case !known:
		return refuse("age_unknown", "this child was placed once, and the record is held: the person lifts that once of age, and no age or birth date can be read here: assess with one, or have a node that reads this case order it")
	case months < rule.Majority:
		return refuse("not_of_age", "this child was placed once, and the record is held: the person lifts that once of age, in %d months at the latest; until then a court does", rule.Majority-months)
	}
	return nil
}

// at is the instant at which an erasure is judged: an order that is dated ahead
// ends no hold and makes nobody of age.
func (d *decider) at() time.Time {
	if d.command.Time.After(d.command.Recorded) {
		return d.command.Recorded
	}
	return d.command.Time
}

func untilDay(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return " until " + until.Format(time.DateOnly)
}

// hold says until when the record of a child who was ever placed is held, for
// that many years after this was told last; the zero time is for ever.
func (d *decider) hold(years int) (until time.Time, held bool) {
	last := time.Time{}
	for _, e := range d.state.all() {
		if e.Time.After(last) && d.placed(e) {
			last, held = e.Time, true
		}
	}
	if !held || years == 0 {
		return time.Time{}, held
	}
	return last.AddDate(years, 0, 0), true
}

// placed reports whether an event tells that the child was placed: a decision,
// also one that is late, as somebody may have acted on it; a placement in an
// emergency; and a child who was found in care.
func (d *decider) placed(e events.Event) bool {
	if e.Type == events.TypeDecided {
		return true
	}
	var b events.Contributed
	if e.Type == events.TypeContributed && e.Decode(&b) == nil && b.Kind == ContributionEmergency {
		return true
	}
	said, err := Disclose(e, d.view.Open)
	return err == nil && inCare(said.Facts)
}

// inCare reports whether facts say that the child is in somebody's care.
func inCare(f events.Facts) bool {
	var doc struct {
		History struct {
			Care string `json:"current_care"`
		} `json:"history"`
	}
	return len(f) > 0 && json.Unmarshal(f, &doc) == nil && doc.History.Care != ""
}

// ContributionEmergency is the kind of a contribution that tells of a placement
// nobody decided.
const ContributionEmergency = "emergency_placement"

// sealedUnder finds what a key of this case seals.
func (s *State) sealedUnder(id string) (Class, bool) {
	for _, k := range s.SealedKeys() {
		if k.ID == id {
			return k.Class, true
		}
	}
	return "", false
}

// SealedKeys lists the keys that seal something in this case, each once.
func (s *State) SealedKeys() []CaseKey {
	var out []CaseKey
	for _, e := range s.all() {
		parts, err := events.SealedOf(e)
		if err != nil {
			continue // it is shown as what cannot be read
		}
		for _, p := range parts {
			class, known := ClassOf(p.Field)
			if k := (CaseKey{ID: p.Key, Class: class}); known && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// all are the events of a case, whatever their effect.
func (s *State) all() []events.Event {
	var out []events.Event
	for _, list := range [][]events.Event{s.Line, s.Late, s.Unjoined, s.Contributions} {
		out = append(out, list...)
	}
	return out
}

// months is how old the child is at least, at the act's instant, as the last
// event in effect says: by a birth date where one can be read here, else by an
// age.
func (d *decider) months() (months int, known bool) {
	at, dated := d.at(), false
	for _, e := range append(slices.Clone(d.state.Line), d.state.Contributions...) {
		said, err := Disclose(e, d.view.Open)
		if err != nil {
			continue // it is shown as what cannot be read
		}
		if m, ok := monthsOf(said.Facts); ok && !dated {
			months, known = m+monthsBetween(e.Time, at), true
		}
		if said.Identity == nil {
			continue
		}
		if born, ok := bornAtLatest(said.Identity.BirthDate); ok {
			months, known, dated = monthsBetween(born, at), true, true
		}
	}
	return months, known
}

// bornAtLatest reads a birth date, or as much of it as is known.
func bornAtLatest(text string) (time.Time, bool) {
	for _, form := range birthForms {
		born, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		switch form {
		case time.DateOnly:
			return born, true
		case "2006-01":
			return born.AddDate(0, 1, -1), true
		}
		return born.AddDate(1, 0, -1), true
	}
	return time.Time{}, false
}

// monthsOf is the least age that facts name.
func monthsOf(f events.Facts) (int, bool) {
	var doc struct {
		Child struct {
			Age *int `json:"age_months"`
			Min *int `json:"age_months_min"`
		} `json:"child"`
	}
	switch {
	case len(f) == 0 || json.Unmarshal(f, &doc) != nil:
		return 0, false
	case doc.Child.Age != nil:
		return *doc.Child.Age, true
	case doc.Child.Min != nil:
		return *doc.Child.Min, true
	}
	return 0, false
}

// monthsBetween counts full months.
func monthsBetween(from, to time.Time) int {
	from, to = from.UTC(), to.UTC()
	months := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	if to.Day() < from.Day() {
		months--
	}
	return months
}
