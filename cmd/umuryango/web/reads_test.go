package web

import (
	"context"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/journal"
)

// damagedReads has one record that cannot be read.
type damagedReads struct{ Reads }

func (damagedReads) List(context.Context, string, int) ([]engine.Read, error) {
	return []engine.Read{{Page: journal.PageUnreadable}}, nil
}

// A record that cannot be read is shown as one.
func TestADamagedRecordOfAPageIsShown(t *testing.T) {
	is, w := is.New(t), newTown(t)
	w.server.Reads = damagedReads{w.server.Reads}
	is.Equal(w.reads(""), []ReadEntry{{Page: journal.PageUnreadable}})
	w.tells(w.page("/reads"), "a record that cannot be read")
}
