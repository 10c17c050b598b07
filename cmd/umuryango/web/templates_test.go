package web

import (
	"strings"
	"testing"
	"text/template/parse"

	"umuryango/engine"
	"umuryango/events"
	"umuryango/policies"
	"umuryango/projections"
)

// asked collects what templates give to a method: T "inbox", T (print "what." .What)
// as "what.".
func asked(n parse.Node, method string, found map[string]bool) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, one := range n.Nodes {
				asked(one, method, found)
			}
		}
	case *parse.ActionNode:
		asked(n.Pipe, method, found)
	case *parse.IfNode:
		askedIn(&n.BranchNode, method, found)
	case *parse.RangeNode:
		askedIn(&n.BranchNode, method, found)
	case *parse.WithNode:
		askedIn(&n.BranchNode, method, found)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				askedBy(c, method, found)
			}
		}
	}
}

func askedIn(n *parse.BranchNode, method string, found map[string]bool) {
	asked(n.Pipe, method, found)
	asked(n.List, method, found)
	asked(n.ElseList, method, found)
}

func askedBy(c *parse.CommandNode, method string, found map[string]bool) {
	name := c.Args[0].String()
	if len(c.Args) > 1 && (name == "."+method || strings.HasSuffix(name, "."+method)) {
		found[firstText(c.Args[1])] = true
	}
	for _, a := range c.Args {
		if p, ok := a.(*parse.PipeNode); ok {
			asked(p, method, found)
		}
	}
}

// firstText is a text, the beginning of one that is put together, or empty.
func firstText(n parse.Node) string {
	switch n := n.(type) {
	case *parse.StringNode:
		return n.Text
	case *parse.PipeNode:
		if args := n.Cmds[0].Args; len(args) > 1 && args[0].String() == "print" {
			return firstText(args[1])
		}
	}
	return ""
}

// Every key that a template asks for has a text in each language, whether it is
// written there or put together from a value; and every text is asked for.
func TestEveryKeyOfTheTemplatesHasItsTexts(t *testing.T) {
	found := map[string]bool{}
	for _, one := range page.Templates() {
		if one.Tree != nil {
			asked(one.Tree.Root, "T", found)
		}
	}
	values := map[string][]string{
		"what.": {
			projections.WhatAccept, projections.WhatAssess, projections.WhatPropose, projections.WhatDecide, projections.WhatSentBack,
			projections.WhatReconcile, projections.WhatContribution, projections.WhatNewer, whatOpened,
		},
		"outcome.": {
			policies.OutOfScope, policies.Void, policies.WithoutDecision, policies.Blocked, policies.Divert, policies.NeedInformation,
			policies.Escalate, policies.Provisional, policies.NoObjection,
		},
		"level.":    {"national", "district", "sector", "cell", "village", "court"},
		"standing.": {string(engine.StandingActive), string(engine.StandingRecalled), string(engine.StandingSuspended), string(engine.StandingRevoked)},
		"self.":     {string(engine.StandingRecalled), string(engine.StandingSuspended), string(engine.StandingRevoked)},
		"stand.":    engine.StandReasons,
		"sealed.":   {statusOpen, statusNone, statusActor, statusNoKey, statusNoRight, statusErased, statusLocked, statusNotLinked, statusTampered},
		"unnamed.":  {statusNoKey, statusNoRight},
		"class.":    {"identity", "narrative", "facts", "adult"},
		"page.":     {"list", "case", "act", "reporter", "file", "unreadable"},
		"": { // a standing, or a type
			projections.StandsUnjoined, projections.StandsContribution, projections.StandsUnread,
			"raised.v1", "forwarded.v1", "accepted.v1", "sentback.v1", "assessed.v1", "proposed.v1", "decided.v1", "contributed.v1", "takenover.v1",
			"restricted.v1", "opened.v1", "erased.v1", "erasedhere.v1",
		},
	}
	for kind := range kinds {
		values["problem."] = append(values["problem."], kind)
	}
	for before, list := range values {
		if !found[before] {
			t.Errorf("no template asks for a text that begins with %q", before)
		}
		delete(found, before)
		for _, v := range list {
			found[before+v] = true
		}
	}
	for key := range found {
		if _, ok := texts[key]; !ok {
			t.Errorf("the text %q is missing", key)
		}
	}
	for key := range texts {
		if !found[key] {
			t.Errorf("no template asks for the text %q", key)
		}
	}
}

// Every type of a case's events has a name on its page.
func TestEveryTypeHasAName(t *testing.T) {
	for _, typ := range []events.Type{
		events.TypeRaised, events.TypeForwarded, events.TypeAccepted, events.TypeSentBack, events.TypeAssessed, events.TypeProposed,
		events.TypeDecided, events.TypeContributed, events.TypeTakenOver, events.TypeRestricted, events.TypeOpened, events.TypeErased, events.TypeErasedHere,
	} {
		parts := strings.Split(string(typ), ".")
		if _, ok := texts[strings.Join(parts[len(parts)-2:], ".")]; !ok {
			t.Errorf("%s has no name", typ)
		}
	}
}

// The lists from which pages take labels are the pack's, and have them in every
// language.
func TestEveryListOfThePagesIsInThePack(t *testing.T) {
	w := newTown(t)
	lists := []string{engine.ListAnswers, engine.ListDecisions, engine.ListTakeOver, engine.ListContributions}
	names := shown{}.Names()
	for _, name := range []string{"care", "reasons", "disciplines", "votes", "sources", "sendback"} {
		lists = append(lists, names[name])
	}
	pack, err := w.server.Packs.Nearest(PackID, began)
	must(t, err)
	for _, list := range lists {
		if len(pack.Codes(list)) == 0 {
			t.Errorf("the pack has no list %q", list)
		}
		for _, code := range pack.Codes(list) {
			for _, l := range langs {
				if pack.Label(list, code, l.Code) == "" {
					t.Errorf("%s %s has no label in %s", list, code, l.Code)
				}
			}
		}
	}
}
