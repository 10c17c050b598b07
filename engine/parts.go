package engine

import (
	"umuryango/events"
)

// Sealed is one sealed field of a case with what it is bound to.
type Sealed struct {
	Binding
	Part events.SealedPart
}

// SealedParts are the sealed fields of one class that stand in the case's
// events in effect and its contributions, oldest first: what is laid over what.
// Events whose body cannot be read have none.
func (s *State) SealedParts(class Class) []Sealed {
	var out []Sealed
	for _, list := range [][]events.Event{s.Line, s.Contributions} {
		for _, e := range list {
			parts, err := events.SealedOf(e)
			if err != nil {
				continue
			}
			for _, p := range parts {
				if c, ok := ClassOf(p.Field); ok && c == class {
					out = append(out, Sealed{BindingOf(e), p})
				}
			}
		}
	}
	return out
}
