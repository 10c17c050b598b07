package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

const (
	childKey = "CCCCCCCCCCCCCCCC"
	adultKey = "DDDDDDDDDDDDDDDD"
)

// sealedOpened is a referral whose child and aunt are sealed.
var sealedOpened = act{"raise", "", village, events.Raised{To: cell.ID(), Source: "izu", Facts: events.Facts(`{}`), Sealed: events.Sealed{
	{Field: events.FieldIdentity, Key: childKey, Data: []byte("sealed")}, {Field: events.FieldAdult, Key: adultKey, Data: []byte("sealed")},
}}, 1}

func aged(facts string) act {
	return act{"raise", "", village, events.Raised{To: cell.ID(), Source: "izu", Facts: events.Facts(facts)}, 1}
}

// TestErase: an erasure needs a ground of the pack, an office that decides, and
// where it rests on a paper, its number.
func TestErase(t *testing.T) {
	is := is.New(t)
	d, err := decideOn(t, district, "DIS-1", engine.Erase{Ground: "mistake"}, opened)
	is.NoErr(err)
	is.Equal(d.Draft.Type, events.TypeErased)
	is.Equal(string(d.Draft.Body), `{"ground":"mistake"}`)
	d, err = decideOn(t, nation, "NAT-1", engine.Erase{Ground: "court", Document: "TB/2026/114"}, opened, accepted, proposed, done)
	is.NoErr(err)
	is.Equal(string(d.Draft.Body), `{"ground":"court","document":"TB/2026/114"}`)
	d, err = decideOn(t, district, "DIS-1", engine.Erase{Ground: "adult", Key: adultKey}, sealedOpened)
	is.NoErr(err)
	is.Equal(string(d.Draft.Body), `{"ground":"adult","key":"DDDDDDDDDDDDDDDD"}`)

	for name, tt := range map[string]struct {
		office events.Place
		do     engine.Erase
		acts   []act
		want   func(error) bool
	}{
		"an office below":        {sector, engine.Erase{Ground: "mistake"}, []act{opened}, refusedAs("not_deciding")},
		"an unknown ground":      {district, engine.Erase{Ground: "curious"}, []act{opened}, isInvalid},
		"an order without paper": {district, engine.Erase{Ground: "court"}, []act{opened}, isInvalid},
		"a text as a paper":      {district, engine.Erase{Ground: "court", Document: "order of Judge A."}, []act{opened}, isInvalid},
		"a key of nothing":       {district, engine.Erase{Ground: "adult", Key: "EEEEEEEEEEEEEEEE"}, []act{sealedOpened}, isInvalid},
		"the child's key alone":  {district, engine.Erase{Ground: "adult", Key: childKey}, []act{sealedOpened}, isInvalid},
		"a ground of the child":  {district, engine.Erase{Ground: "mistake", Key: adultKey}, []act{sealedOpened}, refusedAs("ground_of_child")},
		"erased before":          {district, engine.Erase{Ground: "mistake"}, []act{opened, erasedBy(district, "")}, refusedAs("already_erased")},
		"an adult of an erased":  {district, engine.Erase{Ground: "adult", Key: adultKey}, []act{sealedOpened, erasedBy(district, "")}, refusedAs("already_erased")},
		"an adult twice":         {district, engine.Erase{Ground: "adult", Key: adultKey}, []act{sealedOpened, erasedBy(district, adultKey)}, refusedAs("already_erased")},
		"an unknown case":        {district, engine.Erase{Ground: "mistake"}, nil, func(err error) bool { return errors.Is(err, engine.ErrNotFound) }},
		"a newer program's":      {district, engine.Erase{Ground: "mistake"}, []act{opened, newer}, refusedAs("newer_program")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decideOn(t, tt.office, "W-1", tt.do, tt.acts...)
			is.New(t).True(tt.want(err))
		})
	}
	_, err = decideOn(t, district, "W-1", engine.Erase{Ground: "mistake"}, sealedOpened, erasedBy(district, adultKey))
	is.NoErr(err) // the rest can still go
}

func erasedBy(office events.Place, key string) act {
	return act{"erase " + string(office) + key, "raise", office, events.Erased{Ground: "mistake", Key: key}, 1}
}

// TestNothingPersonalIntoAnErasedCase: as soon as the order stands in the case,
// whether or not anybody has destroyed a key yet; codes are still taken, and so
// is what is told where one adult alone was erased, or the order does not count.
func TestNothingPersonalIntoAnErasedCase(t *testing.T) {
	is := is.New(t)
	named := engine.Contribute{Kind: "sighting", Personal: engine.Personal{Note: "hungry"}}
	_, err := decideOn(t, cell, "CEL-1", named, opened, erasedBy(district, ""))
	is.True(errors.Is(err, engine.ErrErased))
	for name, tt := range map[string]struct {
		do    engine.Contribute
		order act
	}{
		"in codes":                      {engine.Contribute{Kind: "sighting"}, erasedBy(district, "")},
		"of an adult alone":             {named, erasedBy(district, adultKey)},
		"by an office that decides not": {named, erasedBy(sector, "")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decideOn(t, cell, "CEL-1", tt.do, opened, tt.order)
			is.New(t).NoErr(err)
		})
	}
}

// TestAnOrderCountsBeforeItIsFollowed: this sealer, as one does until it has
// followed the stream, knows of no erasure and would seal.
func TestAnOrderCountsBeforeItIsFollowed(t *testing.T) {
	is := is.New(t)
	n := newNode(t)
	on := n.do(1, sector, engine.Raise{To: sector, Source: "izu"}).Record.Event.Subject
	act := func(number int, office events.Place, do any) error {
		c := command(office, do)
		c.ID, c.Case = id(number), on
		_, err := n.service.Do(ctx, c)
		return err
	}
	told := engine.Contribute{Kind: "sighting", Personal: engine.Personal{Note: "hungry"}}
	is.NoErr(act(2, sector, told))
	body, err := events.Encode(events.Erased{Ground: "mistake"})
	is.NoErr(err)
	order, err := events.Sign(events.Draft{
		ID: id(3), Type: events.TypeErased, Subject: on, Office: district, Actor: "DIS-1", Time: noon, Recorded: noon,
		Code: events.CodeOf(id(1)), Edition: "test", Body: body,
	}, author(district, run(1), 1, "district"))
	is.NoErr(err)
	from := engine.Origin{Node: district, Position: engine.Position{Run: run(1), Seq: 1}}
	_, err = n.service.Writer.Write(ctx, func() (engine.Plan, error) { // as it comes over a link
		return engine.Plan{Records: []engine.Record{{Event: order, From: from}}}, nil
	})
	is.NoErr(err)
	head := n.journal.Head()
	is.True(refusedAs("erased")(act(4, sector, told)))
	is.Equal(n.journal.Head(), head)
	is.NoErr(act(5, sector, engine.Contribute{Kind: "sighting"}))
}

// TestTheHold: the record of a child who was ever placed is kept; a court lifts
// that, and the person once of age, where an age is known.
func TestTheHold(t *testing.T) {
	placed := []act{accepted, proposed, done}
	emergency := act{"emergency", "raise", cell, events.Contributed{Kind: engine.ContributionEmergency}, 1}
	request, mistake := engine.Erase{Ground: "request", Document: "R/1"}, engine.Erase{Ground: "mistake"}
	for name, tt := range map[string]struct {
		do    engine.Erase
		first act
		then  []act
		years int // that have passed
		want  string
	}{
		"never placed":                   {mistake, opened, nil, 0, ""},
		"proposed only":                  {mistake, opened, []act{accepted, proposed}, 0, ""},
		"placed":                         {mistake, opened, placed, 0, "held"},
		"placed in an emergency":         {mistake, opened, []act{emergency}, 0, "held"},
		"decided, which is late":         {mistake, opened, []act{{"over", "raise", nation, unheard, 1}, {"decide", "raise", cell, done.do, 1}}, 0, "held"},
		"found in care":                  {mistake, aged(`{"history":{"current_care":"residential_institution"}}`), nil, 0, "held"},
		"found in nobody's care":         {mistake, aged(`{"history":{"current_care":""}}`), nil, 0, ""},
		"shortly before the end":         {mistake, opened, placed, 29, "held"},
		"after the pack's years":         {mistake, opened, placed, 31, ""},
		"a court":                        {engine.Erase{Ground: "court", Document: "C/1"}, opened, placed, 0, ""},
		"the person, of no known age":    {request, opened, placed, 20, "age_unknown"},
		"the person, a child":            {request, aged(`{"child":{"age_months":24}}`), placed, 15, "not_of_age"},
		"the person, of age since":       {request, aged(`{"child":{"age_months":24}}`), placed, 16, ""},
		"the person, at least so old":    {request, aged(`{"child":{"age_months_min":30,"age_months_max":60}}`), placed, 16, ""},
		"the person, perhaps not so old": {request, aged(`{"child":{"age_months_min":20,"age_months_max":60}}`), placed, 16, "not_of_age"},
		"the person, never placed":       {request, opened, nil, 0, ""},
		"a later age counts":             {request, aged(`{"child":{"age_months":120}}`), []act{accepted, {"assess", "accept", cell, events.Assessed{Facts: events.Facts(`{"child":{"age_months":24}}`)}, 1}, {"propose", "assess", cell, events.Proposed{Decision: engine.DecisionPlacement, Facts: care}, 1}, done}, 15, "not_of_age"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := command(district, tt.do)
			s := fold(t, append([]act{tt.first}, tt.then...)...)
			now := c.Recorded
			c.Recorded = now.AddDate(tt.years, 0, 0)
			c.Time = c.Recorded.AddDate(100, 0, 0) // an order that is dated ahead is judged as of today
			_, err := engine.View{Gate: gate{}, Linked: true}.Decide(s, c)
			c.Time, c.Recorded = c.Recorded, c.Recorded.AddDate(100, 0, 0) // as one that is late is as of its day
			_, late := engine.View{Gate: gate{}, Linked: true}.Decide(s, c)
			is.Equal(fmt.Sprint(late), fmt.Sprint(err))
			if tt.want == "" {
				is.NoErr(err)
				return
			}
			is.True(refusedAs(tt.want)(err))
		})
	}
}

// TestTheHoldOfWhatIsNotJoined: a decision whose predecessor has not come holds
// as well.
func TestTheHoldOfWhatIsNotJoined(t *testing.T) {
	is := is.New(t)
	all := sign(t, []act{opened, accepted, proposed, done})
	s := engine.Fold(child, []events.Event{all["raise"], all["accept"], all["done"]})
	is.Equal(len(s.Unjoined), 1)
	_, err := engine.View{Gate: gate{}, Linked: true}.Decide(s, command(district, engine.Erase{Ground: "mistake"}))
	is.True(refusedAs("held")(err))
}

// TestAnAgeIsReadWhereItIsSealed: by the birth date, as much of it as is known;
// a node that cannot open it says so.
func TestAnAgeIsReadWhereItIsSealed(t *testing.T) {
	for name, tt := range map[string]struct {
		identity, facts string
		years           int
		want            string
	}{
		"born on a day":          {`{"birth_date":"2021-11-22"}`, "", 13, ""},
		"the day before":         {`{"birth_date":"2021-11-23"}`, "", 13, "not_of_age"},
		"born in a month":        {`{"birth_date":"2021-11"}`, "", 13, "not_of_age"}, // perhaps on its last day
		"born in a year":         {`{"birth_date":"2020"}`, "", 13, ""},
		"a date before an age":   {`{"birth_date":"2024"}`, `{"facts":{"child":{"age_months":240}}}`, 0, "not_of_age"},
		"an age alone":           {`{"name":"a name"}`, `{"facts":{"child":{"age_months":240}}}`, 0, ""},
		"neither":                {`{"name":"a name"}`, `{"facts":{}}`, 20, "age_unknown"},
		"what is no date":        {`{"birth_date":"unknown"}`, "", 20, "age_unknown"},
		"what cannot be opened":  {"", "", 20, "age_unknown"},
		"a date that is to come": {`{"birth_date":"2090"}`, "", 0, "not_of_age"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			first := sealedOpened
			raise := first.do.(events.Raised)
			raise.Facts = nil
			raise.Sealed = append(raise.Sealed[:1:1], events.SealedPart{Field: events.FieldFacts, Key: childKey, Data: []byte("sealed")})
			first.do = raise
			open := func(_ events.Event, p events.SealedPart) ([]byte, error) {
				plain := map[string]string{events.FieldIdentity: tt.identity, events.FieldFacts: tt.facts}[p.Field]
				if plain == "" {
					return nil, engine.ErrNoKey
				}
				return []byte(plain), nil
			}
			c := command(district, engine.Erase{Ground: "request", Document: "R/1"})
			c.Recorded = c.Recorded.AddDate(tt.years, 0, 0)
			c.Time = c.Recorded
			_, err := engine.View{Gate: gate{}, Linked: true, Open: open}.Decide(fold(t, first, accepted, proposed, done), c)
			if tt.want == "" {
				is.NoErr(err)
				return
			}
			is.True(refusedAs(tt.want)(err))
		})
	}
}

// TestErasuresCountWhereTheirOfficeDecides: an order of an office below is
// evidence, and destroys nothing.
func TestErasuresCountWhereTheirOfficeDecides(t *testing.T) {
	is := is.New(t)
	s := fold(t, opened, erasedBy(sector, ""), erasedBy(district, adultKey))
	list := s.Erasures(district.Level())
	is.Equal(len(list), 1)
	is.Equal(list[0].Order.Office, district)
	is.True(list.Of(adultKey))
	is.True(!list.Of(""))
	is.True(!list.Of(childKey))
	is.Equal(len(s.Contributions), 2) // both are shown
	s = fold(t, opened, erasedBy(nation, ""))
	is.True(s.Erasures(district.Level()).Of(childKey)) // all of it
}

// TestWhoHasNotDestroyedYet: an acknowledgement counts for the node that signed
// it, and for its order.
func TestWhoHasNotDestroyedYet(t *testing.T) {
	is := is.New(t)
	a := holding(t)
	order := erasedBy(district, "")
	here := func(by, says events.Place, of events.ID) act {
		return act{"here " + string(by) + string(says) + string(of), "raise", by, events.ErasedHere{Node: says.ID(), Erased: of}, 1}
	}
	s := fold(t, opened, order, here(cell, cell, id(2)), here(district, sector, id(2)), here(sector, sector, id(7)))
	list := s.Erasures(district.Level())
	is.Equal(len(list), 1)
	is.Equal(list[0].Here, []engine.Acknowledged{{Node: cell, At: noon, Event: id(3)}})
	holders := engine.Holders(s, a, district.Level(), noon)
	is.Equal(list[0].Missing(holders), []events.Place{district, sector})
}

// TestAHolderOnceIsAskedToo: who was let in for hours, or kept out later, may
// still have a key.
func TestAHolderOnceIsAskedToo(t *testing.T) {
	is := is.New(t)
	a := holding(t)
	s := fold(t, opened, accepted, openedBy(nation, nation, noon.Add(time.Hour), "facts"),
		act{"restrict", "accept", cell, events.Restricted{Restrictions: []events.Restriction{kept(sector, "")}}, 1})
	is.Equal(written(engine.Holders(s, a, district.Level(), noon.Add(2*time.Hour))), "RW57:infar RW571205:infa")
	is.Equal(written(engine.HoldersOnce(s, a, district.Level())), "RW:f RW57:infa RW5712:infar RW571205:infa")
}
