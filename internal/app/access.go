package app

import (
	"context"
	"fmt"
	"slices"

	"polis/internal/counter/appointment"
	"polis/internal/coworking"
	"polis/internal/coworking/figures"
	"polis/internal/feedback"
	"polis/internal/identity"
	"polis/internal/installation"
	"polis/internal/manage"
	"polis/internal/site"
)

// startAccess readies how people come in.
func (p *program) startAccess() {
	p.access = identity.NewAccess(identity.AccessOptions{
		People: p.people, Grants: p.grants, Tokens: p.tokens, Words: p.words, Scopes: p.scopes, Log: p.env.log,
		Transport: p.notes.Transport, From: p.notes.From, Look: p.look(), URL: p.public,
	})
	p.access.TellNew(p.sessions)
}

// identityPages are what the pages of identity work with.
func (p *program) identityPages() identity.PageOptions {
	o := identity.PageOptions{Sessions: p.sessions, Access: p.access, Demo: p.testers, Contacts: "/contatti", Work: workOf, Ways: p.oidc.Ways}
	o.Left = p.oidc.Left(p.sessions, func(err error) { p.env.log.Warn("what a provider gave is not given back", "err", err) })
	if p.oidc.Enabled() {
		o.Parts = append(o.Parts, p.oidc.Part())
	}
	for _, c := range slices.Concat(coworking.Choices, feedback.Choices, appointment.Choices) {
		o.Messages = append(o.Messages, identity.Message(c))
	}
	if p.mailbox != nil {
		o.Mailbox = "/demo/posta"
	}
	if p.passkeys.Possible() {
		o.OfferPasskey = p.passkeys.Offer
		o.Parts = append(o.Parts, p.passkeys.Part())
	}
	o.Parts = slices.Concat(o.Parts, []identity.ProfilePart{p.mandates.Part(), p.parties.Part(), p.follow.Part()}, p.privacy.Parts())
	o.Ways = allWays(o.Ways, p.passkeys.Way)
	return o
}

// workOf is the page with which somebody in a role begins.
func workOf(role identity.Role) string {
	switch role {
	case identity.CounterOperator, identity.ContactOperator:
		return "/accoglienza"
	case identity.OrganisationAdmin:
		return "/profilo"
	case identity.AuthorityClerk:
		return figures.Root
	}
	return manage.Root
}

type personCmd struct {
	Invite personInviteCmd `cmd:"" help:"Invite somebody to a role and print the link, to hand over; it works once and for seven days."`
	Link   personLinkCmd   `cmd:"" help:"Print a link with which somebody who has a role signs in once, within an hour."`

	ForgetPasskeys personPasskeysCmd `cmd:"" help:"Remove all passkeys of somebody who has lost them."`
	Export         personExportCmd   `cmd:"" help:"Write all that is held about somebody, as a ZIP."`
	Forget         personForgetCmd   `cmd:"" help:"Forget somebody: their key is destroyed, what is to come is cancelled. It cannot be undone."`
}

// accessFlags say where people reach the program, for links.
type accessFlags struct {
	storeFlags

	PublicURL string `help:"Address by which the world reaches the program; none means the one in its settings." placeholder:"URL"`
	Listen    string `help:"Where the server listens, for links where no address is known." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	TLSCert   string `help:"Certificate that it uses (PEM)." placeholder:"FILE"`
}

// access opens the access to an installation without its server: nothing is
// mailed.
func (f *accessFlags) access(ctx context.Context, e *env) (s *store, _ *identity.Access, err error) {
	if s, err = f.openStore(ctx, e); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	settings, err := installation.NewLive(ctx, installation.NewStore(s.db, s.keys, e.clock), installation.Flags{PublicURL: f.PublicURL})
	if err != nil {
		return nil, nil, err
	}
	public, err := publicAddress(settings.Now().Address.URL, f.Listen, f.TLSCert != "")
	if err != nil {
		return nil, nil, err
	}
	net, err := s.sites.LoadNetwork(ctx)
	if err != nil {
		return nil, nil, err
	}
	return s, identity.NewAccess(identity.AccessOptions{
		People: s.people, Grants: s.grants, Scopes: newScopes(s.db, func() *site.Network { return net }, e), Log: e.log, URL: public,
	}), nil
}

type personInviteCmd struct {
	accessFlags

	Email string `help:"Address of who is invited." required:"" placeholder:"ADDRESS"`
	Role  string `help:"counter-operator, site-manager, network-manager, administrator, …: see docs/rights.md." required:"" placeholder:"ROLE"`
	scopeFlags

	Name     string `help:"Given name." placeholder:"NAME"`
	Surname  string `help:"Family name." placeholder:"NAME"`
	Language string `help:"Of the person's pages: it or en." default:"it" enum:"it,en"`
}

func (c *personInviteCmd) Run(ctx context.Context, e *env) error {
	s, access, err := c.access(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	in := identity.Invitation{Email: c.Email, GivenName: c.Name, FamilyName: c.Surname, Language: c.Language}
	if in.Role, in.Scope, err = c.roleAt(ctx, s, c.Role); err != nil {
		return err
	}
	if in, err = access.InviteByProgram(ctx, in); err != nil {
		return err
	}
	link, err := access.InvitationLink(ctx, in)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, link)
	return nil
}

type personLinkCmd struct {
	accessFlags

	Email string `arg:"" help:"Address of the person."`
}

// Run prints a link for each person with the address who has a role: a family
// may share one.
func (c *personLinkCmd) Run(ctx context.Context, e *env) error {
	s, access, err := c.access(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	people, err := s.people.ByContact(ctx, c.Email)
	if err != nil {
		return err
	}
	made := 0
	for _, p := range people {
		grants, err := s.grants.Of(ctx, p.ID)
		if err != nil {
			return err
		}
		role := identity.HighestRole(grants)
		if role == identity.Citizen {
			continue
		}
		link, err := access.Link(ctx, p.ID)
		if err != nil {
			return err
		}
		made++
		fmt.Fprintf(e.Stderr, "%s, %s:\n", p.DisplayName(), role)
		fmt.Fprintln(e.Stdout, link)
	}
	if made == 0 {
		return fmt.Errorf("nobody with this address has a role; polis person invite gives one")
	}
	return nil
}
