package follow

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// What is new is written down once, in the order in which it becomes known
// (programme_news). A follower has been told of everything up to a place in that
// order: the place moves in the transaction that asks for the message, and only
// from where it was seen, so that no event is told twice, whoever does it and
// however often it is tried.

// noteNews is the kind of message that tells news; it is about the follower.
const noteNews = "follow.news"

// window is which news a message tells: those behind From, up to To.
type window struct{ From, To int64 }

// Register lets a worker mail who asks, follow the journal, and tell the news.
func (s *Service) Register(w *jobs.Worker) {
	jobs.Register(w, s.sendAsk)
	jobs.Register(w, func(ctx context.Context, _ newsOut) error { return s.TellAtOnce(ctx) })
	journal.Follow(w, s.DB, s.Consumer())
	// What time alone makes late is news too.
	w.Every("follow.news", time.Hour, s.TellAtOnce)
	w.At("follow.digest", nextMonday, s.TellWeekly)
	w.Every("follow.requests", 10*time.Minute, s.sweep)
	s.wake = w.Wake
}

// newsOut is the job that tells at once what somebody has published.
type newsOut struct{}

func (newsOut) Kind() string { return "follow.news-out" }

// Consumer asks for the job where something was published.
func (s *Service) Consumer() journal.Consumer {
	return journal.Consumer{Name: "follow.news", Kinds: []string{"programme.published"}, Do: func(ctx context.Context, tx *db.Tx, _ []journal.Act) error {
		tx.After(s.wake)
		return jobs.Enqueue(ctx, tx, newsOut{}, s.Clock.Now())
	}}
}

// nextMonday is the next time at which what is new in a week is told: Monday at
// 07:30 in Rome.
func nextMonday(after time.Time) time.Time {
	for d := agenda.DateOf(after.In(agenda.Rome)); ; d = d.AddDays(1) {
		at := time.Date(d.Year, d.Month, d.Day, 7, 30, 0, 0, agenda.Rome)
		if at.After(after) && at.Weekday() == time.Monday {
			return at.UTC()
		}
	}
}

// TellAtOnce writes down what is new and tells it to who wants to hear at once.
func (s *Service) TellAtOnce(ctx context.Context) error { return s.tell(ctx, AtOnce) }

// TellWeekly writes down what is new and tells it to who wants it gathered.
func (s *Service) TellWeekly(ctx context.Context) error { return s.tell(ctx, Weekly) }

var (
	lastNews  = db.Q("follow.news-last", `SELECT COALESCE(MAX(seq), 0) FROM programme_news`)
	newsSince = db.Q("follow.news-since", `SELECT seq, id FROM programme_news WHERE seq > $1 AND seq <= $2 ORDER BY seq`)
	putNews   = db.Rows("follow.news-put", `
		INSERT INTO programme_news (seq, id, known) SELECT column1, column2, column3 FROM {rows} WHERE column1 IS NOT NULL
		ON CONFLICT (id) DO NOTHING`, "BIGINT", "TEXT", "BIGINT")
	startAll = db.Q("follow.start-all", `UPDATE programme_follower SET upto = $1`)
)

// note writes down the news that nobody has yet. What is known when the first is
// written down is history, of which nobody is told.
func (s *Service) note(ctx context.Context, news []Event) (last int64, err error) {
	return last, s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.LockRevision(ctx, "programme.news"); err != nil { // one at a time: places are taken in the order of commits
			return err
		}
		if err := db.One(ctx, tx, lastNews, nil, &last); err != nil {
			return err
		}
		known := map[string]bool{}
		if err := db.Each(ctx, tx, newsSince, func(rows *sql.Rows) error {
			var seq int64
			var id string
			err := rows.Scan(&seq, &id)
			known[id] = true
			return err
		}, int64(0), last); err != nil {
			return err
		}
		first := last == 0
		var args []any
		for _, e := range slices.Backward(news) { // the oldest first
			if !known[e.ID] {
				known[e.ID] = true
				last++
				args = append(args, last, e.ID, clock.Micros(e.Known))
			}
		}
		if len(args) == 0 {
			return nil
		}
		if err := putNews.Exec(ctx, tx, args); err != nil {
			return err
		}
		if first {
			_, err := tx.Exec(ctx, startAll, last)
			return err
		}
		return nil
	})
}

// batch is how many followers are told in one transaction, and pace how much later
// each message goes out than the one before: a code to sign in does not wait
// behind thousands.
const (
	batch = 100
	pace  = 50 * time.Millisecond
)

var (
	behind = db.Q("follow.behind", `
		SELECT id, upto FROM programme_follower WHERE rhythm = $1 AND id > $2 AND upto < $3 ORDER BY id LIMIT $4`)
	topicsOfMany = db.Rows("follow.topics-many", `
		SELECT follower, kind, place FROM programme_follow WHERE follower IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "TEXT")
	moveUp = db.Q("follow.move-up", `UPDATE programme_follower SET upto = $3 WHERE id = $1 AND upto = $2`)
)

// told is a follower who is behind.
type told struct {
	id   string
	upto int64
}

func (s *Service) tell(ctx context.Context, rhythm Rhythm) (err error) {
	defer errs.Wrap(&err, "follow.tell(%q)", rhythm)
	if err := s.Programme.Reload(ctx); err != nil { // another replica may have published
		return err
	}
	now, err := s.all(ctx)
	if err != nil {
		return err
	}
	last, err := s.note(ctx, now.list)
	if err != nil {
		return err
	}
	at, after := s.Clock.Now(), ""
	for {
		list, err := db.All(ctx, s.DB, behind, func(rows *sql.Rows) (x told, err error) {
			return x, rows.Scan(&x.id, &x.upto)
		}, string(rhythm), after, last, batch)
		if err != nil || len(list) == 0 {
			return err
		}
		if at, err = s.tellSome(ctx, list, now.byID, last, at); err != nil {
			return err
		}
		after = list[len(list)-1].id
	}
}

// tellSome asks for the messages of some followers, none before at; next is when
// the next one goes out.
func (s *Service) tellSome(ctx context.Context, list []told, byID map[string]Event, last int64, at time.Time) (next time.Time, err error) {
	ids, from := make([]any, len(list)), last
	for i, x := range list {
		ids[i], from = x.id, min(from, x.upto)
	}
	topics := map[string][]Topic{}
	if err := topicsOfMany.Each(ctx, s.DB, ids, func(rows *sql.Rows) error {
		var id string
		var t Topic
		err := rows.Scan(&id, &t.Kind, &t.Place)
		topics[id] = append(topics[id], t)
		return err
	}); err != nil {
		return at, err
	}
	rows, err := s.between(ctx, window{from, last})
	if err != nil {
		return at, err
	}
	return next, s.DB.Write(ctx, func(tx *db.Tx) error {
		next = at
		for _, x := range list {
			moved, err := tx.Exec(ctx, moveUp, x.id, x.upto, last)
			if err != nil {
				return err
			}
			if moved == 0 || !slices.ContainsFunc(rows, func(n newsRow) bool {
				return n.seq > x.upto && concerns(topics[x.id], byID[n.id])
			}) {
				continue
			}
			data, err := json.Marshal(window{x.upto, last})
			if err != nil {
				return err
			}
			if err := s.Notes.Send(ctx, tx, next, notify.Note{Person: x.id, Kind: noteNews, About: x.id, Data: string(data)}); err != nil {
				return err
			}
			next = next.Add(pace)
		}
		return nil
	})
}

// concerns tells whether an event is of one of some topics; the zero Event, which is
// not known any more, of none.
func concerns(topics []Topic, e Event) bool {
	return e.ID != "" && slices.ContainsFunc(topics, func(t Topic) bool { return t.Has(e.House, e.Where) })
}

// newsRow is an event with its place in the order.
type newsRow struct {
	seq int64
	id  string
}

func (s *Service) between(ctx context.Context, w window) ([]newsRow, error) {
	return db.All(ctx, s.DB, newsSince, func(rows *sql.Rows) (n newsRow, err error) {
		return n, rows.Scan(&n.seq, &n.id)
	}, w.From, w.To)
}

// mostTold is how many events a message tells; the page has all.
const mostTold = 20

// newsMail tells the news of a window to a follower, of what they follow now.
func (s *Service) newsMail(ctx context.Context, n notify.Note, to identity.Person) (m mail.Message, err error) {
	var w window
	if err := json.Unmarshal([]byte(n.Data), &w); err != nil {
		return m, fmt.Errorf("a note of news: %w", err)
	}
	f, err := s.byID(ctx, s.DB, n.About)
	if errs.Is(err, errs.NotFound) {
		return m, notify.ErrMoot
	}
	if err != nil {
		return m, err
	}
	// An address that did not take a message is not written to again.
	if reached, _, err := s.Notes.Reachable(ctx, f.ID); err != nil || !reached {
		if err == nil {
			err = notify.ErrMoot
		}
		return m, err
	}
	list, err := s.windowOf(ctx, f, w)
	if err != nil {
		return m, err
	}
	if len(list) == 0 {
		return m, notify.ErrMoot
	}
	return s.newsLetter(f, list)
}

// windowOf are the news of a window that concern a follower, the newest first.
func (s *Service) windowOf(ctx context.Context, f Follower, w window) (list []Event, err error) {
	rows, err := s.between(ctx, w)
	if err != nil {
		return nil, err
	}
	now, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if e := now.byID[r.id]; concerns(f.Topics, e) {
			list = append(list, e)
		}
	}
	newest(list)
	return list, nil
}

// newsLetter is what is new, why it comes, and how to end it.
func (s *Service) newsLetter(f Follower, list []Event) (m mail.Message, err error) {
	l := s.Access.Letter(f.Language, "")
	net := s.Live.Network()
	l.Subject = l.T("follow.mail.news.subject", "count", len(list))
	l.Title = l.Subject
	l.Lead = []string{l.T("follow.mail.news.lead." + string(f.Rhythm))}
	for _, e := range list[:min(len(list), mostTold)] {
		l.Parts = append(l.Parts, notify.Part{Title: l.T("follow.mail.news.one", "day", e.SayDay(l.Printer), "text", e.Say(l.Printer)), Href: s.URL + e.Href})
	}
	if more := len(list) - mostTold; more > 0 {
		l.NextTitle = l.T("follow.mail.news.more-title")
		l.Next = []string{l.T("follow.mail.news.more", "count", more)}
	}
	all := newsPath
	if len(f.Topics) == 1 {
		all = NewsPath(f.Topics[0])
	}
	l.Links = []web.Link{
		{Href: s.URL + all, Text: l.T("follow.mail.news.all")},
		{Href: s.changeURL(f.ID), Text: l.T("follow.mail.news.change")},
		{Href: s.stopURL(f.ID), Text: l.T("follow.mail.news.stop")},
	}
	why := []string{l.T("follow.mail.news.why")}
	for _, t := range f.Topics {
		why = append(why, "– "+t.Say(l.Printer, net))
	}
	l.Footer = append(why, l.Footer...)
	m, err = l.Message()
	m.Unsubscribe = s.stopURL(f.ID)
	return m, err
}
