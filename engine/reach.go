package engine

import "umuryango/events"

// Reach is what a node below has at a node above.
type Reach int

// The reaches, each with what the one before has.
const (
	ReachNone  Reach = iota // it is not let in
	ReachTold               // it is told how it stands, and nothing else: it is suspended
	ReachTaken              // and what it wrote is taken: its office, or the one above it, has another node now
	ReachWhole              // it hangs on that node
)

// Reach tells what the node of a place has at self. One that hung on self before
// is still told where it belongs now.
func (a *Authority) Reach(self, place events.Place) Reach {
	_, standing := a.OwnNode(place)
	upper, ok := place.Upper()
	if !ok || !self.Above(place) || standing == StandingNone || standing == StandingRevoked {
		return ReachNone
	}
	host, _ := a.Host(upper)
	switch {
	case !a.Spoke(self, upper):
		return ReachNone
	case standing == StandingSuspended:
		return ReachTold
	case standing == StandingRecalled || host.Node != self:
		return ReachTaken
	}
	return ReachWhole
}
