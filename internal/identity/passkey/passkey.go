// Package passkey lets people prove who they are with a key that never leaves
// their telephone, computer or security key (W3C WebAuthn, level 3): it is made
// for this address alone, opens with a finger, a face or a PIN, and there is
// nothing to type that somebody else could ask for.
//
// A ceremony has two steps, which may run on two replicas. The first stores what
// is to be signed and gives the browser's session a ticket for it; the second uses
// up what was stored, whatever comes of it, and checks the answer. Of a passkey we
// keep its public key and what it has counted.
package passkey

import (
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Words are the texts of passkeys, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Options are what a Service stands on.
type Options struct {
	DB     *db.DB
	People *identity.People
	Limits *identity.Limits
	Clock  clock.Clock
	IDs    clock.IDs
	Log    *slog.Logger
	Name   string   // of the installation, as devices show it
	URL    string   // address by which the world reaches the pages
	Hosts  []string // other names, host or host:port, by which it does
}

// Service keeps the passkeys.
type Service struct {
	Options

	party *webauthn.WebAuthn // nil where browsers would not make passkeys
}

// timeout is how long somebody has for a ceremony, on both sides.
const timeout = 5 * time.Minute

// New returns the passkeys of an installation.
func New(o Options) (*Service, error) {
	s := &Service{Options: o}
	domain, origins, ok := party(o.URL, o.Hosts)
	if !ok {
		return s, nil
	}
	limit := webauthn.TimeoutConfig{Timeout: timeout, TimeoutUVD: timeout}
	resident := true
	var err error
	s.party, err = webauthn.New(&webauthn.Config{
		RPID: domain, RPDisplayName: o.Name, RPOrigins: origins, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &resident, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys at %s: %w", o.URL, err)
	}
	return s, nil
}

// party is the domain for which passkeys are made, and the origins of the pages at
// which they are used. Browsers make none for an address that is not a name or not
// reached by HTTPS; the machine itself is the exception, by the name localhost.
func party(address string, hosts []string) (domain string, origins []string, ok bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil, false
	}
	domain = u.Hostname()
	if ip, err := netip.ParseAddr(domain); err == nil {
		if !ip.IsLoopback() {
			return "", nil, false
		}
		domain = "localhost"
		u.Host = strings.TrimSuffix(domain+":"+u.Port(), ":")
	}
	if u.Scheme != "https" && domain != "localhost" || protocol.ValidateRPID(domain) != nil {
		return "", nil, false
	}
	origins = []string{u.Scheme + "://" + u.Host}
	for _, host := range hosts {
		origins = append(origins, u.Scheme+"://"+host)
	}
	return domain, origins, true
}

// Domain is that at which the passkeys of an installation work, by the address of
// its pages; "" where browsers would make none.
func Domain(address string) string {
	domain, _, _ := party(address, nil)
	return domain
}

func (s *Service) domain() string {
	if s.party == nil {
		return ""
	}
	return s.party.Config.RPID
}

// Possible tells whether passkeys can be used at the address of the pages.
func (s *Service) Possible() bool { return s.party != nil }

// Origins are the origins at which passkeys work, the first being that of the
// pages; nil where none does.
func (s *Service) Origins() []string {
	if s.party == nil {
		return nil
	}
	return s.party.Config.RPOrigins
}

// The limits of proofs that fail: of a client, and for the passkeys of a person.
var (
	failsOfClient = identity.Limit{Name: "passkey.client", Burst: 30, Each: 30 * time.Second}
	failsOfPerson = identity.Limit{Name: "passkey.person", Burst: 20, Each: time.Minute}
	asksOfClient  = identity.Limit{Name: "passkey.asks", Burst: 120, Each: 5 * time.Second}
)

// maxAnswer is the most that an authenticator's answer may be long, in bytes: real
// ones are about a thousand.
const maxAnswer = 16 << 10

var errTooLong = errors.New("the answer is too long")
