package web

import (
	"context"
	"errors"
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

// The statuses of what is sealed.
const (
	statusOpen      = "open"
	statusNone      = "none"     // nothing of the kind was told
	statusActor     = "actor"    // nobody says who looks
	statusNoKey     = "no_key"   // not yet
	statusNoRight   = "no_right" // as long as this office does not break the glass, and for the nation an identity never
	statusErased    = "erased"
	statusLocked    = "locked"
	statusNotLinked = "not_linked"
	statusTampered  = "tampered"
)

// errNobody: without an actor nothing is opened.
var errNobody = errors.New("who looks is not said")

// errNoRight: no key of it belongs to this node.
var errNoRight = errors.New("this node may not open it")

// statusOf is why a field is not open.
func statusOf(err error) string {
	switch {
	case err == nil:
		return statusOpen
	case errors.Is(err, errNobody):
		return statusActor
	case errors.Is(err, errNoRight):
		return statusNoRight
	case errors.Is(err, engine.ErrErased):
		return statusErased
	case errors.Is(err, engine.ErrLocked):
		return statusLocked
	case errors.Is(err, engine.ErrNotLinked):
		return statusNotLinked
	case errors.Is(err, engine.ErrNoKey):
		return statusNoKey
	}
	return statusTampered
}

// access is what may be opened of a case now.
type access struct {
	code    string // spoken
	classes []engine.Class
	gone    engine.Erasures
}

// only narrows an access to some classes.
func (a access) only(classes ...engine.Class) access {
	a.classes = slices.DeleteFunc(slices.Clone(a.classes), func(c engine.Class) bool { return !slices.Contains(classes, c) })
	return a
}

// openPart opens one sealed field for a page of o.
func (s *Server) openPart(ctx context.Context, o *reading, a access, b engine.Binding, part events.SealedPart) ([]byte, error) {
	class, known := engine.ClassOf(part.Field)
	switch {
	case !o.may(a.code):
		return nil, errNobody
	case a.gone.Of(part.Key): // also where its keys are still being destroyed
		return nil, engine.ErrErased
	case !known || !slices.Contains(a.classes, class):
		return nil, errNoRight
	}
	plain, err := s.Node.Service.Sealer.Open(ctx, b, part)
	if err == nil {
		o.note(a.code)
	}
	return plain, err
}

// onPages are the classes that a page of a case opens. Who reported is not among
// them: that is asked for by itself, with a reason.
var onPages = []engine.Class{engine.ClassIdentity, engine.ClassNarrative, engine.ClassFacts, engine.ClassAdult}

// recordedAs is the code under which a page of a case stands on record: the one
// that is spoken, or where somebody wrote none into it, the one that follows from
// its id.
func recordedAs(state engine.State) string {
	if clean, err := events.ParseCode(state.Code); err == nil {
		return clean
	}
	return events.CodeOf(events.ID(state.Subject.ID))
}

// access is what may be opened of a case for who looks.
func (s *Server) access(v viewer, state engine.State) (access, error) {
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return access{}, err
	}
	decides := pack.Decides()
	return access{code: recordedAs(state), classes: s.classes(v, state, decides), gone: state.Erasures(decides)}, nil
}

// classes are those that may be opened of a case now for who looks: what this
// node may hold of it, and of that what the office of who looks may open.
func (s *Server) classes(v viewer, state engine.State, decides int) []engine.Class {
	held := s.held(state, decides)
	return slices.DeleteFunc(engine.MayOpen(state, v.office, decides, s.Now()), func(c engine.Class) bool { return !slices.Contains(held, c) })
}

// held are the classes of a case that this node may hold now.
func (s *Server) held(state engine.State, decides int) []engine.Class {
	self := s.Node.ID.Place
	if _, standing := s.Node.Authority.OwnNode(self); standing == engine.StandingNone {
		return onPages // nobody has heard of this node: it reads what it wrote
	}
	for _, h := range engine.Holders(state, s.Node.Authority, decides, s.Now()) {
		if h.Node == self {
			return h.Classes
		}
	}
	return nil
}

// mayName reports whether who looks may see now who the child of a case is, as
// on the page of that case: an office on its path whoever answers for the child,
// another while it breaks the glass, for which alone the case is read.
func (s *Server) mayName(v viewer, c events.Subject, decides int) (bool, error) {
	named := func(state engine.State) bool {
		return slices.Contains(s.classes(v, state, decides), engine.ClassIdentity)
	}
	switch {
	case named(engine.State{Subject: c}):
		return true, nil
	case !v.office.Covers(c.Place) || !slices.Contains(engine.MayHold(c, s.Node.Authority, decides, s.Node.ID.Place), engine.ClassIdentity):
		return false, nil
	}
	state, err := s.Node.Service.Case(c)
	return err == nil && named(state), err
}
