package privacy

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Access is one time that somebody saw a person's record.
type Access struct {
	Position
	At     time.Time
	Page   string         // see identity.Reading
	Reader string         // short name; "—" where they were forgotten since
	Role   identity.Role  // in which they saw it
	Scope  identity.Scope // of the role
}

// Position is where a list of accesses goes on: after this one. The zero value
// is the start.
type Position struct {
	Act   string `json:"act"`
	About string `json:"about"` // the booking or case: see identity.Seen
}

var accessesOf = db.Q("privacy.accesses", `
	SELECT act, about, at, page, reader, role, scope_kind, scope FROM record_read
	WHERE subject = $1 AND (act, about) < ($2, $3) ORDER BY act DESC, about DESC LIMIT $4`)

// Accesses lists who saw the records of the actor, the latest first, after a
// position.
func (s *Service) Accesses(ctx context.Context, actor identity.Actor, after Position, limit int) (_ []Access, err error) {
	defer errs.Wrap(&err, "privacy.Accesses")
	if err := checkOwn(actor); err != nil {
		return nil, err
	}
	return s.accesses(ctx, actor.Person, after, limit)
}

func (s *Service) accesses(ctx context.Context, person string, after Position, limit int) ([]Access, error) {
	if after == (Position{}) {
		after.Act = "~" // after every id
	}
	list, err := db.All(ctx, s.DB, accessesOf, func(rows *sql.Rows) (a Access, err error) {
		var at int64
		err = rows.Scan(&a.Act, &a.About, &at, &a.Page, &a.Reader, &a.Role, &a.Scope.Kind, &a.Scope.ID)
		a.At = clock.FromMicros(at)
		return a, err
	}, person, after.Act, after.About, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(list))
	for i, a := range list {
		ids[i] = a.Reader
	}
	readers, err := s.People.Many(ctx, ids)
	for i, a := range list {
		list[i].Reader = readers[a.Reader].DisplayName()
	}
	return list, err
}
