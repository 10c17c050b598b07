package projections

import (
	"umuryango/events"
)

// Rows say from whom a case is kept, without the reasons: whoever makes a page
// leaves out what the office, or the person, for whom it is made may not see.

func appendRestricted(b []byte, all []events.Restriction) []byte {
	b = appendInt(b, len(all))
	for _, r := range all {
		b = appendText(appendText(b, r.Office), r.Person)
	}
	return b
}

func (d *decoder) restricted() []events.Restriction {
	var out []events.Restriction
	for range d.count() {
		out = append(out, events.Restriction{Office: d.text(), Person: d.text()})
	}
	return out
}
