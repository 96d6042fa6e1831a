package passkey

import (
	"context"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// List are the passkeys of a person, the oldest first, for themselves or for who
// gives roles, who do not see their names.
func (s *Service) List(ctx context.Context, actor identity.Actor, person string) (list []Passkey, err error) {
	defer errs.Wrap(&err, "passkey.List(%q)", person)
	own := actor.Check(identity.AccountOwn, identity.Of(person)) == nil
	if !own {
		if err := actor.Check(identity.AccountWrite, identity.Network); err != nil {
			return nil, err
		}
	}
	keys, err := db.All(ctx, s.DB, keysOf, scanKey, person)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		name := []byte(nil)
		if own {
			if name, err = s.People.Open(ctx, person, placeOfName(k.id), k.name); err != nil {
				return nil, err
			}
		}
		p := Passkey{ID: k.id, Name: string(name), Created: clock.FromMicros(k.created), Synced: k.credential.Flags.BackupState, Domain: k.domain}
		if k.used.Valid {
			p.Used = clock.FromMicros(k.used.Int64)
		}
		list = append(list, p)
	}
	return list, nil
}

func errNone() error { return errs.New(errs.NotFound, "passkey.gone", nil) }

// Rename gives a passkey of the actor another name; Invalid on "name", NotFound
// "passkey.gone".
func (s *Service) Rename(ctx context.Context, actor identity.Actor, id, name string) (err error) {
	defer errs.Wrap(&err, "passkey.Rename(%q)", id)
	if err := actor.Check(identity.AccountOwn, identity.Of(actor.Person)); err != nil {
		return err
	}
	if name, err = goodName(name); err != nil {
		return err
	}
	sealed, err := s.People.Seal(ctx, actor.Person, placeOfName(id), []byte(name))
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, renameKey, id, actor.Person, sealed)
		if err == nil && n == 0 {
			return errNone()
		}
		return err
	})
}

// Remove removes a passkey of the actor; the errors are those of Actor.Check and
// Actor.CheckDanger, and NotFound "passkey.gone".
func (s *Service) Remove(ctx context.Context, actor identity.Actor, id string) (err error) {
	defer errs.Wrap(&err, "passkey.Remove(%q)", id)
	if err := actor.Check(identity.AccountOwn, identity.Of(actor.Person)); err != nil {
		return err
	}
	if err := actor.CheckDanger(identity.DangerPasskeys, s.Clock.Now()); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, removeKey, id, actor.Person)
		if err == nil && n == 0 {
			return errNone()
		}
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: s.Clock.Now(), Kind: "passkey.removed", Subject: actor.Person, Person: actor.Person, Data: factsOf(id)})
	})
}

// RemoveAll removes all passkeys of somebody who has lost them, by who gives
// roles. Sessions that they opened end.
func (s *Service) RemoveAll(ctx context.Context, actor identity.Actor, person string) (err error) {
	defer errs.Wrap(&err, "passkey.RemoveAll(%q)", person)
	if err := actor.Check(identity.AccountWrite, identity.Network); err != nil {
		return err
	}
	if err := actor.CheckDanger(identity.DangerOthers, s.Clock.Now()); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return RemoveAllIn(ctx, tx, person, actor.Person, s.Clock.Now()) })
}

// RemoveAllIn removes all passkeys of a person in a transaction of the caller; by
// is who does it, "" for who has the database in their hands. Where there are none
// nothing is noted.
func RemoveAllIn(ctx context.Context, tx *db.Tx, person, by string, now time.Time) error {
	n, err := tx.Exec(ctx, removeKeys, person)
	if err != nil || n == 0 {
		return err
	}
	return journal.Append(ctx, tx, journal.Act{At: now, Kind: "passkey.all-removed", Subject: person, Person: by})
}
