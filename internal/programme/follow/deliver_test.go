package follow_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/mail"
	"polis/internal/programme/follow"
)

func ipOf(n byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, n}) }

// Each follower hears of what they follow, once: at once or on Monday, in their
// language, with the way to stop; who hears nothing new gets nothing.
func TestNewsReachEachFollowerOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.tell(w.TellAtOnce) // what is known at the beginning is history
		w.follows("all@example.org", houses, follow.AtOnce, "en")
		w.follows("misura@example.org", measure, follow.Weekly, "it")
		w.follows("va@example.org", follow.Topic{Kind: follow.Province, Place: "VA"}, follow.AtOnce, "it")
		w.follows("va@example.org", follow.Topic{Kind: follow.House, Place: "gavirate"}, follow.AtOnce, "it")
		w.follows("umbria@example.org", follow.Topic{Kind: follow.Region, Place: "Umbria"}, follow.Weekly, "it")
		w.follows("orvieto@example.org", follow.Topic{Kind: follow.House, Place: "orvieto"}, follow.Weekly, "it")
		if mails := w.tell(w.TellAtOnce); len(mails) != 0 {
			t.Errorf("nothing new, and %d mails", len(mails))
		}
		w.publish("works", worksOf(t, "gavirate", "2026-10-01", "2026-11-02", "Attesa dei <pareri>"))
		mails := w.tell(w.TellAtOnce)
		if got := said(mails); got != "all@example.org va@example.org" {
			t.Fatalf("at once: %s", got)
		}
		for _, m := range mails {
			for _, want := range map[string][]string{
				"all@example.org": {"Programme: 2 pieces of news", "the phase “Survey” is done", "comes because the address follows", "All houses"},
				"va@example.org":  {"Programma: 2 novità", "conclusa la fase «Rilievo»", "Attesa dei <pareri>", "perché l’indirizzo segue", "Provincia di Varese", "/programma/case/gavirate"},
			}[m.To] {
				if !strings.Contains(m.Subject+m.Text+m.HTML, want) {
					t.Errorf("%s does not read %q in %q %q", m.To, want, m.Subject, m.Text)
				}
			}
			if strings.Contains(m.HTML, "<pareri>") || strings.Count(m.Text, "Rilievo") > 1 {
				t.Errorf("%s", m.HTML)
			}
		}
		w.publish("works", worksOf(t, "gavirate", "2026-10-01", "2026-11-02", "")) // once more, with less
		w.publish("works", worksOf(t, "orvieto", "2026-11-01", "", ""))
		if got := said(w.tell(w.TellAtOnce)); got != "all@example.org" {
			t.Errorf("of Orvieto: %q", got)
		}
		w.publish("declarations", declared("5100"))
		if got := said(w.tell(w.TellAtOnce)); got != "" {
			t.Errorf("of the measure: %q", got)
		}
		if got := said(w.tell(w.TellWeekly)); got != "misura@example.org orvieto@example.org umbria@example.org" {
			t.Errorf("on Monday: %q", got)
		}
		if got := said(w.tell(w.TellWeekly)) + said(w.tell(w.TellAtOnce)); got != "" {
			t.Errorf("again: %q", got)
		}
	})
}

// said are the addresses of mails, sorted; one that stands twice has two.
func said(mails []mail.Message) string {
	var list []string
	for _, m := range mails {
		list = append(list, m.To)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// Time alone makes news: what is due by the end of a quarter is late on the first
// day of the next, and nobody publishes that.
func TestTimeAloneMakesNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.tell(w.TellAtOnce)
	w.follows("ada@example.org", measure, follow.AtOnce, "it")
	rome, err := time.LoadLocation("Europe/Rome")
	w.must(err)
	w.clock.Advance(time.Date(2026, time.December, 31, 23, 30, 0, 0, rome).Sub(w.clock.Now()))
	if mails := w.tell(w.TellAtOnce); len(mails) != 0 {
		t.Fatalf("on the last day: %+v", mails)
	}
	w.clock.Advance(time.Hour)
	mails := w.tell(w.TellAtOnce)
	if len(mails) != 1 || !strings.Contains(mails[0].Text, "ha raggiunto lo stato «in ritardo»; trimestre previsto T4 2026") || !strings.Contains(mails[0].Text, "1º gennaio 2027") {
		t.Errorf("on the first: %+v", mails)
	}
}

// Replicas and work that is cut short tell nobody twice, and nobody is passed over.
func TestReplicasTellOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.tell(w.TellAtOnce)
		const many = 130 // more than one batch
		ctx := t.Context()
		w.must(d.Write(ctx, func(tx *db.Tx) error {
			for i := range many {
				if err := w.Plant(ctx, tx, fmt.Sprintf("p%03d@example.org", i), houses, follow.AtOnce); err != nil {
					return err
				}
			}
			return nil
		}))
		w.publish("works", worksOf(t, "gavirate", "2026-10-01", "2026-11-02", ""))
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				if err := w.TellAtOnce(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if mails, people := w.messages(); mails != many || people != many {
			t.Errorf("%d messages to %d followers", mails, people)
		}
	})
}

var messages = db.Q("follow.test-messages", `SELECT COUNT(*), COUNT(DISTINCT person) FROM message`)

// messages are how many were asked for, and for how many followers.
func (w *world) messages() (all, people int) {
	w.t.Helper()
	w.must(db.One(w.t.Context(), w.DB, messages, nil, &all, &people))
	return all, people
}

// What somebody publishes is told by the journal's consumer, within a turn or two.
func TestJournalSetsItOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	c := w.Consumer()
	if c.Name == "" || len(c.Kinds) != 1 || c.Kinds[0] != "programme.published" {
		t.Fatalf("%+v", c)
	}
	w.tell(w.TellAtOnce)
	w.follows("ada@example.org", houses, follow.AtOnce, "it")
	w.publish("works", worksOf(t, "gavirate", "2026-10-01", "2026-11-02", ""))
	w.must(w.DB.Write(t.Context(), func(tx *db.Tx) error { return c.Do(t.Context(), tx, nil) }))
	if mails := w.run(); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
}

// Work that is cut short in the middle goes on where it stood: nobody is passed
// over, and nobody is told twice.
func TestCutShortAndGoneOn(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.tell(w.TellAtOnce)
		const many = 130
		w.must(d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range many {
				if err := w.Plant(t.Context(), tx, fmt.Sprintf("p%03d@example.org", i), houses, follow.AtOnce); err != nil {
					return err
				}
			}
			return nil
		}))
		w.publish("works", worksOf(t, "gavirate", "2026-10-01", "2026-11-02", ""))
		for _, after := range []int64{30, 110} {
			ctx, cut := context.WithCancel(t.Context())
			w.left.Store(after)
			w.cut.Store(&cut)
			if err := w.TellAtOnce(ctx); err == nil {
				t.Errorf("cut short after %d, and nothing said so", after)
			}
			cut()
		}
		w.cut.Store(nil)
		w.must(w.TellAtOnce(t.Context()))
		if mails, people := w.messages(); mails != many || people != many {
			t.Errorf("%d messages to %d followers", mails, people)
		}
	})
}

var clearNews = db.Q("follow.test-clear", `DELETE FROM programme_news`)

// A restored copy does not know which news are known, and takes all for history.
func TestACopyTellsNothingAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.tell(w.TellAtOnce)
	w.follows("ada@example.org", houses, follow.AtOnce, "it")
	w.must(w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), clearNews)
		return err
	}))
	w.publish("works", worksOf(t, "gavirate", "2026-10-01", "2026-11-02", ""))
	if mails := w.tell(w.TellAtOnce); len(mails) != 0 {
		t.Errorf("%d mails", len(mails))
	}
	w.publish("works", worksOf(t, "orvieto", "2026-10-01", "2026-11-03", ""))
	if mails := w.tell(w.TellAtOnce); len(mails) != 1 {
		t.Errorf("then %d mails", len(mails))
	}
}
