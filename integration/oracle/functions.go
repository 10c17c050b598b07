package oracle

import (
	"slices"
	"time"
)

// The functions that a rule may call, as the table of functions says. A hand
// writes them as switches, which is also the fastest.

func atHome(care string) bool { return care == "family_preservation" || care == "reunification" }

func ownFamily(care string) bool {
	return atHome(care) || care == "kinship_informal" || care == "kinship_formal"
}

func familyBased(care string) bool {
	switch care {
	case "kafaalah", "guardianship", "foster_emergency", "foster_short", "foster_long", "foster_specialised", "adoption_domestic", "adoption_intercountry":
		return true
	}
	return ownFamily(care)
}

func residential(care string) bool {
	return care == "small_group_home" || care == "residential_institution" || care == "place_of_safety"
}

func temporary(care string) bool {
	switch care {
	case "foster_emergency", "foster_short", "foster_long", "foster_specialised":
		return true
	}
	return residential(care)
}

func irreversible(care string) bool {
	return care == "kafaalah" || care == "adoption_domestic" || care == "adoption_intercountry"
}

// arranged: at home or by the family's own arrangement, "`at_home` nor
// kinship_informal" of several rows.
func arranged(care string) bool { return atHome(care) || care == "kinship_informal" }

func facility(kind string) bool {
	return kind == "institution" || kind == "small_group_home" || kind == "place_of_safety" || kind == "supported_living"
}

func accreditedFamily(kind string) bool {
	return kind == "foster_family" || kind == "kafiil_family" || kind == "adoptive_family"
}

func (d *Document) ageLower() int64 {
	if d.Child.AgeMonths != nil {
		return *d.Child.AgeMonths
	}
	return d.Child.AgeMonthsMin
}

func (d *Document) ageUpper() int64 {
	if d.Child.AgeMonths != nil {
		return *d.Child.AgeMonths
	}
	return d.Child.AgeMonthsMax
}

func (d *Document) povertyImputable(reason string) bool {
	switch reason {
	case "poverty", "school_access", "food", "housing", "health_cost":
		return true
	case "neglect":
		return d.Neglect.HelpWouldEndIt
	}
	return false
}

func (d *Document) onlyPoverty() bool {
	for _, r := range d.Reasons {
		if !d.povertyImputable(r) {
			return false
		}
	}
	if d.Danger.Imminent && d.Danger.Ground != "" && !d.povertyImputable(d.Danger.Ground) {
		return false
	}
	return len(d.Reasons) > 0
}

// onlyDisability: child_disability is among the reasons, and besides it only
// such as are poverty-imputable.
func (d *Document) onlyDisability() bool {
	found := false
	for _, r := range d.Reasons {
		if r == "child_disability" {
			found = true
		} else if !d.povertyImputable(r) {
			return false
		}
	}
	if g := d.Danger.Ground; d.Danger.Imminent && g != "" && g != "child_disability" && !d.povertyImputable(g) {
		return false
	}
	return found
}

func (d *Document) muchDifficulty() bool {
	much := func(s string) bool { return s == "a_lot" || s == "cannot" }
	f := &d.Child.Functioning
	return much(f.Seeing) || much(f.Hearing) || much(f.Walking) || much(f.Communicating)
}

// near counts the levels below the nation that two places share; a code has two
// letters for the nation and two digits for each level.
func near(a, b string) int64 {
	if len(a) < 2 || len(b) < 2 || a[:2] != b[:2] {
		return 0
	}
	shared := int64(0)
	for i := 2; i+2 <= len(a) && i+2 <= len(b) && shared < 4; i += 2 {
		if a[i:i+2] != b[i:i+2] {
			break
		}
		shared++
	}
	return shared
}

func days(from, to time.Time) int64  { return int64(to.Sub(from) / (24 * time.Hour)) }
func hours(from, to time.Time) int64 { return int64(to.Sub(from) / time.Hour) }

func (d *Document) away() bool {
	from, to := d.History.CurrentCare, d.Request.Care
	return (ownFamily(from) || from == "") && !ownFamily(to) || residential(to) && !residential(from)
}

func (d *Document) towards() bool {
	switch d.Decision {
	case "placement", "admission":
		return true
	case "move":
		return d.away()
	}
	return false
}

func (d *Document) entering() bool { return d.Decision == "ratification" || d.towards() }

func (c *Carer) reachable() bool {
	return c.Status == "present" || c.Status == "hospitalised" || c.Status == "imprisoned" || c.Status == "unable"
}

func (d *Document) ready(k *Relative) bool {
	switch {
	case k.Outcome != "suitable", k.VisitedAt.IsZero():
		return false
	case d.HarmBy == "household" && k.SameHousehold:
		return false
	}
	return k.ChildAgrees || d.ageLower() < consultationAge
}

func (d *Document) anyReady() bool {
	for i := range d.KinSearch {
		if d.ready(&d.KinSearch[i]) {
			return true
		}
	}
	return false
}

func (d *Document) ruledOut(care string) bool {
	for i := range d.Request.AlternativesRuledOut {
		if a := &d.Request.AlternativesRuledOut[i]; a.Care == care && a.Why != "" {
			return true
		}
	}
	return false
}

func (d *Document) expired() bool {
	if d.Provider.Licence != "valid" {
		return true
	}
	until := d.Provider.AccreditedUntil.Time
	return !until.IsZero() && until.Before(d.At.Truncate(24*time.Hour))
}

func (m *Member) counts() bool { return m.Present && !m.Recused && m.Interest == "" }

// sitting counts the members who count, and which disciplines they bring.
func (d *Document) sitting() (n int, social, health, local bool) {
	for i := range d.Panel.Members {
		m := &d.Panel.Members[i]
		if !m.counts() {
			continue
		}
		n++
		switch m.Discipline {
		case "social_work":
			social = true
		case "health", "psychology":
			health = true
		case "education", "community":
			local = true
		}
	}
	return n, social, health, local
}

func (d *Document) fullQuorum() bool {
	n, social, health, local := d.sitting()
	return n >= 3 && social && health && local
}

func (d *Document) urgentQuorum() bool {
	n, social, health, _ := d.sitting()
	return n >= 2 && social && health
}

func (d *Document) emergency() bool {
	if d.Decision != "placement" && d.Decision != "admission" && d.Decision != "move" {
		return false
	}
	return d.Request.Emergency && d.Danger.Imminent && d.Danger.Ground != "" && d.Request.AuthorisedBy != ""
}

// short: a stay whose planned end lies within so many days.
func (d *Document) short(most int64) bool {
	from, to := d.Request.Starts.Time, d.Request.PlannedEnd.Time
	if from.IsZero() || to.IsZero() {
		return false
	}
	n := days(from, to)
	return n >= 0 && n <= most
}

func (d *Document) someSibling(together bool) bool {
	for i := range d.Siblings {
		if d.Siblings[i].PlacedTogether == together {
			return true
		}
	}
	return false
}

func (d *Document) someCarer(f func(*Carer) bool) bool {
	for i := range d.Caregivers {
		if f(&d.Caregivers[i]) {
			return true
		}
	}
	return false
}

func (d *Document) someSupport(results ...string) bool {
	for i := range d.Support {
		if slices.Contains(results, d.Support[i].Result) {
			return true
		}
	}
	return false
}

func (d *Document) hasReason(codes ...string) bool {
	for _, r := range d.Reasons {
		if slices.Contains(codes, r) {
			return true
		}
	}
	return false
}

func (d *Document) safeHome() bool { return d.HarmBy != "household" && d.HarmBy != "unknown" }

// The numbers of the Rwandan pack.
const (
	underThree      = 36
	consultationAge = 84
	livingAlone     = 192
	majority        = 216
	reviewDays      = 90
	ratifyHours     = 72
	moves           = 3
	shortStay       = 30
	siblingStay     = 90
	sameDistrict    = 1
)
