package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Type says what happened: written by hand, past tense, the version last. A
// type once released keeps its golden file for ever.
type Type string

// The types that this program writes and understands.
const (
	TypeRaised      Type = "rw.umuryango.referral.raised.v1"
	TypeForwarded   Type = "rw.umuryango.referral.forwarded.v1"
	TypeAccepted    Type = "rw.umuryango.referral.accepted.v1"
	TypeSentBack    Type = "rw.umuryango.referral.sentback.v1"
	TypeAssessed    Type = "rw.umuryango.case.assessed.v1"
	TypeProposed    Type = "rw.umuryango.placement.proposed.v1"
	TypeDecided     Type = "rw.umuryango.placement.decided.v1"
	TypeContributed Type = "rw.umuryango.case.contributed.v1"
	TypeTakenOver   Type = "rw.umuryango.case.takenover.v1"
	TypeRestricted  Type = "rw.umuryango.case.restricted.v1"
	TypeOpened      Type = "rw.umuryango.case.opened.v1"
	TypeErased      Type = "rw.umuryango.case.erased.v1"
	TypeErasedHere  Type = "rw.umuryango.case.erasedhere.v1"
	TypeEnrolled    Type = "rw.umuryango.node.enrolled.v1"
	TypeSuspended   Type = "rw.umuryango.node.suspended.v1"
	TypeResumed     Type = "rw.umuryango.node.resumed.v1"
	TypeRevoked     Type = "rw.umuryango.node.revoked.v1"
	TypeRefused     Type = "rw.umuryango.node.refused.v1"
)

// Role is what an event of a type does to its aggregate.
type Role int

const (
	// RoleUnknown: written by a newer program; carried on untouched.
	RoleUnknown Role = iota
	// RoleLine: follows an event and is followed by others; needs the pen.
	RoleLine
	// RoleContribution: may be added without the pen; nothing follows it.
	RoleContribution
)

// Role returns what events of t do.
func (t Type) Role() Role {
	switch t {
	case TypeRaised, TypeForwarded, TypeAccepted, TypeSentBack, TypeAssessed, TypeProposed, TypeDecided, TypeTakenOver, TypeRestricted,
		TypeEnrolled, TypeSuspended, TypeResumed, TypeRevoked:
		return RoleLine
	case TypeContributed, TypeOpened, TypeErased, TypeErasedHere, TypeRefused:
		return RoleContribution
	}
	return RoleUnknown
}

// Raised opens a case, or begins a further referral of one, and hands the pen
// to the office that it names: the first forward.
type Raised struct {
	To     string `json:"to"`     // place id of the office that is to act
	Source string `json:"source"` // code: who referred (izu, clinic, police, …)
	Facts  Facts  `json:"facts"`
	Shown
	Restricted []Restriction `json:"restricted,omitempty"`
	Sealed     Sealed        `json:"sealed,omitempty"`
}

// Forwarded hands the pen to an office above; responsibility follows when that
// office accepts.
type Forwarded struct {
	To string `json:"to"`
}

// Accepted takes on the responsibility for the case.
type Accepted struct{}

// SentBack returns the pen to the office that sent the referral.
type SentBack struct {
	To     string `json:"to"`
	Reason string `json:"reason"` // code of the pack
}

// Assessed adds what an office found out.
type Assessed struct {
	Facts Facts `json:"facts"`
	Shown
	Sealed Sealed `json:"sealed,omitempty"`
}

// Checked is one asking of the gate: the document that it read and what it
// answered, byte for byte, so that anybody can ask again under the same pack.
// Document and answer are personal data: where they are sealed with the event's
// facts, the outcome and the rules that fired stay readable.
type Checked struct {
	Case     json.RawMessage `json:"case,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	Outcome  string          `json:"outcome,omitempty"`
	Rules    []string        `json:"rules,omitempty"` // ids of what fired or could not be settled
	PackHash string          `json:"pack_hash"`
}

// Proposed asks for a placement; the gate's answer is recorded beside it.
type Proposed struct {
	Decision string  `json:"decision"` // what is to be decided, a code of case.md: placement, …
	Facts    Facts   `json:"facts"`    // request, provider and what else the proposal says
	Checked  Checked `json:"checked"`
	Shown
	Sealed Sealed `json:"sealed,omitempty"`
}

// Member is one member of the panel that sat: a worker's code, a discipline,
// never a name.
type Member struct {
	ID         string `json:"id"`
	Discipline string `json:"discipline"`
	Present    bool   `json:"present"`
	Recused    bool   `json:"recused"`
	Interest   string `json:"interest"` // "" or "*"
	Vote       string `json:"vote,omitempty"`
}

// Decided is the panel's decision: what was asked and, where it differs, what
// was taken instead, each with the gate's answer; who sat; the reason; and the
// answer to the person who referred.
type Decided struct {
	Care          string   `json:"care"` // care type that was decided
	Asked         Checked  `json:"asked"`
	Taken         *Checked `json:"taken,omitempty"`
	Panel         []Member `json:"panel"`
	Reason        string   `json:"reason"`
	Answer        string   `json:"answer"`
	Contributions []ID     `json:"contributions"` // those from which the case document was built
	Sealed        Sealed   `json:"sealed,omitempty"`
}

// Contributed tells something that any office on the path may tell at any time.
type Contributed struct {
	Kind  string `json:"kind"`            // code of the pack
	Facts Facts  `json:"facts,omitempty"` // a part of a case document
	Shown
	Sealed Sealed `json:"sealed,omitempty"`
}

// TakenOver moves the pen from an office that is lost or unheard to one above.
type TakenOver struct {
	From   string `json:"from"` // place id of the office that had the pen
	Reason string `json:"reason"`
}

// Enrolled says which node hosts an office from now on, and up to which number
// the node before it spoke for that office. The upper office writes it; the
// nation's first one is signed by the root key.
type Enrolled struct {
	Office  string  `json:"office"`             // place id
	Node    string  `json:"node"`               // place id of the hosting node's own office
	SignKey []byte  `json:"sign_key"`           // Ed25519 public key for events
	LinkKey []byte  `json:"link_key"`           // Ed25519 public key of its TLS certificate
	SealKey []byte  `json:"seal_key,omitempty"` // HPKE public key to which keys of cases are wrapped
	Address string  `json:"address,omitempty"`  // where lower nodes reach it
	Former  *Former `json:"former,omitempty"`   // the host before, and what still counts of it
}

// Former is the last event of a former host that counts.
type Former struct {
	Node string `json:"node"`
	Run  Run    `json:"run,omitzero"` // zero: it had written nothing
	Last uint64 `json:"last"`
	// Runs are the node's runs that count, this one among them; where they are
	// missing every run with a lower number does. They are named where a key may
	// be in wrong hands: a thief who signs in a run that never was is not heard.
	Runs RunEnds `json:"runs,omitempty"`
}

// Stood changes the standing of an office's own node: suspended, resumed or
// revoked. It names the last number that still counts of whoever spoke for the
// office before, never an instant: of the node itself where it is suspended or
// revoked, of the node above where it is resumed.
type Stood struct {
	Office string  `json:"office"`           // place id
	Node   string  `json:"node"`             // place id of the node's own office, the same
	Key    string  `json:"key"`              // id of the signing key that it had
	Last   *Former `json:"last,omitempty"`   // nothing counts, where it is missing
	Reason string  `json:"reason,omitempty"` // a code
}

// Refused says that a node did not take an event, and fills its number.
type Refused struct {
	Node   string `json:"node,omitempty"` // author node of the refused event, place id; empty where it could not be read
	Run    Run    `json:"run,omitzero"`
	Number uint64 `json:"number,omitempty"`
	Hash   Hash   `json:"hash"`   // of its signed bytes, or of what came where it could not be read
	From   string `json:"from"`   // neighbour that delivered it, place id
	Reason string `json:"reason"` // code: signature, author, subject, number, size, form, clone
}

// Decode reads an event's body strictly into into: an unknown field means that
// a newer program wrote it. It also fails where another reader of the same
// bytes could find something else (see checkKeys).
func (e Event) Decode(into any) error {
	d := json.NewDecoder(bytes.NewReader(e.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("body of %s (%s): %w", e.ID, e.Type, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("body of %s (%s): more than one value", e.ID, e.Type)
	}
	if err := checkKeys(e.Body); err != nil {
		return fmt.Errorf("body of %s (%s): %w", e.ID, e.Type, err)
	}
	return nil
}

// Encode writes a body: compact JSON, keys in the order of the struct. Of a raw
// part only white space between its tokens is lost; compact it stays byte for
// byte.
func Encode(body any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // a gate's answer is carried byte for byte
	if err := enc.Encode(body); err != nil {
		return nil, fmt.Errorf("write the body of %T: %w", body, err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// InDoubt reports whether the event's clock cannot be right: it was recorded
// before it happened, or lies ahead of the instant at which it is looked at.
// No event is refused for that.
func (e Event) InDoubt(now time.Time) bool {
	return e.Recorded.Before(e.Time) || e.Recorded.After(now.Add(ClockLead))
}

// ClockLead is how far an event may lie ahead before its clock is in doubt.
const ClockLead = 5 * time.Minute
