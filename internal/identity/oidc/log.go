package oidc

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// logMonths is how long questions and answers are kept: 24 months by law (DPCM 24
// October 2014, article 13), and not longer.
const logMonths = 24

var (
	putLog = db.Q("oidc.log.put", `
		INSERT INTO oidc_log (id, at, provider, flow, kind, data) VALUES ($1, $2, $3, $4, $5, $6)`)
	getLog = db.Q("oidc.log.get", `
		SELECT id, at, provider, flow, kind, data FROM oidc_log WHERE (at, id) > ($1, $2) AND at < $3 ORDER BY at, id LIMIT $4`)
)

// Entry is a line of the log of what was asked of providers, and what they
// answered. Codes and access tokens are in none.
type Entry struct {
	At       time.Time       `json:"at"`
	Provider string          `json:"provider"`
	Flow     string          `json:"flow"` // joins question and answers
	Kind     string          `json:"kind"` // request, refused, token, userinfo, revocation
	Data     json.RawMessage `json:"data"`
}

// note writes a line; it is bound to its id, so that a line cannot be put in the
// place of another.
func (s *Service) note(ctx context.Context, tx *db.Tx, p *provider, flow, kind string, data map[string]any) error {
	plain, err := json.Marshal(data)
	if err != nil {
		return err
	}
	id, at := s.IDs(), clock.Micros(s.Clock.Now())
	sealed, err := s.Keys.Seal(place("log."+id), plain)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, putLog, id, at, p.Name, flow, kind, sealed)
	return err
}

// logPage is how many lines are read at once.
const logPage = 500

// EachEntry tells of the lines of a time, the oldest first, for who must show them
// to an authority.
func (s *Service) EachEntry(ctx context.Context, from, to time.Time, each func(Entry) error) (err error) {
	defer errs.Wrap(&err, "oidc.EachEntry")
	after, id := clock.Micros(from)-1, ""
	for n := logPage; n == logPage; {
		list, err := db.All(ctx, s.DB, getLog, func(rows *sql.Rows) (e Entry, err error) {
			var sealed []byte
			if err = rows.Scan(&id, &after, &e.Provider, &e.Flow, &e.Kind, &sealed); err != nil {
				return e, err
			}
			e.At = clock.FromMicros(after)
			e.Data, err = s.Keys.Open(place("log."+id), sealed)
			return e, err
		}, after, id, clock.Micros(to), logPage)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := each(e); err != nil {
				return err
			}
		}
		n = len(list)
	}
	return nil
}
