package lists

import (
	"context"
	"slices"
	"strings"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var (
	languages = []word{{"it", []string{"italiano", "ita"}}, {"en", []string{"inglese", "english", "eng"}}}
	roles     = []word{
		{"citizen", []string{"cittadino", "cittadina"}},
		{"counter-operator", []string{"operatore di sportello", "operatrice di sportello", "accoglienza", "receptionist"}},
		{"contact-operator", []string{"operatore del centro contatti", "operatrice del centro contatti", "centro contatti"}},
		{"site-manager", []string{"gestore di sede", "gestrice di sede"}},
		{"network-manager", []string{"gestore della rete", "gestrice della rete"}},
		{"maintainer", []string{"manutentore", "manutentrice"}},
		{"programme-officer", []string{"funzionario del programma", "funzionaria del programma"}},
		{"auditor", []string{"revisore", "revisora"}},
		{managerOfBefore, []string{"gestore", "gestrice"}},
		{"administrator", []string{"amministratore", "amministratrice", "admin"}},
	}
)

// managerOfBefore stands in older files: of the site that the line names, or of the
// network.
const managerOfBefore = "manager"

// personChange is what a file makes of a person.
type personChange struct {
	person identity.Person // without an id where new
	write  bool            // something of it is new
	grants []identity.Grant
}

// personFields are the columns of a person but for the role and its site.
var personFields = []field[identity.Person]{
	{"given_name", func(_ names, p *identity.Person) string { return p.GivenName }, func(c cell, p *identity.Person) { c.short(&p.GivenName, 120) }},
	{"family_name", func(_ names, p *identity.Person) string { return p.FamilyName }, func(c cell, p *identity.Person) { c.short(&p.FamilyName, 120) }},
	{"fiscal_number", func(_ names, p *identity.Person) string { return p.FiscalNumber }, func(c cell, p *identity.Person) {
		number := fiscal.Normalize(c.text)
		if number != "" && fiscal.Check(number) != nil {
			c.wrong("bad_fiscal_number")
			return
		}
		p.FiscalNumber = number
	}},
	{"email", func(_ names, p *identity.Person) string { return p.Email }, func(c cell, p *identity.Person) {
		if local, host, ok := strings.Cut(c.text, "@"); c.text != "" && (!ok || local == "" || !strings.Contains(host, ".") || strings.ContainsAny(c.text, " ,;<>") || strings.Contains(host, "@")) {
			c.wrong("bad_email")
			return
		}
		p.Email = c.text
	}},
	{"birth_date", func(_ names, p *identity.Person) string { return p.BirthDate }, func(c cell, p *identity.Person) { c.date(&p.BirthDate) }},
	{"language", func(_ names, p *identity.Person) string { return p.Language }, func(c cell, p *identity.Person) { choice(c, &p.Language, languages) }},
}

// importPeople makes and changes people and gives them roles. Imports of people
// follow one another.
func (s *Service) importPeople(ctx context.Context, by string, p *planning, done func(*db.Tx, Outcome) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.LockRevision(ctx, "people"); err != nil {
			return err
		}
		if err := p.plan(ctx, s.Live.Network(), tx); err != nil {
			return err
		}
		for i, c := range p.people {
			if i%100 == 0 {
				p.step("write", i, len(p.people))
			}
			if err := s.writePerson(ctx, tx, c, by); err != nil {
				return err
			}
		}
		p.step("write", len(p.people), len(p.people))
		if len(p.people) > 0 {
			act := p.act()
			act.At, act.Person = p.now, by
			if err := journal.Append(ctx, tx, act); err != nil {
				return err
			}
		}
		return finish(tx, p, done)
	})
}

func (s *Service) writePerson(ctx context.Context, tx *db.Tx, c personChange, by string) (err error) {
	if c.person.ID == "" {
		c.person, err = s.People.CreateIn(ctx, tx, c.person)
	} else if c.write {
		_, err = s.People.UpdateIn(ctx, tx, c.person)
	}
	if err != nil {
		return err
	}
	for i := range c.grants {
		c.grants[i].Person = c.person.ID
	}
	return s.Grants.HandIn(ctx, tx, by, c.grants...)
}

// personWork is a person as the lines read so far make them.
type personWork struct {
	change personChange
	line   *line
	fields []FieldChange
	isNew  bool
	had    map[grantOf]bool
}

type grantOf struct {
	role  identity.Role
	scope identity.Scope
}

// crowd are the people of a file, as its lines tell of them.
type crowd struct {
	list     []*personWork
	byID     map[string]*personWork
	byFiscal map[string]*personWork
	byList   map[string][]*personWork // by identity.Person.ListKey
}

// add notes somebody under all by which another line can mean them.
func (c *crowd) add(w *personWork) {
	q := &w.change.person
	c.list = append(c.list, w)
	if q.ID != "" {
		c.byID[q.ID] = w
	}
	if q.FiscalNumber != "" {
		c.byFiscal[q.FiscalNumber] = w
	}
	if key := q.ListKey(); key != "" {
		c.byList[key] = append(c.byList[key], w)
	}
}

// find lists whom a line can mean of those before.
func (c *crowd) find(read *identity.Person) (found []*personWork) {
	if w := c.byFiscal[read.FiscalNumber]; w != nil {
		return []*personWork{w}
	}
	for _, w := range c.byList[read.ListKey()] {
		if read.MayBe(w.change.person) {
			found = append(found, w)
		}
	}
	return found
}

func (p *planning) planPeople(ctx context.Context) error {
	if p.by != "" {
		who, err := p.People.Get(ctx, p.by)
		if err != nil {
			return err
		}
		p.byAddress = who.Email
	}
	all := &crowd{byID: map[string]*personWork{}, byFiscal: map[string]*personWork{}, byList: map[string][]*personWork{}}
	for i, l := range p.lines {
		if p.outcome.More {
			break
		}
		if i%100 == 0 {
			p.step("compare", i, len(p.lines))
		}
		before := len(p.outcome.Faults)
		var read identity.Person
		if fill(p, l, personFields, &read); len(p.outcome.Faults) > before {
			continue
		}
		w, err := p.meant(ctx, l, read, all)
		if err != nil {
			return err
		}
		if w != nil {
			p.grant(l, w)
		}
	}
	for _, w := range all.list {
		if p.found(w.line, personLabel(w), w.isNew, w.fields) {
			w.change.write = true
			p.people = append(p.people, w.change)
		}
	}
	return nil
}

// meant is whom a line is about, of the people of the file so far or of those
// who are known; nil where that is a fault.
func (p *planning) meant(ctx context.Context, l *line, read identity.Person, all *crowd) (*personWork, error) {
	read, err := read.Tidy()
	if err != nil {
		p.wrong(l, errs.As(err).Field, "not_possible")
		return nil, nil //nolint:nilnil // the fault is noted
	}
	if personKey(&read) == "" {
		p.wrong(l, "fiscal_number", "nobody")
		return nil, nil //nolint:nilnil // the fault is noted
	}
	found := all.find(&read)
	if len(found) > 1 {
		p.wrong(l, "email", "several_people")
		return nil, nil //nolint:nilnil // the fault is noted
	}
	if len(found) == 0 {
		w, err := p.person(ctx, l, read)
		if err != nil || w == nil {
			return nil, err
		}
		if found = append(found, all.byID[w.change.person.ID]); found[0] == nil {
			all.add(w)
			return w, nil
		}
	}
	if w := found[0]; p.personOf(l, w.change.person) != w.change.person { // the same person once more
		p.wrong(l, "fiscal_number", "other_facts", "first", w.line.at.Line)
		return nil, nil //nolint:nilnil // the fault is noted
	}
	return found[0], nil
}

// personKey is the fiscal number, or else the e-mail address with the names.
func personKey(q *identity.Person) string {
	if q.FiscalNumber != "" {
		return q.FiscalNumber
	}
	return q.ListKey()
}

// personLabel names somebody as briefly as passes do.
func personLabel(w *personWork) string { return w.change.person.DisplayName() }

// personOf is a person as a line leaves them; what the file does not say stays,
// and so does an address that is only written otherwise.
func (p *planning) personOf(l *line, q identity.Person) identity.Person {
	was := q
	for _, f := range personFields {
		if p.has(f.column) && p.cell(l, f.column).text != "" {
			f.set(p.cell(l, f.column), &q)
		}
	}
	if tidy, err := q.Tidy(); err == nil {
		q = tidy
	}
	if strings.EqualFold(q.Email, was.Email) {
		q.Email = was.Email
	}
	return q
}

// person finds whom a line is about among those who are known.
func (p *planning) person(ctx context.Context, l *line, read identity.Person) (*personWork, error) {
	w := &personWork{line: l, had: map[grantOf]bool{}}
	old, err := p.People.Match(ctx, p.reader, read)
	switch e := errs.As(err); {
	case err == nil:
		w.change.person = p.personOf(l, old)
		if !old.Verified.IsZero() && w.change.person.Email != old.Email {
			p.wrong(l, "email", "email_proved")
			return nil, nil //nolint:nilnil // the fault is noted
		}
		w.fields = differ(personFields, names{}, names{}, &old, &w.change.person)
		grants, err := p.Grants.Of(ctx, old.ID)
		if err != nil {
			return nil, err
		}
		for _, g := range grants {
			w.had[grantOf{g.Role, g.Scope}] = true
		}
	case e.Kind == errs.NotFound:
		w.isNew, w.change.person = true, read
	case e.Key == "identity.several":
		p.wrong(l, "email", "several_people")
		return nil, nil //nolint:nilnil // the fault is noted
	default:
		return nil, err
	}
	return w, nil
}

// grant reads the role of a line and where it holds.
func (p *planning) grant(l *line, w *personWork) {
	before := len(p.outcome.Faults)
	c, at := p.cell(l, "role"), p.cell(l, "site")
	role := identity.Role("")
	if choice(c, &role, roles); len(p.outcome.Faults) > before {
		return
	}
	scope := identity.Network
	if at.text != "" {
		s, ok := p.siteOf(l)
		if !ok {
			return
		}
		scope = identity.Site(s.ID)
	}
	role = identity.ReadRole(string(role), scope)
	switch {
	case role == "" || role == identity.Citizen:
		if at.text != "" {
			at.wrong("role_without_site")
		}
		return
	case !slices.Contains(role.Kinds(), scope.Kind) && at.text != "":
		at.wrong("role_of_the_network")
		return
	case !slices.Contains(role.Kinds(), scope.Kind):
		c.wrong("role_of_a_site")
		return
	}
	g := grantOf{role, scope}
	if w.had[g] {
		return
	}
	if q := w.change.person; p.by != "" && (q.ID == p.by || q.Email != "" && strings.EqualFold(q.Email, p.byAddress)) {
		c.wrong("own_role")
		return
	}
	w.had[g] = true
	w.fields = append(w.fields, FieldChange{"role", "", strings.TrimSpace(string(role) + " " + at.text)})
	w.change.grants = append(w.change.grants, identity.Grant{Role: role, Scope: scope})
}
