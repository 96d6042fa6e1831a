package opendata_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"polis/internal/platform/api"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/programme/opendata"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestWords(t *testing.T) {
	t.Parallel()
	bundle := i18n.NewBundle()
	if err := bundle.Add(opendata.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}

func words(t testing.TB) *i18n.Bundle {
	t.Helper()
	bundle := i18n.NewBundle()
	if err := errors.Join(bundle.Add(opendata.Words), bundle.Add(programme.Words)); err != nil {
		t.Fatal(err)
	}
	return bundle
}

// now is Monday 23 November 2026, 08:07 in Rome.
var now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

// published is an account that can be changed.
type published struct {
	mu      sync.Mutex
	account *account.Account
	updated time.Time
}

func (p *published) Account() *account.Account {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.account
}

func (p *published) Updated() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.updated
}

// put publishes a row.
func (p *published) put(t testing.TB, at time.Time, kind string, cells map[string]string) {
	t.Helper()
	k, ok := account.KindOf(kind)
	if !ok {
		t.Fatal(kind)
	}
	row, faults := k.Parse(func(column string) string { return cells[column] })
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	draft := account.NewDraft(p.account)
	draft.Put(k, row)
	p.account, p.updated = draft.Account(), at
}

// world is the facts of the program with some houses.
type world struct {
	*opendata.Service
	published *published
	clock     *clock.Manual
	ui        *web.Renderer
	handler   http.Handler
}

// house is what the room of the works would say of the third house.
func house(s *site.Site) opendata.House {
	if s.Code == "casa-0003" {
		return opendata.House{Stage: "open", Late: true, Delay: 12, Known: true, Area: "E", Evidence: "acceptance"}
	}
	return opendata.House{Stage: "works"}
}

// worldOf has so many houses.
func worldOf(t testing.TB, houses int) *world {
	t.Helper()
	d := site.Data{Territory: territory.Embedded()}
	for i := range houses {
		d.Sites = append(d.Sites, site.Site{
			ID: fmt.Sprintf("01900000-0000-7000-a000-%012d", i), Code: fmt.Sprintf("casa-%04d", i), Kind: site.Office, State: site.Open,
			Name: "Casa dell’Ònda «" + string(rune('a'+i%26)) + "»", Address: "Via Roma 1", Municipality: "012072", Lat: 45.8262, Lon: 8.7236,
		})
	}
	if houses > 4 {
		d.Sites[4].Name = "=HYPERLINK(\"https://example.it\")"
		d.Sites[3].Kind = site.Space
	}
	net, err := site.NewNetwork(d)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{published: &published{account: account.FactsDraft().Account()}, clock: clock.NewManual(now)}
	w.Service = opendata.New(opendata.Options{
		Account: w.published, Network: func() *site.Network { return net }, Clock: w.clock, Words: words(t), URL: "https://polis.example.it",
		Houses:    func(context.Context) (func(*site.Site) opendata.House, uint64, error) { return house, 0, nil },
		Publisher: opendata.Publisher{Name: "Poste \"Esempio\" S.p.A.", ID: "polis.example.it", Email: "dati@example.it"},
	})
	if w.ui, err = web.New(words(t), web.Config{}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	opendata.Register(mux, w.ui, w.Service)
	if err := opendata.RegisterPages(mux, w.ui, w.Service); err != nil {
		t.Fatal(err)
	}
	machines := http.NewServeMux()
	opendata.RegisterAPI(api.New(machines, "Test", "1", api.Options{Translate: func(lang, key string, args errs.Args) string {
		return words(t).Printer(i18n.Lang(lang), i18n.Rome).T(key, args)
	}}), w.Service)
	mux.Handle("/api/", machines)
	w.handler = web.Wrap(w.ui.Mux(mux), w.ui.Chain()...)
	return w
}

// names are all data sets.
func names() (list []string) {
	for _, kind := range account.Kinds {
		list = append(list, kind.Name)
	}
	return append(list, "sites", "indexes")
}
