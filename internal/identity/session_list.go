package identity

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"strconv"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Session is a session as its owner sees it.
type Session struct {
	ID      string
	Browser string    // what kind, as browserOf says it; "" where it is not known
	Shared  bool      // on a device that people share
	Created time.Time // when they signed in
	Seen    time.Time // last use, to the minute
	Ends    time.Time // at the latest
	Method  string    // how they came in
	Level   Level
	Current bool // the one of this request
}

var (
	sessionsOf = db.Q("identity.session.of", `
		SELECT id, hash, data, created, seen, ends FROM session WHERE person = $1 AND expires > $2
		ORDER BY seen DESC, id DESC`)
	revokeSession = db.Q("identity.session.revoke", `
		UPDATE session SET expires = 0, person = '', data = $3 WHERE person = $1 AND id = $2 AND expires > 0`)
	revokeOthers = db.Q("identity.session.revoke-others", `
		UPDATE session SET expires = 0, person = '', data = $3 WHERE person = $1 AND id <> $2 AND expires > 0`)
)

// List returns the sessions of a person that are alive, the latest used first.
// It is for pages inside Middleware.
func (s *Sessions) List(ctx context.Context, person string) (_ []Session, err error) {
	defer errs.Wrap(&err, "identity.Sessions(%q)", person)
	var current []byte
	if visitFrom(ctx) != nil {
		current = sessionHash(s.manager.Token(ctx))
	}
	key, err := s.people.key(ctx, s.people.db, person)
	if errs.Is(err, errs.NotFound) { // forgotten since
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return db.All(ctx, s.store.db, sessionsOf, func(rows *sql.Rows) (Session, error) {
		var out Session
		var hash, data []byte
		var created, seen, ends int64
		if err := rows.Scan(&out.ID, &hash, &data, &created, &seen, &ends); err != nil {
			return out, err
		}
		out.Created, out.Seen, out.Ends = clock.FromMicros(created), clock.FromMicros(seen), clock.FromMicros(ends)
		out.Current = bytes.Equal(hash, current)
		return out, out.read(data, key, person)
	}, person, clock.Micros(s.people.clk.Now()))
}

// read fills in what a session says of how it began.
func (x *Session) read(data []byte, key personKey, person string) error {
	_, values, err := sessionCodec{}.Decode(data)
	if err != nil {
		return err
	}
	get := func(key string) string {
		text, _ := values[key].(string)
		return text
	}
	proof := proofIn(get)
	x.Method, x.Level, x.Shared = proof.Method, proof.Level, get(keyKind) == kindShared
	if began, err := strconv.ParseInt(get(keyBegan), 10, 64); err == nil {
		x.Created = clock.FromMicros(began)
	}
	sealed, err := base64.StdEncoding.DecodeString(get(keyBrowser))
	if err != nil || len(sealed) == 0 { // begun by an earlier version
		return err
	}
	plain, err := key.open(placeOfBrowser(person), sealed)
	x.Browser = string(plain)
	return err
}

// Own are the sessions of who acts; the errors are those of Check.
func (s *Sessions) Own(ctx context.Context, actor Actor) ([]Session, error) {
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return nil, err
	}
	return s.List(ctx, actor.Person)
}

// End ends one of the actor's own sessions, at once and on every replica; NotFound
// "identity.session".
func (s *Sessions) End(ctx context.Context, actor Actor, id string) (err error) {
	defer errs.Wrap(&err, "identity.EndSession(%q, %q)", actor.Person, id)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	return s.store.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, revokeSession, actor.Person, id, []byte{})
		if err == nil && n == 0 {
			return errs.New(errs.NotFound, "identity.session", nil)
		}
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{
			At: s.people.clk.Now(), Kind: "person.session-ended", Subject: actor.Person, Person: actor.Person, Data: facts(map[string]string{"session": id}),
		})
	})
}

// EndOthers ends all of the actor's own sessions but the one in which they act.
func (s *Sessions) EndOthers(ctx context.Context, actor Actor) (err error) {
	defer errs.Wrap(&err, "identity.EndOthers(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	return s.store.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, revokeOthers, actor.Person, actor.Session, []byte{})
		if err != nil || n == 0 {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: s.people.clk.Now(), Kind: "person.sessions-ended", Subject: actor.Person, Person: actor.Person})
	})
}
