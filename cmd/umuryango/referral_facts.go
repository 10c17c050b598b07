package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

// factsMax bounds a file of facts; an event holds at most events.SizeMax.
const factsMax = 2 * events.SizeMax

// factFlags say parts of a case document: the usual ones by a flag each, all
// by a file.
type factFlags struct {
	file      string
	ageMonths int
	sex       string
	reasons   []string
	care      string
	provider  string
}

func (f *factFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "facts", "", "file with a part of a case document in JSON; - for standard input")
	c.Flags().IntVar(&f.ageMonths, "age-months", -1, "the child's age in months")
	c.Flags().StringVar(&f.sex, "sex", "", "female, male or intersex")
	c.Flags().StringArrayVar(&f.reasons, "reason", nil, "why the referral is made, a code; may be given several times")
	c.Flags().StringVar(&f.care, "care", "", "care type that is asked for")
	c.Flags().StringVar(&f.provider, "provider", "", "code of the provider that is asked for")
}

// read puts flags over the file, key by key.
func (f *factFlags) read(a *app) (events.Facts, error) {
	doc := map[string]any{}
	if f.file != "" {
		if err := f.readFile(a, &doc); err != nil {
			return nil, err
		}
	}
	if f.ageMonths >= 0 {
		set(doc, "child", "age_months", f.ageMonths)
	}
	if f.sex != "" {
		set(doc, "child", "sex", f.sex)
	}
	if len(f.reasons) > 0 {
		doc["reasons"] = f.reasons
	}
	if f.care != "" {
		set(doc, "request", "care", f.care)
	}
	if f.provider != "" {
		set(doc, "request", "provider", f.provider)
	}
	if len(doc) == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write the facts: %w", err)
	}
	return raw, nil
}

func (f *factFlags) readFile(a *app, doc *map[string]any) error {
	in := a.stdin
	if f.file != "-" {
		file, err := os.Open(f.file)
		if err != nil {
			return &inputError{fmt.Errorf("read the facts: %w", err)}
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, factsMax+1))
	if err != nil {
		return &inputError{fmt.Errorf("read the facts in %s: %w", f.file, err)}
	}
	if len(raw) > factsMax {
		return &inputError{fmt.Errorf("the facts in %s: %w", f.file, events.ErrTooLarge)}
	}
	if err := json.Unmarshal(raw, doc); err != nil || *doc == nil {
		return &inputError{fmt.Errorf("the facts in %s: one JSON object is expected: %w", f.file, errors.Join(err))}
	}
	return nil
}

func set(doc map[string]any, object, key string, value any) {
	inner, ok := doc[object].(map[string]any)
	if !ok {
		inner = map[string]any{}
		doc[object] = inner
	}
	inner[key] = value
}

func newAssessCommand(a *app) *cobra.Command {
	c, f := actCommand(a, "assess CASE", "Add what was found out", func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error) {
		facts, err := f.facts.read(a)
		if err != nil {
			return web.Done{}, err
		}
		return c.Assess(ctx, ref, events.ID(f.id), web.FactsRequest{ActRequest: r, Facts: facts})
	})
	f.facts.register(c)
	return c
}

func newProposeCommand(a *app) *cobra.Command {
	c, f := actCommand(a, "propose CASE --care CODE", "Propose a placement", func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error) {
		facts, err := f.facts.read(a)
		if err != nil {
			return web.Done{}, err
		}
		return c.Propose(ctx, ref, events.ID(f.id), web.FactsRequest{ActRequest: r, Facts: facts})
	})
	f.facts.register(c)
	return c
}

func newContributeCommand(a *app) *cobra.Command {
	var kind string
	c, f := actCommand(a, "contribute CASE --kind CODE", "Tell something without having the case", func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error) {
		facts, err := f.facts.read(a)
		if err != nil {
			return web.Done{}, err
		}
		return c.Contribute(ctx, ref, events.ID(f.id), web.ContributeRequest{ActRequest: r, Kind: kind, Facts: facts})
	})
	f.facts.register(c)
	c.Flags().StringVar(&kind, "kind", "", "what is told, a code: note, sighting, document, …")
	return c
}

func newDecideCommand(a *app) *cobra.Command {
	var care, reason, answer, file string
	var members []string
	c, _ := actCommand(a, "decide CASE --care CODE --reason CODE --answer CODE --member ID:DISCIPLINE[:VOTE]…", "Record the panel's decision", func(ctx context.Context, c *web.Client, ref string, f actFlags, r web.ActRequest) (web.Done, error) {
		panel, err := parseMembers(members)
		if err != nil {
			return web.Done{}, err
		}
		facts, err := (&factFlags{file: file, ageMonths: -1}).read(a)
		if err != nil {
			return web.Done{}, err
		}
		return c.Decide(ctx, ref, events.ID(f.id), web.DecideRequest{ActRequest: r, Care: care, Reason: reason, Answer: answer, Members: panel, Facts: facts})
	})
	c.Flags().StringVar(&care, "care", "", "care type that is decided")
	c.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	c.Flags().StringVar(&answer, "answer", "", "what the person who referred is told, a code")
	c.Flags().StringArrayVar(&members, "member", nil, "who sat: code:discipline, or code:discipline:vote; once for each")
	c.Flags().StringVar(&file, "facts", "", "file with what differs from the proposal, in JSON; - for standard input")
	return c
}

// parseMembers reads "W-1:social_work:approve"; without a vote a member sat
// and approved.
func parseMembers(texts []string) ([]events.Member, error) {
	var out []events.Member
	for _, text := range texts {
		parts := strings.Split(text, ":")
		if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" {
			return nil, &inputError{fmt.Errorf("--member %s: code:discipline or code:discipline:vote is expected", text)}
		}
		m := events.Member{ID: parts[0], Discipline: parts[1], Present: true, Vote: "approve"}
		if len(parts) == 3 {
			m.Vote = parts[2]
		}
		out = append(out, m)
	}
	return out, nil
}
