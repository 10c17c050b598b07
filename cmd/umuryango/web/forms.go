package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"umuryango/engine"
	"umuryango/events"
)

// form reads a page's form.
func form(r *http.Request) error {
	var tooLarge *http.MaxBytesError
	err := r.ParseForm()
	if err == nil || errors.As(err, &tooLarge) {
		return err
	}
	return &engine.Invalid{Field: "form", Problem: "it cannot be read: open the page again and send it once more"}
}

// formAct is what every form says of an act.
func formAct(r *http.Request) ActRequest {
	return ActRequest{Office: r.PostForm.Get("office"), Actor: r.PostForm.Get("actor")}
}

// raiseForm raises a referral with what most know at first; the rest is told
// by an assessment.
func (s *Server) raiseForm(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	facts, err := formFacts(r)
	if err != nil {
		return err
	}
	in := RaiseRequest{
		ActRequest: formAct(r), To: r.PostForm.Get("to"), Source: r.PostForm.Get("source"), Facts: facts,
		Record: formRecord(r), Restricted: formRestricted(r),
	}
	if len(in.Restricted) > 0 && in.Restricted[0].Person == "" && in.Restricted[0].Office == in.To {
		in.To = "" // to the next office that it is not kept from
	}
	done, err := s.raiseAs(r, in)
	return s.formDone(w, r, done, err)
}

func formFacts(r *http.Request) (events.Facts, error) {
	facts := map[string]any{}
	if age := r.PostForm.Get("age_months"); age != "" {
		n, err := strconv.ParseUint(age, 10, 16)
		if err != nil {
			return nil, &engine.Invalid{Field: "age_months", Problem: "a number of months is expected"}
		}
		facts["child"] = map[string]uint64{"age_months": n}
	}
	if reason := r.PostForm.Get("reason"); reason != "" {
		facts["reasons"] = []string{reason}
	}
	raw, err := json.Marshal(facts)
	if err != nil {
		return nil, fmt.Errorf("write the facts of a form: %w", err)
	}
	return raw, nil
}

// formRecord is what a form tells of the child and of others in words.
func formRecord(r *http.Request) RecordRequest {
	f := r.PostForm
	in := RecordRequest{
		Identity: engine.Identity{
			Name: f.Get("name"), AlsoKnownAs: f.Get("also_known_as"), BirthDate: f.Get("birth_date"), Address: f.Get("address"), Contact: f.Get("contact"),
		},
		Note:     f.Get("note"),
		Reporter: engine.Reporter{Name: f.Get("reporter_name"), Contact: f.Get("reporter_contact"), Relation: f.Get("reporter_relation")},
	}
	if name := f.Get("adult_name"); name != "" {
		in.Adults = []engine.Adult{{Role: f.Get("adult_role"), Name: name}}
	}
	return in
}

// formRestricted is whom a form keeps a case from: an office, and a person of it
// where one is named.
func formRestricted(r *http.Request) []events.Restriction {
	office := r.PostForm.Get("keep_from")
	if office == "" {
		return nil
	}
	return []events.Restriction{{Office: office, Person: r.PostForm.Get("keep_person"), Reason: r.PostForm.Get("keep_reason")}}
}

// actForm serves the buttons of a case's page.
func (s *Server) actForm(w http.ResponseWriter, r *http.Request) error {
	subject, err := s.subject(r)
	if err != nil {
		return err
	}
	if err := form(r); err != nil {
		return err
	}
	var do any
	switch act := r.PathValue("act"); act {
	case "accept":
		do = engine.Accept{}
	case "send-back":
		do = engine.SendBack{Reason: r.PostForm.Get("reason")}
	case "forward":
		to, err := s.place("to", r.PostForm.Get("to"), "")
		if err != nil {
			return err
		}
		do = engine.Forward{To: to}
	case "restrict":
		named, err := s.restrictions("restrictions", formRestricted(r))
		if err != nil {
			return err
		}
		do = engine.Restrict{Restrictions: named}
	case "open":
		do = engine.Open{Node: s.Node.ID.Place, Reason: r.PostForm.Get("reason"), Hours: openHours}
	case "erase":
		do = engine.Erase{Ground: r.PostForm.Get("ground"), Document: r.PostForm.Get("document")}
	case "reporter":
		return s.reporterPage(w, r)
	default:
		return &Problem{Kind: kindNoRoute, Detail: "a page has no such act: accept, forward, send-back, restrict, open, erase and reporter are"}
	}
	done, err := s.do(r, formAct(r), subject, do)
	return s.formDone(w, r, done, err)
}

// formDone shows the case of an act, so that a reload sends nothing again.
func (s *Server) formDone(w http.ResponseWriter, r *http.Request, done Done, err error) error {
	if err != nil {
		return err
	}
	q := url.Values{"lang": {langOf(r)}, "office": {r.PostForm.Get("office")}, paramActor: {r.PostForm.Get(paramActor)}}
	http.Redirect(w, r, "/cases/"+url.PathEscape(done.Case)+"?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// reporterPage shows who reported, to the supervisor and with a reason.
func (s *Server) reporterPage(w http.ResponseWriter, r *http.Request) error {
	told, err := s.reporterOf(r, ReasonRequest{formAct(r), r.PostForm.Get("reason")})
	if err != nil {
		return err
	}
	base, err := s.shown(r)
	if err != nil {
		return err
	}
	return s.show(w, r, "reporter.html", struct {
		shown
		Reporter ReporterView
	}{base, told})
}

// readsPage lists the pages that were opened here.
func (s *Server) readsPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.viewer(r)
	if err != nil {
		return err
	}
	base, err := s.shown(r)
	if err != nil {
		return err
	}
	list, err := s.readsOf(r, v, r.URL.Query().Get("case"))
	if err != nil {
		return err
	}
	return s.show(w, r, "reads.html", struct {
		shown
		Reads []ReadEntry
	}{base, list})
}
