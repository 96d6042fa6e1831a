package organisation

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/web"
)

// Member is somebody who belongs to an organisation.
type Member struct {
	Person identity.Person
	Role   identity.Role // Member or OrganisationAdmin
	Since  time.Time
	Ends   time.Time // zero = no end
}

// Invitation asks somebody to belong to an organisation. They find it once they
// are in with the address: it cannot be forwarded.
type Invitation struct {
	ID           string
	Organisation string
	Role         identity.Role
	Email        string
	GivenBy      string
	Created      time.Time
	Expires      time.Time
}

// invitationLife is how long somebody has to answer.
const invitationLife = 30 * 24 * time.Hour

var (
	membersOf = db.Q("organisation.members", `
		SELECT person, role, starts, ends FROM role_grant
		WHERE scope_kind = 'organisation' AND scope = $1 AND role IN ('member', 'organisation-admin') AND (ends IS NULL OR ends > $2) AND (role, person) < ($3, $4)
		ORDER BY role DESC, person DESC LIMIT $5`)
	dropMembers = db.Q("organisation.drop-members", `DELETE FROM role_grant WHERE scope_kind = 'organisation' AND scope = $1`)
	dropMember  = db.Q("organisation.drop-member", `
		DELETE FROM role_grant WHERE scope_kind = 'organisation' AND scope = $1 AND person = $2 AND role IN ('member', 'organisation-admin')`)
	dropInvitations = db.Q("organisation.invitation.drop-all", `DELETE FROM organisation_invitation WHERE organisation = $1`)

	putInvitation = db.Q("organisation.invitation.put", `
		INSERT INTO organisation_invitation (id, organisation, role, contact, data, given_by, created, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (organisation, contact) DO UPDATE SET id = excluded.id, role = excluded.role, data = excluded.data, given_by = excluded.given_by,
			created = excluded.created, expires = excluded.expires`)
	invitationsOf = db.Q("organisation.invitation.of", `
		SELECT id, organisation, role, data, given_by, created, expires, contact FROM organisation_invitation
		WHERE organisation = $1 AND expires > $2 AND id < $3 ORDER BY id DESC LIMIT $4`)
	invitationsTo = db.Q("organisation.invitation.to", `
		SELECT id, organisation, role, data, given_by, created, expires, contact FROM organisation_invitation WHERE contact = $1 AND expires > $2 ORDER BY id DESC LIMIT 50`)
	getInvitation = db.Q("organisation.invitation.get", `
		SELECT id, organisation, role, data, given_by, created, expires, contact FROM organisation_invitation WHERE id = $1 AND expires > $2`)
	dropInvitation   = db.Q("organisation.invitation.drop", `DELETE FROM organisation_invitation WHERE id = $1`)
	revokeInvitation = db.Q("organisation.invitation.revoke", `DELETE FROM organisation_invitation WHERE id = $1 AND organisation = $2`)
	sweepInvitations = db.Q("organisation.invitation.sweep", `DELETE FROM organisation_invitation WHERE expires <= $1`)
)

// MemberKey is where a member stands in the list.
func MemberKey(m Member) string { return string(m.Role) + "|" + m.Person.ID }

// last is after every id and every role.
const last = "~"

// Members are those who belong to an organisation, its administrators first, for who
// does themselves or runs the network: at most so many, after the one with a key ("" =
// from the beginning); NotFound "organisation.unknown". Showing them to who runs the
// network is an act.
func (s *Service) Members(ctx context.Context, actor identity.Actor, id, after string, most int) (list []Member, err error) {
	defer errs.Wrap(&err, "organisation.Members(%q)", id)
	if _, err := s.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	role, person, _ := strings.Cut(cmp.Or(after, last), "|")
	var ids []string
	list, err = db.All(ctx, s.DB, membersOf, func(rows *sql.Rows) (m Member, err error) {
		var since int64
		var ends sql.NullInt64
		err = rows.Scan(&m.Person.ID, &m.Role, &since, &ends)
		m.Since = clock.FromMicros(since)
		if ends.Valid {
			m.Ends = clock.FromMicros(ends.Int64)
		}
		ids = append(ids, m.Person.ID)
		return m, err
	}, id, clock.Micros(s.Clock.Now()), role, person, most)
	if err != nil {
		return nil, err
	}
	people, err := s.People.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	read := identity.Reading{Page: "members"}
	for i, m := range list {
		list[i].Person = people[m.Person.ID]
		read.Of = append(read.Of, identity.Seen{Person: m.Person.ID})
	}
	if actor.Belongs(id) {
		return list, nil
	}
	return list, s.People.NoteRead(ctx, actor, read)
}

// Invite asks somebody by their address to belong to an organisation; a second
// time replaces the first. The errors are NotFound "organisation.unknown",
// Invalid on "email" and "role", and TooMany on "email".
func (s *Service) Invite(ctx context.Context, actor identity.Actor, in Invitation) (err error) {
	defer errs.Wrap(&err, "organisation.Invite(%q)", in.Organisation)
	if err := s.checkRoles(actor, in.Organisation); err != nil {
		return err
	}
	if in.Role != identity.Member && in.Role != identity.OrganisationAdmin {
		return errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	to, err := s.People.Target(in.Email)
	if err != nil || !to.Email {
		return errs.New(errs.Invalid, "identity.invalid.email", nil).On("email")
	}
	in.ID, in.Created, in.GivenBy = s.IDs(), s.Clock.Now(), actor.Person
	data, err := s.Keys.Seal(placeOfInvitation(in.ID), []byte(to.Text))
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		o, err := s.get(ctx, tx, in.Organisation)
		if err == nil && o.State != Active {
			err = errUnknown()
		}
		if err != nil {
			return err
		}
		if own, err := s.People.IsTarget(ctx, tx, actor.Person, to.Index); err != nil || own {
			if err == nil {
				err = errs.New(errs.Rule, "organisation.own", nil).On("email")
			}
			return err
		}
		if err := s.Access.CountLetter(ctx, tx, actor.Person, to.Text); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, putInvitation, in.ID, in.Organisation, string(in.Role), to.Index, data, in.GivenBy, clock.Micros(in.Created), clock.Micros(in.Created.Add(invitationLife))); err != nil {
			return err
		}
		if s.Access.Mails() {
			tx.After(s.wake)
			if err := jobs.Enqueue(ctx, tx, invitationMail{in.ID}, in.Created); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, "organisation.invited", in.Organisation, actor.Person)
	})
}

func placeOfInvitation(id string) string { return "organisation_invitation:" + id }

func (s *Service) scanInvitation(rows *sql.Rows) (in Invitation, err error) {
	in, _, err = s.scanWithContact(rows)
	return in, err
}

func (s *Service) scanWithContact(rows *sql.Rows) (in Invitation, contact []byte, err error) {
	var data []byte
	var created, expires int64
	if err := rows.Scan(&in.ID, &in.Organisation, &in.Role, &data, &in.GivenBy, &created, &expires, &contact); err != nil {
		return in, nil, err
	}
	in.Created, in.Expires = clock.FromMicros(created), clock.FromMicros(expires)
	email, err := s.Keys.Open(placeOfInvitation(in.ID), data)
	in.Email = string(email)
	return in, contact, err
}

// Invitations are those of an organisation that nobody answered yet, the last first,
// for who may change it: at most so many, after the one with an id.
func (s *Service) Invitations(ctx context.Context, actor identity.Actor, id, after string, most int) (_ []Invitation, err error) {
	defer errs.Wrap(&err, "organisation.Invitations(%q)", id)
	if err := s.check(actor, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, invitationsOf, s.scanInvitation, id, clock.Micros(s.Clock.Now()), cmp.Or(after, last), most)
}

// Waiting are the invitations to addresses that the actor has proved, each with
// the name of its organisation.
func (s *Service) Waiting(ctx context.Context, actor identity.Actor) (list []Invitation, names map[string]string, err error) {
	defer errs.Wrap(&err, "organisation.Waiting(%q)", actor.Person)
	if err := actor.Check(identity.AccountOwn, identity.Of(actor.Person)); err != nil {
		return nil, nil, err
	}
	targets, err := s.People.Targets(ctx, s.DB, actor.Person)
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, t := range targets {
		some, err := db.All(ctx, s.DB, invitationsTo, s.scanInvitation, t, clock.Micros(s.Clock.Now()))
		if err != nil {
			return nil, nil, err
		}
		for _, in := range some {
			ids = append(ids, in.Organisation)
		}
		list = append(list, some...)
	}
	names, err = s.Names(ctx, ids)
	return list, names, err
}

// Accept makes the actor belong to the organisation of an invitation to an
// address that they have proved. NotFound "organisation.no-invitation"; Rule
// "identity.last-admin" where they are its last administrator, and asked to be less.
func (s *Service) Accept(ctx context.Context, actor identity.Actor, id string) error {
	return s.answer(ctx, actor, id, func(tx *db.Tx, in Invitation) error {
		if in.Role == identity.Member { // they may have been its administrator since
			if err := s.Grants.KeepAdmin(ctx, tx, actor.Person, in.Organisation); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, dropMember, in.Organisation, actor.Person); err != nil {
			return err
		}
		grant := identity.Grant{Person: actor.Person, Role: in.Role, Scope: identity.Organisation(in.Organisation)}
		if err := s.Grants.HandIn(ctx, tx, in.GivenBy, grant); err != nil {
			return err
		}
		return s.note(ctx, tx, "organisation.joined", in.Organisation, actor.Person)
	})
}

// Decline ends an invitation to the actor. NotFound "organisation.no-invitation".
func (s *Service) Decline(ctx context.Context, actor identity.Actor, id string) error {
	return s.answer(ctx, actor, id, func(*db.Tx, Invitation) error { return nil })
}

func (s *Service) answer(ctx context.Context, actor identity.Actor, id string, then func(*db.Tx, Invitation) error) (err error) {
	defer errs.Wrap(&err, "organisation.answer(%q)", id)
	if err := actor.Check(identity.AccountOwn, identity.Of(actor.Person)); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		var contact []byte
		found, err := db.All(ctx, tx, getInvitation, func(rows *sql.Rows) (in Invitation, err error) {
			in, contact, err = s.scanWithContact(rows)
			return in, err
		}, id, clock.Micros(s.Clock.Now()))
		if err != nil {
			return err
		}
		mine, err := s.People.IsTarget(ctx, tx, actor.Person, contact)
		if err == nil && (len(found) == 0 || !mine) {
			err = errs.New(errs.NotFound, "organisation.no-invitation", nil)
		}
		if err != nil {
			return err
		}
		if n, err := tx.Exec(ctx, dropInvitation, id); err != nil || n == 0 { // a second tap
			return err
		}
		return then(tx, found[0])
	})
}

// Revoke ends an invitation, for who may change its organisation; a second time
// changes nothing.
func (s *Service) Revoke(ctx context.Context, actor identity.Actor, organisation, id string) (err error) {
	defer errs.Wrap(&err, "organisation.Revoke(%q, %q)", organisation, id)
	if err := s.check(actor, organisation); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if n, err := tx.Exec(ctx, revokeInvitation, id, organisation); err != nil || n == 0 {
			return err
		}
		return s.note(ctx, tx, "organisation.invitation-revoked", organisation, actor.Person)
	})
}

// SetRole makes a member an administrator, or an administrator a member: Rule
// "identity.last-admin" where nobody would be left, Forbidden
// "identity.own-role" of oneself.
func (s *Service) SetRole(ctx context.Context, actor identity.Actor, id, person string, role identity.Role) (err error) {
	defer errs.Wrap(&err, "organisation.SetRole(%q, %q)", id, person)
	if err := s.checkRoles(actor, id); err != nil {
		return err
	}
	if role != identity.Member && role != identity.OrganisationAdmin {
		return errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if role == identity.Member {
			if err := s.Grants.KeepAdmin(ctx, tx, person, id); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, dropMember, id, person)
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "identity.grant", nil)
		}
		if err != nil {
			return err
		}
		return s.Grants.HandIn(ctx, tx, actor.Person, identity.Grant{Person: person, Role: role, Scope: identity.Organisation(id)})
	})
}

// Remove ends that somebody belongs to an organisation: an administrator's doing,
// or their own. Rule "identity.last-admin" where nobody would be left to look
// after it.
func (s *Service) Remove(ctx context.Context, actor identity.Actor, id, person string) (err error) {
	defer errs.Wrap(&err, "organisation.Remove(%q, %q)", id, person)
	if own := person == actor.Person && actor.By == "" && actor.Belongs(id); !own {
		if err := s.checkRoles(actor, id); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.Grants.KeepAdmin(ctx, tx, person, id); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, dropMember, id, person)
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "identity.grant", nil)
		}
		if err != nil {
			return err
		}
		facts, err := json.Marshal(map[string]string{"scope": id, "kind": "organisation"})
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: s.Clock.Now(), Kind: "role.ended", Subject: person, Person: actor.Person, Data: string(facts)})
	})
}

// checkRoles is check for who says who belongs to an organisation, and as what: they
// have proved lately who they are.
func (s *Service) checkRoles(actor identity.Actor, id string) error {
	if err := s.check(actor, id); err != nil {
		return err
	}
	return actor.CheckDanger(identity.DangerRoles, s.Clock.Now())
}

// Sweep removes invitations that are over.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, sweepInvitations, clock.Micros(s.Clock.Now()))
		return err
	})
}

// invitationMail is the job that mails an invitation.
type invitationMail struct{ Invitation string }

func (invitationMail) Kind() string { return "organisation.invitation" }

func (s *Service) sendInvitation(ctx context.Context, job invitationMail) error {
	found, err := db.All(ctx, s.DB, getInvitation, s.scanInvitation, job.Invitation, clock.Micros(s.Clock.Now()))
	if err != nil || len(found) == 0 {
		return err
	}
	in := found[0]
	o, err := s.get(ctx, s.DB, in.Organisation)
	if err != nil {
		return err
	}
	by, err := s.People.Many(ctx, []string{in.GivenBy})
	if err != nil {
		return err
	}
	l := s.Access.Letter(by[in.GivenBy].Language, "")
	l.Subject = l.T("organisation.mail.subject", "name", o.Name)
	l.Title = l.Subject
	l.Lead = []string{l.T("organisation.mail.text", "who", strings.TrimSpace(by[in.GivenBy].DisplayName()), "name", o.Name, "role", l.T(roleLabel(in.Role)))}
	l.NextTitle = l.T("organisation.mail.next")
	l.Next = []string{l.T("organisation.mail.how"), l.T("organisation.mail.unexpected")}
	l.Links = []web.Link{{Href: s.Access.URL + Path, Text: l.T("organisation.mail.open")}}
	return s.Access.Post(ctx, "organisation-"+in.ID, in.Email, "", l)
}

// roleLabel is the message key of what a member is.
func roleLabel(r identity.Role) string { return "organisation.role." + string(r) }
