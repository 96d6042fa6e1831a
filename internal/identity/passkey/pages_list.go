package passkey

import (
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// listPage lists one's own passkeys.
type listPage struct {
	web.Head
	Form     *form.Form
	Fault    string // id of the passkey whose new name is at fault
	Rows     []row
	Possible bool
}

func (listPage) Template() string { return "passkey/list" }

// row is a passkey in a list.
type row struct {
	ID, Name, Path string
	Facts          []web.Fact
}

func rows(p *i18n.Printer, list []Passkey, domain string) (out []row) {
	for i, k := range list {
		if k.Name == "" { // of somebody else
			k.Name = p.T("passkey.number", "number", i+1)
		}
		used := p.T("passkey.never")
		if !k.Used.IsZero() {
			used = p.DateTime(k.Used)
		}
		kept := p.T("passkey.here")
		if k.Synced {
			kept = p.T("passkey.synced")
		}
		if k.Domain != domain {
			kept = p.T("passkey.elsewhere", "address", k.Domain)
		}
		out = append(out, row{ID: k.ID, Name: k.Name, Path: ListPath + "/" + k.ID, Facts: []web.Fact{
			{Name: p.T("passkey.created"), Value: p.DateTime(k.Created)}, {Name: p.T("passkey.used"), Value: used}, {Name: p.T("passkey.kept"), Value: kept},
		}})
	}
	return out
}

func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	return h.renderList(w, r, form.Of(nil), "")
}

func (h *pages) renderList(w http.ResponseWriter, r *http.Request, f *form.Form, fault string) error {
	p, actor := h.ui.Printer(r), identity.ActorFrom(r.Context())
	list, err := h.Service.List(r.Context(), actor, actor.Person)
	if err != nil {
		return err
	}
	return h.ui.Render(w, r, f.Status(), listPage{
		Head: web.Head{Title: p.T("passkey.list.title"), Private: true, Crumbs: []web.Link{{Href: profilePath, Text: p.T("identity.profile.title")}}},
		Form: f, Fault: fault, Rows: rows(p, list, h.Service.domain()), Possible: h.Service.Possible(),
	})
}

func (h *pages) rename(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	name, id := nameField(f), r.PathValue("id")
	if f.Err() == nil {
		err = h.Service.Rename(r.Context(), identity.ActorFrom(r.Context()), id, name.Value)
	}
	switch {
	case err != nil && !f.AddAs(err, form.Inputs{"name": "nome"}):
		return err
	case f.Err() != nil:
		return h.renderList(w, r, f, id)
	}
	return h.ui.Done(w, r, ListPath, "passkey.renamed")
}

// removePage asks whether to remove a passkey, and says what is left then.
type removePage struct {
	web.Head
	Row     row
	Warning string // what is left; "" where there are other passkeys
}

func (removePage) Template() string { return "passkey/remove" }

func (h *pages) showRemove(w http.ResponseWriter, r *http.Request) error {
	p, actor := h.ui.Printer(r), identity.ActorFrom(r.Context())
	list, err := h.Service.List(r.Context(), actor, actor.Person)
	if err != nil {
		return err
	}
	page := removePage{Head: web.Head{Title: p.T("passkey.remove.title"), Private: true, Crumbs: []web.Link{
		{Href: profilePath, Text: p.T("identity.profile.title")}, {Href: ListPath, Text: p.T("passkey.list.title")},
	}}}
	for _, x := range rows(p, list, h.Service.domain()) {
		if x.ID == r.PathValue("id") {
			page.Row = x
		}
	}
	if page.Row.ID == "" {
		return errNone()
	}
	if len(list) == 1 {
		if page.Warning, err = h.left(r, p, actor.Person); err != nil {
			return err
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// left says how somebody signs in without a passkey.
func (h *pages) left(r *http.Request, p *i18n.Printer, person string) (string, error) {
	who, err := h.Access.People.Get(r.Context(), person)
	switch {
	case err != nil:
		return "", err
	case who.Email != "" && h.Access.Mails():
		return p.T("passkey.remove.last", "address", who.Email), nil
	case h.Ways != nil && len(h.Ways(p)) > len(h.Service.Way(p)):
		return p.T("passkey.remove.last-ways"), nil
	}
	return p.T("passkey.remove.last-way"), nil
}

func (h *pages) remove(w http.ResponseWriter, r *http.Request) error {
	actor := identity.ActorFrom(r.Context())
	err := h.Service.Remove(r.Context(), actor, r.PathValue("id"))
	if err != nil && !errs.HasKey(err, "passkey.gone") { // a second tap finds it removed
		return err
	}
	h.Sessions.Fresh(actor.Person)
	return h.ui.Done(w, r, ListPath, "passkey.removed")
}

// othersPage are the passkeys of somebody who may have lost them.
type othersPage struct {
	web.Head
	Rows []row
	Path string
}

func (othersPage) Template() string { return "passkey/others" }

func (h *pages) showOthers(w http.ResponseWriter, r *http.Request) error {
	p, person := h.ui.Printer(r), r.PathValue("id")
	list, err := h.Service.List(r.Context(), identity.ActorFrom(r.Context()), person)
	if err != nil {
		return err
	}
	return h.ui.Render(w, r, http.StatusOK, othersPage{
		Head: web.DeskHead(staffPath, p.T("passkey.list.title"), web.Link{Href: staffPath, Text: p.T("identity.staff.title")},
			web.Link{Href: staffPath + "/" + person, Text: p.T("passkey.others.person")}),
		Rows: rows(p, list, h.Service.domain()), Path: staffPath + "/" + person + "/passkey",
	})
}

func (h *pages) removeOthers(w http.ResponseWriter, r *http.Request) error {
	person := r.PathValue("id")
	if err := h.Service.RemoveAll(r.Context(), identity.ActorFrom(r.Context()), person); err != nil {
		return err
	}
	h.Sessions.Fresh(person)
	return h.ui.Done(w, r, staffPath+"/"+person, "passkey.others.removed")
}

// relatedOrigins is the document that names origins; an error where there is but
// one.
func relatedOrigins(origins []string) ([]byte, error) {
	if len(origins) < 2 {
		return nil, errNone()
	}
	document, err := protocol.NewRelatedOrigins(origins...)
	if err != nil {
		return nil, err
	}
	return document.Bytes()
}
