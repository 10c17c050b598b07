package integration

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go"
)

func tlsDial(address string, config *tls.Config) (*tls.Conn, error) {
	return tls.Dial("tcp", address, config)
}

// TestOnlyTLS13: an older version, other ciphers and protocols of another layer
// are refused in the handshake, and nothing is said in clear.
func TestOnlyTLS13(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	good := func(change func(c *tls.Config)) *tls.Config {
		c := s.rogue.tls.Clone()
		change(c)
		return c
	}
	ok, err := tlsDial(s.cell.Address(), good(func(c *tls.Config) { c.NextProtos = []string{"h2", "nats/1"} })) // an unknown layer above is not taken up
	is.NoErr(err)
	is.Equal(ok.ConnectionState().Version, uint16(tls.VersionTLS13))
	is.Equal(ok.ConnectionState().NegotiatedProtocol, "")
	is.True(!ok.ConnectionState().DidResume)
	is.NoErr(ok.Close())
	for name, config := range map[string]*tls.Config{
		"TLS 1.2": good(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }),
		"TLS 1.0": good(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }),
		"an old cipher": good(func(c *tls.Config) {
			c.MinVersion, c.MaxVersion, c.CipherSuites = tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
		}),
		"another's key":     good(func(c *tls.Config) { c.VerifyConnection = func(tls.ConnectionState) error { return errors.New("no") } }),
		"another authority": {RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS13, ServerName: "localhost"},
	} {
		conn, err := tlsDial(s.cell.Address(), config)
		if err == nil {
			conn.Close()
		}
		if err == nil {
			t.Fatalf("%s is let in", name)
		}
		if strings.HasPrefix(name, "TLS") && !strings.Contains(err.Error(), "protocol version") {
			t.Fatalf("%s is refused with %v", name, err)
		}
	}
	s.unharmed()
}

// TestPlainTCP: who speaks the protocol without TLS, as a tamperer would make a
// node do, hears no word and is ended.
func TestPlainTCP(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	conn, err := net.Dial("tcp", s.cell.Address())
	is.NoErr(err)
	defer conn.Close()
	is.NoErr(conn.SetDeadline(time.Now().Add(within)))
	_, err = conn.Write([]byte("CONNECT {\"user\":\"join\",\"pass\":\"x\"}\r\nPING\r\n"))
	is.NoErr(err)
	said, _ := io.ReadAll(conn)
	is.True(!strings.Contains(string(said), "INFO") && !strings.Contains(string(said), "PONG") && len(said) < 16) // a TLS alert at most
	_, err = nats.Connect("nats://"+s.cell.Address(), nats.NoReconnect(), nats.Timeout(time.Second))
	is.True(err != nil)
	s.unharmed()
}

// TestKeysOfAnotherKind: a valid handshake with no key, or one of another kind,
// is a handshake and nothing more.
func TestKeysOfAnotherKind(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	is.NoErr(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	is.NoErr(err)
	stranger := s.machine(placeVillage)
	another, err := stranger.ClientTLS(s.cell.ID.LinkKey())
	is.NoErr(err)
	for _, change := range []func(c *tls.Config){
		func(c *tls.Config) { c.Certificates = nil },
		func(c *tls.Config) { c.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}} },
		func(c *tls.Config) { c.Certificates = another.Certificates },
		func(c *tls.Config) { // the enrolled certificate without its key
			c.Certificates = []tls.Certificate{{Certificate: s.rogue.tls.Certificates[0].Certificate, PrivateKey: another.Certificates[0].PrivateKey}}
		},
	} {
		c := s.rogue.tls.Clone()
		change(c)
		_, err := nats.Connect("tls://"+s.cell.Address(), nats.Secure(c), nats.TLSHandshakeFirst(), nats.NoReconnect())
		is.True(err != nil)
	}
	s.unharmed()
}

// TestSlowloris: who dials and says nothing, in TCP or after the handshake,
// holds a place for seconds, and keeps nobody from being served.
func TestSlowloris(t *testing.T) {
	is := is.New(t)
	s := newSiege(t)
	const many = 100
	ended := make(chan error, 2*many)
	for range many {
		raw, err := net.Dial("tcp", s.cell.Address())
		is.NoErr(err)
		secure, err := tlsDial(s.cell.Address(), s.rogue.tls)
		is.NoErr(err)
		for _, conn := range []net.Conn{raw, secure} {
			t.Cleanup(func() { conn.Close() })
			is.NoErr(conn.SetDeadline(time.Now().Add(within)))
			go func() {
				in := bufio.NewReader(conn)
				var err error
				for err == nil {
					_, err = in.ReadByte()
				}
				ended <- err
			}()
		}
	}
	for range 10 {
		s.sibling.send(item(s.sibling.event(nil)))
	}
	for range 2 * many {
		var late net.Error
		err := <-ended
		is.True(!errors.As(err, &late) || !late.Timeout()) // the cell ended it, not our patience
	}
	s.head = s.cell.Journal.Head()
	s.heard()
	s.unharmed()
}
