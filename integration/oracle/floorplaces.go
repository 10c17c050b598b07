package oracle

import "time"

// place: licences, money, room, justice.
func (s *sitting) place() {
	d := s.d
	entering, leaving := s.asked(onP|onA|onM|onT), s.asked(onM|onH|onR|onT)
	if entering && g21a(d) {
		s.find("G21", "a", absolute, blocked, stays)
		s.raise(levelNational)
	}
	if entering && g21b(d) {
		s.find("G21", "b", absolute, blocked, stays)
		s.raise(levelNational)
	}
	if leaving && g21notice(d) {
		s.find("G21", "notice", absolute, notice, stays)
	}
	if entering && g22a(d) {
		s.find("G22", "a", absolute, blocked, stays)
		s.raise(levelNational)
	}
	if leaving && g22notice(d) {
		s.find("G22", "notice", absolute, notice, stays)
	}
	if entering && g23a(d) {
		s.find("G23", "a", presumption, escalate, review)
		s.raise(levelNational)
	}
	if s.asked(onH) && g23return(d) {
		s.find("G23", "return", presumption, escalate, stays)
		s.raise(levelNational)
	}
	if s.asked(onA) && g24(d) {
		s.find("G24", "", absolute, withoutDecision, stays)
		s.clock(assess)
	}
	if s.asked(onP|onA|onM) && g25a(d) {
		s.find("G25", "a", absolute, blocked, ratify)
	}
	if leaving && g25notice(d) {
		s.find("G25", "notice", absolute, notice, stays)
	}
	if (entering || s.asked(onI)) && g26(d) {
		s.find("G26", "", absolute, outOfScope, stays)
	}
}

// special: carers who will be back, kin, families, religion, separation, abroad.
func (s *sitting) special() {
	d := s.d
	if s.asked(onP | onA | onM | onT) {
		s.carersAway()
	}
	if s.asked(onP|onM|onR|onI) && g28(d) {
		s.find("G28", "", deadline, deadlineOnly, formalise)
		s.clock(formalise)
		s.clock(support)
	}
	if s.asked(onP | onA | onM | onT) {
		if g29(d) {
			s.find("G29", "", absolute, blocked, stays)
		}
		if g30a(d) {
			s.find("G30", "a", presumption, escalate, review)
			s.raise(levelNational)
		}
		if g30b(d) {
			s.find("G30", "b", presumption, divert, review)
			s.to(toKafaalah)
		}
		if g31a(d) {
			s.find("G31", "a", absolute, blocked, stays)
			s.to(toFosterShort)
			s.raise(levelNational)
			s.clock(trace)
			s.clock(guardian)
		}
	}
	if s.asked(onP|onA|onM|onT|onR|onI) && g31b(d) {
		s.find("G31", "b", deadline, deadlineOnly, trace)
		s.clock(trace)
		s.clock(guardian)
	}
	if s.asked(onP|onA|onM) && d.Request.Abroad {
		s.abroad()
	}
}

func (s *sitting) carersAway() {
	d := s.d
	if g27a(d) {
		s.find("G27", "a", presumption, divert, support)
		if d.anyReady() {
			s.to(toKinshipFormal)
		} else {
			s.to(toFosterShort)
		}
	}
	if !g27b(d) {
		return
	}
	s.find("G27", "b", deadline, deadlineOnly, review)
	var first time.Time
	for i := range d.Caregivers {
		c := &d.Caregivers[i]
		if back := c.ExpectedBack.Time; inHospitalOrPrison(c) && !back.IsZero() && (first.IsZero() || back.Before(first)) {
			first = back
		}
	}
	s.clockAt(review, first)
}

func (s *sitting) abroad() {
	s.raise(levelNational)
	if g32a(s.d) {
		s.find("G32", "a", information, needInformation, stays)
		s.miss("request.return_plan")
	}
	if g32b(s.d) {
		s.find("G32", "b", information, needInformation, stays)
		s.miss("request.escort")
	}
	s.find("G32", "c", presumption, escalate, stays)
}

// leaving: emergencies, preparation, contact, return, and leaving care.
func (s *sitting) leaving() {
	d := s.d
	if s.asked(onP | onA | onM) {
		s.emergencies()
	}
	if s.asked(onT) && g33c(d) {
		s.find("G33", "c", presumption, escalate, stays)
		s.raise(levelNational)
		s.clock(ratify)
	}
	if s.asked(onP|onM|onH) && g34(d) {
		s.find("G34", "", information, needInformation, prepare)
		s.miss("request.preparation_done")
		s.clock(prepare)
	}
	if s.asked(onP|onA|onM|onT) && g35(d) {
		s.find("G35", "", information, needInformation, contact)
		s.miss("request.contact_plan")
		s.clock(contact)
	}
	if s.asked(onH) {
		s.returning()
	}
	s.ofAge()
	if s.asked(onP|onA|onM|onT) && g42a(d) {
		s.find("G42", "a", absolute, blocked, stays)
		s.clock(assess)
	}
	if s.asked(onM|onH|onR|onT) && g42notice(d) {
		s.find("G42", "notice", absolute, notice, stays)
		s.clock(assess)
	}
}

func (s *sitting) emergencies() {
	d := s.d
	if s.emergency {
		s.find("G33", "a", deadline, provisional, stays)
		s.clock(ratify)
		return
	}
	if g33imminent(d) {
		s.find("G33", "b-imminent", information, needInformation, stays)
		s.miss("danger.imminent")
	}
	if g33ground(d) {
		s.find("G33", "b-ground", information, needInformation, stays)
		s.miss("danger.ground")
	}
	if g33authoriser(d) {
		s.find("G33", "b-authoriser", information, needInformation, stays)
		s.miss("request.authorised_by")
	}
}

func (s *sitting) returning() {
	if g36a(s.d) {
		s.find("G36", "a", information, needInformation, stays)
		s.miss("request.aftercare_plan")
	}
	if g36b(s.d) {
		s.find("G36", "b", presumption, escalate, stays)
		s.raise(levelNational)
		s.clock(assess)
	}
	s.find("G36", "c", deadline, deadlineOnly, stays)
	s.clock(support)
}

func (s *sitting) ofAge() {
	d := s.d
	if s.asked(onP|onA|onM|onI) && g40of(d) {
		s.find("G40", "a", absolute, outOfScope, stays)
		s.to(toSupportedLiving)
	}
	if s.asked(onT|onR|onH|onC) && g40of(d) {
		s.find("G40", "b", deadline, deadlineOnly, stays)
		s.to(toSupportedLiving)
		s.clock(support)
	}
	if s.asked(onP|onM) && d.Request.Care == "supported_independent_living" {
		if g40c(d) {
			s.find("G40", "c", information, needInformation, support)
			s.miss("request.aftercare_plan")
		}
		if g40d(d) {
			s.find("G40", "d", presumption, divert, review)
			s.to(toFosterLong)
		}
	}
	if s.asked(onC) && g40e(d) {
		s.find("G40", "e", information, needInformation, stays)
		s.miss("request.aftercare_plan")
	}
}
