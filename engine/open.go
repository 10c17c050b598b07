package engine

import (
	"slices"
	"strconv"
	"time"

	"umuryango/events"
)

// Open breaks the glass: an office that does not hold a case's keys opens some
// of it for hours, with a reason that every office on the path reads.
type Open struct {
	Node   events.Place // that is given the keys
	Reason string
	Hours  int
}

// ClockOpening is the clock of a pack that bounds how long an opening lasts.
const ClockOpening = "opening"

// openingMost bounds it whatever a pack says or another program writes.
const openingMost = 7 * 24 * time.Hour

// Opening is an opening as it counts.
type Opening struct {
	Event   events.Event
	Node    events.Place
	Classes []Class
	Reason  string
	Until   time.Time
}

// runs reports whether the opening counts at an instant: neither after its end
// nor before it was asked for, as a clock that is ahead would make hours of years.
func (o Opening) runs(at time.Time) bool {
	return at.Before(o.Until) && !at.Before(o.Event.Recorded.Add(-events.ClockLead))
}

// OpenClasses are what an office may open that does not hold a case: the
// nation, which audits, never an identity.
func OpenClasses(office events.Place) []Class {
	if office.Level() == 0 {
		return []Class{ClassNarrative, ClassFacts}
	}
	return []Class{ClassIdentity, ClassNarrative, ClassFacts}
}

// Openings are those of a case that can be read and whose author may ask for
// what they name, in the order of its contributions. One that asks for more
// than its office may counts for what it may.
func (s *State) Openings() []Opening {
	var out []Opening
	for _, e := range s.Contributions {
		if e.Type != events.TypeOpened || e.Office == "" {
			continue
		}
		var b events.Opened
		if e.Decode(&b) != nil {
			continue
		}
		node, on := e.Subject.Place.On(b.Node)
		if !on || !node.Covers(e.Office) || s.HiddenFrom(node, "") || s.HiddenFrom(e.Office, e.Actor) {
			continue
		}
		o := Opening{Event: e, Node: node, Reason: b.Reason, Until: b.Until}
		if most := e.Recorded.Add(openingMost); o.Until.After(most) {
			o.Until = most
		}
		for _, c := range OpenClasses(e.Office) {
			if slices.Contains(b.Classes, string(c)) {
				o.Classes = append(o.Classes, c)
			}
		}
		out = append(out, o)
	}
	return out
}

func (d *decider) open(do Open) (any, events.Type, error) {
	office := d.command.Office
	switch {
	case !d.state.Known():
		return nil, "", ErrNotFound
	case office.Level() >= d.view.Gate.Decides():
		return nil, "", refuse("already_holder", "%s lies on the path of this case and needs no opening: where something is not readable here yet, its key is still to come", office)
	case !do.Node.Covers(office):
		return nil, "", &Invalid{"node", "a node that speaks for the office is expected"}
	}
	if err := d.code("reason", ListOpening, do.Reason); err != nil {
		return nil, "", err
	}
	most, ok := d.view.Gate.Clock(ClockOpening)
	if most = min(most, openingMost); !ok {
		return nil, "", refuse("no_opening", "the policy pack says nothing of how long an opening may last, so none is allowed")
	}
	length := time.Duration(do.Hours) * time.Hour
	if do.Hours < 1 || length > most {
		return nil, "", &Invalid{"hours", "1 to " + strconv.Itoa(int(most/time.Hour)) + " are allowed"}
	}
	body := events.Opened{Node: do.Node.ID(), Reason: do.Reason, Until: d.command.Recorded.Add(length).UTC().Truncate(time.Second)}
	for _, c := range OpenClasses(office) {
		body.Classes = append(body.Classes, string(c))
	}
	return body, events.TypeOpened, nil
}
