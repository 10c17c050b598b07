package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"umuryango/engine"
	"umuryango/engine/node"
	"umuryango/events"
)

// StatusView is the node and its links.
type StatusView struct {
	Place    string `json:"place"`
	Name     string `json:"name"`
	Level    string `json:"level"`
	Run      string `json:"run"`
	Head     uint64 `json:"head"`
	Applied  uint64 `json:"applied"` // sequence up to which the views are made
	Enrolled bool   `json:"enrolled"`
	Standing string `json:"standing"` // active, recalled, suspended, revoked; empty: not enrolled yet
	Rotating bool   `json:"rotating"` // its next keys are still to be enrolled by the node above
	Linked   bool   `json:"linked"`   // has linked up since its start
	Locked   bool   `json:"locked"`   // passes on, signs nothing and opens nothing
	// Damaged counts what of the store cannot be read, and Damage names the first.
	Damaged uint64 `json:"damaged,omitempty"`
	Damage  string `json:"damage,omitempty"`
	// KeptOnlyHere counts the acts that no second node is known to hold, among
	// the last keptOnlyMax records.
	KeptOnlyHere int        `json:"kept_only_here"`
	Upper        *LinkView  `json:"upper,omitempty"`
	Lowers       []LinkView `json:"lowers"`
}

// LinkView is one link as this node knows it.
type LinkView struct {
	Place  string    `json:"place"`
	Name   string    `json:"name"`
	Up     bool      `json:"up"`
	Heard  time.Time `json:"heard,omitzero"`
	Behind uint64    `json:"behind"` // records of this node's stream that the other has not passed
	Fault  string    `json:"fault,omitempty"`

	Standing string `json:"standing,omitempty"` // of a node below
}

// keptOnlyMax bounds how far back a status looks for acts kept only here. What
// is on its way up is at the end of the stream.
const keptOnlyMax = 1000

func (s *Server) status(r *http.Request) (any, error) { return s.statusView(r.Context()) }

func (s *Server) statusView(ctx context.Context) (StatusView, error) {
	st := s.Node.Status()
	out := StatusView{
		Place: st.Place.ID(), Name: s.Places.FullName(st.Place), Level: s.Places.Level(st.Place), Run: st.Run.String(),
		Head: st.Head, Applied: s.Views.Applied(), Enrolled: st.Enrolled, Linked: st.Linked, Locked: st.Locked, Lowers: []LinkView{},
		Standing: string(st.Standing), Rotating: st.Rotating, Damaged: st.Damaged, Damage: st.Damage,
	}
	if st.Upper != nil {
		up := s.linkView(*st.Upper, st.Head)
		out.Upper = &up
	}
	for _, l := range st.Lowers {
		out.Lowers = append(out.Lowers, s.linkView(l, st.Head))
	}
	var err error
	out.KeptOnlyHere, err = s.keptOnlyHere(ctx, st)
	return out, err
}

func (s *Server) keptOnlyHere(ctx context.Context, st node.Status) (int, error) {
	from := st.Head - min(st.Head, keptOnlyMax)
	if st.Upper != nil {
		from = max(from, st.Upper.Passed)
	}
	records, err := s.Node.Journal.Read(ctx, from+1, keptOnlyMax)
	if err != nil {
		return 0, fmt.Errorf("count what is kept only here: %w", err)
	}
	n := 0
	for _, r := range records {
		if r.Event.Subject.Kind == events.KindCase && s.Node.KeptOnlyHere(r) {
			n++
		}
	}
	return n, nil
}

func (s *Server) linkView(l node.LinkStatus, head uint64) LinkView {
	return LinkView{
		Place: l.Peer.ID(), Name: s.Places.FullName(l.Peer), Up: l.Up, Heard: l.Heard, Behind: head - min(head, l.Passed), Fault: l.Fault,
		Standing: string(l.Standing),
	}
}

// quarantine lists what was refused. Of a case that is kept from who looks it
// says who refused what why, and not which case it was.
func (s *Server) quarantine(r *http.Request) (any, error) {
	v, err := s.viewer(r)
	if err != nil {
		return nil, err
	}
	kept, err := s.Node.Quarantine()
	if err != nil {
		return nil, err
	}
	for i, k := range kept {
		hidden, err := s.hidden(v, k.Text)
		if err != nil {
			return nil, err
		}
		if hidden {
			kept[i].Text, kept[i].Header, kept[i].Body = "", nil, nil
		}
	}
	return kept, nil
}

// hidden reports whether a subject, as it came, is a case that is kept from who
// looks.
func (s *Server) hidden(v viewer, text string) (bool, error) {
	subject, err := events.ParseSubject(text)
	if err != nil || subject.Kind != events.KindCase {
		return false, nil // of no case that anybody has
	}
	hidden, err := s.hidesCase(v, subject)
	if errors.Is(err, engine.ErrNotFound) {
		return false, nil
	}
	return hidden, err
}

// RecallRequest asks for it.
type RecallRequest struct {
	Whole bool `json:"whole,omitempty"` // this store is known to be no older copy
}

// Recalled is the enrolment by which this node speaks for an office again.
type Recalled struct {
	Place string    `json:"place"`
	Event events.ID `json:"event"`
}

func (s *Server) recall(r *http.Request) (any, error) {
	place, err := s.place("place", r.PathValue("place"), "")
	if err != nil {
		return nil, err
	}
	var in RecallRequest
	if r.ContentLength != 0 {
		if err := decode(r, &in); err != nil {
			return nil, err
		}
	}
	record, err := s.Node.Recall(r.Context(), place, in.Whole)
	return Recalled{Place: place.ID(), Event: record.Event.ID}, err
}

// Rebuilt is what a rebuild came to.
type Rebuilt struct {
	Hash string `json:"hash"` // of the sorted keys and values
}

func (s *Server) rebuild(r *http.Request) (any, error) {
	if err := decodeNothing(r); err != nil {
		return nil, err
	}
	hash, err := s.Views.Rebuild(r.Context())
	return Rebuilt{hash}, err
}
