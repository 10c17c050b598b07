package main

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/node"
)

// A script that is told "not allowed now" gives up, and one that is told "not
// known" sends again: what nobody has foreseen is neither.
func TestExitCodesSayWhatScriptsMayDo(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want int
	}{
		"refused":                {&engine.Refusal{Code: "no_pen"}, exitRefused},
		"folder is held":         {node.ErrHeld, exitRefused},
		"node is locked":         {engine.ErrLocked, exitRefused},
		"no room for keys":       {engine.ErrFull, exitRefused},
		"not all is checked":     {fmt.Errorf("3 times: %w", errUnchecked), exitRefused},
		"a case differs":         {&notAsWanted{errors.New("1 differs")}, exitRefused},
		"cannot be read":         {&engine.Invalid{Field: "to"}, exitInput},
		"no such case":           {engine.ErrNotFound, exitInput},
		"no node":                {nats.ErrNoServers, exitUnreachable},
		"node is stopping":       {nats.ErrConnectionClosed, exitUnreachable},
		"lost a race":            {engine.ErrConflict, exitUnreachable},
		"unsettled":              {fmt.Errorf("append: %w: %w", engine.ErrUnsettled, engine.ErrBroken), exitUnreachable},
		"store is damaged":       {engine.ErrBroken, exitBroken},
		"keys are damaged":       {keys.ErrVault, exitBroken},
		"disk is full":           {fmt.Errorf("write: %w", syscall.ENOSPC), exitBroken},
		"folder is not ours":     {fmt.Errorf("open: %w", fs.ErrPermission), exitBroken},
		"nobody has foreseen it": {errors.New("x"), exitBroken},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			is.Equal(exitCode(tt.err), tt.want)
			is.Equal(exitCode(fmt.Errorf("on the way: %w", tt.err)), tt.want)
		})
	}
}
