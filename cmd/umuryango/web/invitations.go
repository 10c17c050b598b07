package web

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"umuryango/engine/keys"
	"umuryango/events"
)

// InviteAllRequest lets a node join for every office right below this node's
// own, or for every office below it.
type InviteAllRequest struct {
	Deep    bool   `json:"deep,omitempty"`
	Address string `json:"address,omitempty"` // where the new nodes reach this one
	Whole   bool   `json:"whole,omitempty"`   // this store is known to be no older copy
}

// Invitation is the code that a new node joins with, and what is printed
// beside it.
type Invitation struct {
	Place string    `json:"place"`
	Name  string    `json:"name"`
	Level string    `json:"level"`
	Upper string    `json:"upper"` // the node that invites
	Until time.Time `json:"until"`
	Code  string    `json:"code"`
}

// Invitations are several, and the offices that were left out: those that have
// a node, or hang on another one than this.
type Invitations struct {
	Invitations []Invitation `json:"invitations"`
	LeftOut     []string     `json:"left_out"` // place ids
}

func (s *Server) invitation(i keys.Invitation) (Invitation, error) {
	code, err := i.Code()
	return Invitation{
		Place: i.Place.ID(), Name: s.Places.FullName(i.Place), Level: s.Places.Level(i.Place),
		Upper: s.Places.FullName(i.Upper), Until: i.Until, Code: code,
	}, err
}

func (s *Server) invite(r *http.Request) (any, error) {
	var in InviteRequest
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return s.inviteTo(in)
}

func (s *Server) inviteTo(in InviteRequest) (Invitation, error) {
	place, err := s.place("place", in.Place, "")
	if err != nil {
		return Invitation{}, err
	}
	i, err := s.Node.Invite(place, in.Address, in.Whole)
	if err != nil {
		return Invitation{}, err
	}
	return s.invitation(i)
}

func (s *Server) inviteAll(r *http.Request) (any, error) {
	var in InviteAllRequest
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	places := s.below(s.Node.ID.Place, in.Deep)
	given, err := s.Node.InviteAll(places, in.Address, in.Whole)
	if err != nil {
		return nil, err
	}
	out := Invitations{Invitations: []Invitation{}, LeftOut: []string{}}
	invited := map[events.Place]bool{}
	for _, i := range given {
		shown, err := s.invitation(i)
		if err != nil {
			return nil, err
		}
		out.Invitations, invited[i.Place] = append(out.Invitations, shown), true
	}
	for _, p := range places {
		if !invited[p] {
			out.LeftOut = append(out.LeftOut, p.ID())
		}
	}
	return out, nil
}

// below lists the offices right below a place, or all of them.
func (s *Server) below(place events.Place, deep bool) []events.Place {
	var out []events.Place
	for info := range s.Places.All() {
		if !info.HasOffice() || !place.Above(info.Place) {
			continue
		}
		if upper, _ := info.Place.Upper(); deep || upper == place {
			out = append(out, info.Place)
		}
	}
	return out
}

// printed is one invitation on paper.
type printed struct {
	Invitation
	QR template.HTML
}

// sheet is a page of invitations to be printed and cut apart.
type sheet struct {
	words
	Lang  string
	Alone bool // it is a file: the style comes with it
	Style template.CSS
	Sheet []printed
}

func newSheet(lang string, list []Invitation) (sheet, error) {
	out := sheet{words: words(lang), Lang: lang}
	for _, i := range list {
		qr, err := QRSVG(i.Code)
		if err != nil {
			return sheet{}, fmt.Errorf("print the invitation of %s: %w", i.Place, err)
		}
		out.Sheet = append(out.Sheet, printed{i, qr})
	}
	return out, nil
}

// PrintInvitations writes invitations as one page that needs nothing beside
// it. Whoever has it can join for these offices.
func PrintInvitations(lang string, list []Invitation) ([]byte, error) {
	data, err := newSheet(lang, list)
	if err != nil {
		return nil, err
	}
	style, err := files.ReadFile("templates/style.css")
	if err != nil {
		return nil, fmt.Errorf("read the style of the page: %w", err)
	}
	data.Alone, data.Style = true, template.CSS(style)
	var out strings.Builder
	if err := page.ExecuteTemplate(&out, "sheet.html", data); err != nil {
		return nil, fmt.Errorf("print %d invitations: %w", len(list), err)
	}
	return []byte(out.String()), nil
}

// inviteForm shows a new invitation, to be printed.
func (s *Server) inviteForm(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	i, err := s.inviteTo(InviteRequest{Place: r.PostForm.Get("place"), Address: r.PostForm.Get("address")})
	if err != nil {
		return err
	}
	data, err := newSheet(langOf(r), []Invitation{i})
	if err != nil {
		return err
	}
	return s.render(w, "sheet.html", http.StatusOK, data)
}
