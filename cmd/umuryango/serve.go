package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"umuryango/engine/node"
	"umuryango/events"
)

func newServeCommand(a *app) *cobra.Command {
	var config, upperAddress, log, file string
	c := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run a node",
		Long: `Runs the node whose node.yaml is given, until it is told to stop. The node's
store and keys lie in the folder of that file. It is made by "node init" or
"node join".

Without its passphrase the node starts locked: it passes on what others write,
signs nothing and opens nothing until "node unlock".`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.serve(c.Context(), config, upperAddress, log, file)
		},
	}
	c.Flags().StringVar(&config, "config", fileSettings, "the node's settings")
	c.Flags().StringVar(&upperAddress, "upper-address", "", "dial the node above here instead of where the settings say")
	c.Flags().StringVar(&log, "log", "info", "what to tell on standard error: debug, info, warn or error")
	passphraseFlag(c, &file)
	return c
}

// answersAt stands in the first line that a node tells, before its address: a
// demo that runs it as a process waits for that.
const answersAt = " answers at "

func (a *app) serve(ctx context.Context, config, upperAddress, log, file string) (err error) {
	s, dir, err := readSettings(config)
	if err != nil {
		return err
	}
	if upperAddress != "" {
		if s.Upper == nil {
			return &inputError{errors.New("--upper-address: this is a nation's node, there is none above it")}
		}
		s.Upper.Address = upperAddress
	}
	if err := s.check(); err != nil {
		return fmt.Errorf("%w: see %s", err, config)
	}
	l, err := a.openLand(s.Packs, log)
	if err != nil {
		return err
	}
	l.tellReadable(dir, a.passphraseFile(file))
	// A file that is gone, as after a power cut without whoever carries it, must
	// not keep what others write from going on its way.
	text, err := a.readPassphrase(file)
	if err != nil {
		l.log.Error("the node starts locked", "err", err)
	}
	h, err := openHouse(ctx, l, dir, s, text)
	clear(text)
	if errors.Is(err, node.ErrTaken) {
		return fmt.Errorf("%w: stop what listens there, or write another port into %s", err, config)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	fmt.Fprintf(a.stdout, "%s (%s)%s%s\n", l.places.FullName(h.node.ID.Place), l.places.Level(h.node.ID.Place), answersAt, h.url)
	if h.node.ID.Locked() {
		fmt.Fprintf(a.stdout, "it is locked: it passes on what others write, signs nothing and opens nothing; unlock it on its page, or with: umuryango node unlock --node %s\n", h.url)
	}
	return h.Wait(ctx)
}

// openLand reads what all nodes of this process share. packs is a folder of
// policy packs; empty for those in the program.
func (a *app) openLand(packs, level string) (land, error) {
	places, err := events.Rwanda()
	if err != nil {
		return land{}, err
	}
	return a.landOf(places, packs, level)
}

func (a *app) landOf(places *events.Places, packs, level string) (land, error) {
	var lowest slog.Level
	if err := lowest.UnmarshalText([]byte(level)); err != nil {
		return land{}, &inputError{fmt.Errorf("--log %s: debug, info, warn or error is expected", level)}
	}
	l := land{places: places, log: slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: lowest}))}
	var err error
	l.packs, err = packsIn("read the policy packs in", packs)
	return l, err
}
