package main

import (
	"context"
	"fmt"
	"time"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
	"umuryango/projections"
)

// child is one referral as the story follows it.
type child struct {
	id   string // of the case
	code string // spoken
}

// raised: the village raises, and every office up to the nation has it.
func (s *story) raised(ctx context.Context) (child, error) {
	s.scene("%s raises a referral", s.office(villageAt))
	given, err := s.facts("raised")
	if err != nil {
		return child{}, err
	}
	c, done, err := s.raise(ctx, villageAt, s.d.places[villageAt], "IZU-1", s.d.places[cellAt], "izu", given, girl)
	if err != nil {
		return child{}, err
	}
	s.say("a girl of 18 months; both an orphan's care and poverty are named, a residential institution is asked for\nher code is %s", c.code)
	s.standing(done.KeptOnlyHere, s.d.places[cellAt])
	if err := s.travels(ctx, c, done, villageAt, cellAt, sectorAt, districtAt, nationAt); err != nil {
		return c, err
	}
	s.scene("%s accepts: from now on it answers for the child", s.office(cellAt))
	if done, err = s.nodes[cellAt].Accept(ctx, c.id, "", web.ActRequest{Actor: "CEL-1"}); err != nil {
		return c, err
	}
	if err := s.travels(ctx, c, done, cellAt, villageAt, sectorAt, districtAt, nationAt); err != nil {
		return c, err
	}
	return c, s.reads(ctx, villageAt, c)
}

// secondChild is the one whose case is taken over later.
func (s *story) secondChild(ctx context.Context) (child, error) {
	s.scene("%s raises a referral for a second child, and %s accepts it", s.office(villageAt), s.office(cellAt))
	given, err := s.facts("second")
	if err != nil {
		return child{}, err
	}
	c, done, err := s.raise(ctx, villageAt, s.d.places[villageAt], "IZU-1", s.d.places[cellAt], "izu", given, boy)
	if err != nil {
		return c, err
	}
	if err := s.travels(ctx, c, done, villageAt, cellAt); err != nil {
		return c, err
	}
	if done, err = s.nodes[cellAt].Accept(ctx, c.id, "", web.ActRequest{Actor: "CEL-1"}); err != nil {
		return c, err
	}
	return c, s.travels(ctx, c, done, cellAt, sectorAt, districtAt)
}

func (s *story) cut() {
	s.scene("The link between %s and %s is cut", s.office(sectorAt), s.office(districtAt))
	s.cable.Cut()
}

// workOn: below the cut the work goes on.
func (s *story) workOn(ctx context.Context, c child) error {
	s.scene("%s forwards to %s, which accepts and visits the aunt", s.office(cellAt), s.office(sectorAt))
	done, err := s.nodes[cellAt].Forward(ctx, c.id, "", web.ForwardRequest{ActRequest: web.ActRequest{Actor: "CEL-1"}, To: s.d.places[sectorAt].ID()})
	if err != nil {
		return err
	}
	if err := s.travels(ctx, c, done, cellAt, sectorAt, villageAt); err != nil {
		return err
	}
	if _, err := s.nodes[sectorAt].Accept(ctx, c.id, "", web.ActRequest{Actor: "SEC-2"}); err != nil {
		return err
	}
	visited, err := s.facts("visited")
	if err != nil {
		return err
	}
	if _, err = s.nodes[sectorAt].Assess(ctx, c.id, "", web.FactsRequest{ActRequest: web.ActRequest{Actor: "SEC-2"}, Facts: visited}); err != nil {
		return err
	}
	s.say("the aunt in Mayange was visited and is suitable; the child agrees as far as her age allows")
	if err := s.proposes(ctx, c); err != nil {
		return err
	}
	return s.street(ctx)
}

// proposes: the sector asks for what the referral asked for, and the district
// cannot hear it yet.
func (s *story) proposes(ctx context.Context, c child) error {
	s.scene("%s proposes the residential institution and forwards to %s", s.office(sectorAt), s.office(districtAt))
	asked, err := s.facts("institution")
	if err != nil {
		return err
	}
	done, err := s.nodes[sectorAt].Propose(ctx, c.id, "", web.FactsRequest{ActRequest: web.ActRequest{Actor: "SEC-2"}, Facts: asked})
	if err != nil {
		return err
	}
	s.checked(done.Check)
	done, err = s.nodes[sectorAt].Forward(ctx, c.id, "", web.ForwardRequest{ActRequest: web.ActRequest{Actor: "SEC-2"}, To: s.d.places[districtAt].ID()})
	if err != nil {
		return err
	}
	if err := s.travels(ctx, c, done, sectorAt, cellAt, villageAt); err != nil {
		return err
	}
	for _, at := range []int{sectorAt, cellAt, villageAt} {
		seen, err := s.nodes[at].Case(ctx, c.id)
		if err != nil {
			return err
		}
		s.say("%s shows: with %s, sent on to %s, %s", s.office(at), s.placeNamed(seen.Responsible), s.placeNamed(seen.Pen), notYet(seen.NotYetReceived))
	}
	return nil
}

func notYet(waits bool) string {
	if waits {
		return "not yet received"
	}
	return "received"
}

// street: what lives at the sector itself is on no other disk while it is cut
// off.
func (s *story) street(ctx context.Context) error {
	s.scene("%s raises a referral for a boy in a street situation, found in the sector itself", s.office(sectorAt))
	given, err := s.facts("street")
	if err != nil {
		return err
	}
	c, done, err := s.raise(ctx, sectorAt, s.d.places[sectorAt], "SEC-2", s.d.places[districtAt], "self", given, web.RecordRequest{})
	if err != nil {
		return err
	}
	s.say("his code is %s", c.code)
	s.standing(done.KeptOnlyHere, s.d.places[districtAt])
	return nil
}

// takenOver: the district takes the second child's case from a cell that it
// cannot hear, and the cell acts without knowing.
func (s *story) takenOver(ctx context.Context, c child) error {
	s.scene("%s has not heard from %s and takes over the second child's case (%s)", s.office(districtAt), s.office(cellAt), c.code)
	if _, err := s.nodes[districtAt].TakeOver(ctx, c.id, "", web.ReasonRequest{ActRequest: web.ActRequest{Actor: "DIS-3"}, Reason: "unreachable"}); err != nil {
		return err
	}
	found, err := s.facts("hospital")
	if err != nil {
		return err
	}
	s.scene("%s does not know, and assesses the second child", s.office(cellAt))
	_, err = s.nodes[cellAt].Assess(ctx, c.id, "", web.FactsRequest{ActRequest: web.ActRequest{Actor: "CEL-1"}, Facts: found})
	return err
}

// heal: what both sides wrote crosses.
func (s *story) heal(ctx context.Context, first, second child) error {
	s.scene("The link between %s and %s heals", s.office(sectorAt), s.office(districtAt))
	began := time.Now()
	if err := s.cable.Heal(); err != nil {
		return err
	}
	if err := s.until(ctx, districtAt, first, func(c web.CaseView) bool { return c.Pen == s.d.places[districtAt].ID() && c.NotYetReceived }); err != nil {
		return err
	}
	s.say("after %s %s has what was written below it", short(time.Since(began)), s.office(districtAt))
	var late []web.TrailEntry
	for _, at := range []int{districtAt, cellAt} {
		err := s.until(ctx, at, second, func(c web.CaseView) bool {
			late = nil
			for _, e := range c.Trail {
				if e.Standing == projections.StandsLate {
					late = append(late, e)
				}
			}
			return len(late) > 0
		})
		if err != nil {
			return err
		}
	}
	s.say("after %s both sides show the same of %s: the take-over stands, and\n%s's act of %s is late: kept, shown, without effect", short(time.Since(began)), second.code,
		s.placeNamed(late[0].Office), late[0].Time.In(web.Local).Format("15:04:05"))
	return nil
}

// sat is the panel of the story.
var sat = []events.Member{
	{ID: "W-11", Discipline: "social_work", Present: true, Vote: "approve"},
	{ID: "W-12", Discipline: "health", Present: true, Vote: "approve"},
	{ID: "W-13", Discipline: "community", Present: true, Vote: "approve"},
}

// panel: the check diverts from the institution to the aunt, and three members
// decide.
func (s *story) panel(ctx context.Context, c child) error {
	s.scene("%s accepts, and its panel of three sits", s.office(districtAt))
	if _, err := s.nodes[districtAt].Accept(ctx, c.id, "", web.ActRequest{Actor: "DIS-3"}); err != nil {
		return err
	}
	aunt, err := s.facts("aunt")
	if err != nil {
		return err
	}
	done, err := s.nodes[districtAt].Decide(ctx, c.id, "", web.DecideRequest{
		ActRequest: web.ActRequest{Actor: "DIS-3"}, Care: "kinship_formal", Reason: "kin_ready", Answer: "acted_on", Facts: aunt,
		Members: sat,
	})
	if err != nil {
		return err
	}
	s.say("on the residential institution the policy check finds:")
	s.checked(done.Check)
	s.say("W-11 (social work), W-12 (health) and W-13 (community) decide: %s\nbecause: %s", s.label("care_types", "kinship_formal"), s.label("decision_reasons", "kin_ready"))
	if done.Taken != nil {
		s.say("on that the policy check answers: %s", done.Taken.OutcomeText)
	}
	return s.travels(ctx, c, done, districtAt, sectorAt, cellAt, villageAt, nationAt)
}

// decidesToo: the same panel decides on the second child, whose case the
// district took over.
func (s *story) decidesToo(ctx context.Context, c child) error {
	s.scene("The same panel decides on the second child")
	for _, name := range []string{"visited", "kin"} {
		found, err := s.facts(name)
		if err != nil {
			return err
		}
		in := web.FactsRequest{ActRequest: web.ActRequest{Actor: "DIS-3"}, Facts: found}
		if name == "kin" {
			_, err = s.nodes[districtAt].Propose(ctx, c.id, "", in)
		} else {
			_, err = s.nodes[districtAt].Assess(ctx, c.id, "", in)
		}
		if err != nil {
			return err
		}
	}
	done, err := s.nodes[districtAt].Decide(ctx, c.id, "", web.DecideRequest{
		ActRequest: web.ActRequest{Actor: "DIS-3"}, Care: "kinship_formal", Reason: "kin_ready", Answer: "acted_on", Members: sat,
	})
	if err != nil {
		return err
	}
	s.checked(done.Check)
	return s.travels(ctx, c, done, districtAt, villageAt)
}

func (s *story) answered(ctx context.Context, c child) error {
	s.scene("%s reads the answer", s.office(villageAt))
	return s.reads(ctx, villageAt, c)
}

// checked tells what the policy check found.
func (s *story) checked(c *web.CheckView) {
	if c == nil {
		return
	}
	s.say("%s", gateText(c))
	for _, m := range c.Messages {
		s.say("  %s %s", m.Rule, m.Text)
	}
}

// standing tells where an act is known.
func (s *story) standing(onlyHere bool, to events.Place) {
	if onlyHere {
		s.say("kept only here, not yet received by %s", s.nameOfPlace(to))
	}
}

func short(d time.Duration) string { return fmt.Sprint(d.Round(time.Millisecond)) }
