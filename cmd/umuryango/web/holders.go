package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"umuryango/engine"
	"umuryango/engine/node"
	"umuryango/events"
	"umuryango/policies"
)

// HoldersView is who can open a case, and how far an erasure of it has come.
type HoldersView struct {
	Case     string         `json:"case"`
	Code     string         `json:"code"`
	Holders  []HolderEntry  `json:"holders"`
	Erasures []ErasureEntry `json:"erasures"`
}

// HolderEntry is a node that may open some classes of a case.
type HolderEntry struct {
	Node     string         `json:"node"`
	NodeName string         `json:"node_name"`
	Classes  []engine.Class `json:"classes"`
	// HasKey says that the node is enrolled with a key to which others wrap.
	HasKey bool      `json:"has_key"`
	Heard  time.Time `json:"heard,omitzero"` // when it was last heard here
}

// ErasureEntry is an order to destroy keys, and who has done so.
type ErasureEntry struct {
	Event      events.ID    `json:"event"`
	Ground     string       `json:"ground"`
	GroundText string       `json:"ground_text"`
	Document   string       `json:"document,omitempty"`
	Key        string       `json:"key,omitempty"` // of one adult; empty: all
	By         string       `json:"by"`
	ByName     string       `json:"by_name"`
	At         time.Time    `json:"at"`
	Done       []ErasedNode `json:"done"`
	Still      []ErasedNode `json:"still"` // where it may still be readable
}

// ErasedNode is a node that destroyed keys, or has not said so yet.
type ErasedNode struct {
	Node     string    `json:"node"`
	NodeName string    `json:"node_name"`
	At       time.Time `json:"at,omitzero"` // when it did; or, of one that has not, when it was last heard here
}

// holderList tells who can open a case.
func (s *Server) holderList(r *http.Request) (any, error) {
	v, err := s.viewer(r)
	if err != nil {
		return nil, err
	}
	state, err := s.seen(r, v)
	if err != nil {
		return nil, err
	}
	return s.holdersOf(r, state)
}

func (s *Server) holdersOf(r *http.Request, state engine.State) (HoldersView, error) {
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return HoldersView{}, err
	}
	out := HoldersView{Case: state.Subject.ID, Code: state.Code, Holders: []HolderEntry{}, Erasures: []ErasureEntry{}}
	holders := engine.Holders(state, s.Node.Authority, pack.Decides(), s.Now())
	for _, h := range holders {
		heard, err := s.Node.Heard(h.Node)
		if err != nil {
			return HoldersView{}, err
		}
		out.Holders = append(out.Holders, HolderEntry{
			Node: h.Node.ID(), NodeName: s.Places.FullName(h.Node), Classes: h.Classes, HasKey: len(h.Key) > 0, Heard: heard,
		})
	}
	erasing, err := s.Node.Erasing(state.Subject)
	if err != nil {
		return HoldersView{}, err
	}
	for _, e := range erasing {
		out.Erasures = append(out.Erasures, s.erasure(e, langOf(r)))
	}
	return out, nil
}

func (s *Server) erasure(e node.Erasing, lang string) ErasureEntry {
	out := ErasureEntry{
		Event: e.Order.ID, Ground: e.Ground, GroundText: s.label(engine.ListErasure, e.Ground, lang), Document: e.Document, Key: e.Key,
		By: e.Order.Office.ID(), ByName: s.Places.FullName(e.Order.Office), At: e.Order.Time, Done: []ErasedNode{}, Still: []ErasedNode{},
	}
	for _, a := range e.Here {
		out.Done = append(out.Done, ErasedNode{a.Node.ID(), s.Places.FullName(a.Node), a.At})
	}
	for _, r := range e.Readable {
		out.Still = append(out.Still, ErasedNode{r.Node.ID(), s.Places.FullName(r.Node), r.Heard})
	}
	return out
}

// ExposureView is what a lost machine could open, by codes.
type ExposureView struct {
	Node     string          `json:"node"`
	NodeName string          `json:"node_name"`
	Cases    []ExposureEntry `json:"cases"`
}

// ExposureEntry is one case of which a node could open some classes.
type ExposureEntry struct {
	Case    string         `json:"case"`
	Code    string         `json:"code"`
	Classes []engine.Class `json:"classes"`
	Erasing bool           `json:"erasing"` // an erasure was ordered, and it has not said that it has done so
}

// exposure lists which children's records a node could open.
func (s *Server) exposure(r *http.Request) (any, error) {
	v, err := s.viewer(r)
	if err != nil {
		return nil, err
	}
	node, err := s.place("place", r.PathValue("place"), "")
	if err != nil {
		return nil, err
	}
	if own, _ := s.Node.Authority.OwnNode(node); own.Node == "" && node != s.Node.ID.Place {
		return nil, &engine.Refusal{Code: "no_node", Detail: fmt.Sprintf("%s never had a node of its own: name the node that speaks for it", s.Places.FullName(node))}
	}
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return nil, err
	}
	return s.exposureOf(v, node, pack)
}

func (s *Server) exposureOf(v viewer, node events.Place, pack *policies.Pack) (ExposureView, error) {
	out := ExposureView{Node: node.ID(), NodeName: s.Places.FullName(node), Cases: []ExposureEntry{}}
	cases, err := s.Views.Cases(node)
	if err != nil {
		return out, err
	}
	for _, c := range cases {
		if s.hides(v, c.Case, c.Restricted) {
			continue
		}
		state, err := s.Node.Service.Case(c.Case)
		if err != nil {
			return out, err
		}
		e := engine.Exposed(state, s.Node.Authority, pack.Decides(), node)
		if len(e.Classes) > 0 {
			out.Cases = append(out.Cases, ExposureEntry{c.Case.ID, e.Code, slices.Clone(e.Classes), e.Erasing})
		}
	}
	return out, nil
}
