package engine_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

func wrapFixture() engine.Wrap {
	return engine.Wrap{
		Case:   events.Subject{Place: "RW.57.12.05.03", Kind: events.KindCase, ID: "01936f5e-7a1b-7c3d-8e4f-0123456789ab"},
		Keys:   []engine.CaseKey{{ID: "AAAAAAAAAAAAAAAA", Class: engine.ClassIdentity}, {ID: "BBBBBBBBBBBBBBBB", Class: engine.ClassFacts}},
		Holder: "RW.57.12", HolderKey: engine.SealKeyID([]byte("public")), By: "RW.57.12.05.03", Data: []byte("sealed"),
	}
}

func TestAWrapIsNamedByAllThatItIs(t *testing.T) {
	is := is.New(t)
	w, same := wrapFixture(), wrapFixture()
	is.Equal(w.ID(), same.ID())
	is.True(engine.ValidKeyID(w.ID()))
	for _, change := range []func(*engine.Wrap){
		func(w *engine.Wrap) { w.Holder = "RW.57" },
		func(w *engine.Wrap) { w.By = "RW.57" },
		func(w *engine.Wrap) { w.HolderKey = engine.SealKeyID([]byte("another")) },
		func(w *engine.Wrap) { w.Keys = w.Keys[:1] },
		func(w *engine.Wrap) { w.Keys[0].Class = engine.ClassFacts },
		func(w *engine.Wrap) { w.Case.ID = "01936f5e-7a1b-7c3d-8e4f-0123456789ac" },
		func(w *engine.Wrap) { w.Data = []byte("sealed anew") }, // it may be the true one
	} {
		other := wrapFixture()
		change(&other)
		is.True(other.ID() != w.ID())
	}
}

func TestWhatIsNoWrapIsRefused(t *testing.T) {
	is := is.New(t)
	is.NoErr(wrapFixture().Check())
	for why, change := range map[string]func(*engine.Wrap){
		"belongs to a case": func(w *engine.Wrap) { w.Case.Kind = events.KindCarer },
		"not on the path":   func(w *engine.Wrap) { w.Holder = "RW.58" },
		"who sealed it":     func(w *engine.Wrap) { w.By = "" },
		"to which key":      func(w *engine.Wrap) { w.HolderKey = "short" },
		"of 0 keys":         func(w *engine.Wrap) { w.Keys = nil },
		"of 0 bytes":        func(w *engine.Wrap) { w.Data = nil },
		"of 4097 bytes":     func(w *engine.Wrap) { w.Data = make([]byte, engine.WrapDataMax+1) },
		"form of one":       func(w *engine.Wrap) { w.Keys[0].ID = "key" },
		"of class":          func(w *engine.Wrap) { w.Keys[0].Class = "other" },
		"travels alone":     func(w *engine.Wrap) { w.Keys[1].Class = engine.ClassAdult },
		"twice":             func(w *engine.Wrap) { w.Keys[1].ID = w.Keys[0].ID },
	} {
		w := wrapFixture()
		change(&w)
		err := w.Check()
		is.True(err != nil)                         // refused
		is.True(strings.Contains(err.Error(), why)) // and says why
	}
}
