package office

import (
	"context"
	"net/http"
	"strconv"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// proposalPage is one proposal, with what it changes.
type proposalPage struct {
	web.Head
	Form     *form.Form
	State    *web.State
	Moved    *web.Alert
	Facts    []web.Fact
	Effects  *web.Table
	Changes  *web.Table
	Pages    web.Pages
	Path     string
	Seen     string // revision of the account that the page shows
	Publish  bool
	Own      bool
	Withdraw bool
}

func (proposalPage) Template() string { return "office/proposal" }

func (h *pages) proposal(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	f.Long("motivo", "office.refuse.reason", mostReason)
	return h.showProposal(w, r, f, false)
}

// mostReason is how long a reason may be, in characters.
const mostReason = 1000

// showProposal shows a proposal beside the account as it is now. moved says that
// somebody wanted to publish it beside an older one.
func (h *pages) showProposal(w http.ResponseWriter, r *http.Request, f *form.Form, moved bool) error {
	who, p := actor(r), h.ui.Printer(r)
	rev, before := h.Programme.Revision()
	b, err := h.Programme.Batch(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	after, since, err := h.with(r.Context(), b, before)
	if err != nil {
		return err
	}
	part := web.RangeOf(r.URL.Query().Get(web.PageField), b.Lines, onPage)
	list, err := h.Programme.Changes(r.Context(), b, part.From, onPage)
	if err != nil {
		return err
	}
	names, err := h.people(r.Context(), b)
	if err != nil {
		return err
	}
	page := proposalPage{
		Head: head(p, batchTitle(p, &b), web.Link{Href: proposalsPath, Text: p.T("office.proposals")}), Form: f,
		State: state(p, b.State), Facts: batchFacts(p, &b, names), Changes: h.changeTable(p, b.Kind, list, b.State == programme.Proposed), Pages: part.Links(p, r.URL),
		Path: proposalPath(b.ID), Seen: strconv.FormatInt(rev, 10),
	}
	if b.State == programme.Proposed {
		page.Effects = effects(p, before, after, b.Kind, h.Service)
		own := b.EnteredBy != "" && b.EnteredBy == who.Agent()
		page.Withdraw = own
		if may := who.May(identity.ProgrammePublish, identity.Network); may {
			page.Publish, page.Own = !own, own
		}
		if moved || since {
			page.Moved = &web.Alert{Tone: web.Warning, Title: p.T("office.moved.title"), Text: p.T("office.moved.text")}
		}
	}
	status := f.Status()
	if moved {
		status = http.StatusConflict
	}
	return h.ui.Render(w, r, status, page)
}

// with is the account with a proposal published; since tells whether a row of it
// was published after the proposal was made.
func (h *pages) with(ctx context.Context, b programme.Batch, before *account.Account) (after *account.Account, since bool, err error) {
	if b.State != programme.Proposed {
		return before, false, nil
	}
	draft := account.NewDraft(before)
	for line := 0; ; {
		list, err := h.Programme.Changes(ctx, b, line, 5000)
		if err != nil || len(list) == 0 {
			return draft.Account(), since, err
		}
		for _, c := range list {
			if line = c.Line; c.After == nil {
				draft.Drop(b.Kind, c.Key)
			} else {
				draft.Put(b.Kind, c.After)
			}
			since = since || h.Programme.MetaOf(b.Kind, c.Key).At.After(b.Entered)
		}
	}
}

// batchFacts tell of a proposal.
func batchFacts(p *i18n.Printer, b *programme.Batch, names whoIs) []web.Fact {
	list := []web.Fact{
		{Name: p.T("office.fact.kind"), Value: title(p, b.Kind)},
		{Name: p.T("office.fact.rows"), Value: p.Number(b.Lines)},
		{Name: p.T("office.fact.proposed"), Value: names.name(p, b.EnteredBy)},
		{Name: p.T("office.fact.on"), Value: p.DateTime(b.Entered)},
		{Name: p.T("office.fact.source"), Value: dash(b.Source)},
	}
	if !b.Decided.IsZero() {
		list = append(list, web.Fact{Name: p.T("office.fact.decided"), Value: names.name(p, b.DecidedBy)}, web.Fact{Name: p.T("office.fact.decided-on"), Value: p.DateTime(b.Decided)})
	}
	if b.Reason != "" {
		list = append(list, web.Fact{Name: p.T("office.fact.reason"), Value: b.Reason})
	}
	return list
}

func dash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

// changeTable shows rows before and after; of what is decided, what it said.
func (h *pages) changeTable(p *i18n.Printer, kind *account.Kind, list []programme.Change, compare bool) *web.Table {
	t := &web.Table{Caption: p.T("office.changes.caption"), Columns: []web.Column{
		{Text: p.T("office.changes.key")}, {Text: p.T("office.changes.column")}, {Text: p.T("office.changes.before")}, {Text: p.T("office.changes.after")},
	}}
	for _, c := range list {
		first := web.Cell{Text: KeyText(c.Key), Href: programme.HistoryPath(kind, c.Key)}
		if c.Before == nil || !compare {
			c.Before = nil
			first.Href = ""
		}
		before, after := cellsFor(kind, c.Before), cellsFor(kind, c.After)
		wrote := false
		for i, col := range kind.Columns {
			if before[i] == after[i] {
				continue
			}
			was := web.Cell{Text: shown(p, col, before[i])}
			if c.Before == nil && !wrote && compare {
				was = web.Cell{State: &web.State{Kind: "free", Text: p.T("office.changes.new")}}
			}
			t.Rows = append(t.Rows, []web.Cell{first, {Text: columnName(p, col.Name)}, was, {Text: shown(p, col, after[i])}})
			first, wrote = web.Cell{}, true
		}
		if !wrote {
			t.Rows = append(t.Rows, []web.Cell{first, {Text: p.T("office.changes.same")}, {}, {}})
		}
	}
	return t
}

// cellsFor are the cells of a row, empty where there is none.
func cellsFor(kind *account.Kind, row any) []string {
	if row == nil {
		return make([]string, len(kind.Columns))
	}
	return kind.Cells(row)
}

// shown is a cell as people read it.
func shown(p *i18n.Printer, c account.Column, text string) string {
	if text == "" {
		return "—"
	}
	switch c.Type {
	case "Cents":
		var n account.Cents
		if n.UnmarshalText([]byte(text)) == nil {
			return euro(p, n)
		}
	case "Stage":
		return p.T("programme.stage." + text)
	case "When":
		return programme.When(p, account.When(text))
	case "Answer":
		return p.T("office." + text)
	case "Date":
		var d account.Date
		if d.UnmarshalText([]byte(text)) == nil {
			return dayText(p, d.Date)
		}
	}
	return text
}

func (h *pages) decide(w http.ResponseWriter, r *http.Request) error {
	id, who := r.PathValue("id"), actor(r)
	if _, err := h.Programme.Batch(r.Context(), who, id); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	reason := f.Long("motivo", "office.refuse.reason", mostReason)
	done := ""
	switch f.Raw("azione") {
	case "pubblica":
		seen, bad := strconv.ParseInt(f.Raw("visto"), 10, 64)
		if bad != nil {
			return errs.New(errs.Invalid, "form.unreadable", nil)
		}
		err, done = h.Programme.Publish(r.Context(), who, id, seen), "office.done.published"
		if errs.HasKey(err, "programme.changed") {
			return h.showProposal(w, r, f, true)
		}
	case "rifiuta":
		err, done = h.Programme.Refuse(r.Context(), who, id, reason.Value), "office.done.refused"
		if err != nil && f.AddAs(err, form.Inputs{"reason": "motivo"}) {
			return h.showProposal(w, r, f, false)
		}
	case "ritira":
		err, done = h.Programme.Withdraw(r.Context(), who, id), "office.done.withdrawn"
	default:
		return errs.New(errs.Invalid, "form.unreadable", nil)
	}
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, proposalPath(id), done)
}
