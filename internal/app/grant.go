package app

import (
	"context"
	"fmt"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/i18n"
)

// grantCmd gives a role to a person, or takes it away.
type grantCmd struct {
	storeFlags
	personFlag
	scopeFlags

	Role  string `arg:"" help:"counter-operator, site-manager, network-manager, administrator, …: see docs/rights.md."`
	From  string `help:"First day; none means from now on." placeholder:"DAY"`
	Until string `help:"Last day; none means without end." placeholder:"DAY"`
	End   bool   `help:"Take the role away."`
}

func (c *grantCmd) Run(ctx context.Context, e *env) error {
	s, known, err := c.openRoles(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	g := identity.Grant{}
	if g.Role, g.Scope, err = c.roleAt(ctx, s, c.Role); err != nil {
		return err
	}
	if g.Starts, g.Ends, err = c.times(e.clock.Now()); err != nil {
		return err
	}
	access := identity.NewAccess(identity.AccessOptions{People: s.people, Grants: s.grants, Scopes: known, Log: e.log})
	if err := access.MayHold(g); err != nil { // before anybody is made
		return err
	}
	look := c.find
	if c.End { // nobody is made to take something from them
		look = c.known
	}
	person, err := look(ctx, s)
	if err != nil {
		return err
	}
	g.Person = person.ID
	if c.End {
		if err := access.EndByProgram(ctx, g.Person, g.Role, g.Scope); err != nil {
			return err
		}
		fmt.Fprintf(e.Stdout, "%s for %s taken from %s\n", g.Role, known.text(g.Scope), person.ID)
		return nil
	}
	if err := access.GiveByProgram(ctx, g); err != nil {
		return err
	}
	times := ""
	if c.From != "" {
		times += " from " + c.From
	}
	if c.Until != "" {
		times += " until " + c.Until
	}
	fmt.Fprintf(e.Stdout, "%s for %s given to %s%s\n", g.Role, known.text(g.Scope), person.ID, times)
	return nil
}

// times are the first instant of a role and the one at which it is over; zero
// where nothing is said. A role of today holds from now on.
func (c *grantCmd) times(now time.Time) (from, until time.Time, err error) {
	if c.From != "" {
		d, err := agenda.ParseDate(c.From)
		if err != nil {
			return from, until, fmt.Errorf("--from: %w", err)
		}
		if d != agenda.DateOf(now.In(i18n.Rome)) {
			from = startOfDay(d)
		}
	}
	if c.Until != "" {
		d, err := agenda.ParseDate(c.Until)
		if err != nil {
			return from, until, fmt.Errorf("--until: %w", err)
		}
		until = startOfDay(d.AddDays(1))
	}
	return from, until, nil
}
