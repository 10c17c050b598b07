package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// StreamKeys is the name of the stream of wraps.
	StreamKeys = "KEYS"
	// streamCopy exists only while KEYS is written anew.
	streamCopy = "KEYSCOPY"

	subjectsKeys = "key.>"
	subjectsCopy = "keycopy.>"
	copyPrefix   = "keycopy."
	// subjectErasing names what is being destroyed, while it is.
	subjectErasing = "key.erasing"
	// subjectWhole is the last message of a copy.
	subjectWhole = "keycopy.whole"

	// keysBytesMax bounds the stream: some half a million wraps, which is what a
	// district holds of 150,000 cases.
	keysBytesMax = 1 << 30
	// keyMessageMax is room for the largest wrap as JSON, and for the list of
	// what is being destroyed.
	keyMessageMax = 64 << 10
	// eraseMax bounds what is destroyed under one note of it.
	eraseMax = 1000
	// eraseWithin bounds one destruction; a block of the stream is written in
	// milliseconds.
	eraseWithin = time.Minute
)

// keysConfig of a max of -1 bounds nothing.
func keysConfig(name, subject string, max int64) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: name, Subjects: []string{subject}, Storage: jetstream.FileStorage, Replicas: 1,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
		MaxMsgsPerSubject: 1, MaxBytes: max, MaxMsgSize: keyMessageMax,
		AllowDirect: true,
	}
}

// checkKeySettings refuses a stream that could lose a wrap, keep one that was
// destroyed, or tell of it to others.
func checkKeySettings(c jetstream.StreamConfig, max int64) error {
	for _, s := range []struct {
		name      string
		have, ask any
	}{
		{"subjects", c.Subjects, []string{subjectsKeys}},
		{"storage", c.Storage, jetstream.FileStorage},
		{"persist_mode", c.PersistMode, jetstream.DefaultPersistMode},
		{"retention", c.Retention, jetstream.LimitsPolicy},
		{"num_replicas", c.Replicas, 1},
		{"discard", c.Discard, jetstream.DiscardNew},
		{"discard_new_per_subject", c.DiscardNewPerSubject, true}, // else a second wrap would leave the first's bytes behind
		{"max_msgs", c.MaxMsgs, int64(-1)},
		{"max_bytes", c.MaxBytes, max},
		{"max_msgs_per_subject", c.MaxMsgsPerSubject, int64(1)},
		{"max_age", int64(c.MaxAge), int64(0)},
		{"max_msg_size", c.MaxMsgSize, int32(keyMessageMax)},
		{"compression", c.Compression, jetstream.NoCompression},
		{"deny_delete", c.DenyDelete, false},
		{"allow_rollup_hdrs", c.AllowRollup, false},
		{"allow_msg_ttl", c.AllowMsgTTL, false},
		{"allow_batched", c.AllowBatchPublish, false},
		{"allow_direct", c.AllowDirect, true},
		{"no_ack", c.NoAck, false},
		{"sealed", c.Sealed, false},
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

// open opens or makes KEYS.
func (k *Keys) open(ctx context.Context) error {
	var err error
	k.stream, err = k.js.Stream(ctx, StreamKeys)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		k.stream, err = k.js.CreateStream(ctx, keysConfig(StreamKeys, subjectsKeys, k.max))
	}
	if err != nil {
		return err
	}
	return checkKeySettings(k.stream.CachedInfo().Config, k.max)
}

// publish stores messages in their order and returns their sequences. They are
// sent at once and answered one by one.
func (k *Keys) publish(ctx context.Context, messages []*nats.Msg) ([]uint64, error) {
	inbox := k.nc.NewInbox()
	answers, err := k.nc.SubscribeSync(inbox + ".*")
	if err != nil {
		return nil, err
	}
	defer answers.Unsubscribe()
	for i, m := range messages {
		if err := k.nc.PublishRequest(m.Subject, inbox+"."+strconv.Itoa(i), m.Data); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	seqs := make([]uint64, len(messages))
	for range messages {
		m, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return nil, err
		}
		i, err := strconv.Atoi(m.Subject[len(inbox)+1:])
		if err != nil || i >= len(seqs) {
			return nil, fmt.Errorf("an answer to %q, which was not asked", m.Subject)
		}
		if seqs[i], err = readAnswer(m.Data); err != nil {
			return nil, err
		}
	}
	return seqs, nil
}

// erase destroys messages: it overwrites them in the stream's files, and
// forgets them. What is being destroyed is noted first, so that a crash between
// the server's two steps leaves no bytes behind (see recover).
func (k *Keys) erase(ctx context.Context, choose func() []entry) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fresh(ctx); err != nil {
		return err
	}
	return k.destroy(ctx, choose())
}

// destroy is erase for whoever has the lock.
func (k *Keys) destroy(ctx context.Context, list []entry) error {
	// A caller who leaves must not leave a destruction half done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), eraseWithin)
	defer cancel()
	for len(list) > 0 {
		now := list[:min(eraseMax, len(list))]
		list = list[len(now):]
		if err := k.eraseNoted(ctx, now); err != nil {
			k.stale = true
			return fmt.Errorf("destroy %d wraps: %w", len(now), err)
		}
		for _, e := range now {
			k.index.remove(e)
		}
	}
	return nil
}

func (k *Keys) eraseNoted(ctx context.Context, list []entry) error {
	var note []uint64
	for _, e := range list {
		note = append(note, e.seq)
	}
	mark, err := k.mark(ctx, note)
	if err != nil {
		return err
	}
	return k.overwrite(ctx, note, mark)
}

func (k *Keys) overwrite(ctx context.Context, seqs []uint64, mark uint64) error {
	for _, seq := range seqs {
		if err := k.stream.SecureDeleteMsg(ctx, seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return fmt.Errorf("message %d: %w", seq, err)
		}
	}
	return k.stream.DeleteMsg(ctx, mark)
}

// goOn ends a destruction that did not come to its end although the server went
// on: what is noted there is whole or overwritten.
func (k *Keys) goOn(ctx context.Context) error {
	seqs, mark, err := k.cutShort(ctx)
	if err != nil || mark == 0 {
		return err
	}
	return k.overwrite(ctx, seqs, mark)
}

func (k *Keys) mark(ctx context.Context, seqs []uint64) (uint64, error) {
	raw, err := json.Marshal(seqs)
	if err != nil {
		return 0, fmt.Errorf("note what is destroyed: %w", err)
	}
	return k.one(ctx, subjectErasing, raw)
}

// each calls f with every message of a stream, in order.
func (k *Keys) each(ctx context.Context, stream string, f func(seq uint64, subject string, data []byte) error) error {
	for next := uint64(1); ; {
		n, err := k.some(ctx, stream, &next, f)
		if err != nil || n == 0 {
			return err
		}
	}
}

// some reads the messages that follow with one request and moves next on.
func (k *Keys) some(ctx context.Context, stream string, next *uint64, f func(seq uint64, subject string, data []byte) error) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	err = eachAnswer(ctx, k.nc, stream, map[string]uint64{"seq": *next, "batch": chunk}, func(m *nats.Msg) error {
		seq, err := seqOf(m)
		if err != nil {
			return err
		}
		n, *next = n+1, seq+1
		return f(seq, m.Header.Get(hSubject), m.Data)
	})
	if err != nil {
		return n, fmt.Errorf("read %s from %d: %w", stream, *next, err)
	}
	return n, nil
}

// lastMax is how many messages one question names: the server answers 1,024.
const lastMax = 512

// last reads the messages that stand under these subjects, by subject.
func (k *Keys) last(ctx context.Context, subjects []string) (map[string][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	out := map[string][]byte{}
	for some := range slices.Chunk(subjects, lastMax) {
		err := eachAnswer(ctx, k.nc, StreamKeys, map[string][]string{"multi_last": some}, func(m *nats.Msg) error {
			out[m.Header.Get(hSubject)] = m.Data
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read %d messages of %s: %w", len(subjects), StreamKeys, err)
		}
	}
	return out, nil
}

// recover opens KEYS and ends what a crash cut short. The server notes that a
// message is deleted before it overwrites it, so after a crash between the two
// its bytes may stand in the file and can be reached no more. Then what is
// whole is copied, and the stream's files are made anew.
func (k *Keys) recover(ctx context.Context) error {
	whole, err := k.copied(ctx)
	if err != nil {
		return err
	}
	if !whole {
		if err := k.open(ctx); err != nil {
			return err
		}
		gone, mark, err := k.cutShort(ctx)
		if err != nil || mark == 0 {
			return err
		}
		if err := k.copy(ctx, append(gone, mark)); err != nil {
			return fmt.Errorf("copy what is whole: %w", err)
		}
	}
	return k.anew(ctx)
}

// copied reports whether a whole copy stands there; one that is not whole is
// removed, as KEYS still is.
func (k *Keys) copied(ctx context.Context) (whole bool, err error) {
	s, err := k.js.Stream(ctx, streamCopy)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch _, err := s.GetLastMsgForSubject(ctx, subjectWhole); {
	case err == nil:
		return true, nil
	case !errors.Is(err, jetstream.ErrMsgNotFound):
		return false, err
	}
	return false, k.js.DeleteStream(ctx, streamCopy)
}

// cutShort reads which messages were being destroyed, and the sequence of the
// note that says so; 0 for none. Of a note that cannot be read nothing is known:
// what was already out of reach is left out of a copy, and the rest is destroyed
// again by whoever ordered it.
func (k *Keys) cutShort(ctx context.Context) (gone []uint64, mark uint64, err error) {
	m, err := k.stream.GetLastMsgForSubject(ctx, subjectErasing)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if json.Unmarshal(m.Data, &gone) != nil {
		gone = nil
	}
	return gone, m.Sequence, nil
}

// copy writes what is whole. Subjects are longer there, so that nothing bounds it.
func (k *Keys) copy(ctx context.Context, gone []uint64) error {
	if _, err := k.js.CreateStream(ctx, keysConfig(streamCopy, subjectsCopy, -1)); err != nil {
		return err
	}
	err := k.each(ctx, StreamKeys, func(seq uint64, subject string, data []byte) error {
		if slices.Contains(gone, seq) {
			return nil
		}
		_, err := k.one(ctx, copyPrefix+subject, data)
		return err
	})
	if err != nil {
		return err
	}
	_, err = k.one(ctx, subjectWhole, nil)
	return err
}

// anew makes KEYS of its whole copy.
func (k *Keys) anew(ctx context.Context) error {
	if err := k.js.DeleteStream(ctx, StreamKeys); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	if err := k.open(ctx); err != nil {
		return err
	}
	if err := k.stream.Purge(ctx); err != nil { // where a crash left files behind without their settings
		return err
	}
	err := k.each(ctx, streamCopy, func(_ uint64, subject string, data []byte) error {
		if subject == subjectWhole {
			return nil
		}
		_, err := k.one(ctx, subject[len(copyPrefix):], data)
		return err
	})
	if err != nil {
		return fmt.Errorf("write %s anew: %w", StreamKeys, err)
	}
	return k.js.DeleteStream(ctx, streamCopy)
}

func (k *Keys) one(ctx context.Context, subject string, data []byte) (uint64, error) {
	seqs, err := k.publish(ctx, []*nats.Msg{{Subject: subject, Data: data}})
	if err != nil {
		return 0, err
	}
	return seqs[0], nil
}
