package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

const aCase = "a case: its id or its spoken code"

func newReferralCommand(a *app) *cobra.Command {
	return group("referral", "Raise a referral, hand it on, decide, and follow it",
		newRaiseCommand(a), newForwardCommand(a), newAcceptCommand(a), newSendBackCommand(a),
		newAssessCommand(a), newProposeCommand(a), newDecideCommand(a), newContributeCommand(a),
		newListCommand(a), newShowCommand(a),
	)
}

// act is a command that acts on one case.
type act struct {
	use, short string
	facts      *factFlags // nil: the act carries none
	record     *recordFlags
	do         func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error)
}

// sent is what every act says.
type sent struct {
	web.ActRequest
	id    events.ID
	facts events.Facts

	record web.RecordRequest
}

func actCommand(a *app, act act) *cobra.Command {
	f := &actFlags{}
	c := &cobra.Command{
		Use: act.use, Short: act.short, Args: oneArgument(aCase),
		RunE: func(c *cobra.Command, args []string) error {
			return f.send(a, c, act, args[0])
		},
	}
	f.register(c)
	if act.facts != nil {
		act.facts.register(c)
	}
	if act.record != nil {
		act.record.register(c)
	}
	return c
}

// actFlags are what every act takes.
type actFlags struct {
	office, actor, id, time string
}

func (f *actFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.office, "office", "", "the office that acts (default: the node's own)")
	c.Flags().StringVar(&f.actor, "actor", "", "your worker's code (default $UMURYANGO_ACTOR)")
	c.Flags().StringVar(&f.time, "time", "", "when it happened, as 2026-11-22T09:00:00+02:00 (default: now)")
	c.Flags().StringVar(&f.id, "id", "", "id of the act, to send one again whose answer was lost: a UUID of version 7")
}

// send carries out an act and prints what it came to. The act has its id
// before it is sent: whoever hears no answer can send it again, and it acts
// once.
func (f *actFlags) send(a *app, c *cobra.Command, act act, ref string) error {
	s := sent{ActRequest: web.ActRequest{Office: f.office, Actor: f.actor}, id: events.ID(f.id)}
	var err error
	if s.Actor == "" {
		s.Actor = a.getenv("UMURYANGO_ACTOR")
	}
	if s.Actor == "" {
		return &inputError{errors.New("--actor: your worker's code is missing; give it once for all with $UMURYANGO_ACTOR")}
	}
	if f.time != "" {
		if s.Time, err = time.Parse(time.RFC3339, f.time); err != nil {
			return &inputError{fmt.Errorf("--time %s: an instant as 2026-11-22T09:00:00+02:00 is expected", f.time)}
		}
	}
	if s.id == "" {
		if s.id, err = newID(); err != nil {
			return err
		}
	}
	if act.facts != nil {
		if s.facts, err = act.facts.read(a, c.Flags()); err != nil {
			return err
		}
	}
	if act.record != nil {
		if act.facts != nil && act.facts.file == "-" && act.record.file == "-" {
			return &inputError{errors.New("--facts and --record: only one of them can be standard input")}
		}
		if s.record, err = act.record.read(a); err != nil {
			return err
		}
	}
	client, err := a.client(f.office)
	if err != nil {
		return err
	}
	done, err := act.do(c.Context(), client, ref, s)
	if err != nil {
		return unanswered(err, s.id)
	}
	return a.printDone(done, f.office)
}

// unanswered adds to an error after which nobody knows whether the act was
// stored how to find out.
func unanswered(err error, id events.ID) error {
	if exitCode(err) == exitUnreachable {
		return fmt.Errorf("%w\nif the act may have arrived, send it again with --id %s: it acts once", err, id)
	}
	return err
}

func newRaiseCommand(a *app) *cobra.Command {
	var home, to, source string
	var keep []string
	f, facts, record := &actFlags{}, &factFlags{}, &recordFlags{}
	raise := act{facts: facts, record: record, do: func(ctx context.Context, c *web.Client, _ string, s sent) (web.Done, error) {
		named, err := parseRestrictions(keep)
		if err != nil {
			return web.Done{}, err
		}
		return c.Raise(ctx, s.id, web.RaiseRequest{ActRequest: s.ActRequest, Home: home, To: to, Source: source, Facts: s.facts, Record: s.record, Restricted: named})
	}}
	c := &cobra.Command{
		Use:   "raise --to PLACE --source CODE",
		Short: "Raise a referral for a child",
		Long: `Raises a referral for a child and hands it to the office that is to act. Names and
what is told in words are sealed before anything is stored: give them in a file or
on standard input with --record, as a list of processes shows every flag to whoever
uses this machine:

  umuryango referral raise --to RW571203 --source izu --reason poverty --record - <<END
  {"identity": {"name": "…", "birth_date": "2021-03"}, "note": "…",
   "adults": [{"role": "mother", "name": "…"}], "reporter": {"name": "…"}}
  END`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return f.send(a, c, raise, "") },
	}
	f.register(c)
	facts.register(c)
	record.register(c)
	registerKeep(c, &keep)
	c.Flags().StringVar(&home, "home", "", "where the child usually lives, or was found (default: the office)")
	c.Flags().StringVar(&to, "to", "", "the office that is to act: the next one up, or any above")
	c.Flags().StringVar(&source, "source", "", "who referred, a code: izu, clinic, police, school, …")
	return c
}

func newForwardCommand(a *app) *cobra.Command {
	var to string
	c := actCommand(a, act{
		use: "forward CASE --to PLACE", short: "Hand the case on to an office above",
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			return c.Forward(ctx, ref, s.id, web.ForwardRequest{ActRequest: s.ActRequest, To: to})
		},
	})
	c.Flags().StringVar(&to, "to", "", "the office above that is to act")
	return c
}

func newAcceptCommand(a *app) *cobra.Command {
	return actCommand(a, act{
		use: "accept CASE", short: "Take on the responsibility for the child",
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			return c.Accept(ctx, ref, s.id, s.ActRequest)
		},
	})
}

func newSendBackCommand(a *app) *cobra.Command {
	var reason string
	c := actCommand(a, act{
		use: "send-back CASE --reason CODE", short: "Return the referral to its sender",
		do: func(ctx context.Context, c *web.Client, ref string, s sent) (web.Done, error) {
			return c.SendBack(ctx, ref, s.id, web.ReasonRequest{ActRequest: s.ActRequest, Reason: reason})
		},
	})
	c.Flags().StringVar(&reason, "reason", "", "why, a code of the policy pack")
	return c
}
