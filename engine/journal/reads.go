package journal

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
)

const (
	// StreamReads is the name of a node's stream of opened pages.
	StreamReads = "READS"
	// subjectRead is what it holds.
	subjectRead = "read.page"
	// readSizeMax bounds one record: ReadCodesMax codes and the rest.
	readSizeMax = 4 << 10
)

// PageUnreadable is the page of a record that is there, or was, and cannot be
// read: of which case, and who opened it, is not known.
const PageUnreadable engine.PageKind = "unreadable"

// Reads is the node's stream READS: one record for each page on which sealed
// fields stood in clear. It stays on this node; nothing in it can be deleted.
// It may be used by any number of goroutines.
type Reads struct {
	nc     *nats.Conn
	stream jetstream.Stream
	js     jetstream.JetStream

	answerWithin time.Duration
}

// OpenReads opens the stream on the server behind nc, and makes it where there
// is none. It fails on settings under which a record could vanish.
func OpenReads(ctx context.Context, nc *nats.Conn, cfg Config) (*Reads, error) {
	if !cfg.SyncAlways && !cfg.AllowUnsafeSync {
		return nil, fmt.Errorf("stream %s: sync_interval of the server is not \"always\": a power cut could take the whole stream", StreamReads)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", StreamReads, err)
	}
	stream, err := js.Stream(ctx, StreamReads)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, readsConfig())
	}
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", StreamReads, err)
	}
	if err := checkReads(stream.CachedInfo().Config); err != nil {
		return nil, fmt.Errorf("open stream %s: %w", StreamReads, err)
	}
	return &Reads{nc: nc, stream: stream, js: js, answerWithin: answerWithin}, nil
}

func readsConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: StreamReads, Subjects: []string{subjectRead}, Storage: jetstream.FileStorage, Replicas: 1,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxMsgSize: readSizeMax,
		AllowDirect: true, DenyDelete: true, DenyPurge: true,
	}
}

// checkReads refuses a stream in which a record could be lost or changed.
func checkReads(c jetstream.StreamConfig) error {
	for _, s := range []struct {
		name      string
		have, ask any
	}{
		{"subjects", c.Subjects, []string{subjectRead}},
		{"storage", c.Storage, jetstream.FileStorage},
		{"persist_mode", c.PersistMode, jetstream.DefaultPersistMode},
		{"retention", c.Retention, jetstream.LimitsPolicy},
		{"discard", c.Discard, jetstream.DiscardNew},
		{"max_msgs", c.MaxMsgs, int64(-1)},
		{"max_bytes", c.MaxBytes, int64(-1)},
		{"max_msgs_per_subject", c.MaxMsgsPerSubject, int64(-1)},
		{"max_age", int64(c.MaxAge), int64(0)},
		{"deny_delete", c.DenyDelete, true},
		{"deny_purge", c.DenyPurge, true},
		{"allow_rollup_hdrs", c.AllowRollup, false},
		{"allow_msg_ttl", c.AllowMsgTTL, false},
		{"allow_direct", c.AllowDirect, true},
		{"no_ack", c.NoAck, false},
		{"mirror", c.Mirror == nil, true},
		{"sources", len(c.Sources), 0},
		{"subject_transform", c.SubjectTransform == nil, true},
		{"republish", c.RePublish == nil, true},
	} {
		if !reflect.DeepEqual(s.have, s.ask) {
			return fmt.Errorf("its setting %s is %v, and %v is needed: move this stream away or correct the setting", s.name, s.have, s.ask)
		}
	}
	return nil
}

// Append stores a record and returns when it is on disk. A page whose record
// was not stored is not shown; one that was stored although its answer was lost
// stands for a page that may not have been seen.
func (r *Reads) Append(ctx context.Context, read engine.Read) error {
	raw, err := read.Encode()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.answerWithin)
	defer cancel()
	if _, err := r.js.Publish(ctx, subjectRead, raw); err != nil {
		return fmt.Errorf("record that %s opened a page: %w", read.Actor, err)
	}
	return nil
}

// List returns the newest records first, at most limit of them: all, or those
// of pages on which this case's code stood. One that cannot be read may be of any
// case: it stands in every list, as PageUnreadable.
func (r *Reads) List(ctx context.Context, code string, limit int) ([]engine.Read, error) {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	info, err := r.stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the state of %s: %w", StreamReads, err)
	}
	var out []engine.Read
	for end := info.State.LastSeq; end > 0 && len(out) < limit; {
		from := end - min(end, chunk) + 1
		some, err := r.stretch(ctx, from, end)
		if err != nil {
			return nil, err
		}
		for _, read := range slices.Backward(some) {
			if len(out) < limit && (code == "" || read.Page == PageUnreadable || slices.Contains(read.Codes, code)) {
				out = append(out, read)
			}
		}
		end = from - 1
	}
	return out, nil
}

// stretch reads [from, end], at most chunk records. What is missing was damaged,
// as nothing can be deleted.
func (r *Reads) stretch(ctx context.Context, from, end uint64) ([]engine.Read, error) {
	out := make([]engine.Read, 0, end-from+1)
	next := func() uint64 { return from + uint64(len(out)) }
	lost := func(upto uint64) {
		for next() < upto {
			out = append(out, engine.Read{Page: PageUnreadable})
		}
	}
	err := eachAnswer(ctx, r.nc, StreamReads, map[string]uint64{"seq": from, "batch": end - from + 1}, func(m *nats.Msg) error {
		seq, err := seqOf(m)
		if err != nil {
			return err
		}
		if lost(min(seq, end+1)); seq <= end {
			out = append(out, readOrNot(m))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read record %d of %s: %w", next(), StreamReads, err)
	}
	lost(end + 1)
	return out, nil
}

// readOrNot reads a record; of one that cannot be read only the instant is known
// at which it was stored.
func readOrNot(m *nats.Msg) engine.Read {
	read, err := engine.DecodeRead(m.Data)
	if err == nil {
		return read
	}
	at, _ := time.Parse(time.RFC3339Nano, m.Header.Get(hTime)) // zero where the server tells none
	return engine.Read{At: at.UTC().Truncate(time.Millisecond), Page: PageUnreadable}
}
