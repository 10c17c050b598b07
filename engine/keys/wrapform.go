package keys

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

// The written form of a wrap: a version, a flag, and its fields in order, texts
// and bytes with their length before them, lists with their count, numbers as
// unsigned varints, ids as their bytes.
const (
	wrapVersion byte = 1
	wrapOthers  byte = 0 // Made is false
	wrapOwn     byte = 1

	// WrapMax bounds a written wrap.
	WrapMax     = 4 << 10
	wrapTextMax = 256
	wrapDataMax = 2 << 10
)

// Encode writes a wrap.
func (w Wrap) Encode() []byte {
	out := []byte{wrapVersion, wrapOthers}
	if w.Made {
		out[1] = wrapOwn
	}
	number := func(n int) { out = binary.AppendUvarint(out, uint64(n)) }
	text := func(s string) {
		number(len(s))
		out = append(out, s...)
	}
	id := func(s string) { out, _ = base64.RawURLEncoding.AppendDecode(out, []byte(s)) }
	text(w.Case.String())
	text(string(w.Holder))
	id(w.To)
	number(len(w.For))
	for _, f := range w.For {
		id(f)
	}
	number(len(w.Keys))
	for _, n := range w.Keys {
		text(string(n.Class))
		id(n.ID)
	}
	number(len(w.Data))
	return append(out, w.Data...)
}

// DecodeWrap reads what Encode wrote, and nothing else: whatever it accepts is
// written as the same bytes again. It never panics.
func DecodeWrap(raw []byte) (Wrap, error) {
	r := wrapReader{in: raw}
	w := r.wrap()
	switch {
	case len(raw) > WrapMax:
		r.fail(fmt.Errorf("at most %d bytes are expected", WrapMax))
	case r.err == nil && len(r.in) > 0:
		r.fail(fmt.Errorf("%d bytes too many", len(r.in)))
	case r.err == nil && !bytes.Equal(w.Encode(), raw):
		r.fail(errors.New("it is not in its one form"))
	}
	if r.err != nil {
		return Wrap{}, fmt.Errorf("read a wrap of %d bytes: %w", len(raw), r.err)
	}
	return w, nil
}

// wrapReader takes fields off the front; after the first failure all are empty.
type wrapReader struct {
	in  []byte
	err error
}

func (r *wrapReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.in = nil
}

func (r *wrapReader) wrap() Wrap {
	var w Wrap
	head := r.take(2)
	if r.err == nil && (head[0] != wrapVersion || head[1] > wrapOwn) {
		r.fail(fmt.Errorf("version %d, kind %d are not known to this program", head[0], head[1]))
	}
	if r.err != nil {
		return w
	}
	w.Made = head[1] == wrapOwn
	w.Case, w.Holder = r.subject(), r.place()
	if r.err == nil && (w.Case.Kind != events.KindCase || !w.Holder.Covers(w.Case.Place)) {
		r.fail(fmt.Errorf("%q is not a node on the path of a case", w.Holder))
	}
	w.To = r.id()
	for range r.count(wrapForMax) {
		w.For = append(w.For, r.id())
	}
	if !slices.IsSorted(w.For) {
		r.fail(errors.New("those for whom it was made are not sorted"))
	}
	for range r.count(wrapKeysMax) {
		w.Keys = append(w.Keys, Name{r.class(), r.id()})
	}
	if r.err == nil && len(w.Keys) == 0 {
		r.fail(errors.New("it holds no key"))
	}
	w.Data = slices.Clone(r.take(r.count(wrapDataMax)))
	return w
}

func (r *wrapReader) take(n int) []byte {
	if len(r.in) < n {
		r.fail(errors.New("it ends too early"))
		return nil
	}
	out := r.in[:n]
	r.in = r.in[n:]
	return out
}

func (r *wrapReader) count(most int) int {
	n, size := binary.Uvarint(r.in)
	if size <= 0 || n > uint64(most) {
		r.fail(fmt.Errorf("a number of at most %d is expected", most))
		return 0
	}
	r.in = r.in[size:]
	return int(n)
}

func (r *wrapReader) text() string { return string(r.take(r.count(wrapTextMax))) }

func (r *wrapReader) id() string { return base64.RawURLEncoding.EncodeToString(r.take(idBytes)) }

func (r *wrapReader) class() engine.Class {
	text := r.text()
	c, known := engine.ClassOf(text)
	if r.err == nil && (!known || string(c) != text) {
		r.fail(fmt.Errorf("%q is no class of keys", text))
	}
	return c
}

func (r *wrapReader) subject() events.Subject {
	s, err := events.ParseSubject(r.text())
	if err != nil && r.err == nil {
		r.fail(err)
	}
	return s
}

func (r *wrapReader) place() events.Place {
	p, err := events.ParsePlace(r.text())
	if err != nil && r.err == nil {
		r.fail(err)
	}
	return p
}
