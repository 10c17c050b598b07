package policies

import "testing"

func TestAConditionThatNoDocumentMeetsIsTold(t *testing.T) {
	p := testPack(t)
	for src, possible := range map[string]bool{
		`true`:                true,
		`false`:               false,
		`child.sex == "male"`: true,
		`child.sex == "male" && child.sex == "female"`:         false,
		`child.sex != "male" && child.sex != "female"`:         true, // intersex
		`child.sex in ["male"] && !(child.sex in ["male"])`:    false,
		`danger.imminent && !danger.imminent`:                  false,
		`danger.imminent && danger.imminent == false`:          false,
		`danger.imminent ? request.abroad : request.emergency`: true,
		`danger.imminent ? false : danger.imminent`:            false,
		`child.age_months < 36 && child.age_months > 40`:       false,
		`child.age_months < 36 && 30 < child.age_months`:       true,
		`child.age_months < 0`:                                 false,
		`child.age_months == 5 && child.age_months != 5`:       false,
		`child.age_months + 1 > 5 && child.age_months + 1 < 5`: false,
		`2 * 3 > 7`: false,
		`empty(court_order) && filled(court_order)`:                                                      false,
		`empty(child.religion) && child.religion == "muslim"`:                                            false,
		`filled(child.religion) && child.religion != "muslim"`:                                           true,
		`empty(reasons) && size(reasons) > 0`:                                                            false,
		`size(reasons) < 0`:                                                                              false,
		`empty(reasons) && reasons.exists(r, r == "abuse")`:                                              false,
		`empty(reasons) && reasons.all(r, r == "abuse")`:                                                 true,
		`!reasons.all(r, r == "abuse") && empty(reasons)`:                                                false,
		`caregivers.exists(c, c.status == "dead")`:                                                       true,
		`caregivers.exists(c, c.status == "dead" && c.consulted)`:                                        true,
		`caregivers.exists(c, c.consulted && !c.consulted)`:                                              false,
		`!caregivers.all(c, c.consulted || !c.consulted)`:                                                false,
		`caregivers.exists(c, c.consulted) && caregivers.exists(c, !c.consulted)`:                        true,
		`caregivers.exists(c, c.consulted) && !caregivers.exists(d, d.consulted)`:                        false,
		`certain(danger.imminent) && !danger.imminent`:                                                   false,
		`!certain(danger.imminent) && danger.imminent`:                                                   true, // it may be unknown
		`days(request.starts, request.planned_end) > 5 && days(request.starts, request.planned_end) < 6`: false,
		`"abuse" in reasons && !("abuse" in reasons)`:                                                    false,
		`request.care == history.current_care && history.current_care != request.care`:                   false,
		`near(home, provider.place) < 1 && near(home, provider.place) >= 1`:                              false,
		`"abuse" == "neglect"`:                                                                           false,
		`reasons.exists_one(r, r == "abuse")`:                                                            true,
	} {
		t.Run(src, func(t *testing.T) {
			if _, err := compileTruth(p, src); err != nil {
				t.Fatal(err)
			}
			n, err := parse(src)
			if err != nil {
				t.Fatal(err)
			}
			l := newLogic(p)
			if got := l.search.satisfiable(l.of(n, nil)); got != possible {
				t.Errorf("can be met: %v, want %v", got, possible)
			}
		})
	}
}

// A search that takes too long must never call a possible condition impossible.
// More pigeons than holes cannot each have one, and no search by trying finds
// that out soon.
func TestALongSearchGivesUpAndAccusesNobody(t *testing.T) {
	for pigeons, possible := range map[int]bool{3: false, 5: false, 12: true} {
		l := newLogic(testPack(t))
		sits := func(pigeon, hole int) formula {
			return l.holds(l.facts.make(factKey{op: opName, text: "pigeon", n: int64(pigeon*100 + hole)}))
		}
		var all []formula
		for p := range pigeons {
			var holes []formula
			for h := range pigeons - 1 {
				holes = append(holes, sits(p, h))
				for q := range p {
					all = append(all, l.either(l.negated(sits(p, h)), l.negated(sits(q, h))))
				}
			}
			all = append(all, l.either(holes...))
		}
		if got := l.search.satisfiable(all...); got != possible || l.search.gaveUp() != possible {
			t.Errorf("%d pigeons have a place: %v, gave up: %v", pigeons, got, l.search.gaveUp())
		}
	}
}
