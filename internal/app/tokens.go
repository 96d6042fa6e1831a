package app

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token and print it alone on the last line."`
	List   tokenListCmd   `cmd:"" help:"List the tokens of a person."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token, by the id that list shows."`
}

// personFlag names a person.
type personFlag struct {
	Person string `help:"Fiscal number of the person, made where new; or the e-mail address of one who is known." required:"" placeholder:"CODICEFISCALE"`
}

// find returns the person that is meant.
func (f *personFlag) find(ctx context.Context, s *store) (identity.Person, error) {
	if !strings.Contains(f.Person, "@") {
		return s.people.Ensure(ctx, f.Person)
	}
	people, err := s.people.ByContact(ctx, f.Person)
	if err == nil && len(people) != 1 {
		err = fmt.Errorf("--person: %d people have this address; give the fiscal number", len(people))
	}
	if err != nil {
		return identity.Person{}, err
	}
	return people[0], nil
}

// known is find for a person who is there already: nobody is made to be asked about.
func (f *personFlag) known(ctx context.Context, s *store) (identity.Person, error) {
	if !strings.Contains(f.Person, "@") {
		return s.people.ByFiscalNumber(ctx, f.Person)
	}
	return f.find(ctx, s)
}

// openRoles opens a store whose grants know the houses, lots and territories.
func (f *storeFlags) openRoles(ctx context.Context, e *env) (*store, *scopes, error) {
	s, err := f.openStore(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	net, err := s.sites.LoadNetwork(ctx)
	if err != nil {
		s.close()
		return nil, nil, err
	}
	known := newScopes(s.db, func() *site.Network { return net }, e)
	s.grants.Know(known.inside)
	return s, known, nil
}

type tokenCreateCmd struct {
	storeFlags
	personFlag
	scopeFlags

	Name      string   `help:"What the token is for." default:"token"`
	Role      string   `help:"Role in which it acts: citizen, counter-operator, network-manager, …: see docs/rights.md. A role that the person does not have is given until the token ends." default:"citizen"`
	Scopes    []string `name:"scope" help:"Permission to which the token is narrowed, e.g. booking.check-in; may be repeated. None means all of the role." placeholder:"PERMISSION"`
	Unlimited bool     `help:"Lift fair use, for load tests of a demonstration."`
	Expires   string   `aliases:"for" help:"When it ends: after so long (720h, 90d) or at the end of a day (2027-06-30). A year at most, which is the default." placeholder:"END"`
}

func (c *tokenCreateCmd) Run(ctx context.Context, e *env) error {
	s, _, err := c.openRoles(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	isDemo, err := isDemo(ctx, s)
	if err != nil {
		return err
	}
	spec := identity.TokenSpec{Name: c.Name, Unlimited: c.Unlimited}
	if spec.Role, spec.Scope, err = c.roleAt(ctx, s, c.Role); err != nil {
		return err
	}
	for _, text := range c.Scopes {
		spec.Only = append(spec.Only, identity.Permission(text))
	}
	now := e.clock.Now()
	if spec.Expires, err = endOf(c.Expires, now); err != nil {
		return fmt.Errorf("--expires: %w", err)
	}
	if spec.Expires.IsZero() {
		spec.Expires = now.Add(identity.TokenLife)
	}
	tokens := identity.NewTokens(s.people, s.grants, isDemo)
	if err := tokens.Check(spec); err != nil { // before anybody is made
		return err
	}
	person, err := c.find(ctx, s)
	if err != nil {
		return err
	}
	spec.Person = person.ID
	text, err := tokens.Create(ctx, spec)
	if errs.HasKey(err, "identity.token-role") { // who has the database in their hands may give it too
		err = s.grants.HandOver(ctx, identity.Grant{Person: person.ID, Role: spec.Role, Scope: spec.Scope, Ends: spec.Expires})
		if err == nil {
			fmt.Fprintf(e.Stderr, "%s is given too, until %s\n", spec.Role, spec.Expires.In(i18n.Rome).Format(time.DateOnly))
			text, err = tokens.Create(ctx, spec)
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, text)
	return nil
}

// endOf reads when something ends: after so long, or at the end of a day; zero
// where nothing is said.
func endOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := agenda.ParseDate(text); err == nil {
		return startOfDay(d.AddDays(1)), nil
	}
	days := 0
	if n, err := fmt.Sscanf(text, "%dd", &days); err == nil && n == 1 && text == fmt.Sprintf("%dd", days) {
		return now.AddDate(0, 0, days), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither so long (720h, 90d) nor a day (2027-06-30)", text)
	}
	return now.Add(d), nil
}

func startOfDay(d agenda.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, i18n.Rome).UTC()
}

type tokenListCmd struct {
	storeFlags
	personFlag
}

func (c *tokenListCmd) Run(ctx context.Context, e *env) error {
	s, known, err := c.openRoles(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	person, err := c.known(ctx, s)
	if err != nil {
		return err
	}
	list, err := identity.NewTokens(s.people, s.grants, false).List(ctx, person.ID)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tROLE\tFOR\tPERMISSIONS\tMADE\tENDS\tLAST USED\tSTATE")
	for _, t := range list {
		state := "works"
		switch {
		case !t.Revoked.IsZero():
			state = "revoked"
		case !t.Alive(e.clock.Now()):
			state = "ended"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.Role, known.text(t.Scope), permissions(t.Only), minute(t.Created), minute(t.Expires), minute(t.Used), state)
	}
	return w.Flush()
}

// text is a scope at the terminal.
func (s *scopes) text(at identity.Scope) string {
	if name := s.ScopeName(at); name != "" {
		return name
	}
	return strings.TrimSpace(at.Kind + " " + at.ID)
}

func permissions(list []identity.Permission) string {
	if len(list) == 0 {
		return "all"
	}
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = string(p)
	}
	return strings.Join(texts, " ")
}

func minute(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(i18n.Rome).Format("2006-01-02 15:04")
}

type tokenRevokeCmd struct {
	storeFlags
	ID string `arg:"" help:"Id of the token."`
}

func (c *tokenRevokeCmd) Run(ctx context.Context, e *env) error {
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	tokens := identity.NewTokens(s.people, s.grants, false)
	person, err := tokens.Whose(ctx, c.ID)
	if err != nil {
		return err
	}
	if err := tokens.Revoke(ctx, "", person, c.ID); err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, "revoked; it may work for 5 seconds more")
	return nil
}
