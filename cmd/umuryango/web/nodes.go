package web

import (
	"net/http"
	"net/url"

	"umuryango/engine"
	"umuryango/events"
)

// StandRequest suspends, resumes or revokes the node of an office below.
type StandRequest struct {
	Actor  string `json:"actor"`            // the worker's code, never a name
	Reason string `json:"reason,omitempty"` // one of engine.StandReasons; none where it is resumed
	Whole  bool   `json:"whole,omitempty"`  // this store is known to be no older copy
}

// Stood is how a node stands now, and the event that says so.
type Stood struct {
	Place    string          `json:"place"`
	Standing engine.Standing `json:"standing"`
	Event    events.ID       `json:"event"`
	Last     *events.Former  `json:"last"` // the last run and number that count of whoever spoke before
}

// RotateRequest gives the node other keys.
type RotateRequest struct {
	Passphrase string `json:"passphrase"`
	Whole      bool   `json:"whole,omitempty"` // this store is known to be no older copy
}

// Rotated is how far a rotation went.
type Rotated struct {
	Place   string `json:"place"`
	Key     string `json:"key"`     // id of the signing key from now on
	Waiting bool   `json:"waiting"` // the node above is still to be asked
}

// standings are the acts on a node below, by the last part of their address.
var standings = map[string]events.Type{
	"suspend": events.TypeSuspended,
	"resume":  events.TypeResumed,
	"revoke":  events.TypeRevoked,
}

func (s *Server) stand(r *http.Request) (any, error) {
	var in StandRequest
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.standAs(r, in)
}

func (s *Server) standAs(r *http.Request, in StandRequest) (Stood, error) {
	place, err := s.place("place", r.PathValue("place"), "")
	if err != nil {
		return Stood{}, err
	}
	do, known := standings[r.PathValue("standing")]
	switch {
	case !known:
		return Stood{}, &Problem{Kind: kindNoRoute, Detail: "an office's node is suspended, resumed or revoked: .../suspend, .../resume, .../revoke"}
	case in.Actor == "":
		return Stood{}, &engine.Invalid{Field: "actor", Problem: "the worker's code is missing"}
	}
	record, err := s.Node.Stand(r.Context(), engine.Stand{
		Stamped: engine.Stamped{Actor: in.Actor}, Office: place, Do: do, Reason: in.Reason, Whole: in.Whole,
	})
	if err != nil {
		return Stood{}, err
	}
	_, now := s.Node.Authority.OwnNode(place)
	out := Stood{Place: place.ID(), Standing: now, Event: record.Event.ID}
	var b events.Stood
	err = record.Event.Decode(&b)
	out.Last = b.Last
	return out, err
}

func (s *Server) rotate(r *http.Request) (any, error) {
	var in RotateRequest
	if err := decodeSecret(r, &in, `{"passphrase":"…"}`); err != nil {
		return nil, err
	}
	if err := s.Node.Rotate(r.Context(), []byte(in.Passphrase), in.Whole); err != nil {
		return nil, err
	}
	return Rotated{Place: s.Node.ID.Place.ID(), Key: s.Node.ID.Key(), Waiting: s.Node.Status().Rotating}, nil
}

// NodeEntry is a node below that hangs on this one, or did.
type NodeEntry struct {
	Place    string          `json:"place"`
	Name     string          `json:"name"`
	Standing engine.Standing `json:"standing"`
	Key      string          `json:"key"` // id of its signing key
}

func (s *Server) nodes(*http.Request) (any, error) { return s.nodeEntries(), nil }

func (s *Server) nodeEntries() []NodeEntry {
	out := []NodeEntry{}
	a := s.Node.Authority
	for _, office := range a.Offices() {
		upper, ok := office.Upper()
		own, standing := a.OwnNode(office)
		host, _ := a.Host(upper)
		if ok && standing != engine.StandingNone && host.Node == s.Node.ID.Place {
			out = append(out, NodeEntry{office.ID(), s.Places.FullName(office), standing, events.KeyID(own.SignKey)})
		}
	}
	return out
}

// nodesPage is where an administrator looks after the nodes below.
func (s *Server) nodesPage(w http.ResponseWriter, r *http.Request) error {
	base, err := s.shown(r)
	if err != nil {
		return err
	}
	data := struct {
		shown
		Nodes   []NodeEntry
		Reasons []string
		Below   []events.PlaceInfo
	}{base, s.nodeEntries(), engine.StandReasons, s.Places.Lower(s.Node.ID.Place)}
	return s.render(w, "nodes.html", http.StatusOK, data)
}

// standForm serves the buttons of that page.
func (s *Server) standForm(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	if _, err := s.standAs(r, StandRequest{Actor: r.PostForm.Get("actor"), Reason: r.PostForm.Get("reason")}); err != nil {
		return err
	}
	return toNodes(w, r)
}

// rotateForm serves the form that gives this node other keys.
func (s *Server) rotateForm(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	if err := s.Node.Rotate(r.Context(), []byte(r.PostForm.Get("passphrase")), false); err != nil {
		return err
	}
	return toNodes(w, r)
}

func toNodes(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/nodes?lang="+url.QueryEscape(langOf(r)), http.StatusSeeOther)
	return nil
}
