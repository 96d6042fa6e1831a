package appointment

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// managePath is where the counters of offices are managed.
const managePath = "/gestione/sportelli"

// RulesPath is what an office sets for its appointments.
func RulesPath(office string) string {
	return managePath + "/" + url.PathEscape(office) + "/appuntamenti"
}

// rulesPage is what an office sets for its appointments.
type rulesPage struct {
	web.Head
	Form   *form.Form
	Office string
	Action string
	Back   string
	Rev    string
}

func (rulesPage) Template() string { return "appointment/rules" }

// rulesInputs are the inputs for the fields of the Service's errors.
var rulesInputs = form.Inputs{
	"public": "pubblico", "internal": "totale", "lead": "anticipo", "days": "giorni", "margin": "chiusura", "hold": "conferma", "delay": "ritorno",
}

// rulesFields declares the inputs; what is typed is in minutes, days and percent.
func rulesFields(f *form.Form) Rules {
	n := func(name, label string) int { return f.Int(name, label).Required().Value }
	m := func(name, label string) time.Duration { return time.Duration(n(name, label)) * time.Minute }
	return Rules{
		Public: n("pubblico", "appointment.rules.public"), Internal: n("totale", "appointment.rules.internal"),
		Lead: m("anticipo", "appointment.rules.lead"), Days: n("giorni", "appointment.rules.days"), Margin: m("chiusura", "appointment.rules.margin"),
		Hold: m("conferma", "appointment.rules.hold"), Delay: m("ritorno", "appointment.rules.delay"),
	}
}

func (h *pages) rules(w http.ResponseWriter, r *http.Request) error {
	set, rev, err := h.Rules(r.Context(), actor(r), r.PathValue("office"))
	if err != nil {
		return err
	}
	given := url.Values{"rev": {strconv.FormatInt(rev, 10)}}
	for _, b := range bounds {
		given.Set(rulesInputs[b.field], strconv.Itoa(b.of(&set)))
	}
	f := form.Of(given)
	rulesFields(f)
	return h.showRules(w, r, f)
}

func (h *pages) showRules(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	st, err := h.Live.Network().ByCode(r.PathValue("office"))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	back := managePath + "/" + url.PathEscape(st.Code)
	return h.ui.Render(w, r, f.Status(), rulesPage{
		Head: web.DeskHead(managePath, p.T("appointment.rules.title"), web.Link{Href: back, Text: st.Name}),
		Form: f, Office: houseText(h.Live.Network(), st), Action: RulesPath(st.Code), Back: back, Rev: f.Raw("rev"),
	})
}

func (h *pages) setRules(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).CheckSomewhere(identity.DeskWrite); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	set := rulesFields(f)
	if f.Err() == nil {
		rev, _ := strconv.ParseInt(f.Raw("rev"), 10, 64)
		err := h.SetRules(r.Context(), actor(r), r.PathValue("office"), set, rev)
		if err == nil {
			return h.ui.Done(w, r, RulesPath(r.PathValue("office")), "appointment.rules.done")
		}
		if !errs.Is(err, errs.Invalid) || !f.AddAs(err, rulesInputs) {
			return err
		}
	}
	return h.showRules(w, r, f)
}
