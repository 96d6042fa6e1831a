package device

import (
	"embed"
	"encoding/json"
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// Pages are the templates of the package.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// The addresses of the pages.
const (
	herePath  = "/dispositivo" // on which a browser becomes a device
	provePath = herePath + "/sessione"
	deskPath  = "/gestione/dispositivi"
)

// DeskEntry leads to the pages of who looks after devices.
var DeskEntry = web.Entry{Href: deskPath, Key: "device.desk.nav"}

// PageOptions are what the pages work with.
type PageOptions struct {
	Service *Service
	Secure  bool // the public address is https
	People  *identity.People
}

type pages struct {
	*Service
	PageOptions

	ui *web.Renderer
}

// RegisterPages adds the pages of devices to a mux. They stand behind Middleware and
// identity.Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := ui.Add("device", Pages); err != nil {
		return err
	}
	h := &pages{Service: o.Service, PageOptions: o, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + herePath:                   h.show,
		"POST " + herePath:                  h.become,
		"POST " + provePath:                 h.prove,
		"GET " + deskPath:                   h.list,
		"GET " + deskPath + "/sedi":         h.suggestHouses,
		"GET " + deskPath + "/nuovo":        h.showNew,
		"POST " + deskPath + "/nuovo":       h.add,
		"GET " + deskPath + "/{id}":         h.showOne,
		"POST " + deskPath + "/{id}/codice": h.newCode,
		"GET " + deskPath + "/{id}/codice":  h.toOne,
		"GET " + deskPath + "/{id}/revoca":  h.askRevoke,
		"POST " + deskPath + "/{id}/revoca": h.revoke,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

// herePage is where a browser becomes a device of a house.
type herePage struct {
	web.Head
	Form     *form.Form
	Is       []web.Fact // the device that it is; nil where it is none
	Audience string     // for whom its proofs are made
	Was      bool       // it is one whose session is over
}

func (herePage) Template() string { return "device/here" }

func codeField(f *form.Form) *form.Text {
	return f.String("codice", "device.here.code").Max(40).Required().Says("device.code.form")
}

func (h *pages) show(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	codeField(f)
	return h.render(w, r, f)
}

func (h *pages) render(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p := h.ui.Printer(r)
	page := herePage{Head: web.Head{Title: p.T("device.here.title"), Private: true}, Form: f, Audience: h.URL}
	c, err := r.Cookie(identity.DeviceCookie(h.Secure))
	if err == nil && c.Value != "" {
		session, err := h.Of(r.Context(), c.Value)
		switch {
		case err == nil:
			d := session.Device
			page.Title = p.T("device.here.is")
			page.Is = []web.Fact{
				{Name: p.T("device.desk.name"), Value: d.Name},
				{Name: p.T("device.desk.kind"), Value: p.T(d.Kind.Label())},
				{Name: p.T("device.desk.house"), Value: h.houseName(d.Site)},
			}
		case errs.HasKey(err, "device.proof"):
			page.Was = true
		default:
			return err
		}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// become enrols the browser: its script has made a key and sends the public half.
func (h *pages) become(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	code := codeField(f)
	if f.Raw("chiave") == "" { // sent without the script
		f.Add(errs.New(errs.Rule, "device.here.no-script", nil).On("codice"))
		return h.render(w, r, f)
	}
	d, err := h.Enrol(r.Context(), Enrolment{Code: code.Value, Kinds: []Kind{Kiosk, Board}, Key: []byte(f.Raw("chiave")), Client: web.ClientAddr(r.Context())})
	if err != nil {
		return err
	}
	h.keep(w, "-", h.Secure) // people share it from now on
	return answer(w, map[string]string{"id": d.ID, "audience": h.URL})
}

// prove begins the session of the device that the browser is.
func (h *pages) prove(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	session, err := h.ProveFrom(r.Context(), web.ClientAddr(r.Context()), f.Raw("prova"))
	if err != nil {
		return err
	}
	h.keep(w, session.Token, h.Secure)
	return answer(w, map[string]string{"id": session.Device.ID})
}

func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(v)
}
