package journal

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// KindForgotten is the act that says how much of other acts was forgotten at
// once. Verify counts what is empty against these, so that nobody empties acts
// in silence.
const KindForgotten = "journal.forgotten"

var (
	lockSealer = db.Q("journal.sealer-lock", `UPDATE sealer SET until = until WHERE name = 'journal'`)
	// Ids in data are found by reading all of it: forgetting is rare.
	idsNaming = db.Q("journal.naming-ids", `
		SELECT id FROM act WHERE person = $1 UNION SELECT id FROM act WHERE subject = $1 UNION SELECT id FROM act WHERE for_whom = $1
		UNION SELECT id FROM act WHERE REPLACE(data, $1, '') <> data`)
	actsNaming = db.Rows("journal.naming", `
		SELECT a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom,
			COALESCE(l.seq, -1), l.subject_salt, l.who_salt
		FROM act a LEFT JOIN leaf l ON l.entry = a.id
		WHERE a.id IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "TEXT")
	emptyAct  = db.Q("journal.act-empty", `UPDATE act SET subject = $2, person = '', data = '{}', role = '', desk = '', channel = '', level = 0, for_whom = '' WHERE id = $1`)
	emptyLeaf = db.Q("journal.leaf-empty", `UPDATE leaf SET subject_salt = $2, who_salt = $3 WHERE seq = $1`)
)

// forgotten is what the act KindForgotten says.
type forgotten struct {
	Parts int64 `json:"parts"` // a subject is one, who did it with what it said another
}

// Forget takes a person out of the journal: of every act by them, for them or
// about them goes who did it, in which context, and what it said; where the
// subject is the person, that too. What stays, kind and time and the place in
// the log, does not name them. The tree stays whole: the commitments take the
// places of the salts that are destroyed. It returns how many acts it concerned.
//
// It waits for the batch that is being sealed, and sealing waits for the end of
// tx.
func Forget(ctx context.Context, tx *db.Tx, person string) (acts int64, err error) {
	defer errs.Wrap(&err, "journal.Forget(%q)", person)
	if person == "" {
		return 0, nil
	}
	if _, err := tx.Exec(ctx, firstSealer); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, lockSealer); err != nil {
		return 0, err
	}
	ids, err := db.All(ctx, tx, idsNaming, func(rows *sql.Rows) (id any, err error) {
		var text string
		err = rows.Scan(&text)
		return text, err
	}, person)
	if err != nil {
		return 0, err
	}
	var list []naming
	if err := actsNaming.Each(ctx, tx, ids, func(rows *sql.Rows) error {
		n, err := scanNaming(rows)
		list = append(list, n)
		return err
	}); err != nil {
		return 0, err
	}
	var parts int64
	for i := range list {
		n, err := list[i].empty(ctx, tx, person)
		if err != nil {
			return acts, err
		}
		parts += n
	}
	acts = int64(len(list))
	if parts == 0 {
		return acts, nil
	}
	return acts, appendForgotten(ctx, tx, clock.System{}.Now(), parts)
}

func appendForgotten(ctx context.Context, tx *db.Tx, now time.Time, parts int64) error {
	return Append(WithBy(ctx, By{}), tx, Act{At: now, Kind: KindForgotten, Data: fmt.Sprintf(`{"parts":%d}`, parts)})
}

// naming is an act that names a person, with its leaf if it has one.
type naming struct {
	sealed.Act
	seq   int64 // -1: not sealed yet
	salts sealed.Salts
}

func scanNaming(rows *sql.Rows) (n naming, err error) {
	a := &n.Act
	return n, rows.Scan(&a.ID, &a.At, &a.Kind, &a.Subject, &a.Person, &a.Data, &a.Role, &a.Desk, &a.Channel, &a.Level, &a.For,
		&n.seq, &n.salts.Subject, &n.salts.Who)
}

// empty empties an act and returns how many sealed parts of it are forgotten by
// that.
func (n *naming) empty(ctx context.Context, tx *db.Tx, person string) (parts int64, err error) {
	subject, who := n.salts.Forgotten()
	salts, left := n.salts, n.Subject
	if n.Subject == person {
		left = ""
	}
	if n.seq >= 0 {
		if !who {
			if salts.Who, err = n.WhoCommitment(salts.Who); err != nil {
				return 0, err
			}
			parts++
		}
		if n.Subject == person && !subject {
			if salts.Subject, err = n.SubjectCommitment(salts.Subject); err != nil {
				return 0, err
			}
			parts++
		}
		if _, err := tx.Exec(ctx, emptyLeaf, n.seq, salts.Subject, salts.Who); err != nil {
			return 0, err
		}
	}
	_, err = tx.Exec(ctx, emptyAct, n.ID, left)
	return parts, err
}
