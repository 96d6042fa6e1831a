package atm

import (
	"net/http"
	"strconv"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// DemoPath is the page of a demonstration that plays a cash machine.
const DemoPath = "/demo/postamat"

// DemoEntry leads there.
var DemoEntry = web.Entry{Href: DemoPath, Key: "atm.demo.link"}

// demoDevice stands for the machine of the page.
const demoDevice = "demo-postamat"

// Card is a card that can be put in.
type Card struct{ Key, Name string }

// DemoOptions are what the page stands on.
type DemoOptions struct {
	*Service
	Office string // code of the office at which it stands if nobody says otherwise
	Cards  []Card
	// Person is the id of whose card it is.
	Person func(key string) (string, error)
}

// key is a key beside the screen, with what the screen says beside it; without a
// number it does nothing.
type key struct {
	Number int
	Text   string
}

type demoPage struct {
	web.Head
	Screen       Screen
	Sides        [][]key // left and right
	Token        string
	Office, Name string
	Cards        []Card
	Card         string
	Notice       string
}

func (demoPage) Template() string { return "atm/demo" }

// RegisterDemo adds the page to a mux. Who opens it is nobody: the cards are those of
// the test people.
func RegisterDemo(mux *http.ServeMux, ui *web.Renderer, o DemoOptions) error {
	if err := ui.Add("atm", Pages); err != nil {
		return err
	}
	h := &demo{o, ui}
	mux.Handle("GET "+DemoPath, ui.Handle(h.start))
	mux.Handle("POST "+DemoPath, ui.Handle(h.press))
	return nil
}

type demo struct {
	DemoOptions
	ui *web.Renderer
}

// page is the machine before a card is put in.
func (h *demo) page(r *http.Request, office string) (demoPage, error) {
	if office == "" {
		office = h.Office
	}
	st, err := h.Counter.Office(office)
	if err != nil {
		return demoPage{}, err
	}
	p := h.ui.Printer(r)
	return demoPage{
		Head: web.Head{Framed: true, Title: p.T("atm.demo.title"), Private: true, Styles: "atm.css"}, Office: st.Code, Name: st.Name, Cards: h.Cards,
		Screen: Screen{Title: p.T("atm.demo.welcome"), Lines: []string{fit(st.Name)}}, Sides: sidesOf(nil),
	}, nil
}

func (h *demo) start(w http.ResponseWriter, r *http.Request) error {
	page, err := h.page(r, r.URL.Query().Get("ufficio"))
	if err != nil {
		return err
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// press is a card that is put in, or a key.
func (h *demo) press(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page, err := h.page(r, f.String("ufficio", "atm.demo.office").Max(100).Value)
	if err != nil {
		return err
	}
	page.Card = f.String("carta", "atm.demo.card").Max(40).Value
	var x Session
	if token := f.Long("sessione", "atm.demo.title", 8192).Value; token != "" {
		n, _ := strconv.Atoi(f.String("tasto", "atm.demo.keys").Max(2).Value)
		x, err = h.answer(r.Context(), demoDevice, token, n)
	} else {
		x, err = h.insert(r, page, p.Lang)
	}
	status := http.StatusOK
	switch e := errs.As(err); {
	case errs.HasKey(err, "atm.over"), errs.HasKey(err, "atm.answer"), errs.HasKey(err, "identity.demo.unknown"):
		page.Notice, status = p.T(e.Key, e.Args), http.StatusUnprocessableEntity
	case err != nil:
		return err
	default:
		page.Screen, page.Token, page.Sides = x.Screen, x.Token, sidesOf(x.Screen.Choices)
	}
	return h.ui.Render(w, r, status, page)
}

// insert begins with the card that was put in.
func (h *demo) insert(r *http.Request, page demoPage, lang i18n.Lang) (x Session, err error) {
	st, err := h.Counter.Office(page.Office)
	if err != nil {
		return x, err
	}
	person := ""
	if page.Card != "" {
		if person, err = h.Person(page.Card); err != nil {
			return x, err
		}
	}
	return h.Service.begin(r.Context(), demoDevice, st.ID, person, lang)
}

// sidesOf puts the choices beside the keys: the first four to the left.
func sidesOf(choices []string) [][]key {
	keys := make([]key, Choices)
	for i, text := range choices {
		keys[i] = key{i + 1, text}
	}
	return [][]key{keys[:Choices/2], keys[Choices/2:]}
}
