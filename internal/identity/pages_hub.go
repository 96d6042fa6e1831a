package identity

import (
	"context"
	"net/http"
	"strings"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// ProfileGroup is a part of the profile.
type ProfileGroup string

// The groups, in the order shown.
const (
	GroupYou      ProfileGroup = "you"      // who somebody is and how they are reached
	GroupWays     ProfileGroup = "ways"     // how they come in
	GroupOthers   ProfileGroup = "others"   // who acts for whom
	GroupData     ProfileGroup = "data"     // what is held about them
	GroupPrograms ProfileGroup = "programs" // their roles, and programs that act for them
)

var profileGroups = []ProfileGroup{GroupYou, GroupWays, GroupOthers, GroupData, GroupPrograms}

// ProfilePart is a row of the profile, which leads to a page.
type ProfilePart struct {
	web.Entry

	Group ProfileGroup
	// Now says in one line how things stand; "" where there is nothing to say.
	Now func(ctx context.Context, actor Actor, p *i18n.Printer) (string, error)
}

// profilePage is where somebody finds all that is about themselves.
type profilePage struct {
	web.Head
	Name     string
	Email    string
	Verified bool
	Mail     bool // the address can be changed
	Groups   []hubGroup
}

func (profilePage) Template() string { return "identity/profile" }

type hubGroup struct {
	Title string
	Facts []web.Fact
	Rows  []hubRow
}

// hubRow leads to a page and says how things stand there.
type hubRow struct{ Href, Name, Now string }

func (h *pages) renderHub(w http.ResponseWriter, r *http.Request, person Person) error {
	p, actor := h.ui.Printer(r), ActorFrom(r.Context())
	page := profilePage{
		Head: web.Head{Title: p.T("identity.profile.title"), Private: true},
		Name: person.FullName(), Email: person.Email, Verified: !person.Verified.IsZero(), Mail: h.Access.Mails(),
	}
	roles, err := h.roleFacts(r.Context(), p, actor)
	if err != nil {
		return err
	}
	parts := h.profileParts(person)
	for _, g := range profileGroups {
		group := hubGroup{Title: p.T("identity.profile.group." + string(g))}
		if g == GroupPrograms {
			group.Facts = roles
		}
		for _, part := range parts {
			if part.Group != g {
				continue
			}
			row := hubRow{Href: part.Href, Name: p.T(part.Key)}
			if row.Now, err = part.Now(r.Context(), actor, p); err != nil {
				return err
			}
			group.Rows = append(group.Rows, row)
		}
		page.Groups = append(page.Groups, group)
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// roleFacts are the roles of the actor beside that of a citizen; what they are in
// organisations is told there.
func (h *pages) roleFacts(ctx context.Context, p *i18n.Printer, actor Actor) (list []web.Fact, err error) {
	grants, err := h.Access.Grants.Of(ctx, actor.Person)
	for _, g := range grants {
		if g.Role != Member && g.Role != Citizen && g.Scope.Kind != KindOrganisation {
			list = append(list, web.Fact{Name: p.T(g.Role.Label()), Value: h.Access.grantText(p, g)})
		}
	}
	return list, err
}

// profileParts are the rows: those of identity, with those of the rooms below it
// in their groups.
func (h *pages) profileParts(person Person) []ProfilePart {
	part := func(g ProfileGroup, href, key string, now func(ctx context.Context, actor Actor, p *i18n.Printer) (string, error)) ProfilePart {
		return ProfilePart{web.Entry{Href: href, Key: key}, g, now}
	}
	own := []ProfilePart{
		part(GroupYou, namePath, "identity.name.title", func(_ context.Context, _ Actor, p *i18n.Printer) (string, error) {
			return p.T("identity.language." + person.Language), nil
		}),
		part(GroupYou, contactsPath, "identity.contacts.title", func(ctx context.Context, actor Actor, p *i18n.Printer) (string, error) {
			return h.contactsNow(ctx, p, person)
		}),
		part(GroupYou, birthPath, "identity.birth.title", func(ctx context.Context, _ Actor, p *i18n.Printer) (string, error) {
			return h.birthNow(ctx, p, person)
		}),
		part(GroupYou, needsPath, "identity.needs.title", h.needsNow),
		part(GroupYou, messagesPath, "identity.messages.title", h.messagesNow),
	}
	own = append(own, h.Parts...)
	return append(own,
		part(GroupWays, sessionsPath, "identity.sessions.title", h.sessionsNow),
		part(GroupPrograms, programsPath, "identity.programs.title", h.programsNow))
}

func (h *pages) contactsNow(ctx context.Context, p *i18n.Printer, person Person) (string, error) {
	list, err := h.Access.People.Contacts(ctx, h.Access.db, person.ID)
	n := len(list)
	if person.Email != "" {
		n++
	}
	if n == 0 {
		return p.T("identity.profile.no-contact"), err
	}
	return p.T("identity.profile.now.contacts", "count", n), err
}

func (h *pages) birthNow(ctx context.Context, p *i18n.Printer, person Person) (string, error) {
	wishes, err := h.Access.People.Wishes(ctx, person.ID)
	var said []string
	if person.FiscalNumber != "" {
		for _, f := range bornFacts(p, person, h.Access.clk.Now()) {
			if f.Name == p.T("identity.profile.birth") || f.Name == p.T("identity.birth.place") {
				said = append(said, f.Value)
			}
		}
	} else {
		if day, bad := time.Parse(time.DateOnly, person.BirthDate); bad == nil {
			said = append(said, p.DateShort(day))
		}
		if wishes.Place != "" {
			said = append(said, placeName(wishes.Place))
		}
	}
	return orNone(p, "identity.profile.now.no-birth", said), err
}

// orNone joins what was said; where nothing was it is the text of a key.
func orNone(p *i18n.Printer, none string, said []string) string {
	if len(said) == 0 {
		return p.T(none)
	}
	return strings.Join(said, ", ")
}

func (h *pages) needsNow(ctx context.Context, actor Actor, p *i18n.Printer) (string, error) {
	wishes, err := h.Access.People.Wishes(ctx, actor.Person)
	var said []string
	for _, n := range wishes.Needs {
		said = append(said, p.T(n.Label()))
	}
	return orNone(p, "identity.profile.now.no-needs", said), err
}

func (h *pages) messagesNow(ctx context.Context, actor Actor, p *i18n.Printer) (string, error) {
	wishes, err := h.Access.People.Wishes(ctx, actor.Person)
	if len(wishes.Mute) == 0 {
		return p.T("identity.profile.now.messages-all"), err
	}
	return p.T("identity.profile.now.messages-mute", "count", len(wishes.Mute)), err
}

func (h *pages) sessionsNow(ctx context.Context, actor Actor, p *i18n.Printer) (string, error) {
	n := 0
	err := db.One(ctx, h.Access.db, countSessions, []any{actor.Person, clock.Micros(h.Access.clk.Now())}, &n)
	return p.T("identity.profile.now.sessions", "count", n), err
}

func (h *pages) programsNow(ctx context.Context, actor Actor, p *i18n.Printer) (string, error) {
	n := 0
	err := db.One(ctx, h.Access.db, tokensAlive, []any{actor.Person, clock.Micros(h.Access.clk.Now())}, &n)
	if n == 0 {
		return p.T("identity.profile.now.no-programs"), err
	}
	return p.T("identity.profile.now.programs", "count", n), err
}
