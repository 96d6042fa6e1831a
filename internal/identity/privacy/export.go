package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
)

// exportLife is how long what was put together is kept.
const exportLife = 24 * time.Hour

// Export is what is being put together, or was, for somebody.
type Export struct {
	ID          string // "" where there is none
	Done, Total int    // rooms that have given their part
	Created     time.Time
	Expires     time.Time
	Size        int // of the file; 0 until it is there
}

var (
	putExport = db.Q("privacy.export-put", `
		INSERT INTO personal_export (person, id, done, total, data, created, expires) VALUES ($1, $2, 0, $3, $4, $5, $6)
		ON CONFLICT (person) DO UPDATE SET id = excluded.id, done = 0, total = excluded.total, data = excluded.data,
			created = excluded.created, expires = excluded.expires`)
	getExport    = db.Q("privacy.export-get", `SELECT id, done, total, created, expires, length(data) FROM personal_export WHERE person = $1 AND expires > $2`)
	readExport   = db.Q("privacy.export-read", `SELECT id, data FROM personal_export WHERE person = $1 AND expires > $2`)
	stepExport   = db.Q("privacy.export-step", `UPDATE personal_export SET done = $2 WHERE id = $1`)
	endExport    = db.Q("privacy.export-end", `UPDATE personal_export SET data = $2 WHERE id = $1`)
	deleteExport = db.Q("privacy.export-delete", `DELETE FROM personal_export WHERE person = $1`)
	dropExports  = db.Q("privacy.exports-drop", `DELETE FROM personal_export WHERE expires <= $1`)
	ownerOf      = db.Q("privacy.export-owner", `SELECT person FROM personal_export WHERE id = $1`)
)

// making is the job that puts an export together.
type making struct{ ID string }

func (making) Kind() string { return "privacy.export" }

// AskExport has all that is held about the actor put together; what was put
// together before is dropped. Errors: Unauthenticated, also where they proved too
// long ago who they are; Forbidden for who acts for another.
func (s *Service) AskExport(ctx context.Context, actor identity.Actor) (err error) {
	defer errs.Wrap(&err, "privacy.AskExport")
	if err := s.checkFresh(actor); err != nil {
		return err
	}
	now, id := s.Clock.Now(), s.IDs()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, putExport, actor.Person, id, len(s.Holders), []byte{}, clock.Micros(now), clock.Micros(now.Add(exportLife))); err != nil {
			return err
		}
		if err := jobs.Enqueue(ctx, tx, making{id}, now); err != nil {
			return err
		}
		tx.After(s.wake)
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "person.export-asked", Subject: actor.Person, Person: actor.Person})
	})
}

// Asked is the export of the actor as it stands.
func (s *Service) Asked(ctx context.Context, actor identity.Actor) (x Export, err error) {
	defer errs.Wrap(&err, "privacy.Asked")
	if err := checkOwn(actor); err != nil {
		return x, err
	}
	var created, expires int64
	err = db.One(ctx, s.DB, getExport, []any{actor.Person, clock.Micros(s.Clock.Now())}, &x.ID, &x.Done, &x.Total, &created, &expires, &x.Size)
	if errors.Is(err, db.ErrNoRow) {
		return Export{}, nil
	}
	x.Created, x.Expires = clock.FromMicros(created), clock.FromMicros(expires)
	return x, err
}

// TakeExport is the file, a ZIP. Errors as AskExport, and NotFound
// "privacy.no-export" while there is none.
func (s *Service) TakeExport(ctx context.Context, actor identity.Actor) (file []byte, err error) {
	defer errs.Wrap(&err, "privacy.TakeExport")
	if err := s.checkFresh(actor); err != nil {
		return nil, err
	}
	var id string
	var sealed []byte
	err = db.One(ctx, s.DB, readExport, []any{actor.Person, clock.Micros(s.Clock.Now())}, &id, &sealed)
	if errors.Is(err, db.ErrNoRow) || err == nil && len(sealed) == 0 {
		return nil, errs.New(errs.NotFound, "privacy.no-export", nil)
	}
	if err != nil {
		return nil, err
	}
	if file, err = s.People.Open(ctx, actor.Person, placeOfExport(id), sealed); err != nil {
		return nil, err
	}
	return file, s.DB.Write(ctx, func(tx *db.Tx) error {
		return journal.Append(ctx, tx, journal.Act{At: s.Clock.Now(), Kind: "person.exported", Subject: actor.Person, Person: actor.Person})
	})
}

func placeOfExport(id string) string { return "personal_export:" + id }

// makeExport does the job. One whose person was forgotten meanwhile, or asked
// anew, has nothing to do.
func (s *Service) makeExport(ctx context.Context, job making) (err error) {
	defer errs.Wrap(&err, "privacy.makeExport(%q)", job.ID)
	var person string
	if err := db.One(ctx, s.DB, ownerOf, []any{job.ID}, &person); errors.Is(err, db.ErrNoRow) {
		return nil
	} else if err != nil {
		return err
	}
	write := func(q db.Query, args ...any) error {
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, q, args...)
			return err
		})
	}
	file, err := s.Make(ctx, person, func(done int) error { return write(stepExport, job.ID, done) })
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	sealed, err := s.People.Seal(ctx, person, placeOfExport(job.ID), file)
	if err != nil {
		return err
	}
	return write(endExport, job.ID, sealed)
}

// dropExports drops those whose time is over.
func (s *Service) dropExports(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, dropExports, clock.Micros(s.Clock.Now()))
		return err
	})
}

// Make puts together all that is held about somebody as a ZIP: one page to read,
// one file for programs, and each sheet as CSV. NotFound "identity.unknown".
// progress hears how many rooms have given their part.
func (s *Service) Make(ctx context.Context, person string, progress func(done int) error) ([]byte, error) {
	who, err := s.People.Get(ctx, person)
	if err != nil {
		return nil, err
	}
	all, err := s.gather(ctx, person, progress)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	file := zip.NewWriter(&out)
	if err := s.write(file, who, all); err != nil {
		return nil, err
	}
	err = file.Close()
	return out.Bytes(), err
}

// gather asks all rooms.
func (s *Service) gather(ctx context.Context, person string, progress func(done int) error) (all []Sheet, err error) {
	for i, h := range s.Holders {
		if h.Export != nil {
			sheets, err := h.Export(ctx, person)
			if err != nil {
				return nil, err
			}
			all = append(all, sheets...)
		}
		for _, part := range h.Parts {
			sheet, err := s.sheet(ctx, part, person)
			if err != nil {
				return nil, err
			}
			all = append(all, sheet)
		}
		if err := progress(i + 1); err != nil {
			return nil, err
		}
	}
	return all, nil
}
