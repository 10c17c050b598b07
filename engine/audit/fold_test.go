package audit

import (
	"testing"

	"umuryango/engine"
	"umuryango/events"
)

// TestFoldFaults: a fold that breaks a law is found, though it is the program's
// own: the line, the pen and the orders are looked at apart from it.
func TestFoldFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		wrong func(node int, all []events.Event, s *engine.State)
		law   int
		want  string
	}{
		"an event in effect that follows another": {func(_ int, _ []events.Event, s *engine.State) {
			s.Line[1], s.Line[2] = s.Line[2], s.Line[1]
		}, LawOnePen, "does not follow"},
		"an event in effect without the pen": {func(_ int, _ []events.Event, s *engine.State) {
			s.Line[1].Office = nation
		}, LawOnePen, "did not have the pen"},
		"another pen than the line says": {func(_ int, _ []events.Event, s *engine.State) {
			s.Pen = nation
		}, LawOnePen, `says "RW.57"`},
		"a pen that differs from node to node": {func(node int, _ []events.Event, s *engine.State) {
			if node == 1 {
				s.Pen = sector
			}
		}, LawOnePen, "is shown otherwise"},
		"a state that differs from node to node": {func(node int, _ []events.Event, s *engine.State) {
			if node == 2 {
				s.Source = "police"
			}
		}, LawSameState, "is shown otherwise"},
		"a state that follows the order of arrival": {func(_ int, all []events.Event, s *engine.State) {
			s.Actor = all[0].Actor + string(all[0].ID)
		}, LawSameState, "another order"},
		"an event that is not shown": {func(_ int, _ []events.Event, s *engine.State) {
			s.Contributions = nil
		}, LawNothingLost, "has 6 events and shows 5"},
		"a case with nobody": {func(_ int, _ []events.Event, s *engine.State) {
			s.Pen = ""
		}, LawHearsBack, "no office has its pen"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).walk()
			a := auditor{authority: engine.NewAuthority(nil), missing: map[events.Place]map[events.Hash]bool{}}
			for _, s := range w.stores() {
				a.stores = append(a.stores, read(s))
			}
			folds := 0 // one of the case as it stands, then one in each other order
			a.fold = func(c events.Subject, all []events.Event) engine.State {
				out := engine.Fold(c, all)
				tt.wrong(folds/(otherOrders+1), all, &out)
				folds++
				return out
			}
			a.cases()
			if found(a.Breaches, tt.law, tt.want) == 0 {
				t.Fatalf("law %d, %q is not among %v", tt.law, tt.want, a.Breaches)
			}
		})
	}
}
