package web

import (
	"time"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
)

// whatOpened tells in an inbox that a case was opened from outside its path.
const whatOpened = "opened"

// openedShown is how long after its end an opening stands in the inbox.
const openedShown = 7 * 24 * time.Hour

// openingsOf are the cases that were opened by who does not hold them, for the
// inbox of an office that decides or stands above.
func (s *Server) openingsOf(v viewer, office events.Place, pack *policies.Pack, lang string) ([]InboxEntry, error) {
	out := []InboxEntry{}
	if office.Level() > pack.Decides() {
		return out, nil
	}
	items, err := s.Views.Openings(office, s.Now().Add(-openedShown))
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		if s.hides(v, i.Case, i.Restricted) {
			continue
		}
		out = append(out, InboxEntry{
			Case: i.Case.ID, Code: i.Code, What: whatOpened, Pen: i.By.ID(), PenName: s.Places.FullName(i.By),
			From: i.By.ID(), FromName: s.Places.FullName(i.By), Since: i.At, Due: i.Until,
			Reason: i.Reason, ReasonText: s.label(engine.ListOpening, i.Reason, lang),
			subject: i.Case,
		})
	}
	return out, nil
}
