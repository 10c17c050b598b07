package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/matryer/is"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine/journal"
	"umuryango/engine/keys"
	"umuryango/engine/node"
)

// The marks: what nobody but the people on the path may come to read.
const (
	markChild   = "Qzkchild Umwana"
	markAlias   = "Qzkalias Kamana"
	markBorn    = "2019-02-27"
	markAddress = "Qzkaddress Umuhanda"
	markContact = "Qzkcontact 0788"
	markNote    = "Qzknote yabonye"
	markTeller  = "Qzkteller Umuturanyi"
	markCall    = "Qzkcall 0722"
	markAdult   = "Qzkadult Nyina"
	markCarer   = "Qzkcarer Mukuru"
	markFlag    = "Qzkflag Rugero"
	markForm    = "Qzkform Ifishi"
	markWrong   = "Qzkwrong Ahatariho"
)

var marks = []string{markChild, markAlias, markBorn, markAddress, markContact, markNote, markTeller, markCall, markAdult, markCarer, markFlag, markForm, markWrong}

// markedRecord tells everything that a record can tell.
var markedRecord = fmt.Sprintf(`{"identity":{"name":%q,"also_known_as":%q,"birth_date":%q,"address":%q,"contact":%q},"note":%q,`+
	`"reporter":{"name":%q,"contact":%q,"relation":"neighbour"},"adults":[{"role":"mother","name":%q,"address":%q}]}`,
	markChild, markAlias, markBorn, markAddress, markContact, markNote, markTeller, markCall, markAdult, markCarer)

// markedCommands say how each command is fed that takes a record. A command
// with the flag --record that is missing here fails the test.
var markedCommands = map[string][]string{
	"umuryango referral raise":      {"--to", "RW571203", "--source", "izu", "--facts", "RAISED"},
	"umuryango referral assess":     {"CASE", "--facts", "VISITED"},
	"umuryango referral propose":    {"CASE", "--facts", "INSTITUTION"},
	"umuryango referral decide":     {"CASE", "--care", "kinship_formal", "--reason", "kin_ready", "--answer", "acted_on", "--facts", "AUNT", "--member", "W-11:social_work:approve", "--member", "W-12:health", "--member", "W-13:community"},
	"umuryango referral contribute": {"CASE", "--kind", "note"},
}

// takesRecords are the addresses that take a record; all others take codes
// alone. An address that stands in neither list fails the test.
var (
	takesRecords = []string{"POST /api/v1/referrals", "POST /api/v1/referrals/{case}/{act}", "POST /raise"}
	takesCodes   = []string{
		"GET /livez", "GET /readyz", "GET /api/v1/status", "GET /api/v1/quarantine", "GET /api/v1/policy", "GET /api/v1/places", "GET /api/v1/referrals",
		"GET /api/v1/referrals/{case}", "GET /api/v1/inbox", "GET /api/v1/answers", "POST /api/v1/cases/{case}/take-over", "POST /api/v1/records/{case}/{act}",
		"GET /api/v1/records/{case}/holders", "GET /api/v1/nodes/{place}/exposure", "GET /api/v1/reads", "POST /api/v1/invitations", "POST /api/v1/invitations/all",
		"GET /api/v1/nodes", "POST /api/v1/offices/{place}/recall", "POST /api/v1/offices/{place}/{standing}", "POST /api/v1/rotate", "POST /api/v1/views/rebuild",
		"POST /api/v1/unlock", "POST /api/v1/lock", "POST /api/v1/passphrase", "/api/", "GET /{$}", "GET /cases/{case}", "GET /reads", "POST /raise", "GET /nodes",
		"POST /nodes/invite", "POST /nodes/rotate", "POST /nodes/{place}/{standing}", "POST /unlock", "POST /lock", "POST /cases/{case}/{act}", "/", "GET /style.css",
	}
)

// siege is five nodes with a tap on every link and their logs at the lowest
// level.
type siege struct {
	t      *testing.T
	list   []needle
	dir    string
	layout layout
	urls   []string
	log    heard
	taps   []*tap
	errs   heard // answers that refuse
}

func newSiege(t *testing.T) *siege {
	is := is.New(t)
	m := &siege{t: t, list: needles(marks), dir: t.TempDir()}
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &m.log, getenv: func(string) string { return "" }}
	l, err := a.openLand("", "debug")
	is.NoErr(err)
	port, err := strconv.Atoi(freePorts(t))
	is.NoErr(err)
	m.layout, err = newLayout(l.places, m.dir, port, "")
	is.NoErr(err)
	is.NoErr(m.layout.prepare(t.Context(), l))
	via := map[int]string{}
	for i := 1; i < len(m.layout.places); i++ {
		w := newTap(t, m.folder(i-1), m.folder(i), m.layout.link(i-1))
		m.taps, via[i] = append(m.taps, w), w.listener.Addr().String()
	}
	ctx, cancel := context.WithCancel(context.Background())
	nodes, err := startHouses(ctx, l, m.layout, via)
	is.NoErr(err)
	m.urls = nodes.urls()
	t.Cleanup(func() {
		cancel()
		if err := nodes.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return m
}

func (m *siege) folder(i int) string { return m.layout.folder(m.layout.places[i]) }

// run runs a command against the i-th node, with a record on standard input.
func (m *siege) run(i int, args ...string) (int, string, string) {
	var out, errs bytes.Buffer
	code := run(m.t.Context(), append([]string{"--node", m.urls[i]}, args...), func(name string) string {
		return map[string]string{"UMURYANGO_ACTOR": "W-1", "XDG_DATA_HOME": m.t.TempDir()}[name]
	}, strings.NewReader(markedRecord), &out, &errs)
	return code, out.String(), errs.String()
}

// did is run for what must succeed.
func (m *siege) did(i int, args ...string) string {
	m.t.Helper()
	code, out, errs := m.run(i, args...)
	if code != exitDone {
		m.t.Fatalf("umuryango %s at %s ended with %d\n%s%s", strings.Join(args, " "), m.layout.places[i], code, out, errs)
	}
	return out
}

// until runs a command until its output contains a text.
func (m *siege) until(i int, text string, args ...string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), untilWithin)
	defer cancel()
	var out, errs string
	look := func() error {
		if _, out, errs = m.run(i, args...); !strings.Contains(out, text) {
			return errNotSo
		}
		return nil
	}
	if err := backoff.Retry(look, backoff.WithContext(backoff.NewConstantBackOff(lookEvery), ctx)); err != nil {
		m.t.Fatalf("%q did not come to %s: %s%s", text, m.layout.places[i], out, errs)
	}
}

// ask sends one request; what is refused is kept to be searched.
func (m *siege) ask(i int, method, path, body, kind string) (int, string) {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), method, m.urls[i]+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := c.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	if got.StatusCode >= 400 {
		fmt.Fprintf(&m.errs, "%d %v %s\n", got.StatusCode, got.Header, raw)
	}
	return got.StatusCode, string(raw)
}

const (
	kindJSON = "application/json"
	kindForm = "application/x-www-form-urlencoded"
)

// walk brings a child with a name from the village to the district's decision,
// through every command that takes a record.
func (m *siege) walk() (code string) {
	fed := map[string]bool{}
	feed := func(i int, command string, more ...string) string {
		fed[command] = true
		args := strings.Fields(strings.TrimPrefix(command, "umuryango "))
		for _, a := range markedCommands[command] {
			switch a {
			case "CASE":
				a = code
			case "RAISED", "VISITED", "INSTITUTION", "AUNT":
				a = m.facts(strings.ToLower(a))
			}
			args = append(args, a)
		}
		return m.did(i, append(append(args, "--record", "-"), more...)...)
	}
	code, _, _ = strings.Cut(strings.TrimSpace(feed(4, "umuryango referral raise")), ":")
	accept := func(i int, office string) {
		m.until(i, `"pen": "`+office+`"`, "-o", "json", "referral", "show", code)
		m.until(i, `"status": "open"`, "-o", "json", "referral", "show", code, "--actor", "W-1")
		m.did(i, "referral", "accept", code)
	}
	accept(3, "RW571203")
	m.did(3, "referral", "forward", code, "--to", "RW5712")
	accept(2, "RW5712")
	feed(2, "umuryango referral assess")
	m.did(2, "referral", "forward", code, "--to", "RW57")
	accept(1, "RW57")
	feed(1, "umuryango referral propose")
	feed(1, "umuryango referral decide")
	feed(4, "umuryango referral contribute", "--note", markNote)
	for _, c := range leaves(newRoot(&app{})) {
		if c.Flags().Lookup("record") != nil && !fed[c.CommandPath()] {
			m.t.Errorf("%s takes a record and is not fed: add it to markedCommands", c.CommandPath())
		}
	}
	return code
}

// facts is a file of the story's facts.
func (m *siege) facts(name string) string {
	raw, err := facts(name, time.Now())
	file := filepath.Join(m.t.TempDir(), name+".json")
	if err == nil {
		err = os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return file
}

// leaves are the commands that do something.
func leaves(c *cobra.Command) (out []*cobra.Command) {
	if !c.HasSubCommands() {
		return []*cobra.Command{c}
	}
	for _, sub := range c.Commands() {
		out = append(out, leaves(sub)...)
	}
	return out
}

// others are the ways beside --record: flags, a page's form, the API.
func (m *siege) others(code string) {
	is := is.New(m.t)
	m.did(4, "referral", "raise", "--to", "RW571203", "--source", "izu", "--name", markFlag, "--also-known-as", markAlias, "--born", markBorn,
		"--address", markAddress, "--contact", markContact, "--note", markNote, "--reporter-name", markTeller, "--reporter-contact", markCall, "--adult", "mother:"+markAdult)
	status, _ := m.ask(4, "POST", "/raise", url.Values{
		"actor": {"W-1"}, "to": {"RW571203"}, "source": {"izu"}, "name": {markForm}, "also_known_as": {markAlias}, "birth_date": {markBorn}, "address": {markAddress},
		"contact": {markContact}, "note": {markNote}, "reporter_name": {markTeller}, "reporter_contact": {markCall}, "adult_role": {"mother"}, "adult_name": {markAdult},
	}.Encode(), kindForm)
	is.Equal(status, http.StatusSeeOther)
	status, _ = m.ask(4, "POST", "/api/v1/referrals", `{"actor":"W-1","to":"RW571203","source":"izu","record":`+markedRecord+`}`, kindJSON)
	is.Equal(status/100, 2)
	status, _ = m.ask(4, "POST", "/api/v1/referrals/"+code+"/contribute", `{"actor":"W-1","kind":"note","record":`+markedRecord+`}`, kindJSON)
	is.Equal(status/100, 2)
}

// asks sends the marks to every address that the program has, where they do not
// belong.
func (m *siege) asks(code string) {
	known := append(slices.Clone(takesRecords), takesCodes...)
	mark, wrong := strconv.Quote(markWrong), url.QueryEscape(markWrong)
	long := strings.Repeat(markWrong+" ", 9<<10)
	bodies := map[string]string{
		"an unknown field":     `{"actor":"W-1",` + mark + `:1}`,
		"an unknown one of it": `{"actor":"W-1","record":{` + mark + `:{}}}`,
		"another type":         `{"actor":"W-1","record":{"identity":{"name":[` + mark + `]},"note":{"x":` + mark + `}}}`,
		"a text for a record":  `{"actor":"W-1","record":` + mark + `,"facts":` + mark + `}`,
		"too long":             `{"actor":"W-1","to":"RW571203","source":"izu","kind":"note","record":{"note":` + strconv.Quote(long) + `}}`,
		"twice":                `{"actor":"W-1","record":{"note":` + mark + `,"note":` + mark + `}}`,
		"a code":               `{"actor":"W-1","source":` + mark + `,"kind":` + mark + `,"reason":` + mark + `,"to":"RW571203"}`,
		"an actor":             `{"actor":` + mark + `,"to":"RW571203","source":"izu","kind":"note","reason":"poverty"}`,
		"facts":                `{"actor":"W-1","to":"RW571203","source":"izu","kind":"note","facts":{` + mark + `:` + mark + `,"child":{"sex":` + mark + `}}}`,
		"a date":               `{"actor":"W-1","to":"RW571203","source":"izu","kind":"note","record":{"identity":{"birth_date":` + mark + `}}}`,
		"a time":               `{"actor":"W-1","time":` + mark + `}`,
		"a place":              `{"actor":"W-1","office":` + mark + `,"to":` + mark + `,"place":` + mark + `}`,
		"no JSON":              markWrong,
		"cut off":              `{"actor":"W-1","record":{"note":` + mark[:len(mark)-1],
	}
	formWrong := url.Values{}
	for _, field := range []string{"actor", "office", "to", "source", "reason", "age_months", "birth_date", "keep_from", "keep_person", "ground", "document", "place", "key", "name", "lang"} {
		formWrong.Set(field, markWrong)
	}
	for _, path := range []string{"/" + url.PathEscape(markWrong), "/api/v1/" + url.PathEscape(markWrong), "/cases/" + code + "/" + url.PathEscape(markWrong)} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			m.ask(1, method, path, "{}", kindJSON)
		}
	}
	for _, pattern := range (&web.Server{}).Routes() {
		if !slices.Contains(known, pattern) {
			m.t.Errorf("%s is not fed: say in takesRecords or takesCodes what it takes", pattern)
		}
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = "GET", method
		}
		if path = strings.TrimSuffix(path, "{$}"); path == "/api/v1/lock" || path == "/lock" {
			continue // it takes nothing, and would lock the node
		}
		for _, act := range []string{"contribute", "restrict", "forward", "accept", "erase", url.PathEscape(markWrong)} {
			right := strings.NewReplacer("{case}", code, "{act}", act, "{place}", "RW57", "{standing}", "suspend").Replace(path)
			if method == "GET" {
				m.ask(1, method, right+"?office="+wrong+"&case="+wrong+"&q="+wrong+"&lang="+wrong+"&from="+wrong, "", kindJSON)
				m.ask(1, method, right+"?actor="+wrong, "", kindJSON)
			} else {
				for _, body := range bodies {
					m.ask(1, method, right, body, kindJSON)
				}
				m.ask(1, method, right, formWrong.Encode(), kindForm)
			}
			if right == path {
				break
			}
		}
		if strings.Contains(path, "{") {
			in := url.PathEscape(markWrong)
			m.ask(1, method, strings.NewReplacer("{case}", in, "{act}", in, "{place}", in, "{standing}", in).Replace(path), "{}", kindJSON)
		}
	}
}

// runNot are the commands that do not end by themselves or talk to no node.
var runNot = []string{"umuryango demo", "umuryango serve", "umuryango simulate", "umuryango node init", "umuryango node join"}

// commands runs every command with a mark in each of its flags, and as what it
// acts on.
func (m *siege) commands(code string) {
	m.t.Chdir(m.t.TempDir()) // where a file may be named so
	for _, c := range leaves(newRoot(&app{})) {
		if slices.Contains(runNot, c.CommandPath()) {
			continue
		}
		args := strings.Fields(strings.TrimPrefix(c.CommandPath(), "umuryango "))
		m.run(1, append(args, markWrong)...)
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if kind := f.Value.Type(); (kind == "string" || kind == "stringArray") && f.Name != "node" && f.Name != "new-passphrase-file" {
				m.run(1, append(append(args, code), "--"+f.Name, markWrong)...)
			}
		})
	}
}

// clean fails for every mark that is found.
func (m *siege) clean(what string, found []string) {
	m.t.Helper()
	for i, f := range found {
		if i == 10 {
			m.t.Errorf("%s: %d more", what, len(found)-i)
			return
		}
		m.t.Errorf("%s: %s", what, f)
	}
}

// operatorReads is what the operator's client finds in a node's stream.
func (m *siege) operatorReads(i int) (out []byte) {
	is := is.New(m.t)
	id, err := keys.Load(filepath.Join(m.folder(i), node.DirKeys))
	is.NoErr(err)
	key, err := nats.NkeyOptionFromSeed(id.OperatorSeedFile())
	is.NoErr(err)
	conn, err := nats.Connect("tls://"+m.layout.link(i), key, nats.TLSHandshakeFirst(), nats.RootCAs(id.CertificateFile()))
	is.NoErr(err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	is.NoErr(err)
	stream, err := js.Stream(m.t.Context(), journal.Stream)
	is.NoErr(err)
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		msg, err := stream.GetMsg(m.t.Context(), seq)
		is.NoErr(err)
		out = fmt.Appendf(out, "%s %v\n%s\n", msg.Subject, msg.Header, msg.Data)
	}
	return out
}

// TestMarkedNamesAreNowhere: names, dates, addresses and notes that were put into
// every command and address stand in no log, store, key store, record of reading,
// backup, error, status or file name, and on no wire, not even inside TLS, in no
// form. Where people may read them they stand, and the search finds what is put
// into a folder.
func TestMarkedNamesAreNowhere(t *testing.T) {
	is := is.New(t)
	m := newSiege(t)
	code := m.walk()
	m.others(code)

	shown := m.did(4, "referral", "show", code, "--actor", "IZU-1")
	_, page := m.ask(4, "GET", "/cases/"+code+"?actor=IZU-1", "", kindJSON)
	for _, mark := range []string{markChild, markAlias, markBorn, markAddress, markContact, markNote, markAdult} {
		is.True(strings.Contains(shown, mark)) // who may read it does
		is.True(strings.Contains(page, mark))
	}
	is.True(strings.Contains(m.did(1, "record", "reporter", code, "--reason", "reporter_question"), markTeller))
	m.until(0, "acted_on", "-o", "json", "referral", "show", code)
	m.clean("what the nation shows", find(m.list, []byte(m.did(0, "referral", "show", code, "--actor", "AUD-1"))))

	m.asks(code)
	m.commands(code)

	m.clean("the logs", find(m.list, m.log.bytes()))
	m.clean("answers that refuse", find(m.list, m.errs.bytes()))
	for i := range m.urls {
		is.NoErr(backoff.Retry(func() error {
			return os.CopyFS(t.TempDir(), os.DirFS(m.folder(i))) // as a backup is made, while the node runs
		}, backoff.WithMaxRetries(backoff.NewConstantBackOff(lookEvery), 100)))
		for _, path := range []string{"/livez", "/readyz", "/api/v1/status", "/api/v1/quarantine", "/api/v1/reads", "/api/v1/nodes", "/api/v1/referrals", "/api/v1/inbox", "/api/v1/answers"} {
			_, told := m.ask(i, "GET", path, "", kindJSON)
			m.clean(path, find(m.list, []byte(told)))
		}
	}
	m.clean("the folders", findUnder(t, m.list, m.dir))
	m.clean("backups", findUnder(t, m.list, filepath.Dir(t.TempDir())))
	for i := range 4 {
		told := m.operatorReads(i)
		is.True(bytes.Contains(told, []byte(code)))
		m.clean("the operator's client", find(m.list, told))
	}
	for _, w := range m.taps {
		is.True(bytes.Contains(w.inside.bytes(), []byte(code)))
		is.True(!bytes.Contains(w.wire.bytes(), []byte(code)))
		m.clean("inside TLS", find(m.list, w.inside.bytes()))
		m.clean("a wire", find(m.list, w.wire.bytes()))
	}

	is.True(len(m.errs.bytes()) > 10_000)
	is.True(bytes.Contains(m.log.bytes(), []byte("level=")))
	raw, err := json.Marshal(marks)
	is.NoErr(err)
	is.NoErr(os.WriteFile(filepath.Join(m.folder(4), "planted"), raw, 0o600))
	is.Equal(len(findUnder(t, m.list, m.folder(4))), len(marks)) // the search does find them
}
