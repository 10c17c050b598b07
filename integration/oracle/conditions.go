package oracle

// The conditions of the rules as plain Go, each from its row.

func g01a(d *Document) bool {
	return (d.Decision == "intake" || d.towards()) && d.Referral.SimilarOpen > 0
}

func g01b(d *Document) bool {
	return (d.Decision == "intake" || d.towards()) && len(d.Reasons) == 0
}

func g02a(d *Document) bool { return !d.Child.Views.Heard && d.Child.Views.WhyNotHeard == "" }

func g02b(d *Document) bool {
	return !d.Child.Views.Heard && d.Child.Views.WhyNotHeard != "" && d.ageUpper() >= consultationAge
}

func g03a(d *Document) bool {
	return d.someCarer(func(c *Carer) bool { return c.reachable() && !c.Consulted })
}

func g03b(d *Document) bool {
	return !d.Tracing.Started && d.someCarer(func(c *Carer) bool { return c.Status == "untraceable" || c.Status == "unknown" })
}

func g04(d *Document) bool {
	return d.towards() && !arranged(d.Request.Care) && !d.someSupport("failed", "refused") &&
		d.someCarer(func(c *Carer) bool {
			return c.Status == "present" || c.Status == "hospitalised" || c.Status == "unable"
		})
}

func g04a(d *Document) bool { return d.safeHome() && g04(d) }
func g04b(d *Document) bool { return d.HarmBy == "unknown" && g04(d) }

func g05a(d *Document) bool      { return !arranged(d.Request.Care) && d.onlyPoverty() }
func g05return(d *Document) bool { return d.onlyPoverty() }

func g06a(d *Document) bool { return !arranged(d.Request.Care) && d.onlyDisability() }

func g06b(d *Document) bool {
	return residential(d.Request.Care) && !d.onlyDisability() &&
		(d.hasReason("child_disability") || d.hasReason("lack_of_services") && d.muchDifficulty())
}

func g07a(d *Document) bool {
	return d.Request.PlannedEnd.IsZero() && temporary(d.Request.Care) && d.entering()
}
func g07b(d *Document) bool { return residential(d.Request.Care) && d.entering() }

func g08(d *Document) bool {
	return d.CourtOrder == "" && !atHome(d.Request.Care) && d.entering() && d.someCarer(func(c *Carer) bool {
		switch c.Consent {
		case "refused":
			return c.Status != "dead"
		case "not_sought":
			return c.reachable()
		case "not_applicable":
			return c.reachable() && (c.Relation == "mother" || c.Relation == "father" || c.Relation == "guardian")
		}
		return false
	})
}

func (d *Document) left() bool { return d.hasReason("abandonment", "relinquishment") }

func g09a(d *Document) bool { return !d.Tracing.Started && d.entering() && d.left() }
func g09b(d *Document) bool {
	return d.Tracing.Started && !d.Tracing.Exhausted && d.entering() && d.left()
}
func g09c(d *Document) bool { return !d.Tracing.Exhausted && d.left() }

func g10a(d *Document) bool { return d.entering() && !ownFamily(d.Request.Care) && d.anyReady() }

func unsettled(k *Relative) bool {
	return k.Outcome == "pending" || k.Outcome == "suitable" && k.VisitedAt.IsZero()
}

func g10b(d *Document) bool {
	if !d.entering() || ownFamily(d.Request.Care) || d.anyReady() {
		return false
	}
	for i := range d.KinSearch {
		if unsettled(&d.KinSearch[i]) {
			return true
		}
	}
	return false
}

func g10c(d *Document) bool {
	return len(d.KinSearch) == 0 && d.entering() && !ownFamily(d.Request.Care)
}

func (d *Document) asksWhyResidential() bool {
	return residential(d.Request.Care) && !(d.Request.Care == "place_of_safety" && d.Request.Emergency)
}

func g11a(d *Document) bool {
	return d.asksWhyResidential() && !(d.ruledOut("foster_short") && d.ruledOut("foster_long") && d.ruledOut("foster_specialised"))
}

func g11b(d *Document) bool {
	return d.asksWhyResidential() && !(d.ruledOut("family_preservation") && d.ruledOut("kinship_formal"))
}
func g11c(d *Document) bool { return d.asksWhyResidential() && d.Request.WhyThisCare == "" }

func (d *Document) youngOutsideAFamily() bool {
	care := d.Request.Care
	return d.ageLower() < underThree && !familyBased(care) && care != "supported_independent_living"
}

func (d *Document) exceptionHolds() bool {
	switch d.Request.Exception {
	case "siblings_together":
		return d.someSibling(true) && d.short(siblingStay)
	case "short_predetermined":
		return d.short(shortStay)
	}
	return false
}

func g12a(d *Document) bool { return d.youngOutsideAFamily() && !d.exceptionHolds() }
func g12b(d *Document) bool { return d.youngOutsideAFamily() && d.exceptionHolds() }

func g13(d *Document) bool {
	return d.Separation == "" && !atHome(d.Request.Care) && d.someSibling(false)
}

func g14(d *Document) bool {
	return d.Request.WhyThisCare == "" && !ownFamily(d.Request.Care) && !d.Request.Abroad && near(d.Home, d.Provider.Place) < sameDistrict
}
func g15(d *Document) bool { return d.History.Moves+1 >= moves }

func g16(d *Document) bool {
	if arranged(d.Request.Care) || d.Decision == "move" && !d.away() {
		return false
	}
	if d.Decision == "ratification" {
		return !d.urgentQuorum()
	}
	return !d.fullQuorum()
}
func g17(d *Document) bool  { return !d.Assessment.Complete }
func g18a(d *Document) bool { return len(d.Request.Plan.Goals) == 0 }
func g18b(d *Document) bool { return d.Request.Plan.PermanencyGoal == "" }

func always(*Document) bool { return true }

func g19b(d *Document) bool { return d.History.DaysSinceReview > reviewDays }

// atFacility: the child would go to a facility, and not to its own family.
func (d *Document) atFacility() bool { return !ownFamily(d.Request.Care) && facility(d.Provider.Kind) }

func g19c(d *Document) bool { return d.Provider.OverdueReviews > 0 && d.atFacility() }

func g20a(d *Document) bool {
	return d.Request.LegalCustodian == "" && (d.Request.Abroad || irreversible(d.Request.Care))
}
func g20b(d *Document) bool { return d.Request.LegalCustodian == "" }

func g21a(d *Document) bool {
	return d.Provider.Kind == "closed_or_transit_centre" && !ownFamily(d.Request.Care)
}
func g21b(d *Document) bool { return d.atFacility() && d.expired() }
func g21notice(d *Document) bool {
	return d.From.Kind == "closed_or_transit_centre" || facility(d.From.Kind) && d.From.Licence != "valid"
}
func g22a(d *Document) bool      { return d.Provider.SolicitsChildren && d.atFacility() }
func g22notice(d *Document) bool { return d.From.SolicitsChildren }
func g23a(d *Document) bool      { return d.Provider.PaidPerChild && d.atFacility() }
func g23return(d *Document) bool { return d.From.PaidPerChild && residential(d.History.CurrentCare) }
func g24(d *Document) bool       { return !d.History.DecisionOnFile }

func g25a(d *Document) bool {
	p := &d.Provider
	if ownFamily(d.Request.Care) || p.Kind == "relative" || p.Kind == "health_facility" {
		return false
	}
	return p.Occupied > p.Capacity || !p.IncludesChild && p.Occupied >= p.Capacity
}
func g25notice(d *Document) bool { return d.From.Occupied > d.From.Capacity }
func g26(d *Document) bool       { return d.Child.Justice == "detained" }

func inHospitalOrPrison(c *Carer) bool { return c.Status == "hospitalised" || c.Status == "imprisoned" }

func g27a(d *Document) bool {
	return residential(d.Request.Care) && d.entering() && (d.someCarer(inHospitalOrPrison) || d.hasReason("carer_illness", "carer_imprisoned"))
}

func g27b(d *Document) bool {
	return d.entering() && d.someCarer(func(c *Carer) bool { return inHospitalOrPrison(c) && !c.ExpectedBack.IsZero() })
}

func g28(d *Document) bool {
	return d.Request.Care == "kinship_informal" || d.History.CurrentCare == "kinship_informal"
}

func g29(d *Document) bool {
	return accreditedFamily(d.Provider.Kind) && !ownFamily(d.Request.Care) && d.expired()
}
func g30a(d *Document) bool { return d.Request.Care == "kafaalah" && d.Child.Religion != "muslim" }
func g30b(d *Document) bool {
	return d.Child.Religion == "muslim" && residential(d.Request.Care) && !d.Request.Emergency && !d.ruledOut("kafaalah")
}

func (d *Document) separated() bool {
	return d.Child.Separated == "separated" || d.Child.Separated == "unaccompanied"
}

func g31a(d *Document) bool {
	return irreversible(d.Request.Care) && !d.Tracing.Exhausted && (d.separated() || d.hasReason("abandonment", "separation_in_displacement"))
}
func g31b(d *Document) bool { return !d.Tracing.Exhausted && d.separated() }
func g32a(d *Document) bool { return d.Request.Abroad && d.Request.ReturnPlan == "" }
func g32b(d *Document) bool {
	return d.Request.Abroad && d.Request.Escort != "family_member" && d.Request.Escort != "known_carer"
}
func g32c(d *Document) bool          { return d.Request.Abroad }
func g33a(d *Document) bool          { return d.emergency() }
func g33imminent(d *Document) bool   { return d.Request.Emergency && !d.Danger.Imminent }
func g33ground(d *Document) bool     { return d.Request.Emergency && d.Danger.Ground == "" }
func g33authoriser(d *Document) bool { return d.Request.Emergency && d.Request.AuthorisedBy == "" }

func g33c(d *Document) bool {
	since := d.History.ProvisionalSince.Time
	return !since.IsZero() && hours(since, d.At.Time) > ratifyHours
}
func g34(d *Document) bool { return !d.Request.PreparationDone }

func g35(d *Document) bool {
	return d.Request.ContactPlan == "" && !atHome(d.Request.Care) && (d.someCarer((*Carer).reachable) || d.someSibling(false))
}
func g36a(d *Document) bool { return d.Request.AftercarePlan == "" }
func g36b(d *Document) bool {
	return d.Danger.Imminent || d.HarmBy == "household" && !d.someSupport("succeeded")
}
func g40of(d *Document) bool { return d.ageLower() >= majority }
func g40c(d *Document) bool {
	return d.Request.Care == "supported_independent_living" && d.Request.AftercarePlan == ""
}
func g40d(d *Document) bool {
	return d.Request.Care == "supported_independent_living" && d.ageLower() < livingAlone
}
func g40e(d *Document) bool {
	care := d.History.CurrentCare
	return d.Request.AftercarePlan == "" && care != "" && !atHome(care) && d.ageLower() >= livingAlone
}
func g42a(d *Document) bool      { return d.Provider.OpenAllegation && !ownFamily(d.Request.Care) }
func g42notice(d *Document) bool { return d.From.OpenAllegation }
