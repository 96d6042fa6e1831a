package follow

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// minePage is all that an address follows, to be changed or ended; or the way to
// it, for who has neither a link nor an address of their own here.
type minePage struct {
	web.Head
	Form    *form.Form
	Known   bool // whose it is, is known
	Mails   bool
	Action  string
	Address string // masked
	Rows    []mineRow
	Rhythms []web.Option
	Empty   *web.Empty
}

func (minePage) Template() string { return "follow/mine" }

// mineRow is one thing that is followed.
type mineRow struct {
	Text, Href string
	Value      string // of the button that ends it
	Drop       string // name of that button for who does not see the row
}

// Part is the row of the profile about what somebody follows.
func (s *Service) Part() identity.ProfilePart {
	return identity.ProfilePart{
		Entry: web.Entry{Href: minePath, Key: "follow.mine.title"}, Group: identity.GroupYou,
		Now: func(ctx context.Context, actor identity.Actor, p *i18n.Printer) (string, error) {
			f, _, err := s.own(ctx, actor)
			if len(f.Topics) == 0 {
				return p.T("follow.mine.none"), err
			}
			return p.T("follow.mine.now", "count", len(f.Topics)), err
		},
	}
}

func (h *pages) mine(w http.ResponseWriter, r *http.Request) error {
	f, address, err := h.own(r.Context(), actor(r))
	if err != nil {
		return err
	}
	if address == "" {
		return h.showAsk(w, r, form.Of(nil))
	}
	f.Address = address
	return h.showMine(w, r, f, minePath)
}

// showAsk asks for the address that is to be mailed the link to what it follows.
func (h *pages) showAsk(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	p := h.ui.Printer(r)
	if f.Label("email") == "" {
		f.String("email", "follow.form.email").Max(254).Required()
	}
	page := minePage{Head: head(p, p.T("follow.mine.title"), web.Link{Href: followPath, Text: p.T("follow.form.title")}), Form: f, Mails: h.Mails(), Action: minePath}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) showMine(w http.ResponseWriter, r *http.Request, x Follower, action string) error {
	p, net := h.ui.Printer(r), h.Live.Network()
	f := form.Of(url.Values{"ritmo": {slugOf(x.Rhythm)}})
	f.Choice("ritmo", "follow.form.rhythm", rhythms[0].slug, rhythms[1].slug)
	page := minePage{
		Head: head(p, p.T("follow.mine.title"), web.Link{Href: followPath, Text: p.T("follow.form.title")}), Form: f, Known: true, Mails: h.Mails(),
		Action: action, Address: masked(x.Address), Rhythms: rhythmOptions(p),
	}
	page.Private = true
	for _, t := range x.Topics {
		text := t.Say(p, net)
		page.Rows = append(page.Rows, mineRow{Text: text, Href: NewsPath(t), Value: string(t.Kind) + ":" + t.Place, Drop: p.T("follow.mine.drop-one", "topic", text)})
	}
	if len(x.Topics) == 0 {
		page.Empty = &web.Empty{Title: p.T("follow.mine.none"), Text: p.T("follow.mine.none-text"), Links: []web.Link{{Href: followPath, Text: p.T("follow.form.title")}}}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// changeMine changes what the actor's own address follows; of who has none here it
// takes an address that is to be mailed the link. The answer is the same for every
// address.
func (h *pages) changeMine(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	x, address, err := h.own(r.Context(), actor(r))
	if err != nil {
		return err
	}
	if address != "" {
		return h.change(w, r, f, x.ID, minePath)
	}
	email := f.String("email", "follow.form.email").Max(254).Required()
	if f.Err() != nil {
		return h.showAsk(w, r, f)
	}
	err = h.AskChange(r.Context(), email.Value, string(h.ui.Printer(r).Lang), web.ClientAddr(r.Context()))
	if f.AddAs(err, nil) {
		return h.showAsk(w, r, f)
	}
	if err != nil {
		return identity.Later(w, err)
	}
	return h.ui.Done(w, r, minePath, "follow.done.change-asked")
}

// linked is what the address of a link follows.
func (h *pages) linked(w http.ResponseWriter, r *http.Request) error {
	id, err := h.open(toChange, r.PathValue("key"))
	if err != nil {
		return h.guessed(r, err)
	}
	x, err := h.byID(r.Context(), h.DB, id)
	if err != nil && !errs.Is(err, errs.NotFound) { // it follows nothing any more
		return err
	}
	return h.showMine(w, r, x, minePath+"/"+url.PathEscape(r.PathValue("key")))
}

func (h *pages) changeLinked(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	id, err := h.open(toChange, r.PathValue("key"))
	if err != nil {
		return h.guessed(r, err)
	}
	return h.change(w, r, f, id, minePath+"/"+url.PathEscape(r.PathValue("key")))
}

// change does what a button of the page says.
func (h *pages) change(w http.ResponseWriter, r *http.Request, f *form.Form, id, back string) (err error) {
	done := "follow.done.dropped"
	switch {
	case f.Has("tutto"):
		err, done = h.stop(r.Context(), id), "follow.done.stopped"
	case f.Has("togli"):
		kind, place, _ := strings.Cut(f.Raw("togli"), ":")
		err = h.drop(r.Context(), id, Topic{Kind(kind), place})
	default:
		rhythm := rhythmOf(f.Raw("ritmo"))
		if !rhythm.valid() {
			return errs.New(errs.Invalid, "follow.form.no-rhythm", nil)
		}
		err, done = h.often(r.Context(), id, rhythm), "follow.done.rhythm"
	}
	if err != nil {
		return err
	}
	return h.ui.Done(w, r, back, done)
}
