package identity

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// sessionStore keeps sessions for scs. Time is all here: scs reckons with the
// machine's clock, so its deadlines are neither stored nor believed.
type sessionStore struct {
	db    *db.DB
	clk   clock.Clock
	ids   clock.IDs
	spans map[string]Span // by the kind of session, "" for people's
}

// touchAfter is how long a session is used before that is written down: reading
// pages costs one small write a minute, not one each. A session that ends soon is
// reckoned more finely.
func touchAfter(idle time.Duration) time.Duration { return min(time.Minute, idle/24) }

var (
	findSession = db.Q("identity.session.find", `
		SELECT data, seen, expires, ends, idle FROM session WHERE hash = $1 AND expires > $2`)
	touchSession = db.Q("identity.session.touch", `
		UPDATE session SET seen = $2, expires = $3 WHERE hash = $1 AND expires > $2`)
	// An ended session is not brought back by a request that began before; one that
	// has come to be of a shorter kind ends earlier, and none ends later.
	commitSession = db.Q("identity.session.commit", `
		INSERT INTO session (hash, id, person, data, created, seen, expires, ends, idle)
		VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)
		ON CONFLICT (hash) DO UPDATE SET person = excluded.person, data = excluded.data, idle = excluded.idle,
			expires = CASE WHEN excluded.expires < session.expires THEN excluded.expires ELSE session.expires END,
			ends = CASE WHEN excluded.ends < session.ends THEN excluded.ends ELSE session.ends END
		WHERE session.expires > excluded.seen`)
	endSession = db.Q("identity.session.end", `
		UPDATE session SET expires = 0, person = '', data = $2 WHERE hash = $1`)
	sweepSessions = db.Q("identity.session.sweep", `DELETE FROM session WHERE ends <= $1`)
)

func sessionHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func (s *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	hash, now := sessionHash(token), s.clk.Now()
	var data []byte
	var seen, expires, ends, idle int64
	err := db.One(ctx, s.db, findSession, []any{hash, clock.Micros(now)}, &data, &seen, &expires, &ends, &idle)
	if errors.Is(err, db.ErrNoRow) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	span := time.Duration(idle) * time.Microsecond
	if span == 0 { // begun by an earlier version
		span = s.spans[""].Idle
	}
	if now.Sub(clock.FromMicros(seen)) >= touchAfter(span) {
		expires = min(clock.Micros(now.Add(span)), ends)
		err = s.exec(ctx, touchSession, hash, clock.Micros(now), expires)
	}
	if v := visitFrom(ctx); v != nil {
		v.expires, v.ends, v.idle = clock.FromMicros(expires), clock.FromMicros(ends), span
	}
	return data, err == nil, err
}

func (s *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	_, values, err := sessionCodec{}.Decode(data)
	if err != nil {
		return err
	}
	person, _ := values[keyPerson].(string)
	id, ok := values[keySession].(string)
	if !ok { // nobody is signed in
		id = s.ids()
	}
	kind, _ := values[keyKind].(string)
	now, span := s.clk.Now(), s.spans[kind]
	ends, expires := now.Add(span.Life), now.Add(span.Idle)
	if began, _ := values[keyBegan].(string); began != "" { // a new token is no new beginning
		ends = s.ends(began, kind)
	}
	if ends.Before(expires) {
		expires = ends
	}
	return s.exec(ctx, commitSession, sessionHash(token), id, person, data,
		clock.Micros(now), clock.Micros(expires), clock.Micros(ends), span.Idle.Microseconds())
}

// ends is when a session ends in any case that began at an instant, as the session
// keeps it; at once where that cannot be read.
func (s *sessionStore) ends(began, kind string) time.Time {
	us, err := strconv.ParseInt(began, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return clock.FromMicros(us).Add(s.spans[kind].Life)
}

func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.exec(ctx, endSession, sessionHash(token), []byte{})
}

func (s *sessionStore) exec(ctx context.Context, q db.Query, args ...any) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, q, args...)
		return err
	})
}

// scs asks for these too, and then calls the ones above.

func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s *sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

func (s *sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// sessionCodec writes the values of a session as JSON; they are strings. The
// deadline is left out: it is the store's.
type sessionCodec struct{}

// never is a deadline that scs does not act on; without one it would take the
// cookie away when a session that it has read is changed.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (sessionCodec) Encode(_ time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(values)
}

func (sessionCodec) Decode(data []byte) (time.Time, map[string]any, error) {
	values := map[string]any{}
	return never, values, json.Unmarshal(data, &values)
}
