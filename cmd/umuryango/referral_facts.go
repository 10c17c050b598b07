package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
	"umuryango/events"
)

// factsMax bounds a file of facts; an event holds at most events.SizeMax.
const factsMax = 2 * events.SizeMax

// The flags of facts.
const (
	flagFacts     = "facts"
	flagAgeMonths = "age-months"
)

// monthsMax is the highest age that a case document takes, a person's at the age
// of 120: records of grown-up persons go on to be read.
const monthsMax = 1440

// months is an age on the command line.
type months uint16

func (m *months) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n > monthsMax {
		return fmt.Errorf("0 to %d months are expected", monthsMax)
	}
	*m = months(n)
	return nil
}

func (m *months) String() string { return strconv.FormatUint(uint64(*m), 10) }
func (m *months) Type() string   { return "months" }

// factFlags say parts of a case document: the usual ones by a flag each, all
// by a file.
type factFlags struct {
	fileOnly  bool // no flag but the file's: the others mean something else in this command
	file      string
	ageMonths months
	sex       string
	reasons   []string
	care      string
	provider  string
}

func (f *factFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.file, flagFacts, "", "file with a part of a case document in JSON; - for standard input")
	if f.fileOnly {
		return
	}
	c.Flags().Var(&f.ageMonths, flagAgeMonths, "the child's age in months")
	c.Flags().StringVar(&f.sex, "sex", "", "female, male or intersex")
	c.Flags().StringArrayVar(&f.reasons, "reason", nil, "why the referral is made, a code; may be given several times")
	c.Flags().StringVar(&f.care, "care", "", "care type that is asked for")
	c.Flags().StringVar(&f.provider, "provider", "", "code of the provider that is asked for")
}

// read puts flags over the file, key by key; the file as it is, where there is
// nothing to put over it.
func (f *factFlags) read(a *app, given *pflag.FlagSet) (events.Facts, error) {
	var raw events.Facts
	doc := map[string]json.RawMessage{}
	if f.file != "" {
		var err error
		if raw, err = f.readFile(a, &doc); err != nil {
			return nil, err
		}
	}
	laid, err := f.lay(doc, given)
	if err != nil || !laid {
		return raw, err
	}
	out, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write the facts: %w", err)
	}
	return out, nil
}

// lay puts what the flags say over a document.
func (f *factFlags) lay(doc map[string]json.RawMessage, given *pflag.FlagSet) (laid bool, err error) {
	put := func(yes bool, object, key string, value any) {
		if yes && err == nil {
			laid, err = true, set(doc, object, key, value)
		}
	}
	put(given.Changed(flagAgeMonths), "child", "age_months", f.ageMonths)
	put(f.sex != "", "child", "sex", f.sex)
	put(f.care != "", "request", "care", f.care)
	put(f.provider != "", "request", "provider", f.provider)
	put(len(f.reasons) > 0, "", "reasons", f.reasons)
	return laid, err
}

// set puts a value into an object of a document, or into the document itself.
func set(doc map[string]json.RawMessage, object, key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	if object == "" {
		doc[key] = raw
		return nil
	}
	inner := map[string]json.RawMessage{}
	if old, there := doc[object]; there {
		if json.Unmarshal(old, &inner) != nil || inner == nil {
			return &inputError{fmt.Errorf("the facts: %s: an object is expected", object)}
		}
	}
	inner[key] = raw
	if doc[object], err = json.Marshal(inner); err != nil {
		return fmt.Errorf("write %s: %w", object, err)
	}
	return nil
}

// readFile reads a file of facts as strictly as the node reads what it is sent:
// a key that stands twice is a mistake, and must not vanish under a flag.
func (f *factFlags) readFile(a *app, doc *map[string]json.RawMessage) (events.Facts, error) {
	in := a.stdin
	if f.file != fromStdin {
		file, err := os.Open(f.file)
		if err != nil {
			return nil, &inputError{fmt.Errorf("read the facts: %w", err)}
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, factsMax+1))
	if err != nil {
		return nil, &inputError{fmt.Errorf("read the facts %s: %w", inFile(f.file), err)}
	}
	if len(raw) > factsMax {
		return nil, &inputError{fmt.Errorf("the facts %s: %w", inFile(f.file), events.ErrTooLarge)}
	}
	if err := web.Strict(raw, doc); err != nil {
		return nil, &inputError{fmt.Errorf("the facts %s: %w", inFile(f.file), ofFile(err))}
	}
	if *doc == nil {
		return nil, &inputError{fmt.Errorf("the facts %s: one JSON object is expected", inFile(f.file))}
	}
	return raw, nil
}

// inFile says where something was read.
func inFile(name string) string {
	if name == fromStdin {
		return "on standard input"
	}
	return "in " + name
}

// ofFile is what is wrong with a file of which all is read as the body of a
// request: where the fault is in the whole, the file's name says it.
func ofFile(err error) error {
	var invalid *engine.Invalid
	if errors.As(err, &invalid) && invalid.Field == web.FieldBody {
		return errors.New(invalid.Problem)
	}
	return err
}

func newAssessCommand(a *app) *cobra.Command {
	return actCommand(a, act{
		use: "assess CASE", short: "Add what was found out", facts: &factFlags{}, record: &recordFlags{},
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			return c.Assess(ctx, ref, s.id, web.FactsRequest{ActRequest: s.ActRequest, Facts: s.facts, Record: s.record})
		},
	})
}

func newProposeCommand(a *app) *cobra.Command {
	return actCommand(a, act{
		use: "propose CASE --care CODE", short: "Propose a placement", facts: &factFlags{}, record: &recordFlags{fileOnly: true},
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			return c.Propose(ctx, ref, s.id, web.FactsRequest{ActRequest: s.ActRequest, Facts: s.facts, Record: s.record})
		},
	})
}

func newContributeCommand(a *app) *cobra.Command {
	var kind string
	c := actCommand(a, act{
		use: "contribute CASE --kind CODE", short: "Tell something without having the case", facts: &factFlags{}, record: &recordFlags{},
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			return c.Contribute(ctx, ref, s.id, web.ContributeRequest{ActRequest: s.ActRequest, Kind: kind, Facts: s.facts, Record: s.record})
		},
	})
	c.Flags().StringVar(&kind, "kind", "", "what is told, a code: note, sighting, document, …")
	return c
}

func newDecideCommand(a *app) *cobra.Command {
	var care, reason, answer string
	var members []string
	c := actCommand(a, act{
		use:   "decide CASE --care CODE --reason CODE --answer CODE --member ID:DISCIPLINE[:VOTE]…",
		short: "Record the panel's decision", facts: &factFlags{fileOnly: true}, record: &recordFlags{fileOnly: true},
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			panel, err := parseMembers(members)
			if err != nil {
				return web.Done{}, err
			}
			return c.Decide(ctx, ref, s.id, web.DecideRequest{ActRequest: s.ActRequest, Care: care, Reason: reason, Answer: answer, Members: panel, Facts: s.facts, Record: s.record})
		},
	})
	c.Flags().StringVar(&care, "care", "", "care type that is decided")
	c.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	c.Flags().StringVar(&answer, "answer", "", "what the person who referred is told, a code")
	c.Flags().StringArrayVar(&members, "member", nil, "who sat: code:discipline, or code:discipline:vote; once for each")
	return c
}

// parseMembers reads "W-1:social_work:approve"; without a vote a member sat
// and approved.
func parseMembers(texts []string) ([]events.Member, error) {
	out := []events.Member{}
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
