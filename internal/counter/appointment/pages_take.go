package appointment

import (
	"crypto/rand"
	"net/http"

	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// takePage offers the free times of an office.
type takePage struct {
	web.Head
	offer
	Office string
	Action string
	Lead   string
	Bring  []string
	About  string
	Told   *web.Alert // why the time that was wanted is none
	Back   string
	Key    string     // tells this form from another
	Extra  []web.Fact // hidden inputs: name and value
}

func (takePage) Template() string { return "appointment/take" }

func (h *pages) take(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	return h.showTake(w, r, f, nil)
}

func (h *pages) showTake(w http.ResponseWriter, r *http.Request, f *form.Form, told *web.Alert) error {
	st, err := h.Office(r.PathValue("office"))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	service, people, from := askFields(f)
	has, err := h.Offers(r.Context(), st.ID)
	if err != nil {
		return err
	}
	page := takePage{
		Head: web.Head{
			Title: p.T("appointment.take.title", "office", st.Name), Description: p.T("appointment.take.lead"),
			Crumbs: []web.Link{{Href: "/sportello", Text: p.T("appointment.crumb")}, {Href: officePath + st.Code, Text: st.Name}},
		},
		offer:  offer{Form: f, Services: bookable(p.Lang, has)},
		Key:    rand.Text(),
		Office: houseText(h.Live.Network(), st), Action: TakePath(st.Code, ""), Told: told, Back: officePath + st.Code,
	}
	if err := h.times(r, &page.offer, Ask{Office: st.ID, Service: service.Value, People: people, From: from}); err != nil {
		return err
	}
	if page.Asked {
		text := textOf(service.Value, string(p.Lang))
		page.Bring, page.About = text.Bring, text.About
		page.Lead = p.T("appointment.take.how-long", "time", page.Minutes)
	} else {
		page.Lead = p.T("appointment.take.lead")
	}
	status := f.Status()
	if told != nil {
		status = http.StatusConflict
	}
	return h.ui.Render(w, r, status, page)
}

// hold keeps the time that was chosen while the person confirms.
func (h *pages) hold(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, who := h.ui.Printer(r), actor(r)
	service, people, _ := askFields(f)
	if !who.SignedIn() {
		if err := h.Limits.Take(r.Context(), holdsOfClient, web.ClientAddr(r.Context()).String()); err != nil {
			return err
		}
	}
	a, err := h.Book(r.Context(), who, Wanted{
		Office: r.PathValue("office"), Service: service.Value, People: people, From: instant(f.Raw("ora")), Hold: true, Origin: ByWeb, Lang: p.Lang,
		Once: onceOf(f, "ora", "servizio", "persone"),
	})
	if err != nil {
		if told := h.told(r, err); told != nil {
			return h.showTake(w, r, f, told)
		}
		return err
	}
	path := Path(a.ID) + "/conferma"
	if !who.SignedIn() {
		path += "?chiave=" + h.LinkKey(a.ID)
	}
	return web.Redirect(w, r, path)
}

// onceOf tells a form that was sent twice, by a double click, from another choice in
// the same form. "" where the form says nothing.
func onceOf(f *form.Form, names ...string) string {
	once := f.Raw("richiesta")
	for _, name := range names {
		if once != "" {
			once += "\n" + f.Raw(name)
		}
	}
	return once
}

// told is what a page says of a time that is refused; nil where it is not about that.
func (h *pages) told(r *http.Request, err error) *web.Alert {
	if !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Rule) && !errs.Is(err, errs.Invalid) || errs.HasKey(err, "appointment.office-shut") {
		return nil
	}
	e := errs.As(err)
	return &web.Alert{Tone: web.Warning, Title: h.ui.Printer(r).T(e.Key, e.Args)}
}
