package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// AskToEnter begins to sign somebody in, who says by the passkey who they are.
// The errors are Rule "passkey.impossible" and TooMany "identity.too-many".
func (s *Service) AskToEnter(ctx context.Context, client netip.Addr) (options []byte, ticket string, err error) {
	defer errs.Wrap(&err, "passkey.AskToEnter")
	if s.party == nil {
		return nil, "", errs.New(errs.Rule, "passkey.impossible", nil)
	}
	if err := s.Limits.Take(ctx, asksOfClient, identity.ClientName(client)); err != nil {
		return nil, "", err
	}
	assertion, session, err := s.party.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", err
	}
	return s.ask(ctx, assertion, asked{toEnter, "", *session})
}

// AskToProve begins to prove anew who somebody is who is signed in. The errors
// are those of AskToEnter, and Rule "passkey.none" where they have no passkey.
func (s *Service) AskToProve(ctx context.Context, person string) (options []byte, ticket string, err error) {
	defer errs.Wrap(&err, "passkey.AskToProve(%q)", person)
	if s.party == nil {
		return nil, "", errs.New(errs.Rule, "passkey.impossible", nil)
	}
	o, err := s.owner(ctx, person)
	if err != nil {
		return nil, "", err
	}
	if len(o.keys) == 0 {
		return nil, "", errs.New(errs.Rule, "passkey.none", nil)
	}
	assertion, session, err := s.party.BeginLogin(o)
	if err != nil {
		return nil, "", err
	}
	return s.ask(ctx, assertion, asked{toProve, person, *session})
}

func (s *Service) ask(ctx context.Context, assertion *protocol.CredentialAssertion, a asked) (options []byte, ticket string, err error) {
	if options, err = json.Marshal(assertion.Response); err != nil {
		return nil, "", err
	}
	ticket, err = s.put(ctx, a)
	return options, ticket, err
}

// Enter is whom the answer of an authenticator proves. The errors are Rule:
// "passkey.over", "passkey.refused" where it proves nothing, and "passkey.copied"
// where its counter went back; and TooMany "identity.too-many".
func (s *Service) Enter(ctx context.Context, ticket, answer string, client netip.Addr) (p identity.Proof, err error) {
	defer errs.Wrap(&err, "passkey.Enter")
	return p, s.Limits.Attempt(ctx, failsOfClient, identity.ClientName(client), func() error {
		a, err := s.take(ctx, ticket, toEnter, "")
		if err == nil {
			p, err = s.prove(ctx, a, answer)
		}
		return err
	})
}

// Prove is Enter for who is signed in as person already.
func (s *Service) Prove(ctx context.Context, person, ticket, answer string, client netip.Addr) (p identity.Proof, err error) {
	defer errs.Wrap(&err, "passkey.Prove(%q)", person)
	return p, s.Limits.Attempt(ctx, failsOfClient, identity.ClientName(client), func() error {
		a, err := s.take(ctx, ticket, toProve, person)
		if err == nil {
			p, err = s.prove(ctx, a, answer)
		}
		return err
	})
}

func (s *Service) prove(ctx context.Context, a asked, answer string) (p identity.Proof, err error) {
	if s.party == nil {
		return p, errs.New(errs.Rule, "passkey.impossible", nil)
	}
	if len(answer) > maxAnswer {
		return p, s.refused(errTooLong)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return p, s.refused(err)
	}
	k, o, err := s.find(ctx, parsed.RawID)
	if errs.Is(err, errs.NotFound) || err == nil && a.Person != "" && a.Person != k.person {
		return p, s.refused(errors.New("no such passkey"))
	}
	if err != nil {
		return p, err
	}
	return p, s.Limits.Attempt(ctx, failsOfPerson, k.person, func() error {
		used, err := s.verify(a, o, parsed)
		if err != nil {
			return s.refused(err)
		}
		p = s.proofOf(k.person)
		return s.count(ctx, k, used)
	})
}

// proofOf is what a passkey proves of its owner now.
func (s *Service) proofOf(person string) identity.Proof {
	return identity.Proof{Person: person, Method: identity.MethodPasskey, Level: identity.LevelSubstantial, At: s.Clock.Now()}
}

// verify checks the answer of an authenticator.
func (s *Service) verify(a asked, o owner, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if a.Person != "" {
		return s.party.ValidateLogin(o, a.Session, parsed)
	}
	_, used, err := s.party.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return o, nil }, a.Session, parsed)
	return used, err
}

// find is a passkey by what its authenticator calls it, and its owner with all
// of theirs; NotFound.
func (s *Service) find(ctx context.Context, credential []byte) (k key, o owner, err error) {
	found, err := db.All(ctx, s.DB, byCredential, scanKey, credential)
	if err == nil && len(found) == 0 {
		err = errs.New(errs.NotFound, "passkey.none", nil)
	}
	if err != nil {
		return k, o, err
	}
	o, err = s.owner(ctx, found[0].person)
	return found[0], o, err
}

// countUse stores what a passkey has counted, if that is more than before. Of
// those that do not count it is 0 for ever.
var countUse = db.Q("passkey.count", `
	UPDATE passkey SET counter = $2, saved = $3, used = $4 WHERE id = $1 AND (counter < $2 OR counter = 0 AND $2 = 0)`)

// count notes the use of a passkey. A counter that went back tells of a copy of
// the key: it is refused, and noted.
func (s *Service) count(ctx context.Context, k key, used *webauthn.Credential) error {
	now, copied := s.Clock.Now(), false
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		copied = used.Authenticator.CloneWarning
		if !copied {
			n, err := tx.Exec(ctx, countUse, k.id, int64(used.Authenticator.SignCount), used.Flags.BackupState, clock.Micros(now))
			if err != nil {
				return err
			}
			copied = n == 0 // another answer with the same count was faster, or it was removed
		}
		if copied {
			return journal.Append(ctx, tx, journal.Act{At: now, Kind: "passkey.counter-back", Subject: k.person, Data: factsOf(k.id)})
		}
		return nil
	})
	if err == nil && copied {
		s.Log.Warn("the counter of a passkey went back", "passkey", k.id)
		err = errs.New(errs.Rule, "passkey.copied", nil)
	}
	return err
}
