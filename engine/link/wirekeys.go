package link

import (
	"umuryango/engine"
	"umuryango/events"
)

func (w *writer) either(yes bool, one, other byte) {
	if yes {
		w.tag(one)
		return
	}
	w.tag(other)
}

// took stands behind the fields only where there is something.
func (w *writer) took(ids []string) {
	if len(ids) > 0 {
		w.texts(ids)
	}
}

func (w *writer) texts(list []string) {
	w.number(uint64(len(list)))
	for _, s := range list {
		w.text(s)
	}
}

func (w *writer) wraps(list []engine.Wrap) {
	w.number(uint64(len(list)))
	for _, x := range list {
		w.text(x.Case.String())
		w.text(string(x.Holder))
		w.text(x.HolderKey)
		w.text(string(x.By))
		w.number(uint64(len(x.Keys)))
		for _, k := range x.Keys {
			w.text(k.ID)
			w.text(string(k.Class))
		}
		w.bytes(x.Data)
	}
}

func (w *writer) asks(list []engine.Ask) {
	w.number(uint64(len(list)))
	for _, a := range list {
		w.text(a.Case.String())
		w.text(string(a.Node))
		w.texts(a.Keys)
	}
}

func (r *reader) texts(most int) []string {
	var out []string
	for n := r.count(most); n > 0 && r.err == nil; n-- {
		out = append(out, r.text())
	}
	return out
}

func (r *reader) wraps() []engine.Wrap {
	var out []engine.Wrap
	for n := r.count(WrapsMax); n > 0 && r.err == nil; n-- {
		w := engine.Wrap{Case: r.subject(), Holder: r.place(), HolderKey: r.text(), By: r.place()}
		for k := r.count(engine.WrapKeysMax); k > 0 && r.err == nil; k-- {
			w.Keys = append(w.Keys, engine.CaseKey{ID: r.text(), Class: engine.Class(r.text())})
		}
		w.Data = r.take(engine.WrapDataMax)
		out = append(out, w)
	}
	return out
}

func (r *reader) asks() []engine.Ask {
	var out []engine.Ask
	for n := r.count(AsksMax); n > 0 && r.err == nil; n-- {
		out = append(out, engine.Ask{Case: r.subject(), Node: r.place(), Keys: r.texts(AskKeysMax)})
	}
	return out
}

func (r *reader) subject() events.Subject {
	s, err := events.ParseSubject(r.text())
	if err != nil {
		r.fail(err)
	}
	return s
}

func (r *reader) place() events.Place {
	p, err := events.ParsePlace(r.text())
	if err != nil {
		r.fail(err)
	}
	return p
}
