// Package web is the ground under every page: layout, components, forms'
// looks, errors, middleware, assets and the server.
//
// # How to write a page
//
// A capability keeps its pages and words beside its code:
//
//	internal/coworking/pages/search.gohtml
//	internal/coworking/words/it.json, en.json
//
// The program adds them once, at start:
//
//	bundle := i18n.NewBundle()
//	ui, err := web.New(bundle, web.Config{…})
//	err = bundle.Add(coworking.Words)           // embed.FS with words/*.json
//	err = ui.Add("coworking", coworking.Pages)  // embed.FS with pages/*.gohtml
//
// A page is a struct that embeds Head, a template that defines "main", and a
// Handler. Whatever needs thinking is done in Go; the template only shows:
//
//	type searchPage struct {
//		web.Head
//		Form  *form.Form
//		Cards []web.Card
//	}
//
//	func (searchPage) Template() string { return "coworking/search" }
//
//	func (h *pages) search(w http.ResponseWriter, r *http.Request) error {
//		p := h.ui.Printer(r)
//		f, err := form.New(w, r)
//		if err != nil {
//			return err
//		}
//		where := f.String("q", "coworking.search.where").Max(80)
//		page := searchPage{Head: web.Head{Title: p.T("coworking.search.title"), Section: "/spazi"}, Form: f}
//		if !f.Blank() && f.Err() == nil {
//			page.Cards, err = h.find(r.Context(), where.Value)
//			if err != nil {
//				return err // web shows it: page or problem document
//			}
//		}
//		return h.ui.Render(w, r, f.Status(), page)
//	}
//
//	mux.Handle("GET /spazi", ui.Handle(h.search))
//
// and the template, in which the dot is the page's struct:
//
//	{{define "main"}}
//	<h1>{{.Title}}</h1>
//	{{template "error-summary" .Form}}
//	<form method="get" action="/spazi">
//	  {{template "autocomplete" (field .Form "q" "suggest" "/spazi/comuni" "hint" (t "coworking.search.hint"))}}
//	  <button class="btn btn-primary" type="submit">{{t "coworking.search.go"}}</button>
//	</form>
//	<div class="polis-cards">{{range .Cards}}{{template "card" .}}{{end}}</div>
//	{{end}}
//
// A page of who runs the installation has the head web.DeskHead(section, title,
// crumbs…), which brings their navigation.
//
// Components, by what they take. From a Field, made with the function field:
// input, textarea, autocomplete, date, time, number, select, radios, checkboxes,
// checkbox. From their own struct: alert (Alert), state (State), card (Card),
// pages (Pages), empty (Empty), facts ([]Fact), steps (Steps), table (Table).
// From the form: error-summary. The breadcrumb comes by itself with Head.Crumbs.
//
// Functions of the templates, in the reader's language: t, date, dateShort,
// day, weekday, time, dateTime, span, hours, month, duration, number, distance, iso; asset,
// icon; and to make small structs: field, state, alert, empty, link, option,
// options.
//
// Classes of ours for what stands between components: polis-cards around
// cards, polis-actions around buttons, polis-form-row around fields side by
// side, polis-states around badges, polis-links around a list of links. Any
// class of Bootstrap Italia works too: the build keeps what the templates use,
// and the icons they name, as in {{icon "it-search"}}.
//
// What the Service refuses is put beside the inputs that it is about; they are
// called otherwise in addresses than in the code:
//
//	if f.AddAs(err, form.Inputs{"from": "dalle", "to": "alle"}) {
//		return h.show(w, r, f)
//	}
//	return err // not the person's to mend
//
// A long list is shown a page at a time, by the address alone, so that filters
// stay and no script is needed; the template says {{template "pages" .Pages}}.
// Where all rows are at hand, the address has a number:
//
//	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(rows), perPage)
//	rows, page.Pages = rows[part.From:part.To], part.Links(p, r.URL)
//
// Where they are read one page at a time, it has a cursor, and one row more than
// a page is asked for:
//
//	list, err := h.List(ctx, actor, r.URL.Query().Get(web.AfterField), perPage+1)
//	list, next := web.Cut(list, perPage, func(x Row) string { return x.ID })
//	page.Pages = web.PagesAfter(r.URL, next)
//
// A list is sorted on the server too; the head of a column is a link:
//
//	by := web.SortOf(r.URL, "name", "-amount")
//	slices.SortStableFunc(rows, func(a, b Row) int { return by.Way(compare(by.By, a, b)) })
//	columns := []web.Column{by.Column(r.URL, "name", p.T("…"), false), …}
//
// A list to keep, as a file for a spreadsheet:
//
//	return h.ui.CSV(w, r, "sedi.csv", func(file io.Writer, style sheet.Style) error {
//		out := sheet.NewWriter(file, style, "codice", "nome")
//		…
//		return out.Close()
//	})
//
// After an act: ui.Done(w, r, "/prenotazioni", "coworking.booking.done").
// There is never inline script or style: the policy of every answer forbids it.
// A page works without JavaScript; htmx attributes (hx-get, hx-select,
// hx-target) only make it smoother.
//
// # How to test a page
//
// webtest.Get(t, handler, "/spazi?q=Gavirate") reads a page as a tree and
// reports what no page may have; webtest/browser opens it in Chromium and runs
// axe; i18ntest.Check proves its words. Its four pictures are tests: with
// rows, empty, with an error, with too much.
//
// # How the program puts it together
//
//	mux.Handle("GET "+web.AssetsPath, ui.Assets())
//	handler := metrics.Middleware(web.Wrap(ui.Mux(mux), ui.Chain()...))
//	err := web.Serve(ctx, web.Server(handler, log), listener, 8*time.Second)
package web
