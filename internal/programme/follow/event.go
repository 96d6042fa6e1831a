package follow

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"sync/atomic"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/programme/account"
	"polis/internal/site"
)

// Event is one piece of news.
type Event struct {
	ID    string       // what happened to what, always the same: "milestone/PNC-F.1-245/late"
	Day   account.When // when it happened or was said, as exactly as its source has it
	Known time.Time    // since when the account says it
	House string       // code of the house that it is of; "" of the measure
	Where Where        // that house stands
	Href  string       // path of the page that says more
	Say   func(*i18n.Printer) string
}

// SayDay is the day in words.
func (e Event) SayDay(p *i18n.Printer) string {
	end, exact := e.Day.End(), len(e.Day) == len("2024-11-30")
	switch {
	case exact:
		return p.DateShort(end.UTC())
	case len(e.Day) == len("2024"):
		return string(e.Day)
	case e.Day[5] == 'T':
		return sayQuarter(p, account.QuarterOf(end))
	}
	return p.Month(end.UTC())
}

func sayQuarter(p *i18n.Printer, q account.Quarter) string {
	return p.T("follow.quarter", "number", q.Number, "year", plain(q.Year))
}

// newest sorts news by when they became known, the newest first.
func newest(list []Event) {
	slices.SortFunc(list, func(a, b Event) int {
		return cmp.Or(b.Known.Compare(a.Known), b.Day.End().Compare(a.Day.End()), cmp.Compare(a.ID, b.ID))
	})
}

// Of are the news of a topic, in the order in which they come.
func Of(list []Event, t Topic) (out []Event) {
	for _, e := range list {
		if t.Has(e.House, e.Where) {
			out = append(out, e)
		}
	}
	return out
}

// news are all news of a moment, the newest first, kept until something changes.
type news struct {
	account *account.Account
	net     *site.Network
	today   agenda.Date
	last    int64
	list    []Event
	byID    map[string]Event
}

var newsKnown = db.Q("follow.news-known", `SELECT id, known FROM programme_news`)

// News are those of a topic, the newest first; not to be changed. An event that was
// written down is known since then, even where its row was published once more.
func (s *Service) News(ctx context.Context, t Topic) ([]Event, error) {
	if t.Kind == Measure { // a few, and what most ask for: those of thousands of houses are not made for it
		now, err := s.now(ctx, &s.keptMeasure, newsOfMeasure)
		if err != nil {
			return nil, err
		}
		return now.list, nil
	}
	now, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	return Of(now.list, t), nil
}

// all are all news of now.
func (s *Service) all(ctx context.Context) (*news, error) { return s.now(ctx, &s.kept, newsOf) }

// now are the news that some function makes, kept while nothing changes.
func (s *Service) now(ctx context.Context, kept *atomic.Pointer[news], of func(*account.Account, sources) []Event) (*news, error) {
	now := news{account: s.Programme.Account(), net: s.Live.Network(), today: agenda.DateOf(s.Clock.Now().In(agenda.Rome))}
	if err := db.One(ctx, s.DB, lastNews, nil, &now.last); err != nil {
		return nil, err
	}
	if was := kept.Load(); was != nil && was.account == now.account && was.net == now.net && was.today == now.today && was.last == now.last {
		return was, nil
	}
	known := map[string]time.Time{}
	if err := db.Each(ctx, s.DB, newsKnown, func(rows *sql.Rows) error {
		var id string
		var at int64
		err := rows.Scan(&id, &at)
		known[id] = clock.FromMicros(at)
		return err
	}); err != nil {
		return nil, err
	}
	now.list = of(now.account, sources{today: now.today, known: s.knownSince, place: placeIn(now.net), page: s.HousePage})
	for i, e := range now.list {
		if at, ok := known[e.ID]; ok {
			now.list[i].Known = at
		}
	}
	newest(now.list)
	now.byID = make(map[string]Event, len(now.list))
	for _, e := range now.list {
		now.byID[e.ID] = e
	}
	kept.Store(&now)
	return &now, nil
}

// knownSince is when a row was published; zero for a fact of the program.
func (s *Service) knownSince(kind, key string) time.Time {
	k, ok := account.KindOf(kind)
	if !ok {
		return time.Time{}
	}
	return s.Programme.MetaOf(k, key).At
}

// placeIn tells where houses stand, and what they are called.
func placeIn(net *site.Network) func(code string) (Where, string, bool) {
	return func(code string) (Where, string, bool) {
		st, err := net.ByCode(code)
		if err != nil {
			return Where{}, "", false
		}
		m, _ := net.Territory().ByISTAT(st.Municipality)
		return Where{m.Region, m.Province}, houseName(net, st.Code), true
	}
}
