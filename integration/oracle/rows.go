package oracle

import "strings"

// Row is one part of one rule: when it is asked, by the letters of the table
// (P placement, A admission, M move, T ratification, R review, H return, I
// intake, C closure), and its condition in plain Go.
type Row struct {
	Rule, Part string
	On         string
	When       func(*Document) bool
	// HiddenInEmergency: it is not asked in an active emergency.
	HiddenInEmergency bool
}

// Name is the rule and its part.
func (r Row) Name() string { return strings.TrimSpace(r.Rule + " " + r.Part) }

// Asked reports whether the row is asked on a document.
func (r Row) Asked(d *Document) bool {
	if r.HiddenInEmergency && d.emergency() {
		return false
	}
	return strings.IndexByte(r.On, letters[d.Decision]) >= 0
}

var letters = map[string]byte{
	"placement": 'P', "admission": 'A', "move": 'M', "ratification": 'T', "review": 'R', "return": 'H', "intake": 'I', "closure": 'C',
}

// Rows are all of the table.
var Rows = []Row{
	{"G01", "a", "PAMI", g01a, false}, {"G01", "b", "PAMI", g01b, false},
	{"G02", "a", "PAMTRHC", g02a, false}, {"G02", "b", "PAMTRHC", g02b, false},
	{"G03", "a", "PAMTH", g03a, false}, {"G03", "b", "PAMTH", g03b, false},
	{"G04", "a", "PAM", g04a, false}, {"G04", "b", "PAM", g04b, false},
	{"G05", "a", "PAMTR", g05a, false}, {"G05", "return", "H", g05return, false},
	{"G06", "a", "PAMTR", g06a, false}, {"G06", "b", "PAMTR", g06b, false},
	{"G07", "a", "PAMT", g07a, false}, {"G07", "b", "PAMT", g07b, false},
	{"G08", "", "PAMT", g08, false},
	{"G09", "a", "PAMT", g09a, false}, {"G09", "b", "PAMT", g09b, false}, {"G09", "c", "IR", g09c, false},
	{"G10", "a", "PAMT", g10a, false}, {"G10", "b", "PAMT", g10b, false}, {"G10", "c", "PAMT", g10c, false},
	{"G11", "a", "PAMT", g11a, false}, {"G11", "b", "PAMT", g11b, false}, {"G11", "c", "PAMT", g11c, false},
	{"G12", "a", "PAMTR", g12a, false}, {"G12", "b", "PAMTR", g12b, false},
	{"G13", "", "PAMT", g13, false},
	{"G14", "", "PAM", g14, false},
	{"G15", "", "M", g15, false},
	{"G16", "", "PMT", g16, false},
	{"G17", "a", "PAMTH", g17, false}, {"G17", "intake", "I", g17, false},
	{"G18", "a", "PAMTH", g18a, false}, {"G18", "b", "PAMTH", g18b, false},
	{"G19", "a", "PAMTRH", always, false}, {"G19", "b", "R", g19b, false}, {"G19", "c", "PAM", g19c, false},
	{"G20", "a", "PAMTR", g20a, false}, {"G20", "b", "PAMTR", g20b, false}, {"G20", "intake", "I", g20b, false},
	{"G21", "a", "PAMT", g21a, false}, {"G21", "b", "PAMT", g21b, false}, {"G21", "notice", "MHRT", g21notice, false},
	{"G22", "a", "PAMT", g22a, false}, {"G22", "notice", "MHRT", g22notice, false},
	{"G23", "a", "PAMT", g23a, false}, {"G23", "return", "H", g23return, false},
	{"G24", "", "A", g24, false},
	{"G25", "a", "PAM", g25a, false}, {"G25", "notice", "MHRT", g25notice, false},
	{"G26", "", "PAMTI", g26, false},
	{"G27", "a", "PAMT", g27a, false}, {"G27", "b", "PAMT", g27b, false},
	{"G28", "", "PMRI", g28, false},
	{"G29", "", "PAMT", g29, false},
	{"G30", "a", "PAMT", g30a, false}, {"G30", "b", "PAMT", g30b, false},
	{"G31", "a", "PAMT", g31a, false}, {"G31", "b", "PAMTRI", g31b, false},
	{"G32", "a", "PAM", g32a, false}, {"G32", "b", "PAM", g32b, false}, {"G32", "c", "PAM", g32c, false},
	{"G33", "a", "PAM", g33a, false}, {"G33", "b-imminent", "PAM", g33imminent, true},
	{"G33", "b-ground", "PAM", g33ground, true}, {"G33", "b-authoriser", "PAM", g33authoriser, true}, {"G33", "c", "T", g33c, false},
	{"G34", "", "PMH", g34, false},
	{"G35", "", "PAMT", g35, false},
	{"G36", "a", "H", g36a, false}, {"G36", "b", "H", g36b, false}, {"G36", "c", "H", always, false},
	{"G40", "a", "PAMI", g40of, false}, {"G40", "b", "TRHC", g40of, false}, {"G40", "c", "PM", g40c, false},
	{"G40", "d", "PM", g40d, false}, {"G40", "e", "C", g40e, false},
	{"G42", "a", "PAMT", g42a, false}, {"G42", "notice", "MHRT", g42notice, false},
}
