package notify

import (
	"embed"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/errs"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// Pages are the templates of notify.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// Mailbox is the link to the demonstration's mailbox, for its strip.
var Mailbox = web.Entry{Href: mailboxPath, Key: "notify.mailbox.title"}

const mailboxPath = "/demo/posta"

// RegisterMailbox adds the pages that show what a demonstration writes to its
// test people. Everybody may read everything.
func RegisterMailbox(mux *http.ServeMux, ui *web.Renderer, folder mail.Folder) error {
	if err := ui.Add("notify", Pages); err != nil {
		return err
	}
	h := &mailbox{ui, folder}
	mux.Handle("GET "+mailboxPath, ui.Handle(h.list))
	mux.Handle("GET "+mailboxPath+"/{name}", ui.Handle(h.letter))
	mux.Handle("GET "+mailboxPath+"/{name}/messaggio.eml", ui.Handle(h.raw))
	mux.Handle("GET "+mailboxPath+"/{name}/calendario/{n}", ui.Handle(h.calendar))
	return nil
}

type mailbox struct {
	ui     *web.Renderer
	folder mail.Folder
}

// lettersPerPage is how many messages one page of the list shows.
const lettersPerPage = 20

type mailboxPage struct {
	web.Head
	Letters []letterRow
	Pages   web.Pages
}

func (mailboxPage) Template() string { return "notify/mailbox" }

type letterRow struct {
	Href, Subject, To, Lang, Preview string
	At                               time.Time
	Calendars                        int
}

// list shows the messages, newest first; ?dopo= is the one after which to go
// on.
func (h *mailbox) list(w http.ResponseWriter, r *http.Request) error {
	names, err := h.folder.List()
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := mailboxPage{Head: web.Head{Title: p.T(Mailbox.Key), Private: true}}
	if before := r.URL.Query().Get(web.AfterField); before != "" {
		from := slices.IndexFunc(names, func(n string) bool { return n < before })
		if from < 0 {
			from = len(names)
		}
		names = names[from:]
	}
	names, next := web.Cut(names, lettersPerPage, func(name string) string { return name })
	page.Pages = web.PagesAfter(r.URL, next)
	for _, name := range names {
		l, err := h.folder.Open(name)
		if err != nil {
			continue // somebody put a file there, or took one away
		}
		page.Letters = append(page.Letters, letterRow{
			Href: mailboxPath + "/" + name, Subject: l.Subject, To: l.To, Lang: l.Lang, At: l.At,
			Preview: preview(l.Text), Calendars: len(l.Calendars),
		})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// preview is the beginning of a text, on one line.
func preview(text string) string {
	const most = 160
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) <= most {
		return string(line)
	}
	cut := string(line[:most])
	if space := strings.LastIndexByte(cut, ' '); space > 0 {
		cut = cut[:space]
	}
	return cut + " …"
}

type letterPage struct {
	web.Head
	Facts     []web.Fact
	Lang      string
	Text      []segment
	Calendars []web.Link
	Raw       string // href of the file
}

func (letterPage) Template() string { return "notify/letter" }

func (h *mailbox) letter(w http.ResponseWriter, r *http.Request) error {
	l, err := h.open(r)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	path := mailboxPath + "/" + l.Name
	page := letterPage{
		Head: web.Head{Title: l.Subject, Private: true, Crumbs: []web.Link{{Href: mailboxPath, Text: p.T(Mailbox.Key)}}},
		Facts: []web.Fact{
			{Name: p.T("notify.mailbox.from"), Value: l.From},
			{Name: p.T("notify.mailbox.to"), Value: l.To},
			{Name: p.T("notify.mailbox.at"), Value: p.DateTime(l.At)},
		},
		Lang: l.Lang, Text: segments(l.Text), Raw: path + "/messaggio.eml",
	}
	for i, c := range l.Calendars {
		key := "notify.mailbox.keep"
		if c.Method == "CANCEL" {
			key = "notify.mailbox.remove"
		}
		page.Calendars = append(page.Calendars, web.Link{
			Href: path + "/calendario/" + strconv.Itoa(i+1), Text: p.T(key, "file", c.Name),
		})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// segment is a piece of a text: an address of the web where Href is set.
type segment struct{ Text, Href string }

var address = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)

// segments cuts a text at the addresses in it, as mail programs do.
func segments(text string) (list []segment) {
	for text != "" {
		at := address.FindStringIndex(text)
		if at == nil {
			return append(list, segment{Text: text})
		}
		if at[0] > 0 {
			list = append(list, segment{Text: text[:at[0]]})
		}
		found := text[at[0]:at[1]]
		list, text = append(list, segment{found, found}), text[at[1]:]
	}
	return list
}

func (h *mailbox) open(r *http.Request) (mail.Letter, error) {
	l, err := h.folder.Open(r.PathValue("name"))
	return l, found(err)
}

func found(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "notify.unknown", nil)
	}
	return err
}

func (h *mailbox) raw(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	data, err := h.folder.Raw(name)
	if err != nil {
		return found(err)
	}
	return download(w, "message/rfc822", name+".eml", data)
}

func (h *mailbox) calendar(w http.ResponseWriter, r *http.Request) error {
	l, err := h.open(r)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > len(l.Calendars) {
		return errs.New(errs.NotFound, "notify.unknown", nil)
	}
	c := l.Calendars[n-1]
	return download(w, "text/calendar; charset=utf-8", c.Name, c.Data)
}

func download(w http.ResponseWriter, contentType, name string, data []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err := w.Write(data)
	return err
}
