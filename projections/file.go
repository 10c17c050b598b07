package projections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/engine/pages"
)

const (
	// stretch is how many records are read and applied at once.
	stretch = 256
	// commitRecords and commitEvery bound what a crash makes the follower read
	// again. Until a commit the rows stand in the open transaction, where
	// readers see them: so nobody waits for this file's disk, and it competes
	// little with the stream's.
	commitRecords = 2048
	commitEvery   = time.Second
)

var (
	bucketMeta = []byte("meta") // cursor and format; not part of the rows
	keyCursor  = []byte("cursor")
	keyFormat  = []byte("format")
)

// file is one bbolt file that follows a stream: rows and cursor change in one
// transaction. All reads and writes go through the open write transaction,
// under mu.
type file struct {
	path   string
	format string // rows of another format are thrown away
	names  [][]byte
	src    Source
	// take puts a stretch of records, which follow at, into the open transaction.
	take func(ctx context.Context, records []engine.Record) error
	// fill, where there is one, makes all rows at once in a file that has none,
	// and returns how far they reach: upto or beyond.
	fill func(ctx context.Context, upto uint64) (mark, error)

	every   int           // records between commits
	applied atomic.Uint64 // at.seq, for readers without mu

	mu    sync.Mutex
	db    *bbolt.DB
	tx    *bbolt.Tx
	at    mark
	dirty int       // records since the last commit
	since time.Time // when the first of them was applied
}

// open opens or makes the file. What does not fit the stream is thrown away.
func (f *file) open(ctx context.Context) error {
	f.every = commitRecords
	var err error
	if f.db, err = openDB(f.path); err != nil {
		return err
	}
	if err := f.start(ctx); err != nil {
		f.abandon()
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	return nil
}

// openDB opens or makes a file. It follows from the stream: one that is damaged is
// made anew, and stays beside it for whoever asks why.
func openDB(path string) (*bbolt.DB, error) {
	db, err := pages.Open(path)
	if pages.Damaged(err) {
		if err = os.Rename(path, path+".damaged"); err == nil {
			db, err = pages.Open(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

func (f *file) start(ctx context.Context) error {
	if err := f.begin(); err != nil {
		return err
	}
	if format := f.tx.Bucket(bucketMeta).Get(keyFormat); string(format) != f.format {
		return f.reset()
	}
	ok, err := f.at.holds(ctx, f.src)
	if err != nil {
		return err
	}
	if !ok || f.at.seq == 0 { // with no cursor, rows are of a rebuild that was broken off
		return f.reset()
	}
	return nil
}

// begin opens the next transaction and takes the cursor from it.
func (f *file) begin() (err error) {
	if f.tx, err = f.db.Begin(true); err != nil {
		return fmt.Errorf("begin a transaction in %s: %w", f.path, err)
	}
	for _, name := range append([][]byte{bucketMeta}, f.names...) {
		if _, err := f.tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
	}
	m := mark{}
	if raw := f.tx.Bucket(bucketMeta).Get(keyCursor); raw != nil {
		if m, err = decodeMark(raw); err != nil {
			m = mark{} // start over
		}
	}
	f.moved(m)
	f.dirty = 0
	return nil
}

func (f *file) moved(m mark) {
	f.at = m
	f.applied.Store(m.seq)
}

// reset throws all rows away and starts over.
func (f *file) reset() error {
	for _, name := range f.names {
		if err := f.tx.DeleteBucket(name); err != nil {
			return fmt.Errorf("throw away %s: %w", name, err)
		}
		if _, err := f.tx.CreateBucket(name); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
	}
	f.moved(mark{})
	f.touch(1)
	meta := f.tx.Bucket(bucketMeta)
	if err := meta.Delete(keyCursor); err != nil {
		return err
	}
	return meta.Put(keyFormat, []byte(f.format))
}

func (f *file) touch(records int) {
	if f.dirty == 0 {
		f.since = time.Now()
	}
	f.dirty += records
}

// commit writes rows and cursor to disk, together.
func (f *file) commit() error {
	if f.dirty == 0 {
		return nil
	}
	if f.at.seq > 0 {
		if err := f.tx.Bucket(bucketMeta).Put(keyCursor, encodeMark(f.at)); err != nil {
			return err
		}
	}
	tx := f.tx
	f.tx = nil
	if err := tx.Commit(); err != nil {
		return errors.Join(fmt.Errorf("commit %s: %w", f.path, err), f.begin())
	}
	return f.begin()
}

// revert goes back to the last commit: what was half applied is read again.
func (f *file) revert(cause error) error {
	if err := f.tx.Rollback(); err != nil {
		return errors.Join(cause, err)
	}
	return errors.Join(cause, f.begin())
}

// Applied is the sequence up to which everything has been applied.
func (f *file) Applied() uint64 { return f.applied.Load() }

// Wait returns when everything up to seq has been applied. It applies what is
// missing itself, so nobody waits for a follower's turn.
func (f *file) Wait(ctx context.Context, seq uint64) error {
	for {
		head := f.src.Head()
		if applied := f.Applied(); applied < min(seq, head) || applied > head {
			if err := f.catchUp(ctx, min(seq, head)); err != nil {
				return err
			}
		}
		if seq <= head {
			return nil
		}
		if err := f.src.Wait(ctx, seq-1); err != nil {
			return fmt.Errorf("wait for the stream at %d: %w", seq, err)
		}
	}
}

var errClosed = errors.New("this file is closed")

func (f *file) catchUp(ctx context.Context, upto uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tx == nil {
		return fmt.Errorf("follow the stream into %s: %w", f.path, errClosed)
	}
	if f.at.seq > f.src.Head() { // it was restored from an older copy
		if err := f.reset(); err != nil {
			return f.revert(err)
		}
	}
	if f.at.seq == 0 && upto > 0 && f.fill != nil {
		if err := f.fresh(ctx, upto); err != nil {
			return f.revert(fmt.Errorf("fill %s: %w", f.path, err))
		}
	}
	for f.at.seq < upto {
		records, err := f.src.Read(ctx, f.at.seq+1, stretch)
		if err != nil {
			return fmt.Errorf("follow the stream from %d: %w", f.at.seq+1, err)
		}
		// Rows go back to the last commit when this fails; a caller who leaves
		// must not cause that.
		if err := f.apply(context.WithoutCancel(ctx), upto, records); err != nil {
			return f.revert(fmt.Errorf("apply the stream behind %d: %w", f.at.seq, err))
		}
	}
	return nil
}

// fresh makes all rows anew; what a broken-off filling left is thrown away.
func (f *file) fresh(ctx context.Context, upto uint64) error {
	if err := f.reset(); err != nil {
		return err
	}
	m, err := f.fill(ctx, upto)
	if err != nil {
		return err
	}
	f.touch(1)
	f.moved(m)
	return nil
}

func (f *file) apply(ctx context.Context, upto uint64, records []engine.Record) error {
	f.touch(max(len(records), 1))
	if len(records) == 0 { // a hole at the end
		m := f.at
		m.seq = upto
		f.moved(m)
		return nil
	}
	if err := f.take(ctx, records); err != nil {
		return err
	}
	last := records[len(records)-1]
	f.moved(f.at.after(last, last.Event.Hash()))
	if f.dirty >= f.every {
		return f.commit()
	}
	return nil
}

// Follow applies what the stream brings, and commits, until ctx ends; then it
// returns nil.
func (f *file) Follow(ctx context.Context) error {
	for {
		if err := f.catchUp(ctx, f.src.Head()); err != nil {
			return f.ended(ctx, err)
		}
		if err := f.settle(ctx); err != nil {
			return f.ended(ctx, err)
		}
	}
}

// settle waits until the stream has more, or a commit is due, and commits then.
func (f *file) settle(ctx context.Context) error {
	f.mu.Lock()
	dirty, due := f.dirty > 0, f.since.Add(commitEvery)
	f.mu.Unlock()
	until, cancel := ctx, context.CancelFunc(func() {})
	if dirty {
		until, cancel = context.WithDeadline(ctx, due)
	}
	err := f.src.Wait(until, f.Applied())
	over := until.Err() != nil
	cancel()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !over:
		return fmt.Errorf("wait for the stream beyond %d: %w", f.Applied(), err)
	case dirty && !time.Now().Before(due):
		return f.flush()
	}
	return nil
}

// flush commits what is applied.
func (f *file) flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tx == nil {
		return nil
	}
	return f.commit()
}

// ended tells the end that was asked for from a fault.
func (f *file) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return f.flush()
	}
	return err
}

// Close commits and closes the file.
func (f *file) Close() error {
	err := f.flush()
	return errors.Join(err, f.abandon())
}

// abandon closes the file as a crash does: what was not committed is lost here,
// and read again from the stream.
func (f *file) abandon() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	if f.tx != nil {
		err = f.tx.Rollback()
		f.tx = nil
	}
	return errors.Join(err, f.db.Close())
}

// read calls do with a bucket of the open transaction, under the lock.
func (f *file) read(name []byte, do func(b *bbolt.Bucket) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tx == nil {
		return fmt.Errorf("read %s: %w", f.path, errClosed)
	}
	return do(f.tx.Bucket(name))
}

// eachUnder calls do for every key that begins with prefix, in order, until it
// returns false.
func eachUnder(b *bbolt.Bucket, prefix []byte, do func(k, v []byte) bool) {
	c := b.Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if !do(k, v) {
			return
		}
	}
}
