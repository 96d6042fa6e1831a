package follow

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/sheet"
)

// The addresses of the pages and of the feed.
const (
	rootPath    = programme.Root
	newsPath    = rootPath + "/novita"
	feedPath    = programme.FeedPath
	followPath  = programme.FollowPath
	housesPath  = followPath + "/case" // answers the search of a house
	sentPath    = followPath + "/inviata"
	confirmPath = followPath + "/conferma"
	minePath    = followPath + "/mie"
	stopPath    = followPath + "/stop"
)

// FollowPath is where somebody begins to follow a topic, NewsPath its news.
func FollowPath(t Topic) string { return t.at(followPath) }

// NewsPath is the page with the news of a topic.
func NewsPath(t Topic) string { return t.at(newsPath) }

// PageOptions are what the pages need beside the Service.
type PageOptions struct {
	*Service
	Mailbox string // href of the mails of a demonstration; "" elsewhere
}

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	PageOptions
	ui *web.Renderer
}

// RegisterPages adds the pages of follow to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, o PageOptions) error {
	if err := ui.Add("follow", Pages); err != nil {
		return err
	}
	h := &pages{PageOptions: o, ui: ui}
	// A mail program posts there by itself (RFC 8058): what it may do stands in the
	// address, and no cookie says more.
	ui.AllowOrigins("POST " + stopPath + "/{key}")
	for pattern, handler := range map[string]web.Handler{
		"GET " + newsPath:                h.news,
		"GET " + newsPath + ".csv":       h.list,
		"GET " + feedPath:                h.feed,
		"GET " + followPath:              h.form,
		"POST " + followPath:             h.send,
		"GET " + housesPath:              h.suggest,
		"GET " + sentPath:                h.sent,
		"GET " + confirmPath + "/{key}":  h.showConfirm,
		"POST " + confirmPath + "/{key}": h.confirm,
		"GET " + minePath:                h.mine,
		"POST " + minePath:               h.changeMine,
		"GET " + minePath + "/{key}":     h.linked,
		"POST " + minePath + "/{key}":    h.changeLinked,
		"GET " + stopPath + "/{key}":     h.showStop,
		"POST " + stopPath + "/{key}":    h.stopAll,
	} {
		mux.Handle(pattern, ui.Handle(handler))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// guessed counts a link that opens nothing; TooMany where a client has too many.
func (h *pages) guessed(r *http.Request, err error) error {
	if !errs.HasKey(err, "follow.link.none") {
		return err
	}
	return cmp.Or(h.Access.Limits.Take(r.Context(), wrongLinks, identity.ClientName(web.ClientAddr(r.Context()))), err)
}

// head is the head of a page of this room.
func head(p *i18n.Printer, title string, crumbs ...web.Link) web.Head {
	return programme.PageHead(p, programme.FollowPath, title, crumbs...)
}

// newsPage is the news of a topic.
type newsPage struct {
	web.Head
	Topic  string
	Rows   []newsItem
	Count  string
	Follow string // href
	Feed   web.Link
	List   string     // href of all as a file
	Other  []web.Link // news of what else
	Empty  *web.Empty
	Pages  web.Pages
}

func (newsPage) Template() string { return "follow/news" }

// newsItem is a piece of news in words.
type newsItem struct{ Day, On, Text, Href string }

// perPage is how many news a page has.
const perPage = 30

func (h *pages) news(w http.ResponseWriter, r *http.Request) error {
	q, p := r.URL.Query(), h.ui.Printer(r)
	t, err := TopicOf(h.Live.Network(), q)
	if err != nil {
		return err
	}
	list, err := h.News(r.Context(), t)
	if err != nil {
		return err
	}
	name := t.Say(p, h.Live.Network())
	page := newsPage{Head: head(p, p.T("follow.news.title")), Topic: name, Follow: FollowPath(t), List: t.at(newsPath + ".csv")}
	for _, other := range []Topic{{Kind: Measure}, {Kind: Houses}} {
		if other != t {
			page.Other = append(page.Other, web.Link{Href: NewsPath(other), Text: other.Say(p, h.Live.Network())})
		}
	}
	page.Head.Feed = FeedLink(p, t, name)
	page.Feed = page.Head.Feed
	part := web.RangeOf(q.Get(web.PageField), len(list), perPage)
	page.Pages, page.Count = part.Links(p, r.URL), p.T("follow.news.count", "count", len(list))
	for _, e := range list[part.From:part.To] {
		page.Rows = append(page.Rows, newsItem{e.SayDay(p), e.Day.End().String(), e.Say(p), e.Href})
	}
	if len(list) == 0 {
		page.Empty = &web.Empty{Title: p.T("follow.news.none"), Text: p.T("follow.news.none-text"), Links: []web.Link{{Href: newsPath, Text: p.T("follow.news.all")}}}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// list is all news of a topic as a file for a spreadsheet.
func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	t, err := TopicOf(h.Live.Network(), r.URL.Query())
	if err != nil {
		return err
	}
	list, err := h.News(r.Context(), t)
	if err != nil {
		return err
	}
	return h.ui.CSV(w, r, "novita.csv", func(file io.Writer, style sheet.Style) error {
		out := sheet.NewWriter(file, style, "id", "date", "published", "site", "text", "href")
		for _, e := range list {
			out.Row(e.ID, string(e.Day), rfc3339(e.Known), e.House, e.Say(p), h.URL+e.Href)
		}
		return out.Close()
	})
}

// confirmPage asks whether an address is really to follow something. Opening it
// does nothing: programs that look at mail open links too.
type confirmPage struct {
	web.Head
	Action string
	Facts  []web.Fact
}

func (confirmPage) Template() string { return "follow/confirm" }

func (h *pages) showConfirm(w http.ResponseWriter, r *http.Request) error {
	key, p := r.PathValue("key"), h.ui.Printer(r)
	req, _, err := h.asked(r.Context(), key)
	if err == nil && req.Change {
		err = errNoLink()
	}
	if err != nil {
		return h.guessed(r, err)
	}
	page := confirmPage{Head: head(p, p.T("follow.confirm.title")), Action: confirmPath + "/" + url.PathEscape(key), Facts: []web.Fact{
		{Name: p.T("follow.fact.topic"), Value: req.topic().Say(p, h.Live.Network())},
		{Name: p.T("follow.fact.rhythm"), Value: p.T("follow.rhythm." + string(req.Rhythm))},
		{Name: p.T("follow.fact.address"), Value: masked(req.Address)},
	}}
	page.Private = true
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	id, _, err := h.Confirm(r.Context(), r.PathValue("key"))
	if err != nil {
		return h.guessed(r, err)
	}
	return h.ui.Done(w, r, minePath+"/"+h.link(toChange, id, h.Clock.Now().Add(changeLife)), "follow.done.confirmed")
}

// stopPage ends all that an address follows, with one press.
type stopPage struct {
	web.Head
	Action string
	Change string // href of the page where one ends only a part; "" once it is done
	Topics []string
	Done   bool
}

func (stopPage) Template() string { return "follow/stop" }

func (h *pages) showStop(w http.ResponseWriter, r *http.Request) error {
	ctx, p, key := r.Context(), h.ui.Printer(r), r.PathValue("key")
	id, err := h.open(toStop, key)
	if err != nil {
		return h.guessed(r, err)
	}
	page := stopPage{Head: head(p, p.T("follow.stop.title")), Action: stopPath + "/" + url.PathEscape(key)}
	page.Private = true
	f, err := h.byID(ctx, h.DB, id)
	switch {
	case errs.Is(err, errs.NotFound):
		page.Done = true
	case err != nil:
		return err
	}
	if !page.Done {
		page.Change = minePath + "/" + h.link(toChange, id, h.Clock.Now().Add(time.Hour))
	}
	for _, t := range f.Topics {
		page.Topics = append(page.Topics, t.Say(p, h.Live.Network()))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// stopAll answers people and mail programs alike: done, and led nowhere.
func (h *pages) stopAll(w http.ResponseWriter, r *http.Request) error {
	id, err := h.open(toStop, r.PathValue("key"))
	if err != nil {
		return h.guessed(r, err)
	}
	if err := h.stop(r.Context(), id); err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := stopPage{Head: head(p, p.T("follow.stop.done")), Done: true}
	page.Private = true
	return h.ui.Render(w, r, http.StatusOK, page)
}

// masked is an address that its owner knows again and nobody else reads:
// "m…@example.org".
func masked(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	first := []rune(local)
	if len(first) > 1 {
		first = first[:1]
	}
	return string(first) + "…@" + domain
}
