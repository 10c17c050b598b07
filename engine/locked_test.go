package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
)

// locked is a signer whose key is under its passphrase.
type locked struct{ signer }

func (locked) Locked() bool                { return true }
func (locked) Sign([]byte) ([]byte, error) { return nil, engine.ErrLocked }

// late is one that is locked between the look and the signature.
type late struct{ locked }

func (late) Locked() bool { return false }

// TestLocked: nothing is written without a signature, whoever asks is told what
// to do, and what was done before is still answered.
func TestLocked(t *testing.T) {
	for name, s := range map[string]engine.Signer{"locked": locked{"sector"}, "locked meanwhile": late{locked{"sector"}}} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			n := newNode(t)
			n.do(1, village, raise)
			head := n.journal.Head()
			n.service.Writer = engine.NewWriter(engine.Self{Node: sector, Run: run(2), Signer: s}, n.journal, n.history, nil)
			told := func(err error) {
				is.Helper()
				var refusal *engine.Refusal
				is.True(errors.As(err, &refusal))
				is.Equal(refusal.Code, "locked")
				is.True(strings.Contains(refusal.Detail, "umuryango node unlock"))
				is.Equal(n.journal.Head(), head)
			}
			_, err := n.send(2, village, engine.Contribute{Kind: "sighting"})
			told(err)
			_, err = n.service.Enrol(ctx, engine.Enrolment{Stamped: engine.Stamped{ID: id(3), Actor: "adm", At: noon}, Office: cell,
				Host: engine.Host{Node: cell, SignKey: public("cell"), LinkKey: public("link cell")}})
			told(err)
			done, err := n.send(1, village, raise)
			is.NoErr(err)
			is.True(done.Again)
		})
	}
}
