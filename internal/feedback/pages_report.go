package feedback

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// reportPage is one report: how it stands, who answers by when, the texts.
type reportPage struct {
	web.Head
	Form      *form.Form
	State     web.State
	Urgent    bool
	Facts     []web.Fact
	Text      string
	Answer    string
	By        string // who answers by when, while it is open
	Link      string // whole address that opens this page, for who has no account
	Mail      bool   // the answer comes by mail too
	Staff     bool   // looks after it
	Answering string // action of the form to answer, "" for who may not
	Rev       string
	Ombudsman bool // whom one may turn to next
}

func (reportPage) Template() string { return "feedback/report" }

func (h *pages) report(w http.ResponseWriter, r *http.Request) error {
	if link := r.URL.Query().Get("chiave"); link == "" && !actor(r).SignedIn() {
		return identity.ToSignIn(w, r, r.URL.RequestURI())
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	return h.showReport(w, r, f)
}

func (h *pages) showReport(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	link := r.URL.Query().Get("chiave")
	rep, err := h.Read(r.Context(), actor(r), r.PathValue("number"), link)
	if err != nil {
		return err
	}
	p, who := h.ui.Printer(r), actor(r)
	page := reportPage{
		Head: web.Head{Title: p.T("feedback.report.title", "number", rep.Number), Private: true, Crumbs: crumbs(p, who, rep)},
		Form: f, State: h.stateOf(p, rep), Facts: h.facts(p, rep), Text: rep.Text, Answer: rep.Answer,
		Staff: who.May(identity.ReportRead, rep.scope()),
	}
	t, _ := termOf(rep.Kind)
	page.Urgent = t.Priority == High && rep.Open()
	if rep.Open() {
		page.By = p.T("feedback.report.by", "owner", p.T("feedback.owner."+string(rep.Owner)), "day", p.Day(rep.DueDay(zoneOf(h.live.Network(), rep))))
		if page.Mail, err = h.mailed(r.Context(), rep); err != nil {
			return err
		}
	}
	mine := who.May(identity.ReportOwn, identity.Of(rep.Person))
	if link != "" && !mine && !page.Staff {
		page.Link = h.ui.URL(r, h.path(rep))
	}
	page.Ombudsman = rep.Kind == Accessibility && !page.Staff && (!rep.Open() || rep.Overdue(h.clock.Now()))
	if rep.Open() && MayAnswer(who, rep) {
		page.Answering, page.Rev = ReportPath(rep.Number)+"/risposta", strconv.FormatInt(rep.Rev, 10)
		if f.Label("risposta") == "" {
			f.String("risposta", "feedback.answer.text")
		}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// crumbs lead back to the list that the reader has.
func crumbs(p *i18n.Printer, who identity.Actor, r Report) []web.Link {
	switch {
	case who.May(identity.ReportRead, r.scope()):
		return []web.Link{{Href: managePath, Text: p.T("feedback.manage.title")}}
	case who.SignedIn():
		return []web.Link{{Href: listPath, Text: p.T("feedback.mine.title")}}
	}
	return nil
}

// mailed tells whether the answer to a report comes by mail.
func (h *pages) mailed(ctx context.Context, r Report) (bool, error) {
	if !h.notes.Enabled() {
		return false, nil
	}
	person, err := h.people.Get(ctx, r.Person)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return person.Email != "", err
}

// facts are what is known of a report beside its texts.
func (h *pages) facts(p *i18n.Printer, r Report) []web.Fact {
	net := h.live.Network()
	zone := zoneOf(net, r)
	out := []web.Fact{{Name: p.T("feedback.fact.kind"), Value: kindText(p, r.Kind)}}
	where := web.Fact{Name: p.T("feedback.fact.site"), Value: whereText(p, net, r)}
	if st, err := net.Site(r.Site); err == nil {
		where.Href = "/sedi/" + url.PathEscape(st.Code)
	}
	out = append(out, where)
	if place, err := net.Resource(r.Resource); err == nil {
		out = append(out, web.Fact{Name: p.T("feedback.fact.place"), Value: placeText(net, place)})
	}
	out = append(out,
		web.Fact{Name: p.T("feedback.fact.made"), Value: p.DateTime(r.Created.In(zone))},
		web.Fact{Name: p.T("feedback.fact.owner"), Value: p.T("feedback.owner." + string(r.Owner))})
	if r.Open() {
		return append(out, web.Fact{Name: p.T("feedback.fact.due"), Value: p.Day(r.DueDay(zone))})
	}
	return append(out, web.Fact{Name: p.T("feedback.fact.answered"), Value: p.DateTime(r.Answered.In(zone))})
}

// answer answers a report.
func (h *pages) answer(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	text := f.String("risposta", "feedback.answer.text").Required()
	if text.Given() {
		if fault := checkText(normalText(text.Value)); fault != nil {
			f.Add(fault.On("risposta"))
		}
	}
	if f.Err() != nil {
		return h.showReport(w, r, f)
	}
	rev, err := strconv.ParseInt(f.Raw("rev"), 10, 64)
	if err != nil {
		rev = -1 // was never shown
	}
	rep, err := h.Answer(r.Context(), actor(r), r.PathValue("number"), rev, text.Value)
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, ReportPath(rep.Number), "feedback.done.answered")
}
