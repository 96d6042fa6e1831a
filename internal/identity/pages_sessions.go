package identity

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// The addresses of sessions and of their end.
const (
	sessionsPath = profilePath + "/sessioni"
	ProlongPath  = SignInPath + "/ancora"
	OverPath     = SignInPath + "/fine" // says that a session of a shared device is over
	sharePath    = SignInPath + "/condiviso"
)

func (h *pages) sessionRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + sessionsPath:                  h.showSessions,
		"POST " + sessionsPath + "/altri/fine": h.endOtherSessions,
		"POST " + sessionsPath + "/{id}/fine":  h.endSession,
	}
}

// sessionsPage lists the sessions of who looks at it.
type sessionsPage struct {
	web.Head
	Rows   []sessionRow
	Others int
}

func (sessionsPage) Template() string { return "identity/sessions" }

// sessionRow is one of them.
type sessionRow struct {
	ID, Browser     string
	Current, Shared bool
	Facts           []web.Fact
}

func (h *pages) showSessions(w http.ResponseWriter, r *http.Request) error {
	list, err := h.Sessions.Own(r.Context(), ActorFrom(r.Context()))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r).In(i18n.Rome)
	page := sessionsPage{Head: web.Head{Title: p.T("identity.sessions.title"), Private: true, Crumbs: h.profileCrumbs(h.ui.Printer(r))}}
	for _, x := range list {
		row := sessionRow{ID: x.ID, Browser: browserText(p.T, x.Browser), Current: x.Current, Shared: x.Shared, Facts: []web.Fact{
			{Name: p.T("identity.sessions.since"), Value: p.DateTime(x.Created)},
			{Name: p.T("identity.sessions.seen"), Value: p.DateTime(x.Seen)},
			{Name: p.T("identity.sessions.ends"), Value: p.DateTime(x.Ends)},
		}}
		if how := methodText(p, x.Method); how != "" {
			row.Facts = append(row.Facts, web.Fact{Name: p.T("identity.sessions.how"), Value: how})
		}
		if x.Level > LevelNone {
			row.Facts = append(row.Facts, web.Fact{Name: p.T("identity.sessions.level"), Value: p.T("identity.sessions.level." + strconv.Itoa(int(x.Level)))})
		}
		if x.Current { // first, wherever it was used
			page.Rows = append([]sessionRow{row}, page.Rows...)
		} else {
			page.Rows = append(page.Rows, row)
			page.Others++
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// methodText is how somebody came in, in words; "" where it is not known.
func methodText(p *i18n.Printer, method string) string {
	kind, _, _ := strings.Cut(method, ":")
	switch kind {
	case "code", "link", "invitation", "passkey", "oidc", "demo":
		return p.T("identity.sessions.method." + kind)
	}
	return ""
}

func (h *pages) endSession(w http.ResponseWriter, r *http.Request) error {
	actor := ActorFrom(r.Context())
	if r.PathValue("id") == actor.Session {
		return h.signOut(w, r)
	}
	err := h.Sessions.End(r.Context(), actor, r.PathValue("id"))
	if err != nil && !errs.HasKey(err, "identity.session") { // a second tap finds it ended
		return err
	}
	return h.ui.Done(w, r, sessionsPath, "identity.sessions.ended")
}

func (h *pages) endOtherSessions(w http.ResponseWriter, r *http.Request) error {
	if err := h.Sessions.EndOthers(r.Context(), ActorFrom(r.Context())); err != nil {
		return err
	}
	return h.ui.Done(w, r, sessionsPath, "identity.sessions.others-ended")
}

// share notes whether others use the device, before somebody signs in at it.
func (h *pages) share(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	h.Sessions.Share(r.Context(), f.Raw("condiviso") == "si")
	return web.Redirect(w, r, SignInPath+"?next="+url.QueryEscape(back(f.Raw("next"))))
}

// prolong uses the session of a shared device once more. A script is told for how
// long; a form goes back to its page.
func (h *pages) prolong(w http.ResponseWriter, r *http.Request) error {
	e, err := h.Sessions.Prolong(r)
	if strings.Contains(r.Header.Get("Accept"), "json") {
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		return json.NewEncoder(w).Encode(map[string]any{"seconds": seconds(e), "last": e.Last})
	}
	if err != nil {
		return web.Redirect(w, r, OverPath)
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, back(f.Raw("next")))
}

func seconds(e Ending) int { return int(e.Left.Seconds()) }

// EndingOf is what the layout tells of the session of a request.
func (s *Sessions) EndingOf(r *http.Request) *web.Ending {
	e, soon := s.Ending(r)
	if !soon {
		return nil
	}
	return &web.Ending{Seconds: seconds(e), Idle: int((e.Idle + time.Minute - 1) / time.Minute), Last: e.Last, Prolong: ProlongPath, Over: OverPath}
}

// Clean leaves nothing of a person in a browser that others use. What a device of a
// house is known by lies in the same storage: there the page that follows clears
// the rest by a script.
func (s *Sessions) Clean(w http.ResponseWriter, r *http.Request) {
	secure := s.manager.Cookie.Secure
	wipe := `"cache", "storage"`
	if c, err := r.Cookie(DeviceCookie(secure)); err == nil && c.Value != "" {
		wipe = `"cache"`
	}
	w.Header().Set("Clear-Site-Data", wipe)
	for _, name := range []string{web.LangCookie, MarkCookie(secure), KnownCookie(secure)} {
		http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode})
	}
}

// overPage says that nobody is signed in any more.
type overPage struct {
	web.Head
	Ask bool // somebody is: asks whether to sign out
}

func (overPage) Template() string { return "identity/over" }

// backToStart is after how many seconds the page that follows a session makes room
// for the first one.
const backToStart = "20; url=/"

func (h *pages) showOver(w http.ResponseWriter, r *http.Request) error {
	if ActorFrom(r.Context()).SignedIn() {
		return h.askSignOut(w, r)
	}
	h.Sessions.Clean(w, r)
	w.Header().Set("Refresh", backToStart)
	return h.ui.Render(w, r, http.StatusOK, overPage{Head: web.Head{Title: h.ui.Printer(r).T("identity.over.title"), Private: true}})
}

// askSignOut is for who opens the address by hand: a link of elsewhere signs nobody
// out.
func (h *pages) askSignOut(w http.ResponseWriter, r *http.Request) error {
	if !ActorFrom(r.Context()).SignedIn() {
		return web.Redirect(w, r, home)
	}
	return h.ui.Render(w, r, http.StatusOK, overPage{Head: web.Head{Title: h.ui.Printer(r).T("identity.over.ask"), Private: true}, Ask: true})
}
