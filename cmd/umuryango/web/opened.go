package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/projections"
)

// This file is the one place of the pages and the API where sealed fields come
// to stand in clear: every type in which one is written stands here. They are
// opened by openPart alone, which notes it in the request's reading.

// RecordView is what a case holds beyond its codes, as far as it is open to who
// looks.
type RecordView struct {
	// Status is that of the child's identity: open, or why it is not.
	Status string `json:"status"`
	// Closed says by class why what is sealed is not open: actor, no_key, no_right,
	// erased, locked, not_linked, tampered.
	Closed   map[string]string `json:"closed,omitempty"`
	AgeBand  string            `json:"age_band,omitempty"`
	Sex      string            `json:"sex,omitempty"`
	Identity *engine.Identity  `json:"identity,omitempty"`
	Adults   []AdultView       `json:"adults,omitempty"`
}

// AdultView is one adult, with the id of the key by which they can be erased
// alone.
type AdultView struct {
	engine.Adult
	Key string `json:"key"`
}

// NameView is a child's name in a list.
type NameView struct {
	Name   string `json:"name,omitempty"`
	Status string `json:"name_status,omitempty"` // open, or why it is not; empty: nobody looks
}

// disclosed is a case as far as it is open to who looks.
type disclosed struct {
	events map[events.ID]engine.Disclosed
	record RecordView
	seen   bool // somebody looks
}

// disclose opens what can be opened of a case for one page.
func (s *Server) disclose(r *http.Request, o *reading, state engine.State) (disclosed, error) {
	out := disclosed{events: map[events.ID]engine.Disclosed{}, record: RecordView{Status: statusNone}, seen: o.viewer.actor != ""}
	a, err := s.access(o.viewer, state)
	if err != nil {
		return out, err
	}
	a = a.only(onPages...)
	open := func(e events.Event, part events.SealedPart) ([]byte, error) {
		return s.openPart(r.Context(), o, a, engine.BindingOf(e), part)
	}
	for _, list := range [][]events.Event{state.Line, state.Contributions, state.Late, state.Unjoined} {
		for _, e := range list {
			d, err := engine.Disclose(e, open)
			if err != nil {
				continue // shown by its codes; the trail has the event as it is
			}
			out.events[e.ID] = d
		}
	}
	for _, list := range [][]events.Event{state.Line, state.Contributions} {
		for _, e := range list {
			out.record.add(e, out.events[e.ID])
		}
	}
	return out, nil
}

// answeredAt opens what the gate answered at one event, and nothing else of it.
func (s *Server) answeredAt(r *http.Request, o *reading, state engine.State, e events.Event) (engine.Disclosed, error) {
	if e.Type != events.TypeProposed && e.Type != events.TypeDecided {
		return engine.Disclosed{}, nil
	}
	a, err := s.access(o.viewer, state)
	if err != nil {
		return engine.Disclosed{}, err
	}
	d, err := engine.Disclose(e, func(e events.Event, part events.SealedPart) ([]byte, error) {
		return s.openPart(r.Context(), o, a.only(engine.ClassFacts), engine.BindingOf(e), part)
	})
	if err != nil {
		return engine.Disclosed{}, nil // the act is stored; its page says that it cannot be read here
	}
	return d, nil
}

// add lays what a later event tells over what was told before.
func (v *RecordView) add(e events.Event, d engine.Disclosed) {
	var shown events.Shown
	if json.Unmarshal(e.Body, &shown) == nil {
		v.AgeBand, v.Sex = later(v.AgeBand, shown.AgeBand), later(v.Sex, shown.Sex)
	}
	if d.Identity != nil {
		v.Identity, v.Status = over(v.Identity, *d.Identity), statusOpen
	}
	parts, err := events.SealedOf(e)
	if err != nil {
		return
	}
	n := 0
	for _, p := range parts {
		class, _ := engine.ClassOf(p.Field)
		why, closed := d.Closed[p.Field]
		switch {
		case class == engine.ClassReporter: // asked for by itself
		case closed:
			v.close(class, statusOf(why))
		case class == engine.ClassAdult && n < len(d.Adults):
			v.Adults = append(v.Adults, AdultView{d.Adults[n], p.Key})
			n++
		}
	}
}

func (v *RecordView) close(class engine.Class, status string) {
	if v.Closed == nil {
		v.Closed = map[string]string{}
	}
	v.Closed[string(class)] = status
	if class == engine.ClassIdentity && v.Status != statusOpen {
		v.Status = status
	}
}

func later(before, after string) string {
	if after != "" {
		return after
	}
	return before
}

// over lays an identity over an earlier one, member by member.
func over(before *engine.Identity, after engine.Identity) *engine.Identity {
	if before == nil {
		return &after
	}
	return &engine.Identity{
		Name: later(before.Name, after.Name), AlsoKnownAs: later(before.AlsoKnownAs, after.AlsoKnownAs),
		BirthDate: later(before.BirthDate, after.BirthDate), Address: later(before.Address, after.Address), Contact: later(before.Contact, after.Contact),
	}
}

// nameOf opens a child's name for a list.
func (s *Server) nameOf(ctx context.Context, o *reading, r nameRow, decides int) NameView {
	if !o.may(r.code) {
		return NameView{} // the record has no room: the next page has
	}
	a := access{code: r.code}
	if r.may {
		a.classes = []engine.Class{engine.ClassIdentity}
	}
	if slices.ContainsFunc(r.item.ErasedBy, func(office events.Place) bool { return office.Level() <= decides }) {
		a.gone = engine.Erasures{{}}
	}
	out := NameView{Status: statusNone}
	var who *engine.Identity
	for _, p := range r.item.Parts {
		plain, err := s.openPart(ctx, o, a, p.Binding, p.Part)
		var one engine.Identity
		if err == nil {
			err = json.Unmarshal(plain, &one)
		}
		if out.Status != statusOpen || err == nil {
			out.Status = statusOf(err)
		}
		if err == nil {
			who = over(who, one)
		}
	}
	if who != nil {
		out.Name = who.Name
	}
	return out
}

// nameRow is one name of a list.
type nameRow struct {
	code string
	may  bool // this node may open it
	item projections.IdentityItem
	view *NameView
}

// nameList opens the names beside the codes of a list, from one entry on: as many
// as one record of an opened page has room for. Their keys are opened at once:
// one after the other is what such a page would wait for.
func (s *Server) nameList(ctx context.Context, o *reading, from int, cases []CaseEntry, inbox []InboxEntry) error {
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return err
	}
	var rows []nameRow
	var wanted []engine.KeyOf
	add := func(c events.Subject, code string, view *NameView) error {
		r := nameRow{code: recordedAs(engine.State{Subject: c, Code: code}), view: view}
		if !o.may(r.code) {
			return nil // nobody looks
		}
		var err error
		if r.item, err = s.Views.Identity(c); err != nil {
			return err
		}
		if r.may, err = s.mayName(o.viewer, c, pack.Decides()); err != nil {
			return err
		}
		for _, p := range r.item.Parts {
			if r.may {
				wanted = append(wanted, engine.KeyOf{Case: p.Binding.Case, ID: p.Part.Key})
			}
		}
		rows = append(rows, r)
		return nil
	}
	for i := from; i < len(cases) && i < from+engine.ReadCodesMax; i++ {
		if err := add(cases[i].subject, cases[i].Code, &cases[i].NameView); err != nil {
			return err
		}
	}
	for i := range inbox {
		if err := add(inbox[i].subject, inbox[i].Code, &inbox[i].NameView); err != nil {
			return err
		}
	}
	s.Node.Service.Sealer.Ready(ctx, wanted)
	for _, r := range rows {
		*r.view = s.nameOf(ctx, o, r, pack.Decides())
	}
	return nil
}

// ReporterView is who reported.
type ReporterView struct {
	Code      string          `json:"code"`
	Reporters []ReporterEntry `json:"reporters"`
}

// ReporterEntry is one person who reported, as one event tells.
type ReporterEntry struct {
	Event      events.ID `json:"event"`
	At         time.Time `json:"at"`
	Office     string    `json:"office"`
	OfficeName string    `json:"office_name"`
	engine.Reporter
}

// reporterOf opens who reported, at the node of the supervisor alone.
func (s *Server) reporterOf(r *http.Request, in ReasonRequest) (ReporterView, error) {
	state, o, err := s.asked(r, in, engine.PageReporter)
	if err != nil {
		return ReporterView{}, err
	}
	a, err := s.access(o.viewer, state)
	if err != nil {
		return ReporterView{}, err
	}
	out, why := ReporterView{Code: state.Code, Reporters: []ReporterEntry{}}, error(nil)
	for _, p := range state.SealedParts(engine.ClassReporter) {
		plain, err := s.openPart(r.Context(), o, a, p.Binding, p.Part)
		entry := ReporterEntry{Event: p.ID, Office: p.Office.ID(), OfficeName: s.Places.FullName(p.Office)}
		if err == nil {
			err = json.Unmarshal(plain, &entry.Reporter)
		}
		if err != nil {
			why = err
			continue
		}
		if record, err := s.History.Find(p.ID); err == nil {
			entry.At = record.Event.Time
		}
		out.Reporters = append(out.Reporters, entry)
	}
	if why != nil && len(out.Reporters) == 0 {
		return out, closedTo("who reported", why, "only the node of the supervisor opens it: of the office above the one that answers for the child")
	}
	return out, nil
}

// asked reads a request for opened fields that names a reason.
func (s *Server) asked(r *http.Request, in ReasonRequest, page engine.PageKind) (engine.State, *reading, error) {
	v, err := s.viewerOf(in.Office, in.Actor)
	if err != nil {
		return engine.State{}, nil, err
	}
	if v.actor == "" {
		return engine.State{}, nil, &engine.Invalid{Field: paramActor, Problem: "a worker's code is missing: what is opened is put on record"}
	}
	state, err := s.seen(r, v)
	if err != nil {
		return engine.State{}, nil, err
	}
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return engine.State{}, nil, err
	}
	if !pack.Knows(engine.ListOpening, in.Reason) {
		return engine.State{}, nil, &engine.UnknownCode{
			Invalid: engine.Invalid{Field: "reason", Problem: "a reason is needed, a code of the list " + engine.ListOpening + " of the policy pack"}, List: engine.ListOpening,
		}
	}
	return state, s.reads(r, v, page, in.Reason), nil
}

// closedTo is the refusal of somebody to whom a field does not open.
func closedTo(what string, why error, noKey string) error {
	detail := map[string]string{
		statusNoKey:     what + " is not readable here: " + noKey,
		statusNoRight:   what + " is not readable here: " + noKey,
		statusErased:    what + " was erased on a legal ground",
		statusLocked:    what + " is not readable while this node is locked: unlock it with umuryango node unlock",
		statusNotLinked: what + " is not readable before this node has linked up since its start",
	}
	status := statusOf(why)
	if text, ok := detail[status]; ok {
		return &engine.Refusal{Code: status, Detail: text}
	}
	return fmt.Errorf("%s does not open: %w: %w", what, engine.ErrBroken, why)
}

// FileView is the whole file of a person: who they are, what was written, what
// was decided and answered. Nobody else's data stand in it: neither adults nor
// who reported.
type FileView struct {
	Given time.Time `json:"given"`
	By    string    `json:"by"` // the office that gives it
	Lang  string    `json:"lang"`
	// Unchecked: no native speaker has read the texts of this language.
	Unchecked bool `json:"unchecked,omitempty"`
	CaseView
}

// fileOf opens the whole file of a person.
func (s *Server) fileOf(r *http.Request, in ReasonRequest) (FileView, error) {
	state, o, err := s.asked(r, in, engine.PageFile)
	if err != nil {
		return FileView{}, err
	}
	lang := langOf(r)
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return FileView{}, err
	}
	one, err := s.caseFor(r, o, state, lang)
	if err != nil {
		return FileView{}, err
	}
	for _, class := range []engine.Class{engine.ClassIdentity, engine.ClassNarrative, engine.ClassFacts} {
		if why, closed := one.Record.Closed[string(class)]; closed {
			return FileView{}, &engine.Refusal{Code: why, Detail: "the file cannot be given whole here: its " + string(class) + " is " + why + "; ask a node that holds it (record holders)"}
		}
	}
	one.Record.Adults = nil
	return FileView{Given: s.Now(), By: o.viewer.office.ID(), Lang: lang, Unchecked: pack.Unchecked(lang), CaseView: one}, nil
}

// filed is a person's file on a page of its own.
type filed struct {
	words
	FileView
}

// Print writes a person's file as one page in its language, which needs nothing
// beside it.
func (f FileView) Print(out io.Writer) error {
	if err := page.ExecuteTemplate(out, "file.html", filed{words(f.Lang), f}); err != nil {
		return fmt.Errorf("print the file of %s: %w", f.Code, err)
	}
	return nil
}
