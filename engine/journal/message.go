package journal

import (
	"fmt"
	"math"
	"strconv"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/events"
)

const (
	hRun     = "Src-Run"
	hNode    = "Src-Node"
	hNodeRun = "Src-Node-Run"
	hNodeSeq = "Src-Node-Seq"
	hCommand = "Src-Command"

	hExpected    = "Nats-Expected-Last-Sequence"
	hBatch       = "Nats-Batch-Id"
	hBatchSeq    = "Nats-Batch-Sequence"
	hBatchCommit = "Nats-Batch-Commit"

	// headerMax is what the server's store takes of headers: it writes their
	// length in 16 bits.
	headerMax = math.MaxUint16
)

// headersMax is how many headers a message of ours has at most: 17 of the
// event, 5 of the hop, and 4 for the server.
const headersMax = 26

// message is a record as it is stored.
func message(r engine.Record) *nats.Msg {
	h := headers{Header: make(nats.Header, headersMax), values: make([]string, 0, headersMax)}
	for name, value := range r.Event.Attributes() {
		h.set(name, value)
	}
	h.set(hRun, r.Run.String())
	if r.From.Node != "" {
		h.set(hNode, string(r.From.Node))
		h.set(hNodeRun, r.From.Run.String())
		h.set(hNodeSeq, strconv.FormatUint(r.From.Seq, 10))
	}
	if !r.Command.IsZero() {
		h.set(hCommand, r.Command.String())
	}
	return &nats.Msg{Subject: r.Event.Subject.String(), Header: h.Header, Data: r.Event.Body}
}

// headers are filled from one store of values, because a list for each would be
// what making a message costs most.
type headers struct {
	nats.Header
	values []string
}

func (h *headers) set(name, value string) {
	h.values = append(h.values, value)
	n := len(h.values)
	h.Header[name] = h.values[n-1 : n : n]
}

// checkRecord refuses what could not be read back.
func checkRecord(r engine.Record) error {
	switch {
	case len(r.Event.Signature()) == 0:
		return fmt.Errorf("event %q is not signed", r.Event.ID)
	case r.Run.IsZero():
		return fmt.Errorf("event %s names no run in which it is stored", r.Event.ID)
	case (r.From.Node == "") != r.From.Run.IsZero():
		return fmt.Errorf("event %s names half of where it came from", r.Event.ID)
	}
	return nil
}

// headerSize is what a message's headers take in the store.
func headerSize(h nats.Header) int {
	n := len("NATS/1.0\r\n\r\n")
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(": ") + len(v) + len("\r\n")
		}
	}
	return n
}

// record reads a stored message back.
func record(subject string, seq uint64, m *nats.Msg) (engine.Record, error) {
	e, err := events.Parse(subject, m.Header, m.Data)
	if err != nil {
		return engine.Record{}, err
	}
	r := engine.Record{Event: e, Seq: seq}
	h := hop{header: m.Header}
	read(&h, hRun, &r.Run, events.ParseRun)
	if _, foreign := m.Header[hNode]; foreign {
		read(&h, hNode, &r.From.Node, events.ParsePlace)
		read(&h, hNodeRun, &r.From.Run, events.ParseRun)
		read(&h, hNodeSeq, &r.From.Seq, parseSeq)
	}
	if _, own := m.Header[hCommand]; own {
		read(&h, hCommand, &r.Command, events.ParseHash)
	}
	if h.err != nil {
		return engine.Record{}, fmt.Errorf("event %s: %w", e.ID, h.err)
	}
	return r, nil
}

// hop takes this hop's headers by name and keeps the first fault.
type hop struct {
	header nats.Header
	err    error
}

func read[T any](h *hop, name string, into *T, parse func(string) (T, error)) {
	if h.err != nil {
		return
	}
	values := h.header[name]
	if len(values) != 1 {
		h.err = fmt.Errorf("header %s stands %d times, once is expected", name, len(values))
		return
	}
	v, err := parse(values[0])
	if err != nil {
		h.err = fmt.Errorf("header %s: %w", name, err)
		return
	}
	*into = v
}

func parseSeq(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }
