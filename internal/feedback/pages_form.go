package feedback

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// trap is a field that people do not see: who fills it in is a program.
const trap = "sito_web"

// maxCode is more than the longest code of a house or place, in bytes.
const maxCode = 200

// formPage asks what is wrong, and where.
type formPage struct {
	web.Head
	Form     *form.Form
	Where    []web.Fact   // the house and place that were chosen already
	Code     string       // of that house
	Place    string       // code of that place
	Sites    []web.Option // houses to choose from, where the words fit several
	More     bool         // there are more of them
	Kinds    []web.Option
	Key      string     // tells this form from another
	Limited  *web.Alert // too many came from here
	SignedIn bool
	Ask      bool // for an address to which the answer is mailed
	Mail     bool // the answer is mailed to the address that is known
	Manages  bool
	SignIn   string
}

func (formPage) Template() string { return "feedback/form" }

// form shows the form, with house, place and subject from the address.
func (h *pages) form(w http.ResponseWriter, r *http.Request) error {
	q, given := r.URL.Query(), url.Values{}
	for _, name := range []string{"sede", "posto", "tema", "dove"} {
		if v := q.Get(name); len(v) <= maxCode {
			given.Set(name, v)
		}
	}
	if slugKind(given.Get("tema")) == "" {
		given.Del("tema")
	}
	return h.show(w, r, form.Of(given), formPage{})
}

// fields declares the inputs.
func fields(f *form.Form) (kind *form.Choice, text *form.Text, email *form.Text, where *form.Text) {
	slugs := make([]string, len(terms))
	for i, t := range terms {
		slugs[i] = t.Slug
	}
	where = f.String("dove", "feedback.form.where").Max(200)
	f.String("sede", "feedback.form.which")
	f.String("posto", "feedback.form.place")
	kind = f.Choice("tema", "feedback.form.kind", slugs...).Required()
	text = f.String("testo", "feedback.form.text").Required()
	email = f.String("email", "feedback.form.email").Max(254)
	return kind, text, email, where
}

func slugKind(slug string) Kind {
	i := slices.IndexFunc(terms, func(t term) bool { return t.Slug == slug })
	if i < 0 {
		return ""
	}
	return terms[i].Kind
}

// fieldOf are the inputs for the fields of the Service's errors.
var fieldOf = form.Inputs{"kind": "tema", "text": "testo", "email": "email", "site": "sede", "resource": "posto"}

// send makes a report.
func (h *pages) send(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, net := h.ui.Printer(r), h.live.Network()
	if code := f.Raw("sede"); code != "" { // nobody types it: one that does not exist is no fault to mend
		if _, _, err := siteAndPlace(net, code, f.Raw("posto")); err != nil {
			return err
		}
		f.Set("dove", "") // which is not asked then
	} else {
		f.Set("posto", "") // a place is one of a house
	}
	if !h.asksEmail(r) {
		f.Set("email", "")
	}
	kind, text, email, where := fields(f)
	page := formPage{}
	req := Request{
		Kind: slugKind(kind.Value), Site: f.Raw("sede"), Resource: f.Raw("posto"), Text: text.Value,
		Email: email.Value, Language: string(p.Lang), Once: f.Raw("chiave"),
	}
	if req.Site == "" && where.Value != "" {
		req.Site = h.resolve(p, net, f, where.Value, &page)
	}
	if f.Raw(trap) != "" {
		f.Set(trap, "")
		f.Add(errs.New(errs.Invalid, "feedback.trap", nil))
	}
	if text.Given() {
		if fault := checkText(normalText(text.Value)); fault != nil {
			f.Add(fault.On("testo"))
		}
	}
	if f.Err() != nil {
		return h.show(w, r, f, page)
	}
	if wait := h.limits.count(r.Context(), callerOf(actor(r).Person, web.ClientAddr(r.Context()))); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds()+1)))
		page.Limited = &web.Alert{
			Tone: web.Warning, Title: p.T("feedback.limited"),
			Text: p.T("feedback.limited-text", "wait", p.Duration((wait + time.Minute - 1).Truncate(time.Minute))),
		}
		return h.show(w, r, f, page)
	}
	made, err := h.Make(r.Context(), actor(r), req)
	if err != nil {
		if onPage(f, err) {
			return h.show(w, r, f, page)
		}
		return err
	}
	path := ReportPath(made.Number)
	if !actor(r).SignedIn() {
		path = h.path(made)
	}
	return h.ui.Done(w, r, path, "feedback.done.made")
}

// onPage puts an error of the Service beside its input; false where it is not
// about what was typed.
func onPage(f *form.Form, err error) bool {
	return errs.Is(err, errs.Invalid) && f.AddAs(err, fieldOf)
}

// resolve makes the words for a house into its code; where they fit none or
// several the form says so.
func (h *pages) resolve(p *i18n.Printer, net *site.Network, f *form.Form, text string, page *formPage) string {
	found, more := findSites(net, text)
	switch {
	case len(found) == 1:
		return found[0].Code
	case len(found) == 0:
		f.Add(errs.New(errs.Invalid, "feedback.no-site", nil).On("dove"))
		return ""
	}
	f.Add(errs.New(errs.Invalid, "feedback.many-sites", nil).On("sede"))
	page.More = more
	for _, st := range found {
		page.Sites = append(page.Sites, web.Option{Value: st.Code, Text: siteName(net, st), Hint: st.Address})
	}
	return ""
}

// asksEmail tells whether the form asks where the answer is to go.
func (h *pages) asksEmail(r *http.Request) bool { return h.notes.Enabled() && !actor(r).SignedIn() }

// show shows the form with what was typed.
func (h *pages) show(w http.ResponseWriter, r *http.Request, f *form.Form, page formPage) error {
	p, net, who := h.ui.Printer(r), h.live.Network(), actor(r)
	if f.Label("testo") == "" {
		fields(f)
	}
	page.Head = web.Head{Title: p.T("feedback.form.title"), Description: p.T("feedback.form.lead")}
	page.Form, page.SignedIn, page.Manages = f, who.SignedIn(), LooksAfter(who)
	mails := h.notes.Enabled()
	page.Ask = h.asksEmail(r)
	if page.Key = f.Raw("chiave"); page.Key == "" {
		page.Key = rand.Text()
	}
	if who.SignedIn() {
		person, err := h.people.Get(r.Context(), who.Person)
		if err != nil {
			return err
		}
		page.Mail = mails && person.Email != ""
	} else {
		page.SignIn = "/accedi?next=" + url.QueryEscape(again(f))
	}
	if st, err := net.ByCode(f.Raw("sede")); err == nil && page.Sites == nil {
		page.Code = st.Code
		page.Where = []web.Fact{{Name: p.T("feedback.fact.site"), Value: siteName(net, st)}}
		if place := Place(net, st, f.Raw("posto")); place != nil {
			page.Place = place.Code
			page.Where = append(page.Where, web.Fact{Name: p.T("feedback.fact.place"), Value: placeText(net, place)})
		}
	}
	for _, t := range terms {
		key := "feedback.term.working"
		if t.Calendar {
			key = "feedback.term.calendar"
		}
		page.Kinds = append(page.Kinds, web.Option{
			Value: t.Slug, Text: kindText(p, t.Kind),
			Hint: p.T("feedback.about."+string(t.Kind)) + " " + p.T(key, "count", t.Days),
		})
	}
	status := f.Status()
	if page.Limited != nil {
		status = http.StatusTooManyRequests
	}
	return h.ui.Render(w, r, status, page)
}

// again is the address of the form with its house, for the way back.
func again(f *form.Form) string {
	q := url.Values{}
	for _, name := range []string{"sede", "posto", "tema"} {
		if v := f.Raw(name); v != "" {
			q.Set(name, v)
		}
	}
	return strings.TrimSuffix(formPath+"?"+q.Encode(), "?")
}

// placeText is a place with its room.
func placeText(net *site.Network, place *site.Resource) string {
	if room, err := net.Room(place.Room); err == nil {
		return place.Name + ", " + room.Name
	}
	return place.Name
}

// suggest answers the search of a house.
func (h *pages) suggest(w http.ResponseWriter, r *http.Request) error {
	net, text := h.live.Network(), r.URL.Query().Get("dove")
	var options []web.Option
	if len([]rune(text)) >= 2 && len(text) <= 200 {
		found, _ := findSites(net, text)
		for _, st := range found {
			options = append(options, web.Option{Value: siteName(net, st), Text: st.Address})
		}
	}
	return h.ui.Suggestions(w, r, options)
}
