package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"time"
)

// ErrPin is returned when a neighbour shows another key than the enrolled one.
var ErrPin = errors.New("the neighbour's key is not the one that was enrolled")

// proofOID marks the extension of a certificate in which a node shows why its
// key counts: an arc of its own, under UUIDs (ITU-T X.667).
var proofOID = asn1.ObjectIdentifier{2, 25, 1783204593}

// nameOfNode is the server name that nodes ask each other for.
const nameOfNode = "node.umuryango"

// certificate makes the self-signed certificate of a link key. Nothing in it is
// relied on but the key: a link is pinned to the enrolled key, and there is no
// authority and no expiry that could cut a district off. proof is for whoever
// does not know the key yet.
func (id *Identity) certificate(link ed25519.PrivateKey, proof []byte) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: id.Place.ID()},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	if len(proof) > 0 {
		template.ExtraExtensions = []pkix.Extension{{Id: proofOID, Value: proof}}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, link.Public(), link)
	if err != nil {
		return nil, fmt.Errorf("make the link's certificate: %w", err)
	}
	return der, nil
}

func (id *Identity) shown(link ed25519.PrivateKey, proof []byte) (*tls.Certificate, error) {
	der, err := id.certificate(link, proof)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: link}, nil
}

func config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true}
}

// ServerTLS is for the listener: TLS 1.3, and whoever dials may show a key,
// which PeerKey reads. Who that is, is decided after the handshake. proof is
// asked at each handshake, as is the key, which may have been rotated.
func (id *Identity) ServerTLS(proof func() []byte) *tls.Config {
	c := config()
	c.ClientAuth = tls.RequestClientCert
	c.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName != nameOfNode {
			return id.shown(id.presented(), nil) // the operator's client knows this very certificate
		}
		return id.shown(id.presented(), proof())
	}
	return c
}

// ClientTLS is for dialling a node whose link key is one of pins. It fails the
// handshake with ErrPin when the other side shows any other key.
func (id *Identity) ClientTLS(pins ...ed25519.PublicKey) (*tls.Config, error) {
	return id.dialTLS(id.presented(), nil, func(key ed25519.PublicKey, _ []byte) bool { return isOneOf(key, pins) })
}

// ClientTLSTo is ClientTLS where believe decides on the other side's key and on
// what it shows for it; proof is what this node shows for its own, nil for
// nothing.
func (id *Identity) ClientTLSTo(believe func(key ed25519.PublicKey, proof []byte) bool, proof []byte) (*tls.Config, error) {
	return id.dialTLS(id.presented(), proof, believe)
}

// ClientTLSAfter is ClientTLSTo with the next link key, while a rotation waits
// for its answer: it may have been enrolled already.
func (id *Identity) ClientTLSAfter(believe func(key ed25519.PublicKey, proof []byte) bool) (*tls.Config, error) {
	id.mu.RLock()
	defer id.mu.RUnlock()
	return id.dialTLS(id.link, nil, believe)
}

func isOneOf(key ed25519.PublicKey, pins []ed25519.PublicKey) bool {
	return slices.ContainsFunc(pins, func(pin ed25519.PublicKey) bool { return key.Equal(pin) })
}

func (id *Identity) dialTLS(link ed25519.PrivateKey, proof []byte, believe func(key ed25519.PublicKey, proof []byte) bool) (*tls.Config, error) {
	cert, err := id.shown(link, proof)
	if err != nil {
		return nil, err
	}
	c := config()
	c.Certificates = []tls.Certificate{*cert}
	c.ServerName = nameOfNode
	c.InsecureSkipVerify = true // the pin is stricter than any chain
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if key, ok := PeerKey(state); !ok || !believe(key, PeerProof(state)) {
			return ErrPin
		}
		return nil
	}
	return c, nil
}

// PeerProof is what the other side of a connection has shown for its key; nil
// for nothing. Nothing of it is checked.
func PeerProof(state tls.ConnectionState) []byte {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	for _, e := range state.PeerCertificates[0].Extensions {
		if e.Id.Equal(proofOID) {
			return e.Value
		}
	}
	return nil
}

// PeerKey is the Ed25519 key that the other side of a connection has shown and
// proved to hold.
func PeerKey(state tls.ConnectionState) (ed25519.PublicKey, bool) {
	if len(state.PeerCertificates) == 0 {
		return nil, false
	}
	key, ok := state.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	return key, ok
}
