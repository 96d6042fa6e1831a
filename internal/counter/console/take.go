package console

import (
	"net/http"

	"polis/internal/counter"
	"polis/internal/counter/queue"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// takePage gives a number to who stands in front of the desk or the door.
type takePage struct {
	web.Head
	Form       *form.Form
	Path, Desk string
	Services   []web.Option
	Priorities []web.Option
	Languages  []web.Option
	Key        string
	Empty      *web.Empty
}

func (takePage) Template() string { return "console/take" }

func takeFields(f *form.Form) {
	f.String("servizio", "console.take.service").Max(60).Required().Says("console.take.choose")
	f.String("priorita", "console.take.priority").Max(20)
	f.String("lingua", "console.take.language").Max(8)
}

func (h *pages) showTake(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	f.Set("lingua", "it")
	return h.renderTake(w, r, f)
}

func (h *pages) renderTake(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	st, err := h.houseOf(r)
	if err != nil {
		return err
	}
	offers, err := h.Counter.Offers(r.Context(), actor(r), st.ID)
	if err != nil {
		return err
	}
	if f.Label("servizio") == "" {
		takeFields(f)
	}
	p := h.ui.Printer(r)
	page := takePage{
		Head: head(p.T("console.take.title")), Form: f, Path: pathOf(r), Desk: counter.HouseName(h.Counter.Live.Network(), st),
		Priorities: []web.Option{
			{Value: "", Text: p.T("console.priority.none")},
			{Value: string(queue.Frail), Text: p.T("console.priority.frail")},
			{Value: string(queue.Pregnant), Text: p.T("console.priority.pregnant")},
		},
		Key: f.Raw("chiave"),
	}
	if page.Key == "" {
		page.Key = h.Counter.IDs()
	}
	for _, o := range offers {
		if o.Active {
			page.Services = append(page.Services, web.Option{Value: o.Service.ID, Text: o.Service.In(string(p.Lang)).Name})
		}
	}
	if len(page.Services) == 0 {
		page.Empty = &web.Empty{Title: p.T("console.take.none"), Text: p.T("console.take.none-text")}
	}
	for _, lang := range []string{"it", "en", "de", "fr", "sl"} {
		page.Languages = append(page.Languages, web.Option{Value: lang, Text: languageName(p, lang)})
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func languageName(p *i18n.Printer, lang string) string { return p.T("console.language." + lang) }

// take gives the number. The page has a key of its own, so that sending it twice
// gives one number.
func (h *pages) take(w http.ResponseWriter, r *http.Request) error {
	st, err := h.houseOf(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	takeFields(f)
	if f.Err() == nil {
		_, err = h.Counter.Take(r.Context(), actor(r), counter.TakeRequest{
			Office: st.ID, Services: []string{f.Raw("servizio")}, Priority: queue.Priority(f.Raw("priorita")), Language: f.Raw("lingua"),
			Origin: counter.ByOperator, Key: f.Raw("chiave"),
		})
		if err == nil {
			return h.ui.Done(w, r, pathOf(r), "console.take.done")
		}
		if !f.AddAs(err, form.Inputs{"services": "servizio", "priority": "priorita"}) {
			return err
		}
	}
	return h.renderTake(w, r, f)
}
