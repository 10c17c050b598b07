package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/projections"
)

// write stores an event as another node would have brought it: whatever it
// means, it is kept.
func (w *town) write(t events.Type, subject events.Subject, office events.Place, prev events.Hash, body string) events.ID {
	w.t.Helper()
	n := w.server.Node
	id := newID(w.t)
	draft := events.Draft{
		ID: id, Type: t, Subject: subject, Office: office, Actor: "CEL-1", Time: w.Now(), Recorded: w.Now(),
		Code: events.CodeOf(events.ID(subject.ID)), Prev: prev, Edition: n.Edition, Body: []byte(body),
	}
	records, err := n.Service.Writer.Write(w.t.Context(), func() (engine.Plan, error) {
		return engine.Plan{Drafts: []engine.Draft{{Draft: draft}}}, nil
	})
	must(w.t, err)
	must(w.t, w.server.Views.Wait(w.t.Context(), records[0].Seq))
	return id
}

// An act that could not know of a take-over is shown as late, in the trail, in
// the inbox and beside the answer that it had given.
func TestALateActIsShown(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ctx := t.Context()
	done := w.raise()
	raised, err := w.server.History.Find(done.Event)
	is.NoErr(err)
	_, err = w.client.TakeOver(ctx, done.Code, "", ReasonRequest{by(district, "DIS-3"), "unreachable"})
	is.NoErr(err)
	late := w.write(events.TypeSentBack, raised.Event.Subject, "RW.57.12.05", raised.Event.Hash(), `{"to":"`+village+`","reason":"duplicate"}`)

	seen, err := w.client.Case(ctx, done.Code)
	is.NoErr(err)
	is.Equal(seen.Pen, district) // the take-over stands
	last := seen.Trail[len(seen.Trail)-1]
	is.Equal(last.Event, late)
	is.Equal(last.Standing, projections.StandsLate)
	is.Equal(last.ReasonText, "the same child is known already")
	inbox, err := w.client.Inbox(ctx, district)
	is.NoErr(err)
	is.Equal(inbox[0].LateActs, 1)
	answers, err := w.client.Answers(ctx, village)
	is.NoErr(err)
	is.True(answers[0].InDoubt)

	page := wordsOf(string(w.send("GET", "/cases/"+done.Code, "").body))
	is.True(strings.Contains(page, "late act: kept, without effect"))
	front := wordsOf(string(w.send("GET", "/?office="+district, "").body))
	is.True(strings.Contains(front, "late act"))
	front = wordsOf(string(w.send("GET", "/?office="+village, "").body))
	is.True(strings.Contains(front, "in doubt: given by an act without effect"))
	is.Equal(rawCode.FindAllString(page+front, -1), nil)
}

// A case whose beginning has not arrived is listed and found, and takes no act
// but a contribution.
func TestACaseWithoutItsBeginning(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ctx := t.Context()
	subject := events.Subject{Place: "RW.57.12.05.03", Kind: events.KindCase, ID: string(newID(t))}
	w.write(events.TypeAccepted, subject, "RW.57.12.05", events.Hash{7}, `{}`)

	list, err := w.client.Cases(ctx, "")
	is.NoErr(err)
	is.Equal(list[0].Unjoined, 1)
	for _, ref := range []string{subject.ID, list[0].Code} {
		seen, err := w.client.Case(ctx, ref)
		is.NoErr(err)
		is.Equal(seen.Pen, "")
		is.Equal(seen.Trail[0].Standing, projections.StandsUnjoined)
	}
	_, err = w.client.Accept(ctx, subject.ID, "", by(cell, "CEL-1"))
	is.Equal(problemIn(t, err).Code, "not_joined")
	_, err = w.client.Contribute(ctx, subject.ID, "", ContributeRequest{ActRequest: by(cell, "CEL-1"), Kind: "note"})
	is.NoErr(err)
	page := wordsOf(string(w.send("GET", "/cases/"+subject.ID, "").body))
	is.True(strings.Contains(page, "The beginning of this case has not arrived here yet."))
	is.True(strings.Contains(page, "not yet joined"))
	is.Equal(rawCode.FindAllString(page, -1), nil)
}

// What a newer program wrote is shown, its case takes no act, and the other
// cases go on.
func TestACaseOfANewerProgram(t *testing.T) {
	is, w := is.New(t), newTown(t)
	ctx := t.Context()
	done := w.raise()
	raised, err := w.server.History.Find(done.Event)
	is.NoErr(err)
	w.write("rw.umuryango.case.reopened.v9", raised.Event.Subject, "RW.57.12.05", raised.Event.Hash(), `{"why":"better"}`)

	seen, err := w.client.Case(ctx, done.Code)
	is.NoErr(err)
	is.True(seen.Newer)
	is.Equal(seen.Trail[1].Standing, projections.StandsUnread)
	_, err = w.client.Accept(ctx, done.Code, "", by(cell, "CEL-1"))
	is.Equal(problemIn(t, err).Code, "newer_program")
	page := string(w.send("GET", "/cases/"+done.Code, "").body)
	is.True(strings.Contains(page, "Written by a newer program"))
	is.True(!strings.Contains(page, `method="post" action="/cases/`)) // no button
	w.accepted(w.raise().Code, cell)
}

// What stands on no page as a case is no case: the id of a node's enrolment.
func TestAnEventOfANodeIsNoCase(t *testing.T) {
	is, w := is.New(t), newTown(t)
	nodes, err := w.server.History.NodeEvents()
	is.NoErr(err)
	_, err = w.client.Case(t.Context(), string(nodes[0].ID))
	is.Equal(problemIn(t, err).Status, http.StatusNotFound)
}

// Until the views have caught up the node is not ready, and nothing that was
// accepted is lost by that.
func TestReadyFollowsTheViews(t *testing.T) {
	is, w := is.New(t), newTown(t)
	behind := *w.server
	behind.Views = stoppedViews(t, w)
	w.raise()
	recorder := serve(&behind, "GET", "/readyz", "")
	is.Equal(recorder.Code, http.StatusServiceUnavailable)
	is.Equal(w.send("GET", "/readyz", "").status, http.StatusOK)
}

// A fault of the node itself is an error with a status of its own, and stands
// in the node's log.
func TestAFaultOfTheNodeIsLogged(t *testing.T) {
	is, w := is.New(t), newTown(t)
	broken := *w.server
	broken.Views = stoppedViews(t, w)
	is.NoErr(broken.Views.Close())
	recorder := serve(&broken, "GET", "/api/v1/referrals", "")
	is.Equal(recorder.Code, http.StatusInternalServerError)
	var p Problem
	is.NoErr(json.Unmarshal(recorder.Body.Bytes(), &p))
	is.Equal(p.Kind, typePrefix+kindInternal)
	is.Equal(serve(&broken, "GET", "/", "").Code, http.StatusInternalServerError)
	is.True(strings.Contains(w.log.String(), "a request failed"))
}
