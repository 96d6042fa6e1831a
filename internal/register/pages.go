package register

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// The addresses of the pages.
const (
	Path         = "/registro"
	ReceiptsPath = Path + "/ricevute/" // and the id of what they are about
)

// Footer is the entry of the register on every page.
var Footer = []web.Entry{{Href: Path, Key: "register.title"}}

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui *web.Renderer
}

// RegisterPages adds the pages of the register to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("register", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, ui: ui}
	own := func(next web.Handler) web.Handler {
		return identity.SignedIn(next, func(r *http.Request) string { return ReceiptsPath + r.PathValue("subject") })
	}
	mux.Handle("GET "+Path, ui.Handle(h.register))
	mux.Handle("GET "+Path+"/sigillo", ui.Handle(h.note))
	ui.AllowBody("POST "+Path, sealed.MaxReceipt+form.MaxBody)
	mux.Handle("POST "+Path, ui.Handle(h.check))
	mux.Handle("GET "+ReceiptsPath+"{subject}", ui.Handle(own(h.receipts)))
	mux.Handle("GET "+ReceiptsPath+"{subject}/{entry}", ui.Handle(own(h.download)))
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// registerPage explains the register and checks a receipt.
type registerPage struct {
	web.Head
	Form  *form.Form
	Facts []web.Fact // of the newest checkpoint; none while the register is empty
	Empty *web.Empty
	Told  *web.Alert // what came of the check
	About []web.Fact // what the receipt says
}

func (registerPage) Template() string { return "register/register" }

func (h *pages) register(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	f.File("ricevuta", "register.check.file")
	page, err := h.page(r, f)
	if err != nil {
		return err
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) page(r *http.Request, f *form.Form) (*registerPage, error) {
	p := h.ui.Printer(r)
	page := &registerPage{Head: web.Head{Title: p.T("register.title"), Description: p.T("register.lead")}, Form: f}
	c, err := h.Checkpoint(r.Context())
	if errs.Is(err, errs.NotFound) {
		page.Empty = &web.Empty{Title: p.T("register.empty"), Text: p.T("register.empty-text")}
		return page, nil
	}
	if err != nil {
		return nil, err
	}
	page.Facts = []web.Fact{
		{Name: p.T("register.fact.size"), Value: p.Number(int(c.Size))},
		{Name: p.T("register.fact.at"), Value: p.DateTime(c.At)},
		{Name: p.T("register.fact.key"), Value: sealed.Fingerprint(c.Key), Href: "/api/v1/journal/keys"},
		{Name: p.T("register.fact.note"), Value: p.T("register.fact.note-link"), Href: Path + "/sigillo"},
	}
	return page, nil
}

// note is the newest checkpoint as witnesses keep it.
func (h *pages) note(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Checkpoint(r.Context())
	if err != nil {
		return err
	}
	return send(w, "text/plain; charset=utf-8", "registro.txt", []byte(c.Note))
}

func send(w http.ResponseWriter, contentType, name string, data []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(data)
	return err
}

// check looks at a receipt that somebody sends.
func (h *pages) check(w http.ResponseWriter, r *http.Request) error {
	f, err := form.NewUpload(w, r, sealed.MaxReceipt)
	if err != nil {
		return err
	}
	file := f.File("ricevuta", "register.check.file").Required()
	page, err := h.page(r, f)
	if err != nil {
		return err
	}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	p := h.ui.Printer(r)
	checked, err := h.Check(r.Context(), file.Data)
	status := http.StatusOK
	switch reason := why(err); {
	case reason != "":
		status = http.StatusUnprocessableEntity
		page.Told = &web.Alert{Tone: web.Danger, Title: p.T("register.bad"), Text: p.T("register.bad." + reason)}
	case err != nil:
		return err
	default:
		page.Told, page.About = tell(p, checked)
	}
	page.Title = page.Told.Title
	return h.ui.Render(w, r, status, page)
}

// tell says what a receipt proves that holds.
func tell(p *i18n.Printer, c Checked) (*web.Alert, []web.Fact) {
	told := &web.Alert{Tone: web.Success, Title: p.T("register.good"), Text: p.T("register.good-text")}
	if !c.Here {
		told = &web.Alert{Tone: web.Warning, Title: p.T("register.elsewhere"), Text: p.T("register.elsewhere-text")}
	}
	return told, append(factsOf(p, c.Act),
		web.Fact{Name: p.T("register.fact.place"), Value: p.T("register.place", "place", p.Number(int(c.Index)+1), "size", p.Number(int(c.In.Size)))},
		web.Fact{Name: p.T("register.fact.by-key"), Value: sealed.Fingerprint(c.Key)})
}

func factsOf(p *i18n.Printer, a sealed.Act) []web.Fact {
	facts := []web.Fact{
		{Name: p.T("register.fact.what"), Value: kindOf(p, a.Kind)},
		{Name: p.T("register.fact.when"), Value: p.DateTime(clock.FromMicros(a.At))},
		{Name: p.T("register.fact.subject"), Value: a.Subject},
		{Name: p.T("register.fact.person"), Value: a.Person},
		{Name: p.T("register.fact.for"), Value: a.For},
	}
	return slices.DeleteFunc(facts, func(f web.Fact) bool { return f.Value == "" })
}

// kinds are the acts that have a word of their own.
var kinds = []string{
	"booking.held", "booking.confirmed", "booking.checked-in", "booking.completed", "booking.cancelled", "booking.expired", "booking.no-show",
	"booking.released", "booking.rated",
}

func kindOf(p *i18n.Printer, kind string) string {
	if slices.Contains(kinds, kind) {
		return p.T("register.kind." + kind)
	}
	return p.T("register.kind.other", "kind", kind)
}

// receiptsPage lists the receipts of what is one's own.
type receiptsPage struct {
	web.Head
	Rows  []receiptRow
	Empty *web.Empty
	Pages web.Pages
}

// perPage is how many receipts a page lists.
const perPage = 50

// receiptRow is one act with its receipt.
type receiptRow struct{ What, When, Place, Href, Label string }

func (receiptsPage) Template() string { return "register/receipts" }

func (h *pages) receipts(w http.ResponseWriter, r *http.Request) error {
	p, subject := h.ui.Printer(r), r.PathValue("subject")
	list, err := h.About(r.Context(), actor(r), subject)
	if err != nil {
		return err
	}
	page := receiptsPage{Head: web.Head{
		Title: p.T("register.receipts.title"), Private: true,
		Crumbs: []web.Link{{Href: Path, Text: p.T("register.title")}},
	}}
	list = slices.DeleteFunc(list, func(e journal.Entry) bool {
		_, who := e.Salts.Forgotten()
		return who
	})
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(list), perPage)
	page.Pages = part.Links(p, r.URL)
	for _, e := range list[part.From:part.To] {
		what, when := kindOf(p, e.Act.Kind), p.DateTime(clock.FromMicros(e.Act.At))
		page.Rows = append(page.Rows, receiptRow{
			What: what, When: when, Place: p.Number(int(e.Place()) + 1),
			Href: ReceiptsPath + subject + "/" + e.Act.ID, Label: p.T("register.receipts.download-of", "what", what, "when", when),
		})
	}
	if len(page.Rows) == 0 {
		page.Empty = &web.Empty{Title: p.T("register.receipts.none"), Text: p.T("register.receipts.none-text")}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) download(w http.ResponseWriter, r *http.Request) error {
	receipt, err := h.Receipt(r.Context(), actor(r), r.PathValue("entry"))
	if err == nil && receipt.Act.Subject != r.PathValue("subject") {
		err = errs.New(errs.NotFound, "journal.no-entry", nil)
	}
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(receipt, "", "  ")
	if err != nil {
		return err
	}
	return send(w, "application/json", "ricevuta-"+receipt.Act.ID+".json", append(data, '\n'))
}
