package journal

import (
	"context"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var oldActs = db.Q("journal.old", `
	SELECT a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom, l.seq, l.subject_salt, l.who_salt
	FROM act a JOIN leaf l ON l.entry = a.id
	WHERE a.id > $1 AND a.id < $2 AND a.kind <> '`+KindForgotten+`' AND a.kind <> '`+KindContinued+`' ORDER BY a.id LIMIT $3`)

// retained is the bookmark of Retain.
const retained = "journal.retained"

// Retain empties up to most acts that are older than an instant, the oldest first,
// as Forget empties those of a person, but wholly: kind, time and the place in the
// log stay, so that everything sealed keeps its proof. What the journal says of
// itself stays too. It returns how many acts it looked at; less than most where
// no more are that old.
func Retain(ctx context.Context, d *db.DB, before time.Time, most int) (acts int, err error) {
	defer errs.Wrap(&err, "journal.Retain()")
	return acts, d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, firstSealer); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, lockSealer); err != nil {
			return err
		}
		var b bookmark
		if _, err := tx.Exec(ctx, firstBookmark, retained, "", int64(-1)); err != nil {
			return err
		}
		if err := db.One(ctx, tx, lockBookmark, []any{retained}, &b.act, &b.seq, &b.since, &b.seen); err != nil {
			return err
		}
		list, err := db.All(ctx, tx, oldActs, scanNaming, b.act, firstID(before), most)
		if acts = len(list); err != nil || acts == 0 {
			return err
		}
		var parts int64
		for i := range list {
			n, err := list[i].empty(ctx, tx, list[i].Subject)
			if err != nil {
				return err
			}
			parts += n
		}
		if _, err := tx.Exec(ctx, moveBookmark, retained, list[acts-1].ID, b.seq, ""); err != nil || parts == 0 {
			return err
		}
		return appendForgotten(ctx, tx, clock.System{}.Now(), parts)
	})
}
