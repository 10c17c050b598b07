package engine

import (
	"slices"
	"strings"

	"umuryango/events"
)

// Restrict names who from now on neither sees a case nor holds its keys; it
// replaces what was named before, and with nothing it lifts all.
type Restrict struct{ Restrictions []events.Restriction }

// restrictionsMax bounds how many are named in one act.
const restrictionsMax = 16

// Hides reports whether restrictions keep a case from an office, or from this
// worker of it, however the code is written. An empty actor stands for the office
// as such.
func Hides(restrictions []events.Restriction, office events.Place, actor string) bool {
	return slices.ContainsFunc(restrictions, func(r events.Restriction) bool {
		return r.Office == office.ID() && (r.Person == "" || strings.EqualFold(r.Person, actor))
	})
}

// HiddenFrom reports whether the case is kept from an office, or from this
// worker of it: to them it is not found.
func (s *State) HiddenFrom(office events.Place, actor string) bool {
	return Hides(s.Restricted, office, actor)
}

// restrict needs the pen, and has it: who holds a case may keep it from others.
func (d *decider) restrict(do Restrict) (any, events.Type, error) {
	if err := d.checkRestrictions("restrictions", do.Restrictions, d.state.Pen); err != nil {
		return nil, "", err
	}
	d.state.Restricted = do.Restrictions
	return events.Restricted{Restrictions: append([]events.Restriction{}, do.Restrictions...)}, events.TypeRestricted, nil
}

// checkRestrictions refuses what would leave nobody to act: the office that
// acts, the one that is to act, and those that decide or stand above stay.
// Persons of them may be named.
func (d *decider) checkRestrictions(field string, all []events.Restriction, pen events.Place) error {
	if len(all) > restrictionsMax {
		return &Invalid{field, "too many: name offices as a whole"}
	}
	for i, r := range all {
		office, on := d.state.Subject.Place.On(r.Office)
		switch {
		case !on:
			return &Invalid{field + ".office", "an office on the path of this case is expected, by its place id"}
		case r.Person != "" && !ValidActor(r.Person):
			return &Invalid{field + ".person", "a worker's code is expected, never a name"}
		case slices.ContainsFunc(all[:i], func(o events.Restriction) bool { return o.Office == r.Office && o.Person == r.Person }):
			return &Invalid{field, "the same office or person is named twice"}
		}
		if err := d.code(field+".reason", ListRestriction, r.Reason); err != nil {
			return err
		}
		if err := d.staysOn(office, r.Person, pen); err != nil {
			return err
		}
	}
	return nil
}

// staysOn refuses a restriction that would stop a case: were the office that
// decides kept out as a whole, nobody could decide, and an office above it is
// the way only where the pack's level says so.
func (d *decider) staysOn(office events.Place, person string, pen events.Place) error {
	switch {
	case person != "" && office == d.command.Office && strings.EqualFold(person, d.command.Actor):
		return refuse("restricts_itself", "who acts cannot keep the case from themselves: hand it on first")
	case person != "":
		return nil
	case office == d.command.Office:
		return refuse("restricts_itself", "%s acts here and cannot keep the case from itself: name persons of it, or hand the case on", office)
	case office == pen:
		return refuse("restricts_pen", "%s is to act next and must see the case: send it to another office, or name persons of it", office)
	case office.Level() <= d.view.Gate.Decides():
		return refuse("restricts_deciding", "%s decides, or stands above who decides: were it kept out, nobody could decide; name persons of it", office)
	}
	return nil
}

// onward is the office to which a case goes: the one that was named, else the
// next one up that the case is not kept from. One that it is kept from is
// refused by name, so that nobody waits for an office that sees nothing.
func (d *decider) onward(to events.Place, restrictions []events.Restriction) (events.Place, error) {
	next, up := d.command.Office.Upper()
	for up && Hides(restrictions, next, "") {
		next, up = next.Upper()
	}
	switch {
	case to == "" && up:
		return next, nil
	case to == "":
		return "", &Invalid{"to", "the office that is to act is missing"}
	case Hides(restrictions, to, ""):
		return "", refuse("restricted_office", "this case is kept from %s: send it to %s", to, next)
	}
	return to, nil
}
