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
	done, err := s.raiseAs(r, RaiseRequest{ActRequest: formAct(r), To: r.PostForm.Get("to"), Source: r.PostForm.Get("source"), Facts: facts})
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
	default:
		return &Problem{Kind: kindNoRoute, Detail: fmt.Sprintf("a page has no act %q: accept, forward and send-back are", act)}
	}
	done, err := s.do(r, formAct(r), subject, do)
	return s.formDone(w, r, done, err)
}

// formDone shows the case of an act, so that a reload sends nothing again.
func (s *Server) formDone(w http.ResponseWriter, r *http.Request, done Done, err error) error {
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/cases/"+url.PathEscape(done.Case)+"?lang="+langOf(r), http.StatusSeeOther)
	return nil
}
