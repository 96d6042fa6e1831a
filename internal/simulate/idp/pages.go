package idp

import (
	"net/http"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// choicePage is where somebody says who they are.
type choicePage struct {
	web.Head
	Action, Request string
	Levels          []levelRow
	Groups          []personGroup
	Faults          []faultGroup
}

func (choicePage) Template() string { return "idp/choose" }

type levelRow struct {
	Value   int
	Text    string
	Checked bool
}

type personGroup struct {
	Name   string
	People []personRow
}

type personRow struct{ Key, Name, About string }

type faultGroup struct {
	Name   string
	Faults []faultRow
}

type faultRow struct{ Value, Text string }

func (f *face) showChoice(w http.ResponseWriter, r *http.Request, id string, req request) error {
	mayLead(w, req.redirect)
	say := f.ui.Printer(r)
	page := choicePage{
		Head: web.Head{Title: say.T("idp.choose.title"), Private: true}, Action: f.prefix + "/authorize", Request: id,
		Groups: f.groups(say), Faults: faultGroups(say),
	}
	for level := req.least; level <= 3; level++ {
		page.Levels = append(page.Levels, levelRow{level, say.T("idp.level." + string(rune('0'+level))), level == req.least})
	}
	return f.ui.Render(w, r, http.StatusOK, page)
}

func (p *Provider) groups(say *i18n.Printer) (out []personGroup) {
	for _, name := range []string{GroupCitizens, GroupWork, GroupSpecial} {
		g := personGroup{Name: say.T("idp.group." + name)}
		for _, x := range p.o.People {
			if x.Group == name {
				g.People = append(g.People, personRow{x.Key, x.Given + " " + x.Family, say.T("idp.person." + x.Key)})
			}
		}
		if len(g.People) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// faultGroups parts the faults by what a person sees of them.
func faultGroups(say *i18n.Printer) []faultGroup {
	out := []faultGroup{{Name: say.T("idp.faults.errors")}, {Name: say.T("idp.faults.harmless")}, {Name: say.T("idp.faults.attacks")}}
	for _, f := range Faults {
		i := 2
		switch {
		case f.Harmless():
			i = 1
		case f.refusal() != nil, f == Slow, f == TokenError, f == UserinfoError, f == LowLevel, f == NoFiscalNumber, f == BadFiscalNumber:
			i = 0
		}
		out[i].Faults = append(out[i].Faults, faultRow{string(f), say.T(f.Label())})
	}
	return out
}

// frontPage says what this provider is.
type frontPage struct {
	web.Head
	Issuer string
	Groups []personGroup
	Faults []faultGroup
}

func (frontPage) Template() string { return "idp/front" }

func (f *face) showFront(w http.ResponseWriter, r *http.Request) error {
	say := f.ui.Printer(r)
	return f.ui.Render(w, r, http.StatusOK, frontPage{
		Head: web.Head{Title: say.T("idp.front.title"), Private: true}, Issuer: f.o.Issuer, Groups: f.groups(say), Faults: faultGroups(say),
	})
}

// refusedPage tells who writes a client what is wrong with it, where it cannot be
// told itself.
type refusedPage struct {
	web.Head
	Code, Why string
}

func (refusedPage) Template() string { return "idp/refused" }

func (f *face) showRefusal(w http.ResponseWriter, r *http.Request, bad *oauthError) error {
	page := refusedPage{web.Head{Title: f.ui.Printer(r).T("idp.refused.title"), Private: true}, bad.Code, bad.Description}
	return f.ui.Render(w, r, http.StatusBadRequest, page)
}

type outPage struct{ web.Head }

func (outPage) Template() string { return "idp/out" }

func (f *face) showSignedOut(w http.ResponseWriter, r *http.Request) error {
	return f.ui.Render(w, r, http.StatusOK, outPage{web.Head{Title: f.ui.Printer(r).T("idp.out.title"), Private: true}})
}
