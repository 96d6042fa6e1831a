package follow

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Follower is an address that follows something.
type Follower struct {
	ID       string
	Address  string
	Language string
	Rhythm   Rhythm
	Topics   []Topic // in the order in which they were followed
}

// mostTopics is how many an address follows.
const mostTopics = 50

var (
	putFollower = db.Q("follow.put", `
		INSERT INTO programme_follower (id, contact, address, language, rhythm, upto, created)
		SELECT CAST($1 AS TEXT), $2, $3, CAST($4 AS TEXT), CAST($5 AS TEXT), COALESCE(MAX(seq), 0), CAST($6 AS BIGINT) FROM programme_news
		WHERE TRUE
		ON CONFLICT (contact) DO UPDATE SET language = excluded.language, rhythm = excluded.rhythm RETURNING id`)
	getFollower    = db.Q("follow.get", `SELECT id, address, language, rhythm FROM programme_follower WHERE id = $1`)
	ofContact      = db.Q("follow.of-contact", `SELECT id, address, language, rhythm FROM programme_follower WHERE contact = $1`)
	setRhythm      = db.Q("follow.rhythm", `UPDATE programme_follower SET rhythm = $2 WHERE id = $1`)
	dropFollower   = db.Q("follow.drop", `DELETE FROM programme_follower WHERE id = $1`)
	dropIfIdle     = db.Q("follow.drop-idle", `DELETE FROM programme_follower WHERE id = $1 AND id NOT IN (SELECT follower FROM programme_follow WHERE follower = $1)`)
	addTopic       = db.Q("follow.topic-add", `INSERT INTO programme_follow (follower, kind, place, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`)
	dropTopic      = db.Q("follow.topic-drop", `DELETE FROM programme_follow WHERE follower = $1 AND kind = $2 AND place = $3`)
	topicsOf       = db.Q("follow.topics", `SELECT kind, place FROM programme_follow WHERE follower = $1 ORDER BY created, kind, place`)
	countTopics    = db.Q("follow.topics-count", `SELECT COUNT(*) FROM programme_follow WHERE follower = $1`)
	countFollowers = db.Q("follow.count", `SELECT COUNT(*) FROM programme_follow WHERE kind = $1 AND place = $2`)
)

func placeOfAddress(id string) string { return "programme_follower:" + id }

// Count is how many addresses follow a topic: of the measure, how many follow it as
// a whole.
func (s *Service) Count(ctx context.Context, t Topic) (n int, err error) {
	return n, db.One(ctx, s.DB, countFollowers, []any{string(t.Kind), t.Place}, &n)
}

// contact is the blind index of an address, the same as that of people.
func (s *Service) contact(address string) []byte { return s.Keys.Index("contact", address) }

// add lets an address follow one thing more; how often it is written to, and in
// which language, is as it was last said. Rule "follow.many".
func (s *Service) add(ctx context.Context, tx *db.Tx, address, language string, t Topic, rhythm Rhythm) (id string, err error) {
	id = s.IDs()
	sealed, err := s.Keys.Seal(placeOfAddress(id), []byte(address))
	if err != nil {
		return "", err
	}
	now := clock.Micros(s.Clock.Now())
	if err := db.One(ctx, tx, putFollower, []any{id, s.contact(address), sealed, language, string(rhythm), now}, &id); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, addTopic, id, string(t.Kind), t.Place, now); err != nil {
		return "", err
	}
	n := 0
	if err := db.One(ctx, tx, countTopics, []any{id}, &n); err != nil {
		return "", err
	}
	if n > mostTopics {
		return "", errs.New(errs.Rule, "follow.many", errs.Args{"count": mostTopics})
	}
	return id, nil
}

// byID is a follower with what they follow; NotFound "follow.link.none".
func (s *Service) byID(ctx context.Context, r db.Reader, id string) (Follower, error) {
	return s.one(ctx, r, getFollower, id)
}

func (s *Service) one(ctx context.Context, r db.Reader, q db.Query, arg any) (f Follower, err error) {
	var sealed []byte
	err = db.One(ctx, r, q, []any{arg}, &f.ID, &sealed, &f.Language, &f.Rhythm)
	if errors.Is(err, db.ErrNoRow) {
		return f, errNoLink()
	}
	if err != nil {
		return f, err
	}
	plain, err := s.Keys.Open(placeOfAddress(f.ID), sealed)
	if err != nil {
		return f, err
	}
	f.Address = string(plain)
	f.Topics, err = db.All(ctx, r, topicsOf, func(rows *sql.Rows) (t Topic, err error) {
		return t, rows.Scan(&t.Kind, &t.Place)
	}, f.ID)
	return f, err
}

// own is the follower of the actor's own address, which they have proved; the zero
// Follower where it follows nothing. address is "" where they have proved none, or
// act for somebody else.
func (s *Service) own(ctx context.Context, actor identity.Actor) (f Follower, address string, err error) {
	if !actor.SignedIn() || actor.By != "" {
		return f, "", nil
	}
	p, err := s.People.Get(ctx, actor.Person)
	if err != nil || p.Email == "" || p.Verified.IsZero() {
		return f, "", err
	}
	if address, err = identity.Address(p.Email); err != nil {
		return f, "", err
	}
	f, err = s.one(ctx, s.DB, ofContact, s.contact(address))
	if errs.Is(err, errs.NotFound) {
		return Follower{}, address, nil
	}
	return f, address, err
}

// FollowOwn lets the actor's own address follow something: it is proved already.
// Errors: Unauthenticated; Rule "follow.unproved" where it is not, "follow.many".
func (s *Service) FollowOwn(ctx context.Context, actor identity.Actor, t Topic, rhythm Rhythm, language string) error {
	if err := actor.Check(identity.AccountOwn, identity.Of(actor.Person)); err != nil {
		return err
	}
	_, address, err := s.own(ctx, actor)
	if err != nil {
		return err
	}
	if address == "" {
		return errs.New(errs.Rule, "follow.unproved", nil)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := s.add(ctx, tx, address, language, t, rhythm)
		return err
	})
}

// drop ends one follow; with the last one the address is forgotten.
func (s *Service) drop(ctx context.Context, id string, t Topic) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, dropTopic, id, string(t.Kind), t.Place); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, dropIfIdle, id)
		return err
	})
}

// stop ends all that a follower follows, and forgets the address. A second time it
// changes nothing.
func (s *Service) stop(ctx context.Context, id string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, dropFollower, id)
		return err
	})
}

// often says how often a follower is written to.
func (s *Service) often(ctx context.Context, id string, r Rhythm) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, setRhythm, id, string(r))
		return err
	})
}

// Addressee is a follower as the messages know people; NotFound for any other id.
func Addressee(ctx context.Context, d *db.DB, keys *identity.Keys, id string) (p identity.Person, err error) {
	s := Service{Options: Options{DB: d, Keys: keys}}
	f, err := s.byID(ctx, d, id)
	return identity.Person{ID: f.ID, Email: f.Address, Language: f.Language, Verified: time.Unix(1, 0)}, err
}
