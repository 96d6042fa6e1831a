package desks

import (
	"net/http"
	"strings"

	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// mostStaff is how many people of an office a page lists.
const mostStaff = 100

// staffPage lists who works at an office, with what they can do there.
type staffPage struct {
	web.Head
	House string
	Table web.Table
	Empty *web.Empty
	Roles string // where roles are given; "" for who may not
	Weeks []web.Link
}

func (staffPage) Template() string { return "desks/staff" }

func (h *pages) staff(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.DeskWrite)
	if err != nil {
		return err
	}
	people, _, err := h.Access.Staff(r.Context(), actor(r), "", x.st.ID, "", mostStaff)
	if err != nil {
		return err
	}
	roster, err := h.Counter.Roster(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return err
	}
	p := x.p
	page := staffPage{Head: x.head(p.T("desks.staff.title"), "persone"), House: counter.HouseName(h.Counter.Live.Network(), x.st)}
	page.Table = web.Table{Caption: p.T("desks.staff.caption"), Columns: []web.Column{
		{Text: p.T("desks.col.person")}, {Text: p.T("desks.col.skills")}, {Text: p.T("desks.col.permissions")},
	}}
	for _, person := range people {
		skills, permissions := p.T("desks.staff.unsaid"), p.T("desks.staff.unsaid")
		if s := roster.Staff[person.ID]; s != nil {
			skills, permissions = skillNames(p, s.Skills), serviceNames(p, s.Permissions)
		}
		page.Table.Rows = append(page.Table.Rows, []web.Cell{
			{Text: person.FullName(), Href: Path(x.st.Code) + "/persone/" + person.ID}, {Text: skills}, {Text: permissions},
		})
	}
	if len(people) == 0 {
		page.Empty = &web.Empty{Title: p.T("desks.staff.none"), Text: p.T("desks.staff.none-text")}
	}
	if h.Staff != nil {
		page.Roles = h.Staff(x.st.Code)
	}
	desks, err := h.Counter.Desks(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return err
	}
	for _, d := range desks {
		page.Weeks = append(page.Weeks, web.Link{Href: Path(x.st.Code) + "/turni/" + p.Number(d.Number), Text: p.T("desks.staff.week", "desk", p.T("desks.desk", "n", d.Number))})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func skillNames(p *i18n.Printer, skills []string) string {
	names := make([]string, len(skills))
	for i, s := range skills {
		names[i] = p.T("desks.skill." + s)
	}
	return strings.Join(names, ", ")
}

// personPage changes what somebody can do at an office.
type personPage struct {
	web.Head
	Form                *form.Form
	Path                string
	Skills, Permissions []web.Option
}

func (personPage) Template() string { return "desks/person" }

func staffFields(f *form.Form) {
	f.String("competenze", "desks.staff.skills").Max(60)
	f.String("autorizzazioni", "desks.staff.permissions").Max(60)
}

// member is the person of a request, who has a role at the office.
func (h *pages) member(r *http.Request) (x room, who identity.Person, err error) {
	if x, err = h.enter(r, identity.DeskWrite); err != nil {
		return x, who, err
	}
	people, _, err := h.Access.Staff(r.Context(), actor(r), "", x.st.ID, "", mostStaff)
	if err != nil {
		return x, who, err
	}
	for _, m := range people {
		if m.ID == r.PathValue("person") {
			return x, m.Person, nil
		}
	}
	return x, who, errs.New(errs.NotFound, "identity.unknown", nil)
}

func (h *pages) showPerson(w http.ResponseWriter, r *http.Request) error {
	x, who, err := h.member(r)
	if err != nil {
		return err
	}
	roster, err := h.Counter.Roster(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return err
	}
	f := form.Of(nil)
	f.Set("competenze", catalog.Skills()...) // of whom nothing is written down all is expected
	f.Set("autorizzazioni", catalog.Permissions()...)
	if s := roster.Staff[who.ID]; s != nil {
		f.Set("competenze", s.Skills...)
		f.Set("autorizzazioni", s.Permissions...)
	}
	staffFields(f)
	return h.renderPerson(w, r, &x, who, f)
}

func (h *pages) renderPerson(w http.ResponseWriter, r *http.Request, x *room, who identity.Person, f *form.Form) error {
	p := x.p
	page := personPage{Head: x.head(who.FullName(), "persone"), Form: f, Path: Path(x.st.Code) + "/persone/" + who.ID}
	page.Crumbs = []web.Link{{Href: Path(x.st.Code) + "/persone", Text: p.T("desks.staff.title")}}
	for _, s := range catalog.Skills() {
		page.Skills = append(page.Skills, web.Option{Value: s, Text: p.T("desks.skill." + s)})
	}
	for _, s := range catalog.Permissions() {
		page.Permissions = append(page.Permissions, web.Option{Value: s, Text: serviceName(p, s)})
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) person(w http.ResponseWriter, r *http.Request) error {
	x, who, err := h.member(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	staffFields(f)
	err = h.Counter.SaveStaff(r.Context(), actor(r), x.st.ID, counter.Staff{Person: who.ID, Skills: f.All("competenze"), Permissions: f.All("autorizzazioni")})
	if err == nil {
		return h.ui.Done(w, r, Path(x.st.Code)+"/persone", "desks.staff.done")
	}
	if !f.AddAs(err, form.Inputs{"skills": "competenze", "permissions": "autorizzazioni"}) {
		return err
	}
	return h.renderPerson(w, r, &x, who, f)
}
