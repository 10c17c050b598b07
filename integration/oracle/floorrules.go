package oracle

// voices: one decision for one child, the child and its carers are heard.
func (s *sitting) voices() {
	d := s.d
	if s.asked(onP | onA | onM | onI) {
		if g01a(d) {
			s.find("G01", "a", information, needInformation, assess)
			s.miss("referral.similar_open")
		}
		if g01b(d) {
			s.find("G01", "b", information, needInformation, assess)
			s.miss("reasons")
		}
	}
	if !s.asked(onI) && !d.Child.Views.Heard {
		if g02a(d) {
			s.find("G02", "a", information, needInformation, assess)
			s.miss("child.views.why_not_heard")
		}
		if g02b(d) {
			s.find("G02", "b", presumption, escalate, assess)
			s.raise(levelNational)
		}
	}
	if !s.asked(onP | onA | onM | onT | onH) {
		return
	}
	if g03a(d) {
		s.find("G03", "a", information, needInformation, assess)
		for i := range d.Caregivers {
			if c := &d.Caregivers[i]; c.reachable() && !c.Consulted {
				s.missIn("caregivers", i, "consulted")
			}
		}
	}
	if g03b(d) {
		s.find("G03", "b", information, needInformation, trace)
		s.miss("tracing.started")
		s.clock(trace)
	}
}

// family: support first, and what is never a reason.
func (s *sitting) family() {
	d := s.d
	if s.asked(onP | onA | onM) {
		if g04a(d) {
			s.find("G04", "a", presumption, divert, support)
			s.to(toFamilyPreservation)
			s.clock(support)
		}
		if g04b(d) {
			s.find("G04", "b", information, needInformation, assess)
			s.miss("harm_by")
			s.clock(assess)
		}
	}
	if s.asked(onP|onA|onM|onT|onR) && g05a(d) {
		s.find("G05", "a", absolute, blocked, stays)
		if d.safeHome() {
			s.to(toFamilyPreservation)
			s.clock(support)
		} else {
			s.clock(assess)
		}
	}
	if s.asked(onH) && g05return(d) {
		s.find("G05", "return", deadline, deadlineOnly, stays)
		s.clock(support)
	}
	if s.asked(onP | onA | onM | onT | onR) {
		s.disability()
	}
	if s.asked(onP | onA | onM | onT) {
		s.temporaryCare()
		s.court()
	}
	s.tracing()
	if s.asked(onP | onA | onM | onT) {
		s.kin()
	}
}

func (s *sitting) disability() {
	d := s.d
	if g06a(d) {
		s.find("G06", "a", absolute, blocked, stays)
		if d.safeHome() {
			s.to(toFamilyPreservation)
		} else {
			s.to(toFosterSpecialised)
		}
		s.clock(support)
	}
	if g06b(d) {
		s.find("G06", "b", presumption, divert, support)
		s.to(toFosterSpecialised)
		s.clock(support)
	}
}

func (s *sitting) temporaryCare() {
	if g07a(s.d) {
		s.find("G07", "a", information, needInformation, exitPlan)
		s.miss("request.planned_end")
	}
	if g07b(s.d) {
		s.find("G07", "b", deadline, deadlineOnly, exitPlan)
		s.clock(exitPlan)
	}
}

func (s *sitting) court() {
	if g08(s.d) {
		s.find("G08", "", information, needInformation, ratify)
		s.miss("court_order")
		s.raise(levelCourt)
	}
}

func (s *sitting) tracing() {
	d := s.d
	if s.asked(onP | onA | onM | onT) {
		if g09a(d) {
			s.find("G09", "a", information, needInformation, trace)
			s.miss("tracing.started")
			s.clock(trace)
		}
		if g09b(d) {
			s.find("G09", "b", deadline, deadlineOnly, trace)
			s.clock(trace)
		}
	}
	if s.asked(onI|onR) && g09c(d) {
		s.find("G09", "c", deadline, deadlineOnly, stays)
		s.clock(trace)
	}
}

func (s *sitting) kin() {
	d := s.d
	if ownFamily(d.Request.Care) {
		return
	}
	if g10a(d) {
		s.find("G10", "a", presumption, divert, kinVisit)
		s.to(toKinshipFormal)
	}
	if g10b(d) {
		s.find("G10", "b", information, needInformation, kinVisit)
		s.clock(kinVisit)
		for i := range d.KinSearch {
			switch k := &d.KinSearch[i]; {
			case k.Outcome == "pending":
				s.missIn("kin_search", i, "outcome")
			case k.Outcome == "suitable" && k.VisitedAt.IsZero():
				s.missIn("kin_search", i, "visited_at")
			}
		}
	}
	if g10c(d) {
		s.find("G10", "c", information, needInformation, kinVisit)
		s.miss("kin_search")
		s.clock(kinVisit)
	}
}

// residence: residential care, the youngest, brothers and sisters, distance.
func (s *sitting) residence() {
	d := s.d
	if s.asked(onP|onA|onM|onT) && d.asksWhyResidential() {
		s.alternatives()
	}
	if s.asked(onP|onA|onM|onT|onR) && d.youngOutsideAFamily() {
		if d.exceptionHolds() {
			s.find("G12", "b", deadline, deadlineOnly, exitPlan)
			s.clock(exitPlan)
		} else {
			s.find("G12", "a", presumption, divert, exitPlan)
			s.to(toFosterEmergency)
		}
	}
	if s.asked(onP|onA|onM|onT) && g13(d) {
		s.find("G13", "", presumption, escalate, contact)
		s.miss("sibling_separation_reason")
		s.raise(levelNational)
	}
	if s.asked(onP|onA|onM) && g14(d) {
		s.find("G14", "", presumption, escalate, review)
		s.miss("request.why_this_care")
		s.raise(levelNational)
	}
	if s.asked(onM) && g15(d) {
		s.find("G15", "", presumption, escalate, review)
		s.raise(levelNational)
	}
}

func (s *sitting) alternatives() {
	d := s.d
	if g11a(d) {
		s.find("G11", "a", presumption, divert, exitPlan)
		switch {
		case !d.ruledOut("foster_short"):
			s.to(toFosterShort)
		case !d.ruledOut("foster_long"):
			s.to(toFosterLong)
		default:
			s.to(toFosterSpecialised)
		}
	}
	if g11b(d) {
		s.find("G11", "b", information, needInformation, exitPlan)
		s.miss("request.alternatives_ruled_out")
	}
	if g11c(d) {
		s.find("G11", "c", information, needInformation, exitPlan)
		s.miss("request.why_this_care")
	}
}

// sittingOfPanel: the panel, the assessment, the plan, the review, who answers.
func (s *sitting) sittingOfPanel() {
	d := s.d
	if s.asked(onP|onM|onT) && g16(d) {
		s.find("G16", "", absolute, void, ratify)
	}
	if s.asked(onP|onA|onM|onT|onH) && g17(d) {
		s.find("G17", "a", information, needInformation, assess)
		s.miss("assessment.complete")
		s.clock(assess)
	}
	if s.asked(onI) && g17(d) {
		s.find("G17", "intake", deadline, deadlineOnly, stays)
		s.clock(assess)
	}
	if s.asked(onP | onA | onM | onT | onH) {
		if g18a(d) {
			s.find("G18", "a", information, needInformation, assess)
			s.miss("request.plan.goals")
		}
		if g18b(d) {
			s.find("G18", "b", information, needInformation, assess)
			s.miss("request.plan.permanency_goal")
		}
	}
	s.reviewed()
	s.answerable()
}

func (s *sitting) reviewed() {
	if s.asked(onP | onA | onM | onT | onR | onH) {
		s.find("G19", "a", deadline, deadlineOnly, review)
		s.clock(review)
	}
	if s.asked(onR) && g19b(s.d) {
		s.find("G19", "b", presumption, escalate, stays)
		s.raise(levelNational)
	}
	if s.asked(onP|onA|onM) && g19c(s.d) {
		s.find("G19", "c", presumption, escalate, review)
		s.raise(levelNational)
	}
}

func (s *sitting) answerable() {
	d := s.d
	if d.Request.LegalCustodian != "" || !s.asked(onP|onA|onM|onT|onR|onI) {
		return
	}
	s.clock(guardian)
	if s.asked(onI) {
		s.find("G20", "intake", deadline, deadlineOnly, stays)
		return
	}
	if g20a(d) {
		s.find("G20", "a", absolute, blocked, stays)
	}
	s.find("G20", "b", deadline, deadlineOnly, guardian)
}
