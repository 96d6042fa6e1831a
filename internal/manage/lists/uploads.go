package lists

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
)

// Upload is a file that somebody brought by page. It waits, encrypted with their
// key, until they confirm what it would do, and for a day at most.
type Upload struct {
	ID      string
	List    List
	Person  string
	State   UploadState
	Outcome Outcome // of one that is done, without its changes; of one that waits again, why
	Created time.Time
}

// UploadState is how far an upload is.
type UploadState string

// The states of an upload.
const (
	Waiting UploadState = "waiting" // to be confirmed
	Working UploadState = "working"
	Done    UploadState = "done"
)

// kept is how long an upload is kept, mostWaiting how many files of one person
// wait: of more the oldest is dropped.
const (
	kept        = 24 * time.Hour
	mostWaiting = 5
)

var (
	putUpload = db.Q("lists.upload-put", `
	INSERT INTO list_upload (id, list, person, state, data, created) VALUES ($1, $2, $3, 'waiting', $4, $5)`)
	getUpload = db.Q("lists.upload-get", `
	SELECT id, list, person, state, result, created FROM list_upload WHERE id = $1`)
	readUpload  = db.Q("lists.upload-read", `SELECT data FROM list_upload WHERE id = $1`)
	startUpload = db.Q("lists.upload-start", `UPDATE list_upload SET state = 'working' WHERE id = $1 AND state = 'waiting'`)
	backUpload  = db.Q("lists.upload-back", `UPDATE list_upload SET state = 'waiting', result = $2 WHERE id = $1 AND state = 'working'`)
	endUpload   = db.Q("lists.upload-end", `UPDATE list_upload SET state = 'done', data = $2, result = $3 WHERE id = $1`)
	dropUpload  = db.Q("lists.upload-drop", `DELETE FROM list_upload WHERE id = $1 AND state = 'waiting'`)
	dropsOldest = db.Q("lists.uploads-drop-oldest", `
	DELETE FROM list_upload WHERE state = 'waiting' AND person = $1 AND id NOT IN (
		SELECT id FROM list_upload WHERE state = 'waiting' AND person = $1 ORDER BY created DESC, id DESC LIMIT $2)`)
	dropsUploads = db.Q("lists.uploads-drop", `DELETE FROM list_upload WHERE created < $1`)
)

func place(id string) string { return "list.upload:" + id }

// Keep keeps a file until it is confirmed, of one person the last few.
func (s *Service) Keep(ctx context.Context, actor identity.Actor, list List, file []byte) (id string, err error) {
	defer errs.Wrap(&err, "lists.Keep(%q)", list)
	if err := s.mayImport(actor, list); err != nil {
		return "", err
	}
	id = s.IDs()
	sealed, err := s.People.Seal(ctx, actor.Person, place(id), file)
	if err != nil {
		return "", err
	}
	return id, s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, dropsOldest, actor.Person, mostWaiting-1); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, putUpload, id, string(list), actor.Person, sealed, clock.Micros(s.Clock.Now()))
		return err
	})
}

// Upload is one that the actor brought; NotFound for any other.
func (s *Service) Upload(ctx context.Context, actor identity.Actor, list List, id string) (u Upload, err error) {
	if err := s.mayImport(actor, list); err != nil {
		return u, err
	}
	u, err = s.upload(ctx, id)
	if err == nil && (u.Person != actor.Person || u.List != list) {
		err = errs.New(errs.NotFound, "error.not_found", nil)
	}
	return u, err
}

func (s *Service) upload(ctx context.Context, id string) (Upload, error) {
	list, err := db.All(ctx, s.DB, getUpload, func(rows *sql.Rows) (u Upload, err error) {
		var result string
		var created int64
		err = rows.Scan(&u.ID, &u.List, &u.Person, &u.State, &result, &created)
		if u.Created = clock.FromMicros(created); err == nil && result != "" {
			err = json.Unmarshal([]byte(result), &u.Outcome)
		}
		return u, err
	}, id)
	if err != nil {
		return Upload{}, err
	}
	if len(list) == 0 {
		return Upload{}, errs.New(errs.NotFound, "error.not_found", nil)
	}
	return list[0], nil
}

// file opens what waits.
func (s *Service) file(ctx context.Context, u Upload) ([]byte, error) {
	var sealed []byte
	if err := db.One(ctx, s.DB, readUpload, []any{u.ID}, &sealed); err != nil {
		return nil, err
	}
	return s.People.Open(ctx, u.Person, place(u.ID), sealed)
}

// PreviewUpload tells what an upload that waits would do.
func (s *Service) PreviewUpload(ctx context.Context, actor identity.Actor, u Upload) (Outcome, error) {
	file, err := s.file(ctx, u)
	if err != nil {
		return Outcome{}, err
	}
	return s.Preview(ctx, actor, u.List, file)
}

// take is the job that does what an upload says, for who looked at it at an
// instant.
type take struct {
	Upload string
	Seen   int64
}

func (take) Kind() string { return "lists.take" }

// Confirm has an upload done for who looked at it at an instant: where it leaves
// bookings that came since, it waits again. A second time does nothing.
func (s *Service) Confirm(ctx context.Context, actor identity.Actor, u Upload, seen time.Time) (err error) {
	defer errs.Wrap(&err, "lists.Confirm(%q)", u.ID)
	if err := s.mayImport(actor, u.List); err != nil {
		return err
	}
	if u.List == People { // it gives roles
		if err := actor.CheckDanger(identity.DangerRoles, s.Clock.Now()); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, startUpload, u.ID)
		if err != nil || n == 0 {
			return err
		}
		tx.After(s.wake)
		return jobs.Enqueue(ctx, tx, take{u.ID, clock.Micros(seen)}, s.Clock.Now())
	})
}

// Forget drops an upload that waits.
func (s *Service) Forget(ctx context.Context, actor identity.Actor, u Upload) error {
	if err := s.mayImport(actor, u.List); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, dropUpload, u.ID)
		return err
	})
}

// Register has a worker do what was confirmed, and drop what nobody confirmed.
func (s *Service) Register(w *jobs.Worker) {
	s.wake = w.Wake
	jobs.Register(w, s.take)
	w.Every("lists.uploads", time.Hour, func(ctx context.Context) error {
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, dropsUploads, clock.Micros(s.Clock.Now().Add(-kept)))
			return err
		})
	})
}

// take may run again after a crash: what was done is noted with it.
func (s *Service) take(ctx context.Context, t take) error {
	u, err := s.upload(ctx, t.Upload)
	if errs.Is(err, errs.NotFound) || err == nil && u.State != Working {
		return nil
	}
	if err != nil {
		return err
	}
	if may, err := s.mayStill(ctx, u); err != nil || !may {
		return errors.Join(err, s.back(ctx, u.ID, false))
	}
	file, err := s.file(ctx, u)
	if err != nil {
		return err
	}
	defer s.far.Delete(u.ID)
	step := func(name string, done, total int) { s.far.Store(u.ID, Progress{name, done, total}) }
	p := s.read(u.List, file, step)
	if t.Seen != 0 {
		p.seen = clock.FromMicros(t.Seen)
	}
	out, err := s.bringIn(ctx, u.Person, p, func(tx *db.Tx, o Outcome) error { return s.end(ctx, tx, u.ID, o) })
	switch {
	case err == nil && len(out.Faults) == 0 && !out.Fresh:
		return nil
	case ctx.Err() != nil: // the program stops; it will be taken again
		return err
	}
	// Something changed since the file was looked at, or went wrong: it waits
	// again for who brought it, and what went wrong stands with the dead jobs.
	if back := s.back(ctx, u.ID, out.Fresh); back != nil || err == nil {
		return back
	}
	return jobs.Fatal(err)
}

// mayStill tells whether who confirmed an upload has a role for it by now.
func (s *Service) mayStill(ctx context.Context, u Upload) (bool, error) {
	actor, err := s.Grants.Acting(ctx, u.Person)
	return err == nil && s.mayImport(actor, u.List) == nil, err
}

// end notes what came of an upload, and forgets the file.
func (s *Service) end(ctx context.Context, tx *db.Tx, id string, o Outcome) error {
	o.Changes = nil
	result, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, endUpload, id, []byte{}, string(result))
	return err
}

// back lets an upload wait again; fresh says that it is for bookings that came.
func (s *Service) back(ctx context.Context, id string, fresh bool) error {
	result, err := json.Marshal(Outcome{Fresh: fresh})
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, backUpload, id, string(result))
		return err
	})
}

// Progress is how far an import is.
type Progress struct {
	Step        string // one of Steps
	Done, Total int
}

// Far is how far an upload is, if it is this program that works on it.
func (s *Service) Far(id string) (Progress, bool) {
	v, ok := s.far.Load(id)
	if !ok {
		return Progress{}, false
	}
	p, ok := v.(Progress)
	return p, ok
}

// state is what the service keeps in memory.
type state struct {
	far  sync.Map // of uploads, by id
	wake func()
}
