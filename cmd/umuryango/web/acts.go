package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"umuryango/engine"
	"umuryango/events"
)

func (s *Server) raise(r *http.Request) (any, error) {
	var in RaiseRequest
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return answered(s.raiseAs(r, in))
}

// answered keeps an answer that there is none of from looking like one.
func answered(d Done, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (s *Server) raiseAs(r *http.Request, in RaiseRequest) (Done, error) {
	office, err := s.place("office", in.Office, s.Node.ID.Place)
	if err != nil {
		return Done{}, err
	}
	home, err := s.place("home", in.Home, office)
	if err != nil {
		return Done{}, err
	}
	raise := engine.Raise{Source: in.Source, Facts: in.Facts, Personal: in.Record.personal()}
	if raise.Restricted, err = s.restrictions("restricted", in.Restricted); err != nil {
		return Done{}, err
	}
	// A case that is kept from somebody goes by itself to the next office that it
	// is not kept from.
	if in.To != "" || len(raise.Restricted) == 0 {
		if raise.To, err = s.place("to", in.To, ""); err != nil {
			return Done{}, err
		}
	}
	return s.do(r, in.ActRequest, events.Subject{Place: home}, raise)
}

// act serves the acts on a case that is there.
func (s *Server) act(r *http.Request) (any, error) {
	subject, err := s.subject(r)
	if err != nil {
		return nil, err
	}
	a, do, err := s.readAct(r)
	if err != nil {
		return nil, err
	}
	return answered(s.do(r, a, subject, do))
}

func (s *Server) readAct(r *http.Request) (ActRequest, any, error) {
	switch act := r.PathValue("act"); act {
	case "accept":
		var in ActRequest
		err := decode(r, &in)
		return in, engine.Accept{}, err
	case "forward":
		var in ForwardRequest
		if err := decode(r, &in); err != nil {
			return in.ActRequest, nil, err
		}
		to, err := s.place("to", in.To, "")
		return in.ActRequest, engine.Forward{To: to}, err
	case "send-back":
		var in ReasonRequest
		err := decode(r, &in)
		return in.ActRequest, engine.SendBack{Reason: in.Reason}, err
	case "assess":
		var in FactsRequest
		err := decode(r, &in)
		return in.ActRequest, engine.Assess{Facts: in.Facts, Personal: in.Record.personal()}, err
	case "propose":
		var in FactsRequest
		err := decode(r, &in)
		return in.ActRequest, engine.Propose{Facts: in.Facts, Personal: in.Record.personal()}, err
	case "contribute":
		var in ContributeRequest
		err := decode(r, &in)
		return in.ActRequest, engine.Contribute{Kind: in.Kind, Facts: in.Facts, Personal: in.Record.personal()}, err
	case "decide":
		var in DecideRequest
		err := decode(r, &in)
		return in.ActRequest, engine.Decide{Care: in.Care, Facts: in.Facts, Panel: in.Members, Reason: in.Reason, Answer: in.Answer, Personal: in.Record.personal()}, err
	default:
		return ActRequest{}, nil, &Problem{Kind: kindNoRoute, Detail: "there is no such act: forward, accept, send-back, assess, propose, decide, contribute are"}
	}
}

func (s *Server) takeOver(r *http.Request) (any, error) {
	subject, err := s.subject(r)
	if err != nil {
		return nil, err
	}
	var in ReasonRequest
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return answered(s.do(r, in.ActRequest, subject, engine.TakeOver{Reason: in.Reason}))
}

// do carries out one command and tells what it came to.
func (s *Server) do(r *http.Request, a ActRequest, subject events.Subject, do any) (Done, error) {
	c, err := s.command(r, a, subject, do)
	if err != nil {
		return Done{}, err
	}
	v := viewer{c.Office, c.Actor}
	if hidden, err := s.hidesCase(v, subject); err == nil && hidden { // of what is not here the act itself says so
		return Done{}, fmt.Errorf("%s: %w", subject.ID, engine.ErrNotFound)
	}
	done, err := s.Node.Service.Do(r.Context(), c)
	o := s.reads(r, v, engine.PageAct, "")
	if err != nil {
		s.refused(o, c, err)
		return Done{}, s.inFields(err, c)
	}
	out, untold := s.done(r, o, done, langOf(r))
	if err := errors.Join(untold, s.recorded(r)); err != nil {
		// The act is stored, and must not look as if it were not: what the gate
		// answered is on the case's page once it can be read and recorded.
		s.Log.Error("an act is answered without what it opened", "err", err)
		out.Check, out.Taken = nil, nil
		o.forget()
	}
	s.shownSoon(r.Context(), done.Record.Seq)
	return out, nil
}

// refused notes that an answer of the gate, in which the case's facts speak, is
// told with a refusal.
func (s *Server) refused(o *reading, c engine.Command, err error) {
	var refusal *engine.Refusal
	if errors.As(err, &refusal) && refusal.Checked != nil {
		o.note(codeOf(s.Node.Service.Case(c.Case)))
	}
}

func codeOf(state engine.State, err error) string {
	if err != nil {
		return ""
	}
	return recordedAs(state)
}

// shownWithin bounds the wait for the pages to show an act.
const shownWithin = 2 * time.Second

// shownSoon waits until whoever acted finds the act on every page. The act is
// stored already: pages that are slow do not make it fail.
func (s *Server) shownSoon(ctx context.Context, seq uint64) {
	ctx, cancel := context.WithTimeout(ctx, shownWithin)
	defer cancel()
	if err := s.Views.Wait(ctx, seq); err != nil {
		s.Log.Warn("the pages do not show an act yet", "sequence", seq, "err", err)
	}
}
