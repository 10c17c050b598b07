package events

import (
	"bytes"
	"crypto/ed25519"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goldenDir = "testdata/golden"

// testKey signs everything in testdata; its seed is the bytes 0 to 31.
func testKey() ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = byte(i)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func publicKey(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func testAuthor(source string, number uint64, before *RunEnd) Author {
	s, err := ParseSource(source)
	if err != nil {
		panic(err)
	}
	key := testKey()
	return Author{
		Source: s, Number: number, Before: before, Key: KeyID(publicKey(key)),
		Sign: SignWith(key),
	}
}

// wire is the readable form of an event: the subject, the headers by name, an
// empty line, the body.
func wire(subject string, header map[string][]string, body []byte) []byte {
	var out bytes.Buffer
	out.WriteString(subject + "\n")
	var names []string
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range header[name] {
			out.WriteString(name + ":" + value + "\n")
		}
	}
	out.WriteByte('\n')
	out.Write(body)
	return out.Bytes()
}

// unwire reads what wire writes, and anything else as far as it goes.
func unwire(text []byte) (subject string, header map[string][]string, body []byte) {
	head, body, _ := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	header = map[string][]string{}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		header[name] = append(header[name], value)
	}
	return lines[0], header, body
}

// goldenEvents are the events of one child's walk, each on the one before it as
// its line wants, and of the nodes that carried them. There is one of each type.
func goldenEvents(is *is.I) map[Type]Event {
	is.Helper()
	out := map[Type]Event{}
	var line Hash
	for i, g := range goldenBodies() {
		body, err := Encode(g.body)
		is.NoErr(err)
		at, err := time.Parse(time.RFC3339, g.at)
		is.NoErr(err)
		subject := Subject{Place: "RW.57.12.05.03", Kind: KindCase, ID: "01a1f795-4f80-7c3a-9d51-6e0f2b84a7c9"}
		d := Draft{
			ID: ID(g.id), Type: g.typ, Subject: subject, Office: g.office, Actor: g.actor, Prev: line, Body: body,
			Time: at, Recorded: at.Add(4*time.Minute + 217*time.Millisecond), Code: NewCode(0x2a5b3c1d), Edition: RwandaEdition,
		}
		if g.typ == TypeProposed || g.typ == TypeDecided {
			d.Policy = "rwanda-2026.1"
		}
		if strings.HasPrefix(string(g.typ), "rw.umuryango.node.") {
			d.Subject, d.Code, d.Prev = NodeSubject("RW.57.12"), NewCode(0x1122334), Hash{}
		}
		source, number, before := "/RW/57/12/7-k3f9", uint64(i+1), (*RunEnd)(nil)
		if g.office == "RW.57" {
			source, number = "/RW/57/3-p0t2", uint64(i+400)
		}
		if i == 0 {
			before = &RunEnd{Run: Run{Number: 6, Mark: "m1q8"}, Last: 118}
		}
		e, err := Sign(d, testAuthor(source, number, before))
		is.NoErr(err)
		if e.Type.Role() == RoleLine && e.Subject == subject {
			line = e.Hash()
		}
		out[g.typ] = e
	}
	return out
}

// TestEveryTypeHasAGolden: a type cannot be added without its golden event and
// its role.
func TestEveryTypeHasAGolden(t *testing.T) {
	is := is.New(t)
	golden, found := goldenEvents(is), 0
	for _, typ := range declaredTypes(is) {
		_, has := golden[typ]
		is.True(has)                                // every type has a golden event
		is.True(typ.Role() != RoleUnknown)          // and a role
		is.True(wellNamed.MatchString(string(typ))) // and our way of naming
		found++
	}
	is.Equal(found, len(golden)) // no golden event is of a type that is gone
}

var wellNamed = regexp.MustCompile(`^rw\.umuryango\.[a-z]+\.[a-z]+\.v[0-9]+$`)

// declaredTypes reads the constants of type Type from the package's source.
func declaredTypes(is *is.I) (types []Type) {
	is.Helper()
	files, err := filepath.Glob("*.go")
	is.NoErr(err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		is.NoErr(err)
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && fmt.Sprint(spec.Type) == "Type" {
				text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				is.NoErr(err)
				types = append(types, Type(text))
			}
			return true
		})
	}
	return types
}

// TestGolden: what was written once is written the same for ever, and read as
// what it was.
func TestGolden(t *testing.T) {
	for typ, e := range goldenEvents(is.New(t)) {
		t.Run(string(typ), func(t *testing.T) {
			is := is.New(t)
			text := wire(e.Subject.String(), e.Header(), e.Body)
			name := filepath.Join(goldenDir, string(typ))
			if *update {
				is.NoErr(os.WriteFile(name+".txt", text, 0o644))
				is.NoErr(os.WriteFile(name+".signed", e.SignedBytes(), 0o644))
			}
			want, err := os.ReadFile(name + ".txt")
			is.NoErr(err)
			is.Equal(string(text), string(want)) // made anew, the same bytes
			signed, err := os.ReadFile(name + ".signed")
			is.NoErr(err)
			is.Equal(string(e.SignedBytes()), string(signed)) // and the same signed bytes

			read, err := Parse(unwire(want))
			is.NoErr(err)
			is.True(reflect.DeepEqual(read, e)) // the same fields
			is.NoErr(read.Verify(publicKey(testKey())))
			is.Equal(read.OfficeID(), read.Office.ID())
		})
	}
}

// TestGoldenBodies: each body decodes into its Go type and encodes to the same
// bytes.
func TestGoldenBodies(t *testing.T) {
	golden := goldenEvents(is.New(t))
	for _, g := range goldenBodies() {
		t.Run(string(g.typ), func(t *testing.T) {
			is := is.New(t)
			into := reflect.New(reflect.TypeOf(g.body))
			is.NoErr(golden[g.typ].Decode(into.Interface()))
			is.Equal(into.Elem().Interface(), g.body)
			again, err := Encode(into.Elem().Interface())
			is.NoErr(err)
			is.Equal(string(again), string(golden[g.typ].Body))
		})
	}
}

// TestTheVerifierIsShort: what another program has to write is 30 lines; the
// curve, which most languages bring along, stands apart from it.
func TestTheVerifierIsShort(t *testing.T) {
	is := is.New(t)
	raw, err := os.ReadFile("testdata/verify.py")
	is.NoErr(err)
	_, rest, found := strings.Cut(string(raw), "# --- The verifier")
	is.True(found)
	verifier, curve, found := strings.Cut(rest, "# --- Ed25519")
	is.True(found)
	is.True(strings.Count(strings.TrimSpace(verifier), "\n")+1 <= 30)
	is.True(!strings.Contains(verifier, "pow(") && strings.Contains(curve, "RFC 8032"))
}

// TestVerifyInPython: a program in another language, which knows only the wire
// form and a public key, builds the same signed bytes, and finds one altered
// byte wherever it stands.
func TestVerifyInPython(t *testing.T) {
	is := is.New(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is needed to run testdata/verify.py, the check of the signed bytes in another language; install it:", err)
	}
	key := fmt.Sprintf("%x", []byte(publicKey(testKey())))
	run := func(files []string) (string, error) {
		out, err := exec.Command(python, append([]string{"testdata/verify.py", key}, files...)...).CombinedOutput()
		return string(out), err
	}

	var files, want []string
	for typ, e := range goldenEvents(is) {
		files = append(files, filepath.Join(goldenDir, string(typ)+".txt"))
		want = append(want, e.Hash().String()+" ok "+files[len(files)-1])
	}
	out, err := run(files)
	is.NoErr(err)
	is.Equal(strings.Split(strings.TrimSpace(out), "\n"), want)

	good, err := os.ReadFile(filepath.Join(goldenDir, string(TypeRaised)+".txt"))
	is.NoErr(err)
	for _, part := range []string{"ev.RW", "ce-actor:W", "ce-sequence:0", "ce-sig:", `{"to":`} {
		t.Run(part, func(t *testing.T) {
			is := is.New(t)
			at := bytes.Index(good, []byte(part)) + len(part)
			bad := slices.Clone(good)
			bad[at] ^= 1
			name := filepath.Join(t.TempDir(), "altered.txt")
			is.NoErr(os.WriteFile(name, bad, 0o644))
			out, err := run([]string{name})
			is.True(err != nil) // it ends with an error
			is.True(strings.Contains(out, " BAD "))
		})
	}
}
