package main

import (
	"context"
	"errors"
	"net"

	"github.com/nats-io/nats.go"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
)

// The exit codes of every command.
const (
	exitDone        = 0
	exitRefused     = 1 // the act can be read and is not allowed now
	exitInput       = 2 // the command cannot be read
	exitUnreachable = 3 // no node answered, or another writer was first
	exitBroken      = 4 // the store does not hold what it should, or something failed that nobody has foreseen
)

// inputError is a mistake on the command line or in a file that it names.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }
func (e *inputError) ExitCode() int { return exitInput }

// notAsWanted is what a check found: it was made, and not all is as it is wanted.
type notAsWanted struct{ error }

func (e *notAsWanted) Unwrap() error { return e.error }
func (e *notAsWanted) ExitCode() int { return exitRefused }

// exitCode tells what an error means to a script. An answer of the API knows
// its own code; here stands what commands meet without it. A disk that fails has
// refused nobody: what is not listed is a failure, never "not allowed now".
func exitCode(err error) int {
	var knows interface{ ExitCode() int }
	var invalid *engine.Invalid
	var refusal *engine.Refusal
	var unknown *events.UnknownPlaceError
	var ambiguous *events.AmbiguousPlaceError
	var address *net.AddrError
	switch {
	case errors.As(err, &knows):
		return knows.ExitCode()
	case errors.As(err, &refusal), errors.Is(err, node.ErrHeld), errors.Is(err, node.ErrTaken),
		errors.Is(err, node.ErrNotInvited), errors.Is(err, keys.ErrExists),
		errors.Is(err, keys.ErrPassphrase), errors.Is(err, keys.ErrFormer),
		errors.Is(err, engine.ErrLocked), errors.Is(err, engine.ErrFull), errors.Is(err, errUnchecked):
		return exitRefused
	case errors.As(err, &invalid), errors.As(err, &unknown), errors.As(err, &ambiguous), errors.As(err, &address), errors.Is(err, web.ErrNotLoopback),
		errors.Is(err, engine.ErrNotFound), errors.Is(err, keys.ErrInvitation):
		return exitInput
	case errors.Is(err, engine.ErrUnsettled): // also where it is not known because the store cannot be read
		return exitUnreachable
	case errors.Is(err, engine.ErrBroken), errors.Is(err, keys.ErrVault):
		return exitBroken
	case errors.Is(err, engine.ErrConflict), errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, context.DeadlineExceeded):
		return exitUnreachable
	}
	return exitBroken
}
