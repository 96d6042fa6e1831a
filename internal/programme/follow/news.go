package follow

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// The news are made from the rows of the account alone: nobody writes them.

// sources are what news are made of beside the account.
type sources struct {
	today agenda.Date
	// known is when a row was published; zero for one that the program brings.
	known func(kind, key string) time.Time
	// place is where a house stands and its name; false where there is none.
	place func(code string) (Where, string, bool)
	page  func(code string) string // of a house
}

// milestonesPath says how each milestone stands.
const milestonesPath = "/programma/scadenze"

// newsOf are all news by a day, in no order.
func newsOf(a *account.Account, s sources) []Event {
	list := newsOfMeasure(a, s)
	for _, w := range account.All[account.Works](a) {
		list = append(list, s.ofWorks(w)...)
	}
	for _, d := range account.All[account.Document](a) {
		if e, ok := s.ofDocument(d); ok {
			list = append(list, e)
		}
	}
	return list
}

// newsOfMeasure are the news of the measure as a whole.
func newsOfMeasure(a *account.Account, s sources) (list []Event) {
	for _, m := range account.All[account.Milestone](a) {
		list = append(list, s.ofMilestone(a, m)...)
	}
	for _, d := range account.All[account.Declaration](a) {
		if e, ok := s.ofDeclaration(a, d); ok {
			list = append(list, e)
		}
	}
	return list
}

// since is when something became known: the beginning of its day in Rome, or the
// publication of its row where that is later.
func (s sources) since(day agenda.Date, kind, key string) time.Time {
	at := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, agenda.Rome).UTC()
	if published := s.known(kind, key); published.After(at) {
		return published
	}
	return at
}

// come tells whether a day has come.
func (s sources) come(day agenda.Date) bool {
	return day != agenda.Date{} && !s.today.Before(day)
}

// ofMilestone is a piece of news for each state that a milestone came to: by what a
// source says, and late from the day after its quarter, though nobody says so.
func (s sources) ofMilestone(a *account.Account, m account.Milestone) (list []Event) {
	reached := func(day account.When, state account.State, known time.Time) {
		list = append(list, Event{
			ID: "milestone/" + m.ID + "/" + string(state) + "/" + string(day), Day: day, Known: known, Href: milestonesPath,
			Say: func(p *i18n.Printer) string {
				return p.T("follow.news.milestone", "name", programme.InWords(p, m.Text, m.TextEN), "state", p.T("follow.state."+string(state)), "due", sayQuarter(p, m.Due()))
			},
		})
	}
	first := m.Due().End().AddDays(1)
	was, late := account.ToStart, false
	say := func(day account.When, end agenda.Date, kind, key string) {
		if now := a.StandingOf(m, end).State; now != was {
			was = now
			reached(day, now, s.since(end, kind, key))
		}
	}
	lateDay := account.When(first.String())
	for _, x := range a.ProgressOf(m.ID) {
		end := x.Date.End()
		if !late && !end.Before(first) && s.come(first) {
			late = true
			say(lateDay, first, "milestones", m.ID)
		}
		if s.come(end) {
			say(x.Date, end, "progress", account.JoinKey(x.Milestone, string(x.Date)))
		}
	}
	if !late && s.come(first) {
		say(lateDay, first, "milestones", m.ID)
	}
	return list
}

func (s sources) ofDeclaration(a *account.Account, d account.Declaration) (Event, bool) {
	key := account.JoinKey(d.Target, d.Word, string(d.AsOf), d.Source)
	t, known := account.Find[account.Target](a, d.Target)
	day := d.AsOf
	if day.End() == (agenda.Date{}) { // the source gives no day: it is of the day on which it was published
		at := s.known("declarations", key)
		if at.IsZero() {
			return Event{}, false
		}
		day = account.When(agenda.DateOf(at.In(agenda.Rome)).String())
	}
	if !known || !s.come(day.End()) {
		return Event{}, false
	}
	return Event{
		ID: "declaration/" + d.Target + "/" + short(key), Day: day, Known: s.since(day.End(), "declarations", key), Href: "/programma",
		Say: func(p *i18n.Printer) string {
			value := d.Value
			if n, ok := d.Number(); ok {
				value = p.Number(n)
			}
			if d.Word == account.WordTarget {
				return p.T("follow.news.target", "target", programme.InWords(p, t.Name, t.NameEN), "value", value, "source", d.Source)
			}
			return p.T("follow.news.declaration", "target", programme.InWords(p, t.Name, t.NameEN), "value", value, "word", d.Word, "source", d.Source)
		},
	}, true
}

// ofWorks are the phases that a house has done, the first that is overdue, and the
// reason of its delay as it was announced.
func (s sources) ofWorks(w account.Works) (list []Event) {
	at, name, ok := s.place(w.Site)
	if !ok {
		return nil
	}
	add := func(id string, day agenda.Date, say func(p *i18n.Printer) string) {
		list = append(list, Event{
			ID: "house/" + w.Site + "/" + id, Day: account.When(day.String()), Known: s.since(day, "works", w.Site), House: w.Site, Where: at, Href: s.page(w.Site), Say: say,
		})
	}
	late := false
	for i, d := range w.Dates[:min(len(w.Dates), len(account.Phases))] {
		phase := account.Phases[i]
		switch {
		case s.come(d.Actual.Date):
			add("phase/"+phase.ID, d.Actual.Date, func(p *i18n.Printer) string {
				return p.T("follow.news.phase", "house", name, "phase", programme.InWords(p, phase.Name, phase.NameEN))
			})
		case d.Actual.IsZero() && !d.Planned.IsZero() && !late && s.come(d.Planned.AddDays(1)):
			late = true
			add("late/"+phase.ID+"/"+d.Planned.String(), d.Planned.AddDays(1), func(p *i18n.Printer) string {
				return p.T("follow.news.late", "house", name, "phase", programme.InWords(p, phase.Name, phase.NameEN), "day", p.Day(d.Planned.Date))
			})
		}
	}
	if published := s.known("works", w.Site); w.Reason != "" && !published.IsZero() {
		add("delay/"+short(w.Reason), agenda.DateOf(published.In(agenda.Rome)), func(p *i18n.Printer) string {
			return p.T("follow.news.delay", "house", name, "reason", w.Reason)
		})
	}
	return list
}

// ofDocument is the news of the minutes by which the works of a house were accepted.
func (s sources) ofDocument(d account.Document) (Event, bool) {
	at, name, ok := s.place(d.Site)
	key := account.JoinKey(d.Site, d.ID)
	day := d.Date.Date
	if published := s.known("documents", key); d.Date.IsZero() && !published.IsZero() {
		day = agenda.DateOf(published.In(agenda.Rome))
	}
	if !ok || d.Type != account.Acceptance || !s.come(day) {
		return Event{}, false
	}
	return Event{
		ID: "house/" + d.Site + "/document/" + short(d.ID), Day: account.When(day.String()), Known: s.since(day, "documents", key), House: d.Site, Where: at, Href: s.page(d.Site),
		Say: func(p *i18n.Printer) string {
			return p.T("follow.news.document", "house", name, "title", d.Title)
		},
	}, true
}

// short stands for a long text in an id.
func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// plain is a number without separators: a year.
func plain(n int) string { return strconv.Itoa(n) }
