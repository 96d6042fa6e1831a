package site

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// nextHouseRules gives no row where another version came first; asked again it
// sees that one.
var nextHouseRules = db.Q("site.nextHouseRules", `
	INSERT INTO house_rules (site, version, text_it, text_en, since)
	SELECT $1, COALESCE(MAX(version), 0) + 1, $2, $3, $4 FROM house_rules WHERE site = $1
	ON CONFLICT (site, version) DO NOTHING
	RETURNING version`)

// MaxHouseRules is the greatest length of house rules in characters, about four pages.
const MaxHouseRules = 10_000

// PublishHouseRules makes the next version of what one agrees to when booking,
// at one site or, where siteID is "", at all that have no rules of their own.
// Versions are never changed.
func (s *Store) PublishHouseRules(ctx context.Context, siteID string, text Text, by string) (HouseRules, error) {
	return s.publish(ctx, siteID, anyVersion, text, by)
}

// PublishNext is PublishHouseRules for who has seen a version as the last, 0 for
// none: it refuses with Conflict where another came in between.
func (s *Store) PublishNext(ctx context.Context, siteID string, after int, text Text, by string) (HouseRules, error) {
	return s.publish(ctx, siteID, after, text, by)
}

// anyVersion may be the last.
const anyVersion = -1

func (s *Store) publish(ctx context.Context, siteID string, after int, text Text, by string) (r HouseRules, err error) {
	defer errs.Wrap(&err, "site.Store.PublishHouseRules(%q)", siteID)
	text = Text{strings.TrimSpace(text.IT), strings.TrimSpace(text.EN)}
	if text.IT == "" || !text.valid(MaxHouseRules) {
		return r, invalid("text")
	}
	r = HouseRules{Site: siteID, Text: text, Since: s.clock.Now().UTC()}
	act := journal.Act{Kind: "site.house-rules", Subject: siteID, Person: by}
	err = s.changing(ctx, &act, func(tx *db.Tx) error {
		if siteID != "" {
			n, err := tx.Exec(ctx, touchSite, siteID)
			if err := found(n, err); err != nil {
				return err
			}
		}
		for {
			err := db.One(ctx, tx, nextHouseRules, []any{siteID, text.IT, text.EN, clock.Micros(r.Since)}, &r.Version)
			if errors.Is(err, db.ErrNoRow) {
				continue
			}
			if err == nil && after != anyVersion && r.Version != after+1 {
				return errs.New(errs.Conflict, "site.house-rules-newer", nil)
			}
			act.Data = asJSON(struct {
				Version int `json:"version"`
			}{r.Version})
			return err
		}
	})
	return r, err
}

var houseRulesOf = db.Q("site.house-rules-of", `
	SELECT version, text_it, text_en, since FROM house_rules WHERE site = $1 AND version < $2 ORDER BY version DESC LIMIT $3`)

// HouseRulesOf are versions of the house rules of a site, of the network where
// siteID is "": those before one, the last first.
func (s *Store) HouseRulesOf(ctx context.Context, siteID string, before, limit int) (list []HouseRules, err error) {
	defer errs.Wrap(&err, "site.Store.HouseRulesOf(%q)", siteID)
	return db.All(ctx, s.db, houseRulesOf, func(rows *sql.Rows) (HouseRules, error) {
		r := HouseRules{Site: siteID}
		var since int64
		err := rows.Scan(&r.Version, &r.Text.IT, &r.Text.EN, &since)
		r.Since = time.UnixMicro(since).UTC()
		return r, err
	}, siteID, int64(before), int64(limit))
}
