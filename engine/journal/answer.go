package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// answers is where the server answers appends: one subscription for all, which
// spares each what a request makes anew. Whoever has the turn to append uses it.
type answers struct {
	prefix string // of the subjects, one for each append
	asked  uint64
	in     chan *nats.Msg
	closed chan nats.Status // nothing comes any more
}

// answersMax is more than can come at once: the answer to one append, and some
// that came after nobody waited for them any more.
const answersMax = 64

func (j *Journal) openAnswers() (*answers, error) {
	if j.answers != nil {
		return j.answers, nil
	}
	a := &answers{prefix: j.nc.NewInbox() + ".", in: make(chan *nats.Msg, answersMax)}
	if _, err := j.nc.ChanSubscribe(a.prefix+"*", a.in); err != nil {
		return nil, fmt.Errorf("wait for answers: %w", err)
	}
	a.closed = j.nc.StatusChanged(nats.CLOSED)
	j.answers = a
	return a, nil
}

// ask sends a message, calls meanwhile, and returns the server's answer.
func (j *Journal) ask(ctx context.Context, m *nats.Msg, meanwhile func()) ([]byte, error) {
	a, err := j.openAnswers()
	if err != nil {
		return nil, err
	}
	a.asked++
	m.Reply = a.prefix + strconv.FormatUint(a.asked, 10)
	err = j.nc.PublishMsg(m)
	if err == nil {
		runtime.Gosched() // what sends it on goes first
	}
	meanwhile()
	if err != nil {
		return nil, err
	}
	late := time.NewTimer(j.answerWithin)
	defer late.Stop()
	for {
		select {
		case answer := <-a.in:
			if answer.Subject != m.Reply {
				continue // to an append that waits no more
			}
			if len(answer.Data) == 0 && answer.Header.Get(hStatus) == statusNobody {
				return nil, nats.ErrNoResponders
			}
			return answer.Data, nil
		case <-a.closed:
			return nil, nats.ErrConnectionClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late.C:
			return nil, context.DeadlineExceeded
		}
	}
}

// statusNobody is the answer where no stream takes the subject.
const statusNobody = "503"

// taken is how the server answers what it has stored.
var taken = []byte(`{"stream":"` + Stream + `","seq":`)

func readAnswer(data []byte) (seq uint64, err error) {
	if digits, ok := bytes.CutPrefix(data, taken); ok {
		if seq, err := strconv.ParseUint(string(bytes.TrimSuffix(digits, []byte("}"))), 10, 64); err == nil {
			return seq, nil
		}
	}
	var answer struct {
		Seq   uint64              `json:"seq"`
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return 0, fmt.Errorf("the server's answer cannot be read: %w", err)
	}
	if answer.Error != nil {
		return 0, answer.Error
	}
	return answer.Seq, nil
}
