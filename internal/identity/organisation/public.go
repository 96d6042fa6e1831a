package organisation

import (
	"context"
	"database/sql"

	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

// What everybody may know of organisations: that they are there, and what legal
// entities are called. It needs no key.

var (
	publicOne = db.Q("organisation.public", `SELECT id, CASE WHEN name = '' THEN id ELSE name END FROM organisation WHERE id = $1 AND state = 'active'`)
	publicFew = db.Q("organisation.public-few", `
		SELECT id, name FROM organisation WHERE state = 'active' AND folded >= $1 AND folded < $2 ORDER BY folded, id LIMIT $3`)
)

func scanPublic(rows *sql.Rows) (o Organisation, err error) { return o, rows.Scan(&o.ID, &o.Name) }

// Public is what is called an organisation that is active: its id where it is a
// person. Without a name there is none.
func Public(ctx context.Context, r db.Reader, id string) (o Organisation, err error) {
	defer errs.Wrap(&err, "organisation.Public(%q)", id)
	list, err := db.All(ctx, r, publicOne, scanPublic, id)
	if err == nil && len(list) > 0 {
		o = list[0]
	}
	return o, err
}

// FindPublic are active organisations, at most so many, whose name begins as a text.
func FindPublic(ctx context.Context, r db.Reader, text string, most int) (_ []Organisation, err error) {
	defer errs.Wrap(&err, "organisation.FindPublic")
	folded := territory.Fold(text)
	if folded == "" {
		return nil, nil
	}
	return db.All(ctx, r, publicFew, scanPublic, folded, folded+"\U0010ffff", most)
}
