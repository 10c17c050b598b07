package web

import (
	"slices"

	"umuryango/engine"
)

// mayDo says which forms about who reads a case stand on its page. What they
// come to is decided by the engine alone.
type mayDo struct {
	Restrict []string // place ids of the offices that the case can be kept from
	Reporter bool     // who reported was told, and opens here
	Open     bool     // this office does not hold the case and may break the glass
	Erase    bool     // this office may order an erasure
}

func (s *Server) mayDo(v viewer, state engine.State, acts bool) (mayDo, error) {
	pack, err := s.Packs.Nearest(PackID, s.Now())
	if err != nil {
		return mayDo{}, err
	}
	a, err := s.access(v, state)
	if err != nil {
		return mayDo{}, err
	}
	out := mayDo{
		Reporter: len(state.SealedParts(engine.ClassReporter)) > 0 && slices.Contains(a.classes, engine.ClassReporter) && !a.gone.Of(""),
		Open:     state.Known() && !state.Newer() && v.office.Level() < pack.Decides(),
		Erase:    state.Known() && !state.Newer() && v.office.Level() <= pack.Decides() && !a.gone.Of(""),
	}
	if !acts {
		return out, nil
	}
	for _, office := range state.Subject.Place.Path() {
		if office.Level() > pack.Decides() && office != state.Pen {
			out.Restrict = append(out.Restrict, office.ID())
		}
	}
	return out, nil
}
