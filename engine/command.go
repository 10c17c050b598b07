package engine

import (
	"time"

	"umuryango/events"
)

// Act is who does something, for which office and when.
type Act struct {
	ID       events.ID
	Office   events.Place
	Actor    string    // the worker's code, never a name
	Time     time.Time // when it happened
	Recorded time.Time // when it was recorded
}

// Command is one act on one case. One command makes one event.
type Command struct {
	Act
	Case   events.Subject // for Raise: the child's usual home, or where the child was found; the id is not read
	Do     any            // Raise, Forward, Accept, SendBack, Assess, Propose, Decide, Contribute, TakeOver, Restrict or Open
	Digest events.Hash    // of the command as it was sent: the same id with another digest is ErrRepeated
}

// Raise opens a case and hands it to the office that is to act.
type Raise struct {
	To         events.Place // empty: the next one up that the case is not kept from
	Source     string       // code: who referred
	Facts      events.Facts
	Restricted []events.Restriction // who neither sees it nor holds its keys
	Personal
}

// Forward hands the pen to an office above; an empty To is the next one up that
// the case is not kept from.
type Forward struct{ To events.Place }

// Accept takes on the responsibility.
type Accept struct{}

// SendBack returns the pen to the office that sent the referral.
type SendBack struct{ Reason string }

// Assess adds what was found out.
type Assess struct {
	Facts events.Facts
	Personal
}

// Propose asks for a placement.
type Propose struct {
	Facts events.Facts
	Personal
}

// Decide records a panel's decision on the proposal that stands. Facts say
// what differs from it, where something else is taken.
type Decide struct {
	Care   string // care type that is decided
	Facts  events.Facts
	Panel  []events.Member
	Reason string
	Answer string
	Personal
}

// Contribute tells something without the pen.
type Contribute struct {
	Kind  string
	Facts events.Facts
	Personal
}

// TakeOver takes the pen from an office below that is lost or unheard.
type TakeOver struct{ Reason string }

// DecisionPlacement is the decision that a proposal of this program asks for
// (case.md).
const DecisionPlacement = "placement"
