package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// ErrPin is returned when a neighbour shows another key than the enrolled one.
var ErrPin = errors.New("the neighbour's key is not the one that was enrolled")

// certificate makes the self-signed certificate of the link key. Nothing in it
// is relied on but the key: a link is pinned to the enrolled key, and there is
// no authority and no expiry that could cut a district off.
func (id *Identity) certificate() ([]byte, error) {
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
	der, err := x509.CreateCertificate(rand.Reader, template, template, id.LinkKey(), id.link)
	if err != nil {
		return nil, fmt.Errorf("make the link's certificate: %w", err)
	}
	return der, nil
}

func (id *Identity) config() (*tls.Config, error) {
	der, err := id.certificate()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: id.link}},
		SessionTicketsDisabled: true,
	}, nil
}

// ServerTLS is for the listener: TLS 1.3, and whoever dials may show a key,
// which PeerKey reads. Who that is, is decided after the handshake.
func (id *Identity) ServerTLS() (*tls.Config, error) {
	c, err := id.config()
	if err != nil {
		return nil, err
	}
	c.ClientAuth = tls.RequestClientCert
	return c, nil
}

// ClientTLS is for dialling a node whose link key is one of pins. It fails the
// handshake with ErrPin when the other side shows any other key.
func (id *Identity) ClientTLS(pins ...ed25519.PublicKey) (*tls.Config, error) {
	c, err := id.config()
	if err != nil {
		return nil, err
	}
	c.ServerName = "localhost"
	c.InsecureSkipVerify = true // the pin is stricter than any chain
	c.VerifyConnection = func(state tls.ConnectionState) error {
		key, ok := PeerKey(state)
		for _, pin := range pins {
			if ok && key.Equal(pin) {
				return nil
			}
		}
		return ErrPin
	}
	return c, nil
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
