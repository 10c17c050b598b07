package web

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

//go:embed templates
var files embed.FS

// local is the time of the country's people: Central Africa Time. The program
// needs no table of zones for it, as Rwanda has no summer time.
var local = time.FixedZone("CAT", 2*60*60)

var page = template.Must(template.New("").Funcs(template.FuncMap{
	"local": func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(local).Format("2006-01-02 15:04")
	},
	"last": func(t string) string { // "rw.umuryango.case.assessed.v1" → "assessed.v1"
		parts := strings.Split(t, ".")
		return strings.Join(parts[max(0, len(parts)-2):], ".")
	},
}).ParseFS(files, "templates/*.html"))

// shown is what every page has.
type shown struct {
	words
	Lang   string
	Langs  any
	Status StatusView
	server *Server
}

// Place names a place by its full path.
func (s shown) Place(id string) string {
	info, err := s.server.Places.ByID(id)
	if err != nil {
		return id
	}
	return info.FullName
}

// Label is a code of the pack in words.
func (s shown) Label(list, code string) string { return s.server.label(list, code, s.Lang) }

// Codes are those of a list of the pack.
func (s shown) Codes(list string) []string {
	pack, err := s.server.Packs.InForce(packID, s.server.Now())
	if err != nil {
		return nil
	}
	return pack.Codes(list)
}

// Above are the offices to which this one can hand on, the next one first.
func (s shown) Above() []string {
	var out []string
	for p, ok := s.server.Node.ID.Place.Upper(); ok; p, ok = p.Upper() {
		out = append(out, p.ID())
	}
	return append(out, s.server.Node.ID.Place.ID())
}

func (s *Server) shown(r *http.Request) shown {
	lang := langOf(r)
	return shown{words: words(lang), Lang: lang, Langs: langs, Status: s.statusView(), server: s}
}

func (s *Server) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.front)
	mux.HandleFunc("GET /cases/{case}", s.casePage)
	mux.HandleFunc("POST /raise", s.raiseForm)
	mux.HandleFunc("POST /cases/{case}/{act}", s.actForm)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "templates/style.css")
	})
}

func (s *Server) front(w http.ResponseWriter, r *http.Request) {
	data := struct {
		shown
		Inbox   []InboxEntry
		Answers []AnswerEntry
		Cases   []CaseEntry
	}{shown: s.shown(r)}
	var err error
	if data.Inbox, err = s.inboxOf(s.Node.ID.Place); err != nil {
		s.pageProblem(w, r, err)
		return
	}
	if data.Answers, err = s.answersOf(s.Node.ID.Place, data.Lang); err != nil {
		s.pageProblem(w, r, err)
		return
	}
	list, err := s.cases(r)
	if err != nil {
		s.pageProblem(w, r, err)
		return
	}
	data.Cases = list.([]CaseEntry)
	s.render(w, "front.html", http.StatusOK, data)
}

func (s *Server) casePage(w http.ResponseWriter, r *http.Request) {
	subject, err := s.subject(r)
	if err != nil {
		s.pageProblem(w, r, err)
		return
	}
	data := struct {
		shown
		Case CaseView
	}{shown: s.shown(r)}
	if data.Case, err = s.caseOf(subject, data.Lang); err != nil {
		s.pageProblem(w, r, err)
		return
	}
	s.render(w, "case.html", http.StatusOK, data)
}

// raiseForm raises a referral with what most know at first; the rest is told
// by an assessment.
func (s *Server) raiseForm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
	to, err := s.place("to", r.FormValue("to"), "")
	if err != nil {
		s.pageProblem(w, r, err)
		return
	}
	facts, err := formFacts(r)
	if err != nil {
		s.pageProblem(w, r, err)
		return
	}
	home := events.Subject{Place: s.Node.ID.Place}
	done, err := s.do(r, ActRequest{Actor: r.FormValue("actor")}, home, engine.Raise{To: to, Source: r.FormValue("source"), Facts: facts})
	s.formDone(w, r, done, err)
}

func formFacts(r *http.Request) (events.Facts, error) {
	age := r.FormValue("age_months")
	reason := r.FormValue("reason")
	parts := []string{}
	if age != "" {
		n, err := strconv.ParseUint(age, 10, 16)
		if err != nil {
			return nil, &engine.Invalid{Field: "age_months", Problem: "a number of months is expected"}
		}
		parts = append(parts, fmt.Sprintf(`"child":{"age_months":%d}`, n))
	}
	if reason != "" {
		parts = append(parts, fmt.Sprintf(`"reasons":[%q]`, reason))
	}
	return events.Facts("{" + strings.Join(parts, ",") + "}"), nil
}

// actForm serves the buttons of a case's page.
func (s *Server) actForm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
	subject, err := s.subject(r)
	if err != nil {
		s.pageProblem(w, r, err)
		return
	}
	var do any
	switch act := r.PathValue("act"); act {
	case "accept":
		do = engine.Accept{}
	case "send-back":
		do = engine.SendBack{Reason: r.FormValue("reason")}
	case "forward":
		to, err := s.place("to", r.FormValue("to"), "")
		if err != nil {
			s.pageProblem(w, r, err)
			return
		}
		do = engine.Forward{To: to}
	default:
		s.pageProblem(w, r, &Problem{Kind: kindNoRoute, Detail: fmt.Sprintf("a page has no act %q", act)})
		return
	}
	done, err := s.do(r, ActRequest{Actor: r.FormValue("actor")}, subject, do)
	s.formDone(w, r, done, err)
}

// formDone shows the case of an act, so that a reload sends nothing again.
func (s *Server) formDone(w http.ResponseWriter, r *http.Request, done any, err error) {
	if err != nil {
		s.pageProblem(w, r, err)
		return
	}
	http.Redirect(w, r, "/cases/"+url.PathEscape(done.(Done).Case)+"?lang="+langOf(r), http.StatusSeeOther)
}

// pageProblem shows an error to a person.
func (s *Server) pageProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p == nil {
		s.Log.Error("a page failed", "route", r.Pattern, "err", err)
		p = &Problem{Kind: kindInternal, Detail: "the node's log says more"}
	}
	data := struct {
		shown
		Problem *Problem
		Title   string
	}{s.shown(r), p, kinds[p.Kind].title}
	s.render(w, "problem.html", kinds[p.Kind].status, data)
}

func (s *Server) render(w http.ResponseWriter, name string, status int, data any) {
	var out strings.Builder
	if err := page.ExecuteTemplate(&out, name, data); err != nil {
		s.Log.Error("a page could not be made", "page", name, "err", err)
		plain(w, http.StatusInternalServerError, "this page could not be made; the node's log says more\n")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(out.String())) // who has gone away needs no answer
}
