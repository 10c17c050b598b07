// Package cloudevents asks the official Go SDK of CloudEvents what it reads in
// our events, as an oracle; it is a module of its own, so that nothing of the
// SDK reaches the program. It proves that each golden event is a valid
// CloudEvent 1.0 whose attributes, extensions and body the SDK reads as we
// wrote them, in the header names of the NATS binding and through the SDK's own
// HTTP binding. It proves it for ASCII values only: the SDK neither encodes nor
// decodes percent-encoding, so it shows any other value as it stands on the wire.
package cloudevents

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"umuryango/events"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/event"
	sdkhttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/matryer/is"
)

const (
	prefix      = "ce-"
	contentType = "datacontenttype"
)

// message offers NATS headers to the SDK, which knows what each name means. The
// SDK's own JetStream module, which cannot be fetched as a module everywhere,
// does the same with the client's message type.
type message struct {
	header map[string][]string
	body   []byte
}

var names = spec.WithPrefix(prefix)

func (m message) ReadEncoding() binding.Encoding { return binding.EncodingBinary }

func (m message) ReadStructured(context.Context, binding.StructuredWriter) error {
	return binding.ErrNotStructured
}

func (m message) ReadBinary(_ context.Context, out binding.BinaryWriter) error {
	version := names.Version(m.header[names.PrefixedSpecVersionName()][0])
	for name, values := range m.header {
		var err error
		if attribute := version.Attribute(name); attribute != nil {
			err = out.SetAttribute(attribute, values[0])
		} else {
			err = out.SetExtension(strings.TrimPrefix(name, prefix), values[0])
		}
		if err != nil {
			return err
		}
	}
	return out.SetData(bytes.NewReader(m.body))
}

// GetAttribute and GetExtension are what the SDK asks for while it converts.
func (m message) GetAttribute(kind spec.Kind) (spec.Attribute, any) {
	attribute := names.Latest().AttributeFromKind(kind)
	return attribute, m.value(attribute.PrefixedName())
}

func (m message) GetExtension(name string) any { return m.value(prefix + name) }

func (m message) value(name string) any {
	if values := m.header[name]; len(values) == 1 {
		return values[0]
	}
	return nil
}

// overNATS and overHTTP are the two ways in which the SDK is shown an event.
func overNATS(e events.Event) binding.MessageReader {
	return message{header: e.Header(), body: e.Body}
}

func overHTTP(e events.Event) binding.MessageReader {
	header := http.Header{}
	for name, values := range e.Header() {
		if name == prefix+contentType { // the one attribute that HTTP calls otherwise
			name = "Content-Type"
		}
		header.Set(name, values[0])
	}
	return sdkhttp.NewMessage(header, io.NopCloser(bytes.NewReader(e.Body)))
}

// TestGoldenEvents: of each golden event the SDK reads what Parse reads.
func TestGoldenEvents(t *testing.T) {
	files, err := filepath.Glob("../../events/testdata/golden/*.txt")
	is.New(t).NoErr(err)
	is.New(t).True(len(files) >= 11) // one of each type
	for _, file := range files {
		for way, show := range map[string]func(events.Event) binding.MessageReader{"NATS": overNATS, "HTTP": overHTTP} {
			t.Run(way+" "+filepath.Base(file), func(t *testing.T) {
				is := is.New(t)
				e := golden(is, file)
				read, err := binding.ToEvent(context.Background(), show(e))
				is.NoErr(err)
				is.NoErr(read.Validate())
				compare(is, read, e)
			})
		}
	}
}

func compare(is *is.I, read *event.Event, e events.Event) {
	is.Helper()
	is.Equal(read.SpecVersion(), "1.0")
	is.Equal(read.ID(), string(e.ID))
	is.Equal(read.Type(), string(e.Type))
	is.Equal(read.Source(), e.Source.String())
	is.Equal(read.Subject(), e.Code)
	is.Equal(read.DataContentType(), "application/json")
	is.Equal(read.Time(), e.Time)
	is.Equal(string(read.Data()), string(e.Body))

	want := map[string]any{}
	for name, values := range e.Header() {
		switch name = strings.TrimPrefix(name, prefix); name {
		case "specversion", "id", "type", "source", "subject", "time", contentType:
		default:
			want[name] = values[0]
		}
	}
	is.Equal(read.Extensions(), want)
	is.Equal(want["office"], e.OfficeID())
	is.Equal(want["actor"], e.Actor)
	is.Equal(want["edition"], e.Edition)
	is.Equal(want["key"], e.Key)
	recorded, err := time.Parse(time.RFC3339, want["recordedtime"].(string))
	is.NoErr(err)
	is.Equal(recorded, e.Recorded)
}

// golden reads an event from its readable wire form.
func golden(is *is.I, file string) events.Event {
	is.Helper()
	text, err := os.ReadFile(file)
	is.NoErr(err)
	head, body, _ := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	header := map[string][]string{}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		header[name] = append(header[name], value)
	}
	e, err := events.Parse(lines[0], header, body)
	is.NoErr(err)
	return e
}

// TestPercentEncoding: where the binding asks for percent-encoding, we follow
// it and the SDK does not. Should this fail one day, the SDK has learned it, and
// the comparison above may take any value.
func TestPercentEncoding(t *testing.T) {
	is := is.New(t)
	e := golden(is, "../../events/testdata/golden/rw.umuryango.referral.accepted.v1.txt")
	d := e.Draft
	d.Actor = "W 7 é"
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	e, err := events.Sign(d, events.Author{
		Source: e.Source, Number: e.Number, Key: events.KeyID(key.Public().(ed25519.PublicKey)),
		Sign: events.SignWith(key),
	})
	is.NoErr(err)
	is.Equal(e.Actor, "W 7 é")
	read, err := binding.ToEvent(context.Background(), overNATS(e))
	is.NoErr(err)
	is.Equal(read.Extensions()["actor"], "W%207%20%C3%A9")
}
