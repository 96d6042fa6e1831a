package idp

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"polis/internal/platform/errs"
)

// The fields of the form on which somebody says who they are. As parameters of
// the address they answer for the person at once: so tests go without a page.
const (
	FieldPerson = "persona"
	FieldLevel  = "livello"
	FieldFault  = "difetto"

	fieldRequest = "richiesta"
	fieldCancel  = "annulla"
)

// choice is who somebody says they are.
type choice struct {
	person Person
	level  int
	fault  Fault
}

// authorize takes a request: it shows the page on which somebody chooses who they
// are, or what is wrong with the client.
func (f *face) authorize(w http.ResponseWriter, r *http.Request) error {
	if len(r.URL.RawQuery) > maxRequest {
		return errs.New(errs.TooLarge, "form.too_large", nil)
	}
	q := r.URL.Query()
	chosen := url.Values{}
	for _, name := range []string{FieldPerson, FieldLevel, FieldFault} {
		if q.Has(name) {
			chosen.Set(name, q.Get(name))
			q.Del(name)
		}
	}
	q.Del("lang") // the choice of language of our own pages
	req, bad := f.readRequest(r.Context(), q)
	if bad != nil {
		return f.refuse(w, r, req, bad)
	}
	if chosen.Has(FieldPerson) {
		return f.answer(w, r, req, chosen)
	}
	id := f.o.NewID()
	f.requests.put(id, req)
	return f.showChoice(w, r, id, req)
}

// choose takes the form of the page.
func (f *face) choose(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return errs.New(errs.Invalid, "form.unreadable", nil).Because(err)
	}
	req, ok := f.requests.get(r.PostForm.Get(fieldRequest), true)
	if !ok {
		return errs.New(errs.NotFound, "idp.over", nil)
	}
	if r.PostForm.Has(fieldCancel) {
		return f.refuse(w, r, req, NR25.refusal())
	}
	return f.answer(w, r, req, r.PostForm)
}

// answer sends somebody back with a code, or with the error that was chosen.
func (f *face) answer(w http.ResponseWriter, r *http.Request, req request, form url.Values) error {
	c, err := f.chosen(req, form)
	if err != nil {
		return err
	}
	if bad := c.fault.refusal(); bad != nil {
		return f.refuse(w, r, req, bad)
	}
	code := f.o.NewID()
	f.codes.put(code, &grant{request: req, choice: c, at: f.o.Clock.Now()})
	back := url.Values{"code": {code}, "iss": {f.o.Issuer}}
	if req.state != "" {
		back.Set("state", req.state)
	}
	switch c.fault {
	case WrongState:
		back.Set("state", f.o.NewID()+f.o.NewID())
	case MixedUpIssuer:
		back.Set("iss", elsewhere)
	}
	return f.sendBack(w, r, req, back)
}

// chosen reads a choice.
func (p *Provider) chosen(req request, form url.Values) (c choice, err error) {
	i := slices.IndexFunc(p.o.People, func(x Person) bool { return x.Key == form.Get(FieldPerson) })
	if i < 0 {
		return c, errs.New(errs.Invalid, "idp.unknown-person", nil)
	}
	fault, ok := faultNamed(form.Get(FieldFault))
	if !ok {
		return c, errs.New(errs.Invalid, "idp.unknown-fault", nil)
	}
	c = choice{person: p.o.People[i], level: req.least, fault: fault}
	if text := form.Get(FieldLevel); text != "" {
		level, err := strconv.Atoi(text)
		if err != nil || level < req.least || level > 3 {
			return c, errs.New(errs.Invalid, "idp.unknown-level", nil)
		}
		c.level = level
	}
	if fault == LowLevel {
		c.level = req.least - 1 // SpidL0, where the least was asked for: a level that there is not
	}
	return c, nil
}

// refuse answers the client with an error where its address is known and
// registered, and otherwise shows the error to the person.
func (f *face) refuse(w http.ResponseWriter, r *http.Request, req request, bad *oauthError) error {
	f.o.Log.InfoContext(r.Context(), "the demonstration's identity provider refused", "error", bad.Code, "why", bad.Description)
	if req.redirect == "" {
		return f.showRefusal(w, r, bad)
	}
	back := url.Values{"error": {bad.Code}, "error_description": {bad.Description}, "iss": {f.o.Issuer}}
	if req.state != "" {
		back.Set("state", req.state)
	}
	return f.sendBack(w, r, req, back)
}

// sendBack leads to the registered address of the client.
func (f *face) sendBack(w http.ResponseWriter, r *http.Request, req request, answer url.Values) error {
	u, err := url.Parse(req.redirect)
	if err != nil {
		return errs.New(errs.Internal, "error.internal", nil).Because(err)
	}
	q := u.Query()
	for name := range answer {
		q.Set(name, answer.Get(name))
	}
	u.RawQuery = q.Encode()
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
	return nil
}

// mayLead lets the form of a page lead to a client: the policy of our pages lets
// forms lead to ourselves only.
func mayLead(w http.ResponseWriter, redirect string) {
	if u, err := url.Parse(redirect); err == nil && u.Host != "" {
		h := w.Header()
		h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "form-action 'self'", "form-action 'self' "+u.Scheme+"://"+u.Host, 1))
	}
}

// logout ends nothing, since nobody is signed in here for longer than an answer;
// it leads back where the client is registered with the address.
func (f *face) logout(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return errs.New(errs.Invalid, "form.unreadable", nil).Because(err)
	}
	to := r.Form.Get("post_logout_redirect_uri")
	if slices.ContainsFunc(f.o.Clients, func(c Client) bool { return to != "" && slices.Contains(c.LogoutURIs, to) }) {
		req := request{redirect: to}
		back := url.Values{}
		if state := r.Form.Get("state"); state != "" && len(state) <= 512 {
			back.Set("state", state)
		}
		return f.sendBack(w, r, req, back)
	}
	return f.showSignedOut(w, r)
}
