package web

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"polis/internal/platform/errs"
)

// partyField is the input by which a form says for whom it was opened. It is the
// first of its form, so that it comes first in what is sent.
const partyField = "_per"

// withParty puts the input into every form of the main part of a page that acts. A
// form that has it already was filled in earlier, and keeps it.
func withParty(page []byte, party string) []byte {
	from := bytes.Index(page, []byte("<main "))
	if party == "" || from < 0 {
		return page
	}
	input := []byte(`<input type="hidden" name="` + partyField + `" value="` + url.QueryEscape(party) + `">`)
	out := append(make([]byte, 0, len(page)+8*len(input)), page[:from]...)
	for rest := page[from:]; ; {
		at := bytes.Index(rest, []byte("<form"))
		if at < 0 {
			return append(out, rest...)
		}
		end := at + bytes.IndexByte(rest[at:], '>') + 1
		tag := rest[at:end]
		out, rest = append(out, rest[:end]...), rest[end:]
		inside, _, _ := bytes.Cut(rest, []byte("</form>"))
		if bytes.Contains(tag, []byte(`method="post"`)) && !bytes.Contains(inside, []byte(`name="`+partyField+`"`)) {
			out = append(out, input...)
		}
	}
}

// partyWithin is in how many of the first bytes of a form the input stands.
const partyWithin = 1 << 10

// partyOf is for whom a form that is sent was opened; "" where it does not say. The
// body can be read as before.
func partyOf(r *http.Request) string {
	body := bufio.NewReaderSize(r.Body, partyWithin)
	start, err := body.Peek(partyWithin)
	r.Body = struct {
		io.Reader
		io.Closer
	}{body, r.Body}
	kind, params, wrong := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case wrong != nil:
		return ""
	case kind == "multipart/form-data":
		part, wrong := multipart.NewReader(bytes.NewReader(start), params["boundary"]).NextPart()
		if wrong != nil || part.FormName() != partyField {
			return ""
		}
		value, _ := io.ReadAll(io.LimitReader(part, 100)) // what is cut is no party of ours
		return string(value)
	}
	if err == nil { // there is more: the last may be cut
		start = start[:bytes.LastIndexByte(start, '&')+1]
	}
	for pair := range bytes.SplitSeq(start, []byte("&")) {
		if value, ours := bytes.CutPrefix(pair, []byte(partyField+"=")); ours {
			return string(value)
		}
	}
	return ""
}

// SameParty lets a form through only while the session acts for whom it was opened:
// it may have been turned to somebody else in another window, and nothing is done
// for whom nobody meant. What is no form of ours says nothing, and is let through;
// so are signing in and out.
func (rd *Renderer) SameParty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := rd.cfg.Party(r)
		if r.Method != http.MethodPost || now == "" || rd.ofSession(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if was := partyOf(r); was == "" || was == now {
			next.ServeHTTP(w, r)
			return
		}
		rd.otherParty(w, r)
	})
}

func (rd *Renderer) ofSession(path string) bool {
	return path == rd.cfg.SignOut || path == rd.cfg.SignIn || strings.HasPrefix(path, rd.cfg.SignIn+"/")
}

// partyPage says that a form was not sent, why, and what to do.
type partyPage struct {
	Head
	Now    string // for whom they act now
	Self   bool   // who is themselves
	Again  string // href of the page with the form; "" where it is not known
	Choose string // href of the page where they say for whom they act
	Back   string // action of the POST with which they act for themselves again
}

func (partyPage) Template() string { return "web/party" }

func (rd *Renderer) otherParty(w http.ResponseWriter, r *http.Request) {
	page, who := partyPage{Self: true}, rd.cfg.Person(r)
	if who != nil {
		page.Now, page.Choose = who.Name, who.Choose
		if who.For != "" {
			page.Now, page.Self, page.Back = who.For, false, who.Back
		}
	}
	if WantsProblem(r) {
		rd.Error(w, r, errs.New(errs.Conflict, "web.party.other", errs.Args{"name": page.Now}))
		return
	}
	page.Head = Head{Title: rd.Printer(r).T("web.party.title"), Private: true}
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
		page.Again = LocalPath(from.RequestURI())
	}
	if err := rd.Render(w, r, http.StatusConflict, page); err != nil {
		rd.Error(w, r, err)
	}
}
