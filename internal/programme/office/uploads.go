package office

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/identity"
	"polis/internal/identity/privacy"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// kept is how long a file waits to be proposed, mostWaiting how many files of one
// person wait: of more the oldest is dropped.
const (
	kept        = 24 * time.Hour
	mostWaiting = 5
)

var (
	putUpload = db.Q("office.upload-put", `
	INSERT INTO programme_upload (id, kind, person, name, data, created) VALUES ($1, $2, $3, $4, $5, $6)`)
	getUpload   = db.Q("office.upload-get", `SELECT kind, name, data FROM programme_upload WHERE id = $1 AND person = $2`)
	dropUpload  = db.Q("office.upload-drop", `DELETE FROM programme_upload WHERE id = $1 AND person = $2`)
	dropsOldest = db.Q("office.uploads-drop-oldest", `
	DELETE FROM programme_upload WHERE person = $1 AND id NOT IN (
		SELECT id FROM programme_upload WHERE person = $1 ORDER BY created DESC, id DESC LIMIT $2)`)
	dropsUploads  = db.Q("office.uploads-drop", `DELETE FROM programme_upload WHERE created < $1`)
	uploadsOf     = db.Q("office.uploads-of", `SELECT kind, created FROM programme_upload WHERE person = $1 ORDER BY created`)
	forgetUploads = db.Q("office.uploads-forget", `DELETE FROM programme_upload WHERE person = $1`)
)

// upload is a file that somebody brought.
type upload struct {
	ID   string
	Kind *account.Kind
	Name string
	Data []byte
}

// keep keeps a file until it is proposed.
func (s *Service) keep(ctx context.Context, actor identity.Actor, u upload) (id string, err error) {
	defer errs.Wrap(&err, "office.keep(%q)", u.Kind.Name)
	if err := actor.CheckSomewhere(programme.Permission(u.Kind)); err != nil {
		return "", err
	}
	id = s.IDs()
	return id, s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, dropsOldest, actor.Agent(), int64(mostWaiting-1)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, putUpload, id, u.Kind.Name, actor.Agent(), u.Name, u.Data, clock.Micros(s.Clock.Now()))
		return err
	})
}

// upload is one that the actor brought; NotFound for any other.
func (s *Service) upload(ctx context.Context, actor identity.Actor, id string) (upload, error) {
	list, err := db.All(ctx, s.DB, getUpload, func(rows *sql.Rows) (u upload, err error) {
		var kind string
		err = rows.Scan(&kind, &u.Name, &u.Data)
		u.ID = id
		u.Kind, _ = account.KindOf(kind)
		return u, err
	}, id, actor.Agent())
	if err != nil {
		return upload{}, err
	}
	if len(list) == 0 || list[0].Kind == nil {
		return upload{}, errs.New(errs.NotFound, "error.not_found", nil)
	}
	return list[0], nil
}

// forget drops a file.
func (s *Service) forget(ctx context.Context, actor identity.Actor, id string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, dropUpload, id, actor.Agent())
		return err
	})
}

// Register has a worker drop what nobody proposed.
func (s *Service) Register(w *jobs.Worker) {
	w.Every("office.uploads", time.Hour, func(ctx context.Context) error {
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, dropsUploads, clock.Micros(s.Clock.Now().Add(-kept)))
			return err
		})
	})
}

// Holder says what of people is in the files that they brought.
func Holder() privacy.Holder {
	return privacy.Holder{
		Name: "office", Tables: []string{"programme_upload"},
		Parts: []privacy.Part{{Name: "uploads", Columns: []string{"list", "created@"}, Rows: uploadsOf, Forget: forgetUploads}},
	}
}
