package kiosk

import (
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/web"
)

// DemoPath is the page of a demonstration on which kiosk, console, board, telephone
// and ATM of one office stand side by side.
const DemoPath = "/demo/sportello"

// DemoEntry leads there.
var DemoEntry = web.Entry{Href: DemoPath, Key: "kiosk.demo.link"}

// DemoOptions are what it stands on.
type DemoOptions struct {
	Counter func(office string) (code, name, id string, err error)
	Office  string // code of the office that is shown where none is asked for
	// Console is the desk of an office.
	Console func(office string, desk int) string
	// Phone is where people at home see an office, ATM the page that plays an ATM; ""
	// where there is none.
	Phone  func(office string) string
	ATM    string
	SignIn string
}

// demoPage shows the screens of an office, and the telephone of who comes.
type demoPage struct {
	web.Head
	Office, Name string
	Screens      []demoScreen
	SignIn       string // where the viewer becomes an operator; empty where they are one
}

func (demoPage) Template() string { return "kiosk/demo" }

// demoScreen is one of them; Href is empty where the viewer may not see it.
type demoScreen struct{ ID, Title, Href string }

// RegisterDemo adds the page to a mux, after RegisterPages.
func RegisterDemo(mux *http.ServeMux, ui *web.Renderer, o DemoOptions) {
	mux.Handle("GET "+DemoPath, ui.Handle(func(w http.ResponseWriter, r *http.Request) error {
		office := r.URL.Query().Get("ufficio")
		if office == "" {
			office = o.Office
		}
		code, name, id, err := o.Counter(office)
		if err != nil {
			return err
		}
		p := ui.Printer(r)
		page := demoPage{
			Head: web.Head{Title: p.T("kiosk.demo.title"), Private: true, Styles: "counter.css", Frames: true}, Office: code, Name: name,
			Screens: []demoScreen{
				{"totem", p.T("kiosk.demo.kiosk"), Path(code)},
				{"postazione", p.T("kiosk.demo.console"), ""},
				{"tabellone", p.T("kiosk.demo.board"), BoardPath(code)},
				{"telefono", p.T("kiosk.demo.phone"), o.Phone(code)},
			},
		}
		if o.ATM != "" {
			page.Screens = append(page.Screens, demoScreen{"postamat", p.T("kiosk.demo.atm"), o.ATM})
		}
		if identity.ActorFrom(r.Context()).May(identity.QueueWork, identity.Site(id)) {
			page.Screens[1].Href = o.Console(code, 1)
		} else {
			page.SignIn = o.SignIn + "?next=" + DemoPath
		}
		return ui.Render(w, r, http.StatusOK, page)
	}))
}
