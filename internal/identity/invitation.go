package identity

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
)

// Invitation asks somebody to take a role.
type Invitation struct {
	ID         string
	Email      string
	GivenName  string // "" where not known
	FamilyName string
	Role       Role
	Scope      Scope
	Language   string // in which it is written
	GivenBy    string // id of who invites, "" for the program itself
	Created    time.Time
	Expires    time.Time

	version int
	waited  bool // it was there already
}

// invitationLife is how long an invitation can be accepted.
const invitationLife = 7 * 24 * time.Hour

// invitationPath is the address of the page on which an invitation is accepted.
const invitationPath = "/invito"

// invited is what of an invitation lies sealed.
type invited struct {
	Email  string `json:"email"`
	Given  string `json:"given,omitempty"`
	Family string `json:"family,omitempty"`
}

const invitationColumns = `id, version, data, role, scope_kind, scope, language, given_by, created, expires`

var (
	insertInvitation = db.Q("identity.invitation.insert", `
		INSERT INTO invitation (id, hash, version, contact, data, role, scope_kind, scope, language, given_by, state, created, expires)
		VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11)`)
	getInvitation = db.Q("identity.invitation.get", `
		SELECT `+invitationColumns+` FROM invitation WHERE id = $1 AND state = 'open'`)
	invitationByHash = db.Q("identity.invitation.by-hash", `
		SELECT `+invitationColumns+` FROM invitation WHERE hash = $1 AND state = 'open' AND expires > $2`)
	openInvitations = db.Q("identity.invitation.open", `
		SELECT `+invitationColumns+` FROM invitation WHERE state = 'open' AND id < $1 ORDER BY id DESC LIMIT $2`)
	countInvitations = db.Q("identity.invitation.count", `
		SELECT role, scope_kind, scope, COUNT(*) FROM invitation WHERE state = 'open' GROUP BY role, scope_kind, scope`)
	sameInvitation = db.Q("identity.invitation.same", `
		SELECT `+invitationColumns+` FROM invitation
		WHERE contact = $1 AND state = 'open' AND role = $2 AND scope_kind = $3 AND scope = $4 AND given_by = $5 AND expires > $6 ORDER BY id LIMIT 1`)
	endInvitation = db.Q("identity.invitation.end", `
		UPDATE invitation SET state = $2, person = $3, data = $4 WHERE id = $1 AND state = 'open'`)
	renewInvitation = db.Q("identity.invitation.renew", `
		UPDATE invitation SET hash = $3, version = version + 1, expires = $4 WHERE id = $1 AND state = 'open' AND version = $2`)
)

func placeOfInvitation(id string) string { return "invitation:" + id }

// Invite asks somebody to take a role and mails them a link; where the same waits
// already, by the same person, it stays as it is. The errors are those of
// Actor.Check, Invalid on "email", "role", "scope", "given_name", "family_name" or
// "language", Forbidden "identity.own-role", and TooMany "identity.too-many" and,
// on "email", "identity.invite.too-many".
func (a *Access) Invite(ctx context.Context, actor Actor, in Invitation) (_ Invitation, err error) {
	defer errs.Wrap(&err, "identity.Invite(%q)", in.Role)
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return Invitation{}, err
	}
	if err := a.mayGive(actor, in.Role, in.Scope); err != nil {
		return Invitation{}, err
	}
	own, err := a.People.Get(ctx, actor.Person)
	if err != nil {
		return Invitation{}, err
	}
	if indexedContact(own.Email) == indexedContact(in.Email) && own.Email != "" {
		return Invitation{}, errOwnRole().On("email")
	}
	in.GivenBy = actor.Person
	return a.InviteByProgram(ctx, in)
}

func errOwnRole() *errs.Error { return errs.New(errs.Forbidden, "identity.own-role", nil) }

// InviteByProgram is Invite for who has the database in their hands.
func (a *Access) InviteByProgram(ctx context.Context, in Invitation) (_ Invitation, err error) {
	email, err := mailable(in.Email)
	if err != nil {
		return Invitation{}, err
	}
	p, err := Person{Email: email, GivenName: in.GivenName, FamilyName: in.FamilyName, Language: in.Language}.normalised()
	if err != nil {
		return Invitation{}, err
	}
	if in.Role == Citizen || in.Role == Member {
		return Invitation{}, errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	if err := a.checkGrant(in.Role, in.Scope); err != nil {
		return Invitation{}, err
	}
	now := a.clk.Now()
	in.ID, in.Email, in.GivenName, in.FamilyName, in.Language = a.ids(), p.Email, p.GivenName, p.FamilyName, p.Language
	in.Created, in.Expires, in.version = now, now.Add(invitationLife), 1
	plain, err := json.Marshal(invited{in.Email, in.GivenName, in.FamilyName})
	if err != nil {
		return Invitation{}, err
	}
	sealed, err := a.keys.Seal(placeOfInvitation(in.ID), plain)
	if err != nil {
		return Invitation{}, err
	}
	secret, err := a.invitationSecret(ctx, in)
	if err != nil {
		return Invitation{}, err
	}
	return in, a.db.Write(ctx, func(tx *db.Tx) error {
		same, err := a.waits(ctx, tx, in)
		if err != nil || same.waited {
			in = same
			return err
		}
		if err := a.mayMail(ctx, tx, in.GivenBy, in.Email); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertInvitation, in.ID, secretHash(secret), a.keys.index("contact", in.Email), sealed,
			string(in.Role), in.Scope.Kind, in.Scope.ID, in.Language, in.GivenBy, clock.Micros(now), clock.Micros(in.Expires)); err != nil {
			return err
		}
		return a.announce(ctx, tx, in, "invitation.made", in.GivenBy)
	})
}

// waits is the same invitation, where one waits already.
func (a *Access) waits(ctx context.Context, tx *db.Tx, in Invitation) (Invitation, error) {
	if err := a.alone(ctx, tx, in.Email); err != nil {
		return Invitation{}, err
	}
	same, err := a.openInvitation(ctx, tx, sameInvitation, a.keys.index("contact", in.Email), string(in.Role), in.Scope.Kind, in.Scope.ID, in.GivenBy, clock.Micros(a.clk.Now()))
	if errs.HasKey(err, "identity.invitation.over") {
		return Invitation{}, nil
	}
	same.waited = err == nil
	return same, err
}

// mayMail counts an invitation that is mailed to an address; by is who sends it,
// "" for who has the program in their hands.
func (a *Access) mayMail(ctx context.Context, tx *db.Tx, by, address string) error {
	if by == "" || !a.Mails() {
		return nil
	}
	if err := a.Limits.takeIn(ctx, tx, invitesOfPerson, by); err != nil {
		return err
	}
	err := a.Limits.takeIn(ctx, tx, invitesOfAddress, address)
	if minutes, ok := errs.As(err).Args["count"].(int); ok && errs.Is(err, errs.TooMany) {
		return errs.New(errs.TooMany, "identity.invite.too-many", errs.Args{"count": (minutes + 59) / 60}).On("email")
	}
	return err
}

// checkGrant tells whether a role can be given for a scope that exists.
func (a *Access) checkGrant(r Role, s Scope) error {
	if err := checkRole(r, s); err != nil {
		return err
	}
	if s.Kind != KindNetwork && a.Scopes.ScopeName(s) == "" {
		return errs.New(errs.Invalid, "identity.house", nil).On("scope")
	}
	return nil
}

// announce has the link of an invitation mailed, and notes the act.
func (a *Access) announce(ctx context.Context, tx *db.Tx, in Invitation, kind, by string) error {
	now := a.clk.Now()
	if a.Mails() {
		tx.After(a.wake)
		if err := jobs.Enqueue(ctx, tx, invitationMail{in.ID, in.version}, now); err != nil {
			return err
		}
	}
	return journal.Append(ctx, tx, journal.Act{At: now, Kind: kind, Subject: in.ID, Person: by, Data: grantFacts(in.Role, in.Scope)})
}

// grantFacts are a role and its scope as facts of an act.
func grantFacts(r Role, s Scope) string {
	return facts(map[string]string{"role": string(r), "kind": s.Kind, "scope": s.ID})
}

// facts are what an act says beside who did what.
func facts(all map[string]string) string {
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // texts can be written
	}
	return string(text)
}

// invitationSecret is what the link of an invitation holds. It is reckoned and
// not kept: of the database alone nobody makes a link.
func (a *Access) invitationSecret(ctx context.Context, in Invitation) (string, error) {
	key, err := a.keys.Secret(ctx, "invitation", random32)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s:%d", in.ID, in.version)
	return tokenText.EncodeToString(mac.Sum(nil)[:20]), nil
}

// InvitationLink is the address at which an invitation is accepted, for who
// hands it over.
func (a *Access) InvitationLink(ctx context.Context, in Invitation) (string, error) {
	secret, err := a.invitationSecret(ctx, in)
	return a.URL + invitationPath + "#" + secret, err
}

// Invitations are the invitations to roles that the actor may give, which nobody
// accepted yet, the latest first: at most so many, after the one with an id ("" =
// from the beginning).
func (a *Access) Invitations(ctx context.Context, actor Actor, after string, most int) (list []Invitation, err error) {
	defer errs.Wrap(&err, "identity.Invitations")
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return nil, err
	}
	after = cmp.Or(after, "~") // after every id
	for len(list) < most {
		page, err := db.All(ctx, a.db, openInvitations, a.scanInvitation, after, most)
		if err != nil || len(page) == 0 {
			return list, err
		}
		after = page[len(page)-1].ID
		for _, in := range page {
			if len(list) < most && actor.MayGive(in.Role, in.Scope) {
				list = append(list, in)
			}
		}
	}
	return list, nil
}

// Waiting is how many of them there are.
func (a *Access) Waiting(ctx context.Context, actor Actor) (n int, err error) {
	defer errs.Wrap(&err, "identity.Waiting")
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return 0, err
	}
	err = db.Each(ctx, a.db, countInvitations, func(rows *sql.Rows) error {
		var role string
		var at Scope
		var count int
		err := rows.Scan(&role, &at.Kind, &at.ID, &count)
		if actor.MayGive(ReadRole(role, at), at) {
			n += count
		}
		return err
	})
	return n, err
}

// Invitation is one that nobody accepted yet; NotFound "identity.invitation.over".
func (a *Access) Invitation(ctx context.Context, actor Actor, id string) (_ Invitation, err error) {
	defer errs.Wrap(&err, "identity.Invitation(%q)", id)
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return Invitation{}, err
	}
	in, err := a.openInvitation(ctx, a.db, getInvitation, id)
	if err == nil && !actor.MayGive(in.Role, in.Scope) {
		return Invitation{}, errInvitationOver()
	}
	return in, err
}

// Resend makes a new link, good for another week, and mails it; the link before
// is worth nothing. NotFound "identity.invitation.over", and TooMany as Invite.
func (a *Access) Resend(ctx context.Context, actor Actor, id string) (_ Invitation, err error) {
	defer errs.Wrap(&err, "identity.Resend(%q)", id)
	in, err := a.Invitation(ctx, actor, id)
	if err != nil {
		return in, err
	}
	if err := a.danger(actor, DangerRoles); err != nil {
		return in, err
	}
	before := in.version
	in.version, in.Expires = in.version+1, a.clk.Now().Add(invitationLife)
	secret, err := a.invitationSecret(ctx, in)
	if err != nil {
		return in, err
	}
	return in, a.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.mayMail(ctx, tx, actor.Person, in.Email); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, renewInvitation, id, before, secretHash(secret), clock.Micros(in.Expires))
		if err == nil && n == 0 {
			err = errInvitationOver()
		}
		if err != nil {
			return err
		}
		return a.announce(ctx, tx, in, "invitation.sent-again", actor.Person)
	})
}

// Revoke ends an invitation; NotFound "identity.invitation.over".
func (a *Access) Revoke(ctx context.Context, actor Actor, id string) (err error) {
	defer errs.Wrap(&err, "identity.Revoke(%q)", id)
	in, err := a.Invitation(ctx, actor, id)
	if err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.endInvitation(ctx, tx, id, "revoked", ""); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "invitation.revoked", Subject: id, Person: actor.Person, Data: grantFacts(in.Role, in.Scope)})
	})
}

func (a *Access) endInvitation(ctx context.Context, tx *db.Tx, id, state, person string) error {
	n, err := tx.Exec(ctx, endInvitation, id, state, person, []byte{})
	if err == nil && n == 0 {
		return errInvitationOver()
	}
	return err
}

func errInvitationOver() error { return errs.New(errs.NotFound, "identity.invitation.over", nil) }

// OpenInvitation is what a browser keeps of the secret of an invitation;
// NotFound "identity.invitation.over".
func (a *Access) OpenInvitation(ctx context.Context, secret string) (opened string, err error) {
	defer errs.Wrap(&err, "identity.OpenInvitation")
	opened = openedBy(secret)
	_, err = a.invitationOf(ctx, a.db, opened)
	return opened, err
}

// Invited is an invitation that was opened. known tells that its address is
// somebody's, who signs in first to accept it. NotFound
// "identity.invitation.over".
func (a *Access) Invited(ctx context.Context, actor Actor, opened string) (in Invitation, known bool, err error) {
	defer errs.Wrap(&err, "identity.Invited")
	if in, err = a.invitationOf(ctx, a.db, opened); err != nil || actor.SignedIn() {
		return in, false, err
	}
	people, err := a.known(ctx, a.db, in.Email)
	return in, len(people) > 0, err
}

// Accept gives the role of an invitation that was opened to who accepts it, and
// ends it: to who is signed in, or to somebody new. A link proves nobody to be
// somebody who is known already, since it may have been forwarded; and nobody
// becomes a second person of an address. The errors are NotFound
// "identity.invitation.over", Forbidden "identity.own-role" and Unauthenticated
// "identity.invitation.known".
func (a *Access) Accept(ctx context.Context, actor Actor, opened string) (p Person, err error) {
	defer errs.Wrap(&err, "identity.Accept")
	return p, a.db.Write(ctx, func(tx *db.Tx) error {
		now := a.clk.Now()
		in, err := a.invitationOf(ctx, tx, opened)
		if err != nil {
			return err
		}
		if p, err = a.accepting(ctx, tx, actor, in); err != nil {
			return err
		}
		if err := a.endInvitation(ctx, tx, in.ID, "accepted", p.ID); err != nil {
			return err
		}
		if err := a.Grants.GiveIn(ctx, tx, Grant{Person: p.ID, Role: in.Role, Scope: in.Scope, GivenBy: in.GivenBy}); err != nil {
			return err
		}
		return journal.Append(ctx, tx,
			journal.Act{At: now, Kind: "invitation.accepted", Subject: in.ID, Person: p.ID},
			journal.Act{At: now, Kind: "role.given", Subject: p.ID, Person: in.GivenBy, Data: grantFacts(in.Role, in.Scope)})
	})
}

// accepting is who accepts an invitation. Nobody gives a role to themselves.
func (a *Access) accepting(ctx context.Context, tx *db.Tx, actor Actor, in Invitation) (Person, error) {
	switch {
	case actor.SignedIn() && actor.Person == in.GivenBy:
		return Person{}, errOwnRole()
	case actor.SignedIn():
		return a.People.getIn(ctx, tx, actor.Person)
	}
	if err := a.alone(ctx, tx, in.Email); err != nil {
		return Person{}, err
	}
	people, err := a.known(ctx, tx, in.Email)
	if err == nil && len(people) > 0 {
		err = errs.New(errs.Unauthenticated, "identity.invitation.known", nil)
	}
	if err != nil {
		return Person{}, err
	}
	return a.People.CreateIn(ctx, tx, Person{Email: in.Email, GivenName: in.GivenName, FamilyName: in.FamilyName, Language: in.Language})
}

// invitationOf is an invitation that was opened. It is worth nothing once who gave it
// may give that role no more.
func (a *Access) invitationOf(ctx context.Context, r db.Reader, opened string) (Invitation, error) {
	in, err := a.openInvitation(ctx, r, invitationByHash, hashOf(opened), clock.Micros(a.clk.Now()))
	if err != nil || in.GivenBy == "" {
		return in, err
	}
	giver, err := a.Grants.actingIn(ctx, r, in.GivenBy)
	if err != nil {
		return in, err
	}
	if !giver.MayGive(in.Role, in.Scope) {
		return Invitation{}, errInvitationOver()
	}
	return in, nil
}

func (a *Access) openInvitation(ctx context.Context, r db.Reader, q db.Query, args ...any) (Invitation, error) {
	found, err := db.All(ctx, r, q, a.scanInvitation, args...)
	if err == nil && len(found) == 0 {
		err = errInvitationOver()
	}
	if err != nil {
		return Invitation{}, err
	}
	return found[0], nil
}

func (a *Access) scanInvitation(rows *sql.Rows) (in Invitation, err error) {
	var data []byte
	var created, expires int64
	var role string
	if err := rows.Scan(&in.ID, &in.version, &data, &role, &in.Scope.Kind, &in.Scope.ID, &in.Language, &in.GivenBy, &created, &expires); err != nil {
		return in, err
	}
	in.Role = ReadRole(role, in.Scope)
	in.Created, in.Expires = clock.FromMicros(created), clock.FromMicros(expires)
	plain, err := a.keys.Open(placeOfInvitation(in.ID), data)
	if err != nil {
		return in, err
	}
	var sealed invited
	err = json.Unmarshal(plain, &sealed)
	in.Email, in.GivenName, in.FamilyName = sealed.Email, sealed.Given, sealed.Family
	return in, err
}
