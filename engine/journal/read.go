package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
)

// chunk is how many messages are asked for at once: with events of the largest
// size 17 MB, well under what client and server hold for one connection.
const chunk = 256

const (
	directGet = "$JS.API.DIRECT.GET." + Stream

	hStatus  = "Status"
	hSubject = "Nats-Subject"
	hSeq     = "Nats-Sequence"
	hTime    = "Nats-Time-Stamp"

	statusEnd      = "204" // the end of a batched direct get
	statusNotFound = "404"
)

// Read implements engine.Journal: the last records from memory, all others from
// the server. A stretch that cannot be read is left out and noted: see Damage.
func (j *Journal) Read(ctx context.Context, from uint64, limit int) ([]engine.Record, error) {
	var out []engine.Record
	for from = max(from, 1); len(out) < limit; {
		j.mu.Lock()
		recent, end, head := j.tail.from(from, limit-len(out)), j.tail.first(), j.head
		j.mu.Unlock()
		if recent != nil || from > head {
			return append(out, recent...), nil
		}
		records, next, err := j.stretch(ctx, from, end, min(chunk, limit-len(out)))
		if err != nil {
			return nil, fmt.Errorf("read %s from %d: %w", Stream, from, err)
		}
		out, from = append(out, records...), next
	}
	return out, nil
}

// direct reads at most limit messages in [from, end) with one request, and
// returns the sequence at which to go on. It is slower than a reader and leaves
// nothing open behind, and it decides what is missing.
func (j *Journal) direct(ctx context.Context, from, end uint64, limit int) (records []engine.Record, next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, j.settleWithin)
	defer cancel()
	answers, err := ask(j.nc, directGet, map[string]uint64{"seq": from, "batch": uint64(min(limit, chunk))})
	if err != nil {
		return nil, 0, err
	}
	defer answers.Unsubscribe()
	for next = from; ; {
		m, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return nil, 0, fmt.Errorf("message %d: %w", next, err)
		}
		switch status := m.Header.Get(hStatus); {
		case status == statusEnd && next > from:
			return records, next, nil
		case status == statusNotFound || status == statusEnd:
			// The first cannot be read, or nothing follows: one step on.
			j.report(from, from, errMissing)
			return records, from + 1, nil
		case status != "":
			return nil, 0, fmt.Errorf("message %d: the server answers %s %s", next, status, m.Header.Get("Description"))
		}
		seq, err := seqOf(m)
		if err != nil {
			return nil, 0, fmt.Errorf("message %d: %w", next, err)
		}
		if hole := min(seq, end); hole > next {
			j.report(next, hole-1, errMissing)
		}
		if seq >= end {
			return records, end, nil
		}
		records, next = j.take(records, m.Header.Get(hSubject), seq, m), seq+1
	}
}

// take appends the record of a message, or notes why there is none.
func (j *Journal) take(records []engine.Record, subject string, seq uint64, m *nats.Msg) []engine.Record {
	r, err := record(subject, seq, m)
	if err != nil {
		j.report(seq, seq, err)
		return records
	}
	return append(records, r)
}

// ask sends a request that is answered by several messages.
func ask(nc *nats.Conn, subject string, request any) (*nats.Subscription, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", subject, err)
	}
	inbox := nc.NewInbox()
	answers, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", subject, err)
	}
	if err := nc.PublishRequest(subject, inbox, body); err != nil {
		answers.Unsubscribe()
		return nil, fmt.Errorf("ask %s: %w", subject, err)
	}
	return answers, nil
}

// eachAnswer asks a stream for messages and gives each to f.
func eachAnswer(ctx context.Context, nc *nats.Conn, stream string, question any, f func(*nats.Msg) error) error {
	answers, err := ask(nc, "$JS.API.DIRECT.GET."+stream, question)
	if err != nil {
		return err
	}
	defer answers.Unsubscribe()
	for {
		m, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return err
		}
		switch status := m.Header.Get(hStatus); status {
		case statusEnd, statusNotFound:
			return nil
		case "":
		default:
			return fmt.Errorf("the server answers %s %s", status, m.Header.Get("Description"))
		}
		if err := f(m); err != nil {
			return err
		}
	}
}

// seqOf is the sequence at which a message stands in its stream.
func seqOf(m *nats.Msg) (uint64, error) {
	seq, err := strconv.ParseUint(m.Header.Get(hSeq), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("header %s: %w", hSeq, err)
	}
	return seq, nil
}
