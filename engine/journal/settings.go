package journal

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/nats-io/nats.go/jetstream"

	"umuryango/events"
)

const (
	// Stream is the name of a node's one stream.
	Stream = "EVENTS"
	// subjects are what it holds.
	subjects = "ev.>"
	// hopMax is the room for what is not the event's own in a message: the hop's
	// headers, the server's, and two bytes more per attribute than events.SizeMax
	// counts.
	hopMax = 2 << 10
)

func streamConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: Stream, Subjects: []string{subjects}, Storage: jetstream.FileStorage, Replicas: 1,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxMsgSize: events.SizeMax + hopMax,
		AllowDirect: true, AllowAtomicPublish: true, DenyDelete: true, DenyPurge: true,
	}
}

func openStream(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, streamConfig())
	}
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", Stream, err)
	}
	if err := checkSettings(stream.CachedInfo().Config); err != nil {
		return nil, fmt.Errorf("open stream %s: %w", Stream, err)
	}
	return stream, nil
}

// checkSettings refuses a stream that could lose or change what it holds, or
// that cannot do what this package relies on. The names are those of
// JetStream's own configuration.
func checkSettings(c jetstream.StreamConfig) error {
	for _, s := range []struct {
		name      string
		have, ask any
	}{
		{"subjects", c.Subjects, []string{subjects}},
		{"storage", c.Storage, jetstream.FileStorage},
		{"persist_mode", c.PersistMode, jetstream.DefaultPersistMode}, // async acknowledges before it writes
		{"retention", c.Retention, jetstream.LimitsPolicy},
		{"num_replicas", c.Replicas, 1},
		{"discard", c.Discard, jetstream.DiscardNew}, // old would make room by deleting
		{"max_msgs", c.MaxMsgs, int64(-1)},
		{"max_bytes", c.MaxBytes, int64(-1)},
		{"max_msgs_per_subject", c.MaxMsgsPerSubject, int64(-1)},
		{"max_age", int64(c.MaxAge), int64(0)},
		{"max_msg_size", c.MaxMsgSize >= events.SizeMax+hopMax || c.MaxMsgSize == -1, true},
		{"compression", c.Compression, jetstream.NoCompression},
		{"deny_delete", c.DenyDelete, true},
		{"deny_purge", c.DenyPurge, true},
		{"allow_rollup_hdrs", c.AllowRollup, false},
		{"allow_msg_ttl", c.AllowMsgTTL, false},
		{"allow_msg_counter", c.AllowMsgCounter, false},
		{"allow_msg_schedules", c.AllowMsgSchedules, false},
		{"allow_batched", c.AllowBatchPublish, false}, // fast batches are not all or none
		{"allow_atomic", c.AllowAtomicPublish, true},
		{"allow_direct", c.AllowDirect, true},
		{"no_ack", c.NoAck, false},
		{"sealed", c.Sealed, false},
		{"mirror", c.Mirror == nil, true},
		{"sources", len(c.Sources), 0},
		{"subject_transform", c.SubjectTransform == nil, true},
		{"republish", c.RePublish == nil, true}, // would tell events to whoever listens
	} {
		if !reflect.DeepEqual(s.have, s.ask) {
			return fmt.Errorf("its setting %s is %v, and %v is needed: move this stream away or correct the setting", s.name, s.have, s.ask)
		}
	}
	return nil
}
