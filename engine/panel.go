package engine

import (
	"slices"
	"strconv"
	"strings"

	"umuryango/events"
)

// The votes of a panel's members (case.md); one that is not said is none.
const (
	voteApprove = "approve"
	voteReject  = "reject"
)

// sat is a panel as it is recorded: what a member said of an interest of theirs
// is a text like any other. Who sits twice is refused: one person would make a
// quorum.
func sat(panel []events.Member, story Narrative) ([]events.Member, error) {
	out := slices.Clone(panel)
	for i, m := range out {
		path := "panel.members[" + strconv.Itoa(i) + "]"
		if slices.ContainsFunc(out[:i], func(o events.Member) bool { return m.ID != "" && strings.EqualFold(o.ID, m.ID) }) {
			return nil, &Invalid{path + ".id", "this member stands in the list before: each sits once, for one discipline"}
		}
		if m.Interest != "" && m.Interest != "*" {
			story[path+".interest"] = m.Interest
			out[i].Interest = "*"
		}
	}
	return out, checkNarrative(story)
}

// carried: the gate asks whether those sat who must and counts no votes
// (rules.md on the panel). What the panel turned down it did not decide: of those who
// count, more approve than reject. Who recused themselves, was absent or has an
// interest does not count.
func carried(panel []events.Member) error {
	approve, reject, none := 0, 0, 0
	for _, m := range panel {
		switch {
		case !m.Present || m.Recused || m.Interest != "":
		case m.Vote == voteApprove:
			approve++
		case m.Vote == voteReject:
			reject++
		default:
			none++
		}
	}
	if approve > reject {
		return nil
	}
	return refuse("not_carried", "%d approve, %d reject and %d abstain of those who count: the panel did not decide this; propose what it would approve, or find out more and sit again", approve, reject, none)
}
