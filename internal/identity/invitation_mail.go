package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// invitationMail is the job that mails the link of an invitation.
type invitationMail struct {
	Invitation string
	Version    int
}

func (invitationMail) Kind() string { return "identity.invitation" }

// sendInvitation mails a link, unless it is over or replaced.
func (a *Access) sendInvitation(ctx context.Context, m invitationMail) error {
	in, err := a.openInvitation(ctx, a.db, getInvitation, m.Invitation)
	if errs.Is(err, errs.NotFound) || err == nil && (in.version != m.Version || !a.clk.Now().Before(in.Expires)) {
		return nil
	}
	if err != nil {
		return err
	}
	link, err := a.InvitationLink(ctx, in)
	if err != nil {
		return err
	}
	by, err := a.inviter(ctx, in)
	if err != nil {
		return err
	}
	name := ""
	if in.GivenName+in.FamilyName != "" {
		name = Person{GivenName: in.GivenName, FamilyName: in.FamilyName}.FullName()
	}
	l := a.letter(in.Language, name)
	l.Subject = l.T("identity.mail.invitation.subject")
	l.Title = l.T("identity.mail.invitation.title")
	l.Lead = []string{l.T("identity.mail.invitation.text", "name", a.Look.Called())}
	facts := []web.Fact{{Name: l.T("identity.invitation.role"), Value: l.T(in.Role.Label())}, {Name: l.T("identity.invitation.scope"), Value: a.scopeText(l.Printer, in.Scope)}}
	if by != "" {
		facts = append(facts, web.Fact{Name: l.T("identity.invitation.by"), Value: by})
	}
	facts = append(facts, web.Fact{Name: l.T("identity.invitation.until"), Value: l.DateTime(in.Expires)})
	l.Parts = []letter.Part{{Facts: facts}}
	_, secret, _ := strings.Cut(link, "#")
	l.NextTitle = l.T("identity.mail.invitation.next")
	l.Next = []string{
		l.T("identity.mail.invitation.once"), l.T("identity.mail.invitation.unexpected"),
		l.T("identity.mail.invitation.code", "address", a.URL+invitationPath, "code", grouped(secret)),
	}
	l.Links = []web.Link{{Href: link, Text: l.T("identity.mail.invitation.open")}}
	err = a.post(ctx, messageID(fmt.Sprint(in.ID, in.version)), in.Email, name, l)
	var rejected *mail.Rejected
	if errors.As(err, &rejected) {
		a.Log.Info("an invitation was rejected", "invitation", in.ID, "code", rejected.Code, "status", rejected.Status)
		return nil
	}
	return err
}

// inviter is the name of who invites, as others may know it; "" for the program
// itself and for who is not known any more.
func (a *Access) inviter(ctx context.Context, in Invitation) (string, error) {
	if in.GivenBy == "" {
		return "", nil
	}
	p, err := a.People.Get(ctx, in.GivenBy)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return p.DisplayName(), err
}
