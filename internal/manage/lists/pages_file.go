package lists

import (
	"net/http"
	"net/url"
	"strconv"

	"polis/internal/platform/clock"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// filePage is what a file would do, is doing, or has done.
type filePage struct {
	web.Head
	Path, Again, All string
	Working          *working
	Done             *web.Alert
	Refused          *web.Alert // the file has faults
	Nothing          *web.Empty // the file changes nothing
	Confirm          string     // text of the button; "" where there is nothing to confirm
	Counts           []web.Fact
	Passed           []string
	Recoded          string
	Seen             string     // when the file was looked at
	Fresh            *web.Alert // bookings came since
	Faults           *web.Table
	Changes          *web.Table
	Affected         *web.Table
	AffectedMore     string
	Pages            web.Pages
}

func (filePage) Template() string { return "lists/file" }

// working is how far an import is.
type working struct {
	Text        string
	Done, Total int // Total 0 where it is not known
}

// pageSize is how many faults or changes a page shows.
const pageSize = 50

func (h *pages) uploadOf(r *http.Request) (Upload, error) {
	l, err := listOf(r)
	if err != nil {
		return Upload{}, err
	}
	return h.Upload(r.Context(), actor(r), l, r.PathValue("id"))
}

func (u *Upload) path() string { return u.List.path() + "/file/" + url.PathEscape(u.ID) }

func (h *pages) showUpload(w http.ResponseWriter, r *http.Request) error {
	u, err := h.uploadOf(r)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := filePage{Path: u.path(), Again: u.List.path(), All: Root}
	title := p.T("lists.preview.title")
	switch u.State {
	case Working:
		title = p.T("lists.working.title")
		page.Working = h.working(p, u.ID)
		w.Header().Set("Refresh", "2") // where no script does it
	case Done:
		title = p.T("lists.done.title")
		page.done(p, &u.Outcome)
	default:
		page.Seen = strconv.FormatInt(clock.Micros(h.Clock.Now()), 10)
		out, err := h.PreviewUpload(r.Context(), actor(r), u)
		if err != nil {
			return err
		}
		if page.preview(p, &out, r.URL); page.Refused != nil {
			title = p.T("lists.refused.heading")
		} else if u.Outcome.Fresh {
			page.Fresh = &web.Alert{Tone: web.Warning, Title: p.T("lists.fresh.title"), Text: p.T("lists.fresh.text")}
		}
	}
	page.Head = head(p, title, web.Link{Href: Root, Text: p.T("lists.title")}, web.Link{Href: u.List.path(), Text: u.List.title(p)})
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) working(p *i18n.Printer, id string) *working {
	far, ok := h.Far(id)
	if !ok {
		return &working{Text: p.T("lists.working.waits")}
	}
	return &working{Text: p.T("lists.step." + far.Step), Done: far.Done, Total: far.Total}
}

func counts(p *i18n.Printer, o *Outcome) []web.Fact {
	return []web.Fact{
		{Name: p.T("lists.new"), Value: p.Number(o.New)},
		{Name: p.T("lists.changed"), Value: p.Number(o.Changed)},
		{Name: p.T("lists.same"), Value: p.Number(o.Same)},
	}
}

// preview shows what a file would do, or what is wrong with it.
func (page *filePage) preview(p *i18n.Printer, o *Outcome, at *url.URL) {
	page.Passed = o.Passed
	if o.Recoded {
		page.Recoded = p.T("lists.recoded")
	}
	switch {
	case len(o.Faults) > 0:
		text := p.T("lists.refused.text")
		if o.More {
			text += " " + p.T("lists.more_faults")
		}
		page.Refused = &web.Alert{Tone: web.Danger, Title: p.T("lists.refused.title", "count", len(o.Faults)), Text: text}
		page.faults(p, o, at)
	case o.New+o.Changed == 0:
		page.Nothing = &web.Empty{
			Title: p.T("lists.unchanged.title"), Text: p.T("lists.unchanged.text", "count", o.Same),
			Links: []web.Link{{Href: page.Again, Text: p.T("lists.again")}},
		}
	default:
		page.Counts, page.Confirm = counts(p, o), p.T("lists.confirm", "count", o.New+o.Changed)
		page.affected(p, o)
		page.changes(p, o, at)
	}
}

// piece is the page of a list that is asked for, with the way to the others.
func (page *filePage) piece(p *i18n.Printer, total int, at *url.URL) (from, to int) {
	shown := web.RangeOf(at.Query().Get(web.PageField), total, pageSize)
	page.Pages = shown.Links(p, at)
	return shown.From, shown.To
}

func (page *filePage) faults(p *i18n.Printer, o *Outcome, at *url.URL) {
	t := &web.Table{Caption: p.T("lists.refused.caption"), Columns: []web.Column{
		{Text: p.T("lists.line"), Number: true}, {Text: p.T("lists.column_name")}, {Text: p.T("lists.what")}, {Text: p.T("lists.text")},
	}}
	from, to := page.piece(p, len(o.Faults), at)
	for _, f := range o.Faults[from:to] {
		t.Rows = append(t.Rows, []web.Cell{{Text: strconv.Itoa(f.Line)}, {Text: f.Column}, {Text: FaultText(p, f)}, {Text: f.Text}})
	}
	page.Faults = t
}

func (page *filePage) changes(p *i18n.Printer, o *Outcome, at *url.URL) {
	t := &web.Table{Caption: p.T("lists.changes.caption"), Columns: []web.Column{
		{Text: p.T("lists.line"), Number: true}, {Text: p.T("lists.key")}, {Text: p.T("lists.column_name")}, {Text: p.T("lists.before")}, {Text: p.T("lists.after")},
	}}
	from, to := page.piece(p, len(o.Changes), at)
	for _, c := range o.Changes[from:to] {
		line := []web.Cell{{Text: strconv.Itoa(c.Line)}, {Text: c.Key}}
		if c.New {
			t.Rows = append(t.Rows, append(line, web.Cell{State: &web.State{Kind: "free", Text: p.T("lists.is_new")}}, web.Cell{}, web.Cell{}))
			continue
		}
		for _, f := range c.Fields {
			t.Rows = append(t.Rows, append(line[:2:2], web.Cell{Text: f.Column}, web.Cell{Text: orDash(f.Before)}, web.Cell{Text: orDash(f.After)}))
			line = []web.Cell{{}, {}}
		}
	}
	page.Changes = t
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// done shows what came of a file.
func (page *filePage) done(p *i18n.Printer, o *Outcome) {
	page.Counts = counts(p, o)
	page.Done = &web.Alert{Tone: web.Success, Title: p.T("lists.done.text", "count", o.New+o.Changed)}
	page.affected(p, o)
}

// affected lists the bookings that somebody is to move.
func (page *filePage) affected(p *i18n.Printer, o *Outcome) {
	if len(o.Affected) == 0 {
		return
	}
	t := &web.Table{Caption: p.T("lists.affected.caption"), Columns: []web.Column{
		{Text: p.T("lists.line"), Number: true}, {Text: p.T("lists.key")}, {Text: p.T("lists.affected.bookings"), Number: true},
	}}
	for _, w := range o.Affected {
		t.Rows = append(t.Rows, []web.Cell{{Text: strconv.Itoa(w.Line)}, {Text: w.Key}, {Text: p.Number(w.Bookings)}})
	}
	if page.Affected = t; o.AffectedMore > 0 {
		page.AffectedMore = p.T("lists.affected.more", "count", o.AffectedMore)
	}
}

// seenField is when somebody looked at what a file would do.
const seenField = "visto"

func (h *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	u, err := h.uploadOf(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	seen := u.Created
	if n, err := strconv.ParseInt(f.Raw(seenField), 10, 64); err == nil && n > 0 {
		seen = clock.FromMicros(n)
	}
	if err := h.Confirm(r.Context(), actor(r), u, seen); err != nil {
		return err
	}
	return web.Redirect(w, r, u.path())
}

func (h *pages) forget(w http.ResponseWriter, r *http.Request) error {
	u, err := h.uploadOf(r)
	if err != nil {
		return err
	}
	if err := h.Forget(r.Context(), actor(r), u); err != nil {
		return err
	}
	return h.ui.Done(w, r, u.List.path(), "lists.forgotten")
}
