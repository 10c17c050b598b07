package engine_test

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// TestThePanelCarriesIt: what more of those who count reject than approve is not
// decided; who is absent, recused or has an interest does not count.
func TestThePanelCarriesIt(t *testing.T) {
	votes := func(all ...string) (out []events.Member) {
		for i, v := range all {
			out = append(out, events.Member{ID: string(rune('A' + i)), Discipline: "social_work", Present: true, Vote: v})
		}
		return out
	}
	aside := votes("approve", "reject", "reject", "reject")
	aside[1].Present, aside[2].Recused, aside[3].Interest = false, true, "her cousin works there"
	alone := votes("reject", "approve")
	alone[1].Recused = true
	for name, tt := range map[string]struct {
		panel []events.Member
		want  string
	}{
		"all approve":                   {votes("approve", "approve", "approve"), ""},
		"most approve":                  {votes("approve", "approve", "reject"), ""},
		"one approves, others abstain":  {votes("approve", "abstain", "abstain"), ""},
		"as many reject":                {votes("approve", "reject", "abstain"), "not_carried"},
		"most reject":                   {votes("approve", "reject", "reject"), "not_carried"},
		"all reject":                    {votes("reject", "reject", "reject"), "not_carried"},
		"all abstain":                   {votes("abstain", "abstain"), "not_carried"},
		"nobody says":                   {votes("", ""), "not_carried"},
		"who rejects does not count":    {aside, ""},
		"who approves recused themself": {alone, "not_carried"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			do := decide
			do.Panel = tt.panel
			_, err := decideOn(t, cell, "W-7", do, opened, accepted, proposed)
			if tt.want == "" {
				is.NoErr(err)
				return
			}
			is.True(refusedAs(tt.want)(err))
		})
	}
}

// TestNobodySitsTwice: one person is one member, however the code is written.
func TestNobodySitsTwice(t *testing.T) {
	is := is.New(t)
	do := decide
	do.Panel = []events.Member{
		{ID: "W-11", Discipline: "social_work", Present: true, Vote: "approve"}, {ID: "W-12", Discipline: "health", Present: true, Vote: "approve"},
		{ID: "w-11", Discipline: "community", Present: true, Vote: "approve"},
	}
	_, err := decideOn(t, cell, "W-7", do, opened, accepted, proposed)
	var invalid *engine.Invalid
	is.True(errors.As(err, &invalid))
	is.Equal(invalid.Field, "panel.members[2].id")
}

// TestADecisionAnswers: not what other acts answer.
func TestADecisionAnswers(t *testing.T) {
	for _, answer := range []string{engine.AnswerReceived, engine.AnswerSentBack} {
		do := decide
		do.Answer = answer
		_, err := engine.View{Gate: manyAnswers{}, Linked: true}.Decide(fold(t, opened, accepted, proposed), command(cell, do))
		var invalid *engine.Invalid
		is.New(t).True(errors.As(err, &invalid) && invalid.Field == "answer")
	}
}

// manyAnswers is a pack whose list of answers has all of them, as real ones do.
type manyAnswers struct{ gate }

func (manyAnswers) Knows(string, string) bool { return true }
