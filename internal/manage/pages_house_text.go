package manage

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// textPage is the house rules of a house or of the network: the version that
// holds, the form of the next one, the earlier ones.
type textPage struct {
	houseHead
	change
	Action   string
	Holds    string // how the house rules stand
	Changes  []textChange
	Who      string // is asked to accept
	Version  string // of what would be published
	Editions []edition
	Pages    web.Pages
}

func (textPage) Template() string { return "manage/house-rules" }

// textChange is what a new version changes in one language.
type textChange struct {
	Language string
	Parts    []paragraph
}

// paragraph of a comparison: the same, added or removed.
type paragraph struct{ How, Text string }

// edition is a version in the list of them.
type edition struct{ Href, Name, Since string }

const editionsPerPage = 20

// readField keeps which text somebody has seen the changes of.
const readField = "letto"

func textPath(at rulesPlace) string {
	if at.st == nil {
		return Root + "/regolamento"
	}
	return housePath(at.st.Code) + "/regolamento"
}

// textOf are the house rules that a place has of its own; version 0 where it has
// none.
func (h *pages) textOf(at rulesPlace) site.HouseRules {
	r, ok := h.Live.Network().HouseRules(at.id())
	if !ok || r.Site != at.id() {
		return site.HouseRules{Site: at.id()}
	}
	return r
}

// textState tells how the house rules of a place stand.
func (h *pages) textState(p *i18n.Printer, at rulesPlace) string {
	r, ok := h.Live.Network().HouseRules(at.id())
	switch {
	case !ok:
		return p.T("manage.text.none")
	case r.Site == at.id():
		return p.T("manage.text.version", "n", r.Version, "day", p.DateShort(r.Since))
	}
	return p.T("manage.text.of-network", "n", r.Version, "day", p.DateShort(r.Since))
}

// textValues are what the form shows: the text that holds.
func (h *pages) textValues(at rulesPlace) url.Values {
	r, _ := h.Live.Network().HouseRules(at.id())
	return url.Values{"testo": {r.Text.IT}, "text": {r.Text.EN}}
}

func readText(f *form.Form) site.Text {
	it := f.String("testo", "manage.text.it").Required().Max(site.MaxHouseRules)
	en := f.String("text", "manage.text.en").Max(site.MaxHouseRules)
	return site.Text{IT: lines(it.Value), EN: lines(en.Value)}
}

func (h *pages) textPage(w http.ResponseWriter, r *http.Request) error {
	at, head, err := h.place(r)
	if err != nil {
		return err
	}
	c := newChange(h.textValues(at))
	readText(c.Form)
	return h.showText(w, r, at, head, c, nil, http.StatusOK)
}

// showText shows the house rules of a place; next is the text whose changes are
// to be seen, nil for none.
func (h *pages) showText(w http.ResponseWriter, r *http.Request, at rulesPlace, head houseHead, c change, next *site.Text, status int) error {
	p := h.ui.Printer(r)
	page := textPage{houseHead: head, change: c, Action: textPath(at), Holds: h.textState(p, at)}
	page.Crumbs = append(page.Crumbs, link(at.path(), head.Title))
	page.Title = p.T("manage.house.title", "house", at.name, "tab", p.T("manage.text.title"))
	page.Saving, page.Cancel = p.T("manage.text.compare"), at.path()
	own, holds := h.textOf(at), h.textValues(at)
	if next != nil {
		page.Version = p.T("manage.text.publish", "n", own.Version+1)
		page.Saving, page.Preview = page.Version, p.T("manage.text.compare-again")
		page.Changes = []textChange{
			{p.T("manage.text.it"), compare(holds.Get("testo"), next.IT)},
			{p.T("manage.text.en"), compare(holds.Get("text"), next.EN)},
		}
		page.Who = h.asked(p, at)
	}
	before := atoi(r.URL.Query().Get(web.AfterField))
	if before <= 0 {
		before = own.Version + 1
	}
	list, err := h.Sites.HouseRulesOf(r.Context(), at.id(), before, editionsPerPage+1)
	if err != nil {
		return err
	}
	list, older := web.Cut(list, editionsPerPage, func(v site.HouseRules) string { return strconv.Itoa(v.Version) })
	page.Pages = web.PagesAfter(r.URL, older)
	for _, v := range list {
		page.Editions = append(page.Editions, edition{textPath(at) + "/" + strconv.Itoa(v.Version), p.T("manage.text.edition", "n", v.Version), p.DateShort(v.Since)})
	}
	return h.ui.Render(w, r, status, page)
}

// asked says who would be asked to accept a new version.
func (h *pages) asked(p *i18n.Printer, at rulesPlace) string {
	if at.st != nil {
		return p.T("manage.text.asked-house", "house", at.name)
	}
	net, n := h.Live.Network(), 0
	for _, hit := range net.Sites(site.Filter{}) {
		if r, ok := net.HouseRules(hit.Site.ID); !ok || r.Site == "" {
			n++
		}
	}
	return p.T("manage.text.asked-network", "count", n)
}

func (h *pages) saveText(w http.ResponseWriter, r *http.Request) error {
	at, head, err := h.place(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	c := change{Form: f}
	c.others = c.rebase(f.Raw(seenField), h.textValues(at))
	text := readText(f)
	if f.Err() == nil && text == (site.Text{IT: h.textValues(at).Get("testo"), EN: h.textValues(at).Get("text")}) {
		f.Add(errs.New(errs.Invalid, "manage.text.same", nil).On("testo"))
	}
	read := mark([]string{text.IT, text.EN})
	if len(c.others) == 0 && f.Err() == nil && f.Raw(readField) == read && !f.Has("vedi") {
		_, err := h.PublishHouseRules(r.Context(), actor(r), at.id(), h.textOf(at).Version, text)
		switch {
		case err == nil:
			return h.ui.Done(w, r, textPath(at), "manage.text.published")
		case errs.HasKey(err, "site.house-rules-newer"):
			c.Changed, c.others = true, c.rebase(c.Seen, h.textValues(at))
		case !h.refused(r, &c, err):
			return err
		}
	}
	c.tell(h.ui.Printer(r), nil)
	var next *site.Text
	if f.Err() == nil {
		next = &text
		f.Set(readField, read)
	}
	return h.showText(w, r, at, head, c, next, c.status())
}

// editionPage is one version of house rules, as it was.
type editionPage struct {
	houseHead
	Name, Since string
	Texts       []textChange
}

func (editionPage) Template() string { return "manage/house-rules-version" }

func (h *pages) editionPage(w http.ResponseWriter, r *http.Request) error {
	at, head, err := h.place(r)
	if err != nil {
		return err
	}
	n := atoi(r.PathValue("edition"))
	list, err := h.Sites.HouseRulesOf(r.Context(), at.id(), n+1, 1)
	if err != nil {
		return err
	}
	if len(list) == 0 || list[0].Version != n {
		return errs.New(errs.NotFound, "manage.text.unknown", nil)
	}
	p, v := h.ui.Printer(r), list[0]
	page := editionPage{houseHead: head, Name: p.T("manage.text.edition", "n", n), Since: p.T("manage.text.since", "day", p.DateShort(v.Since))}
	page.Crumbs = append(page.Crumbs, link(textPath(at), p.T("manage.house.title", "house", at.name, "tab", p.T("manage.text.title"))))
	page.Title = p.T("manage.house.title", "house", at.name, "tab", page.Name)
	page.Texts = []textChange{{p.T("manage.text.it"), compare(v.Text.IT, v.Text.IT)}, {p.T("manage.text.en"), compare(v.Text.EN, v.Text.EN)}}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// mostCompared is up to how many pairs of paragraphs are held against each other.
const mostCompared = 100_000

// compare tells what of a text of paragraphs stays, goes and comes. Where too much
// differs, all that lies between the first and the last difference.
func compare(old, next string) (list []paragraph) {
	a, b := paragraphs(old), paragraphs(next)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		list = append(list, paragraph{"same", a[0]})
		a, b = a[1:], b[1:]
	}
	var end []paragraph
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		end = append(end, paragraph{"same", a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	slices.Reverse(end)
	if len(a)*len(b) > mostCompared {
		for _, text := range a {
			list = append(list, paragraph{"removed", text})
		}
		for _, text := range b {
			list = append(list, paragraph{"added", text})
		}
		return append(list, end...)
	}
	return append(append(list, differences(a, b)...), end...)
}

// differences are those of two texts by their longest common paragraphs.
func differences(a, b []string) (list []paragraph) {
	// common[i][j] is how many paragraphs of a[i:] and b[j:] are in common, in order.
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			list = append(list, paragraph{"same", a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			list = append(list, paragraph{"removed", a[i]})
			i++
		default:
			list = append(list, paragraph{"added", b[j]})
			j++
		}
	}
	return list
}

func paragraphs(text string) (list []string) {
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
