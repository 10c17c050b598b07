package web

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/projections"
)

//go:embed templates
var files embed.FS

// Local is the time of the country's people: Central Africa Time. The program
// needs no table of zones for it, as Rwanda has no summer time.
var Local = time.FixedZone("CAT", 2*60*60)

var page = template.Must(template.New("").Funcs(template.FuncMap{
	"local": func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(Local).Format("2006-01-02 15:04")
	},
	"last": func(t string) string { // "rw.umuryango.case.assessed.v1" → "assessed.v1"
		parts := strings.Split(t, ".")
		return strings.Join(parts[max(0, len(parts)-2):], ".")
	},
}).ParseFS(files, "templates/*.html"))

// shown is what every page has.
type shown struct {
	words
	Lang      string
	Langs     any
	Unchecked bool // no native speaker has read the texts of this language
	Status    StatusView
	Office    string // place id of the office whose page this is
	Acting    string // place id of the office that the page's forms act for
	As        string // place id of the office that looks
	Actor     string // worker's code of who looks; empty: nobody said
	Self      string // address of this page, or of the one that a form stood on
	server    *Server
}

// Place names a place by its full path.
func (s shown) Place(id string) string { return s.server.named(id) }

// Label is a code of the pack in words.
func (s shown) Label(list, code string) string { return s.server.label(list, code, s.Lang) }

// Codes are those of a list of the pack.
func (s shown) Codes(list string) ([]string, error) {
	pack, err := s.server.Packs.Nearest(PackID, s.server.Now())
	if err != nil {
		return nil, err
	}
	return pack.Codes(list), nil
}

// Key is a new event's id: a form that is sent twice acts once.
func (s shown) Key() (events.ID, error) { return s.server.NewID() }

// Here reports whether this node speaks for an office.
func (s shown) Here(id string) bool {
	self := s.server.Node.ID.Place
	info, err := s.server.Places.ByID(id)
	if err != nil || !info.HasOffice() {
		return false
	}
	host, ok := s.server.Node.Authority.Host(info.Place)
	return ok && host.Node == self || !ok && info.Place == self
}

// Onward are the offices to which an office may hand on, the next one first.
func (s shown) Onward(id string) []string {
	info, err := s.server.Places.ByID(id)
	if err != nil {
		return nil
	}
	var out []string
	for p, ok := info.Place.Upper(); ok; p, ok = p.Upper() {
		out = append(out, p.ID())
	}
	return out
}

// checked is an answer of the gate on a page.
type checked struct {
	shown
	Check *CheckView
}

// Checked joins an answer of the gate with what its part of a page needs.
func (s shown) Checked(c *CheckView) checked { return checked{s, c} }

// opened is what a page holds beyond codes.
type opened struct {
	shown
	Record RecordView
}

// Opened joins what is open of a case with what its part of a page needs.
func (s shown) Opened(v RecordView) opened { return opened{s, v} }

// named is a child's name in a list, or why there is none.
type named struct {
	NameView
	Why string
}

// Named puts into words why a name is not readable.
func (s shown) Named(v NameView) named {
	switch v.Status {
	case "", statusNone, statusOpen:
		return named{v, ""}
	case statusNoKey, statusNoRight:
		return named{v, s.T("unnamed." + v.Status)}
	}
	return named{v, s.T("sealed." + v.Status)}
}

// KeepFrom are the offices above one that a case raised there can be kept from.
func (s shown) KeepFrom(id string) ([]string, error) {
	pack, err := s.server.Packs.Nearest(PackID, s.server.Now())
	if err != nil {
		return nil, err
	}
	var out []string
	for _, up := range s.Onward(id) {
		if info, err := s.server.Places.ByID(up); err == nil && info.Place.Level() > pack.Decides() {
			out = append(out, up)
		}
	}
	return out, nil
}

func (s *Server) shown(r *http.Request) (shown, error) {
	lang := langOf(r)
	status, err := s.statusView(r.Context())
	if err != nil {
		return shown{}, err
	}
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return shown{}, err
	}
	v, err := s.viewer(r)
	if err != nil {
		v = viewer{office: s.Node.ID.Place} // the page says what is wrong with it
	}
	return shown{
		words: words(lang), Lang: lang, Langs: langs, Unchecked: pack.Unchecked(lang), Status: status,
		Office: v.office.ID(), Acting: v.office.ID(), As: v.office.ID(), Actor: v.actor, Self: self(r), server: s,
	}, nil
}

// What can be the address of a page; no other is written into one, as a person
// may have put a name there.
var (
	likeCase = regexp.MustCompile(`^[0-9A-Za-z-]{1,40}$`)
	likePath = regexp.MustCompile(`^[a-z/]{1,40}$`)
)

// self is a page that can be asked for again: what a form is sent to cannot.
func self(r *http.Request) string {
	switch ref := r.PathValue("case"); {
	case likeCase.MatchString(ref):
		return "/cases/" + url.PathEscape(ref)
	case r.Method == http.MethodGet && likePath.MatchString(r.URL.Path):
		return r.URL.Path
	}
	return "/"
}

func (s *Server) pages(mux *routes) {
	show := func(pattern string, serve func(w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
			if err := serve(w, r); err != nil {
				s.pageProblem(w, r, err)
			}
		})
	}
	show("GET /{$}", s.front)
	show("GET /cases/{case}", s.casePage)
	show("GET /reads", s.readsPage)
	show("POST /raise", s.raiseForm)
	show("GET /nodes", s.nodesPage)
	show("POST /nodes/invite", s.inviteForm)
	show("POST /nodes/rotate", s.rotateForm)
	show("POST /nodes/{place}/{standing}", s.standForm)
	show("POST /unlock", s.unlockForm)
	show("POST /lock", s.lockForm)
	show("POST /cases/{case}/{act}", s.actForm)
	show("/", func(w http.ResponseWriter, r *http.Request) error { return noRoute(w, r, mux.ServeMux) })
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "templates/style.css")
	})
}

// front is the page of an office; ?office= names another one than the node's.
func (s *Server) front(w http.ResponseWriter, r *http.Request) error {
	base, err := s.shown(r)
	if err != nil {
		return err
	}
	data := struct {
		shown
		Level   string
		Inbox   []InboxEntry
		Answers []AnswerEntry
		Cases   []CaseEntry
		Before  string // entry from which the page before begins; empty: there is none
		Next    string // entry from which the next page begins; empty: there is none
	}{shown: base}
	office, v, err := s.looks(r)
	if err != nil {
		return err
	}
	from, err := fromOf(r)
	if err != nil {
		return err
	}
	data.Office, data.Acting, data.Level = office.ID(), office.ID(), s.Places.Level(office)
	if data.Inbox, err = s.inboxOf(v, office, data.Lang); err != nil {
		return err
	}
	if data.Answers, err = s.answersOf(v, office, data.Lang); err != nil {
		return err
	}
	if data.Cases, err = s.casesOf(v, office, data.Lang); err != nil {
		return err
	}
	if err := s.nameList(r.Context(), s.reads(r, v, engine.PageList, ""), from, data.Cases, data.Inbox); err != nil {
		return err
	}
	data.Cases, data.Before, data.Next = window(data.Cases, from)
	return s.show(w, r, "front.html", data)
}

// window cuts a list to the entries whose names one page opens.
func window(list []CaseEntry, from int) (part []CaseEntry, before, next string) {
	from = min(from, len(list))
	end := min(from+engine.ReadCodesMax, len(list))
	if from > 0 {
		before = strconv.Itoa(max(from-engine.ReadCodesMax, 0))
	}
	if end < len(list) {
		next = strconv.Itoa(end)
	}
	return list[from:end], before, next
}

func (s *Server) casePage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.viewer(r)
	if err != nil {
		return err
	}
	state, err := s.seen(r, v)
	if err != nil {
		return err
	}
	base, err := s.shown(r)
	if err != nil {
		return err
	}
	data := struct {
		shown
		Case CaseView
		Acts bool // somebody here may write next
		May  mayDo
	}{shown: base}
	if data.Case, err = s.caseOf(r, v, state); err != nil {
		return err
	}
	if data.Acts = data.Case.Pen != "" && !data.Case.Newer && data.Here(data.Case.Pen); data.Acts {
		data.Acting = data.Case.Pen
	}
	if data.May, err = s.mayDo(v, state, data.Acts); err != nil {
		return err
	}
	return s.show(w, r, "case.html", data)
}

// pageProblem shows an error to a person.
func (s *Server) pageProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := s.explain(r, err)
	data := struct {
		shown
		Problem *Problem
		Back    string // a page that is there
	}{Problem: p, Back: "/"}
	if r.Method != http.MethodGet {
		data.Back = self(r)
	}
	if data.shown, err = s.shown(r); err == nil {
		err = s.render(w, "problem.html", kinds[p.Kind].status, data)
	}
	if err != nil {
		s.Log.Error("a page could not be made", "route", r.Pattern, "err", err)
		plain(w, http.StatusInternalServerError, "this page could not be made; the node's log says more\n")
	}
}

// show answers with a page, once what it opens is on record.
func (s *Server) show(w http.ResponseWriter, r *http.Request, name string, data any) error {
	if err := s.recorded(r); err != nil {
		return err
	}
	return s.render(w, name, http.StatusOK, data)
}

func (s *Server) render(w http.ResponseWriter, name string, status int, data any) error {
	var out strings.Builder
	if err := page.ExecuteTemplate(&out, name, data); err != nil {
		return fmt.Errorf("make the page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(out.String())) // who has gone away needs no answer
	return nil
}

// Names are the words of other rooms that templates ask for.
func (shown) Names() map[string]string {
	return map[string]string{
		"line": projections.StandsInLine, "late": projections.StandsLate,
		"care": listCare, "reasons": listReasons, "disciplines": listDisciplines, "votes": listVotes,
		"sources": engine.ListSources, "sendback": engine.ListSendBack, "opening": engine.ListOpening, "restriction": engine.ListRestriction,
		"sexes": listSexes, "relations": listRelations, "erasure": engine.ListErasure,
	}
}
