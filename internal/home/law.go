package home

import (
	"net/http"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// lawPage is a page that the law expects: sections of words.
type lawPage struct {
	web.Head
	Lead     string
	Demo     string // what to know in a demonstration
	Sections []section
}

func (lawPage) Template() string { return "home/law" }

// section is a part of a page of words.
type section struct {
	ID    string // for links to it
	Title string
	Text  []string // paragraphs
	List  []string
	Facts []web.Fact
	Table *web.Table
	Links []web.Link
	// The data-element by which AgID's validator knows title and text.
	TitleMark, TextMark string
}

// texts are the words of some keys.
func texts(p *i18n.Printer, keys ...string) (list []string) {
	for _, key := range keys {
		list = append(list, p.T(key))
	}
	return list
}

// law shows a page of words.
func (h *pages) law(w http.ResponseWriter, r *http.Request, title, lead, demo string, sections ...section) error {
	p := h.ui.Printer(r)
	page := lawPage{Head: web.Head{Title: p.T(title)}, Sections: sections}
	if lead != "" {
		page.Lead = p.T(lead)
	}
	if demo != "" && h.count().madeUp {
		page.Demo = p.T(demo)
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// owner is how to reach who runs the installation; it says so where that is
// not known.
func (h *pages) owner(p *i18n.Printer, title string) section {
	s := section{ID: "titolare", Title: p.T(title), Facts: h.Owner.facts(p)}
	if len(s.Facts) == 0 {
		key := "home.owner.unknown"
		if h.count().madeUp {
			key = "home.owner.demo"
		}
		s.Text = texts(p, key)
	}
	return s
}

func (h *pages) contacts(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	return h.law(w, r, "home.contacts.title", "home.contacts.lead", "",
		h.owner(p, "home.contacts.owner"),
		section{
			Title: p.T("home.contacts.houses"), Text: texts(p, "home.contacts.houses-text"),
			Links: []web.Link{{Href: "/sedi", Text: p.T("home.contacts.houses-link")}},
		},
		section{
			Title: p.T("home.contacts.problem"), Text: texts(p, "home.contacts.problem-text"),
			Links: []web.Link{{Href: "/segnala", Text: p.T("home.contacts.problem-link")}, {Href: "/aiuto", Text: p.T("home.help.title")}},
		})
}

func (h *pages) privacy(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	long := section{ID: "conservazione", Title: p.T("home.privacy.long"), Table: h.Kept(p), Text: texts(p, "home.privacy.long-rest")}
	if own := h.Law.Privacy.sections(p.Lang); own != nil {
		return h.law(w, r, "home.privacy.title", "", "home.privacy.lead-demo", slices.Concat([]section{h.owner(p, "home.privacy.owner")}, own, []section{long})...)
	}
	kept := texts(p, "home.privacy.person", "home.privacy.guests", "home.privacy.bookings", "home.privacy.ratings", "home.privacy.searches",
		"home.privacy.feed", "home.privacy.reports")
	if h.Mails {
		kept = append(kept, p.T("home.privacy.mails"))
	}
	kept = append(kept, texts(p, "home.privacy.codes", "home.privacy.session", "home.privacy.acts")...)
	return h.law(w, r, "home.privacy.title", "home.privacy.lead", "home.privacy.lead-demo",
		h.owner(p, "home.privacy.owner"),
		section{Title: p.T("home.privacy.kept"), List: kept},
		section{Title: p.T("home.privacy.why"), List: texts(p, "home.privacy.why-service", "home.privacy.why-law", "home.privacy.why-public")},
		long,
		section{Title: p.T("home.privacy.protected"), Text: texts(p, "home.privacy.encrypted", "home.privacy.seen")},
		section{
			ID: "dispositivo", Title: p.T("home.privacy.device"), Text: texts(p, "home.privacy.device-text"),
			Links: []web.Link{{Href: "/cookie", Text: p.T("home.cookie.title")}},
		},
		section{
			Title: p.T("home.privacy.rights"), Text: texts(p, "home.privacy.rights-text", "home.privacy.rights-where"),
			Links: []web.Link{{Href: "/profilo/dati", Text: p.T("home.privacy.data")}, {Href: "/profilo/consultazioni", Text: p.T("home.privacy.accesses")}, {Href: "https://www.garanteprivacy.it/", Text: p.T("home.privacy.garante")}},
		},
		section{Title: p.T("home.privacy.not"), Text: texts(p, "home.privacy.not-text")})
}

// Cookie is a cookie that the program sets.
type Cookie struct {
	Name  string
	What  string        // message key of its purpose
	Lasts time.Duration // 0: until the browser is closed
}

// Cookies are all cookies that the program sets.
func Cookies(secure bool) []Cookie {
	return []Cookie{
		{Name: identity.SessionCookie(secure), What: "home.cookie.session"},
		{Name: identity.MarkCookie(secure), What: "home.cookie.browser", Lasts: identity.MarkLife},
		{Name: identity.KnownCookie(secure), What: "home.cookie.known", Lasts: identity.MarkLife},
		{Name: identity.DeviceCookie(secure), What: "home.cookie.of-house", Lasts: identity.DeviceLife},
		{Name: web.LangCookie, What: "home.cookie.lang", Lasts: 365 * 24 * time.Hour},
		{Name: web.FlashCookie, What: "home.cookie.flash", Lasts: time.Minute},
	}
}

func (h *pages) cookies(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	t := &web.Table{Caption: p.T("home.cookie.caption"), Columns: []web.Column{
		{Text: p.T("home.cookie.name")}, {Text: p.T("home.cookie.what")}, {Text: p.T("home.cookie.lasts")},
	}}
	for _, c := range Cookies(h.Secure) {
		lasts := p.T("home.cookie.until-closed")
		if c.Lasts > 0 {
			lasts = p.Duration(c.Lasts)
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: c.Name}, {Text: p.T(c.What)}, {Text: lasts}})
	}
	which := section{Title: p.T("home.cookie.which"), Table: t}
	if own := h.Law.Cookies.sections(p.Lang); own != nil {
		return h.law(w, r, "home.cookie.title", "", "", append([]section{which}, own...)...)
	}
	return h.law(w, r, "home.cookie.title", "home.cookie.lead", "",
		which,
		section{Title: p.T("home.cookie.device"), Text: texts(p, "home.privacy.device-text", "home.cookie.off")})
}

// assessed is the day of the last self-assessment of the pages.
var assessed = agenda.Date{Year: 2026, Month: time.November, Day: 22}

// accessibility is the statement, in the parts that AgID's model has (decision
// (EU) 2018/1523).
func (h *pages) accessibility(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	var official []web.Link
	whose := "home.accessibility.whose"
	if h.Owner.Statement != "" {
		whose = "home.accessibility.whose-owner"
		official = []web.Link{{Href: h.Owner.Statement, Text: p.T("home.accessibility.statement")}}
	}
	statement := []section{
		{Title: p.T("home.accessibility.state"), Text: append(texts(p, "home.accessibility.state-text"), p.T(whose)), Links: official},
		{
			Title: p.T("home.accessibility.gaps"), Text: texts(p, "home.accessibility.gaps-text"),
			List: texts(p, "home.accessibility.gap-people", "home.accessibility.gap-photos", "home.accessibility.gap-camera", "home.accessibility.gap-names"),
		},
		{Title: p.T("home.accessibility.how"), List: texts(p, "home.accessibility.keyboard", "home.accessibility.script",
			"home.accessibility.colour", "home.accessibility.zoom", "home.accessibility.motion", "home.accessibility.step-free")},
		{Title: p.T("home.accessibility.made"), Text: []string{p.T("home.accessibility.made-text", "day", p.Day(assessed))}},
	}
	statement = append(statement, h.feedback(p)...)
	return h.law(w, r, "home.accessibility.title", "home.accessibility.lead", "home.accessibility.demo", append(statement, section{
		ID: "difensore", Title: p.T("home.accessibility.enforcement"), Text: texts(p, "home.accessibility.enforcement-text", "home.accessibility.enforcement-how"),
		Links: []web.Link{{Href: "https://www.agid.gov.it/", Text: p.T("home.accessibility.agid")}},
	})...)
}

// feedback is how to tell of a barrier, in the owner's own words where there
// are some, and whom.
func (h *pages) feedback(p *i18n.Printer) []section {
	list := h.Law.Accessibility.sections(p.Lang)
	if list == nil {
		list = []section{{Text: texts(p, "home.accessibility.feedback-text")}}
	}
	first, last := &list[0], &list[len(list)-1]
	if first.ID = "feedback"; first.Title == "" {
		first.Title = p.T("home.accessibility.feedback")
	}
	last.Facts = h.Owner.facts(p)
	last.Links = []web.Link{{Href: "/segnala?tema=accessibilita", Text: p.T("home.accessibility.report")}}
	return list
}

func (h *pages) legal(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	program := section{
		Title: p.T("home.legal.program"), Text: texts(p, "home.licences.lead"),
		Links: []web.Link{{Href: "/licenze", Text: p.T("home.legal.made-of")}},
	}
	if own := h.Law.Legal.sections(p.Lang); own != nil {
		own[0].TitleMark, own[0].TextMark = "legal-notes-section", "legal-notes-body"
		return h.law(w, r, "home.legal.title", "", "home.legal.demo", append(own, program, h.owner(p, "home.legal.owner"))...)
	}
	return h.law(w, r, "home.legal.title", "home.legal.lead", "home.legal.demo",
		section{
			Title: p.T("home.legal.contents"), Text: texts(p, "home.legal.contents-text"), TitleMark: "legal-notes-section", TextMark: "legal-notes-body",
			Links: []web.Link{{Href: "https://creativecommons.org/licenses/by/4.0/legalcode." + map[i18n.Lang]string{i18n.IT: "it", i18n.EN: "en"}[p.Lang], Text: p.T("home.legal.cc-by")}},
		},
		program,
		section{Title: p.T("home.legal.liability"), Text: texts(p, "home.legal.liability-hours", "home.legal.liability-links")},
		h.owner(p, "home.legal.owner"))
}
