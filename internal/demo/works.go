package demo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/demo/drawing"
	"polis/internal/platform/blob"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/site"
	"polis/internal/territory"
)

// Made is the source of all rows that are made up.
const Made = "dimostrazione"

// How far the offices are: about as many are done as was declared of the real
// ones. The rest of them is planned.
const (
	officesDone    = 4_700
	officesTested  = 170
	officesInWorks = 640
	officesDrawn   = 790
)

// officesBy is how many offices were done by a day, between days along a straight
// line: about as it was declared of the real ones.
var officesBy = []struct {
	day  agenda.Date
	done int
}{
	{agenda.Date{Year: 2022, Month: time.November, Day: 14}, 0},
	{agenda.Date{Year: 2023, Month: time.January, Day: 30}, 40},
	{agenda.Date{Year: 2024, Month: time.March, Day: 15}, 800},
	{agenda.Date{Year: 2024, Month: time.November, Day: 30}, 2548},
	{agenda.Date{Year: 2026, Month: time.January, Day: 16}, officesDone},
}

// The phases of account.Phases, by their place.
const (
	nothing = iota - 1
	surveyed
	designed
	permitted
	built
	tested
	opened
)

// lengths are the least and the most days that a phase takes after the one
// before it.
var lengths = [...][2]int{surveyed: {20, 45}, designed: {45, 90}, permitted: {30, 120}, built: {60, 160}, tested: {8, 30}, opened: {3, 20}}

var delayReasons = []string{
	"Parere della soprintendenza in attesa", "Consegna dei materiali in ritardo", "Progetto rivisto dopo il rilievo",
	"Allaccio elettrico in attesa del gestore", "Impresa sostituita", "Lavori sospesi per la continuità del servizio", "Bonifica non prevista nel tetto",
}

// Works makes up the works of a network: dates, costs, documents of acceptance,
// and how far municipalities are from larger towns. It says how many rows there
// are.
func Works(ctx context.Context, d *db.DB, s *programme.Service, net *site.Network, now time.Time) (made int, err error) {
	defer errs.Wrap(&err, "demo.Works")
	m := &builder{net: net, rng: rand.New(rand.NewPCG(Seed, 337)), today: agenda.DateOf(now.In(agenda.Rome))}
	m.all()
	if err := d.Write(ctx, func(tx *db.Tx) error { return blob.Put(ctx, tx, now, m.files...) }); err != nil {
		return 0, err
	}
	for _, list := range []struct {
		kind string
		rows []any
	}{{"works", m.works}, {"costs", m.costs}, {"documents", m.documents}, {"areas", m.areas()}} {
		kind, _ := account.KindOf(list.kind)
		if len(list.rows) == 0 {
			continue
		}
		if _, err := s.Load(ctx, programme.Entry{Kind: kind, Title: "Dati inventati per la dimostrazione", Source: Made, Rows: list.rows}); err != nil {
			return made, err
		}
		made += len(list.rows)
	}
	return made, nil
}

// builder makes the works up.
type builder struct {
	net                     *site.Network
	rng                     *rand.Rand
	today                   agenda.Date
	works, costs, documents []any
	files                   []blob.File // of the photos
}

func (m *builder) all() {
	var offices []*site.Site
	for _, hit := range m.net.Sites(site.Filter{}) {
		if st := hit.Site; st.Kind == site.Office {
			offices = append(offices, st)
		} else {
			m.space(st)
		}
	}
	m.rng.Shuffle(len(offices), func(i, j int) { offices[i], offices[j] = offices[j], offices[i] })
	left := func(n int) int { return n * len(offices) / Offices } // of a smaller network
	for i, st := range offices {
		switch n := i; {
		case n < left(officesDone):
			m.house(st, opened, m.doneOn(n*Offices/max(len(offices), 1)))
		case n < left(officesDone+officesTested):
			m.house(st, built, m.ago(2, 40))
		case n < left(officesDone+officesTested+officesInWorks):
			m.house(st, permitted, m.ago(5, 150))
		case n < left(officesDone+officesTested+officesInWorks+officesDrawn):
			m.house(st, surveyed+m.rng.IntN(2), m.ago(5, 90))
		default:
			m.house(st, nothing, m.today)
		}
	}
}

// space makes the works of a space, which are as far as the house is.
func (m *builder) space(st *site.Site) {
	switch st.State {
	case site.Open, site.Suspended:
		since, err := agenda.ParseDate(st.StateSince)
		if err != nil {
			since = m.ago(30, 900)
		}
		m.house(st, opened, since)
	case site.Testing:
		m.house(st, built, m.ago(5, 40))
	case site.Works:
		m.house(st, permitted, m.ago(20, 200))
	case site.Planned:
		m.house(st, m.rng.IntN(3)-1, m.ago(10, 120))
	}
}

func (m *builder) ago(least, most int) agenda.Date {
	return m.today.AddDays(-least - m.rng.IntN(most-least+1))
}

// doneOn is when the n-th office was done.
func (m *builder) doneOn(n int) agenda.Date {
	for i, to := range officesBy[1:] {
		if from := officesBy[i]; n < to.done {
			days := int(noon(to.day).Sub(noon(from.day)).Hours() / 24)
			return from.day.AddDays(days * (n - from.done) / (to.done - from.done))
		}
	}
	return officesBy[len(officesBy)-1].day
}

func noon(d agenda.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

// house makes the works of a house whose phases ended up to last, that one on a
// day.
func (m *builder) house(st *site.Site, last int, on agenda.Date) {
	w := account.Works{
		Site: st.Code, CUP: "J59J21014170008", Contractor: m.contractor(st), Dates: make([]account.Dates, len(account.Phases)), Source: Made,
	}
	if st.Kind == site.Space {
		w.CUP = "J59J21014180008"
	}
	if m.today.Before(on) {
		on = m.today
	}
	slip := m.slip()
	for i := last; i >= 0; i-- {
		w.Dates[i].Actual = account.Date{Date: on}
		w.Dates[i].Planned = account.Date{Date: on.AddDays(-slip * (i + 1) / (last + 1))}
		on = on.AddDays(-m.between(i))
	}
	for i := 1; i <= last; i++ { // no phase was planned to end before the one before it
		if after := w.Dates[i-1].Planned.AddDays(lengths[i][0]); w.Dates[i].Planned.Before(after) {
			w.Dates[i].Planned = account.Date{Date: after}
		}
	}
	late := m.ahead(st, last, &w)
	if slip > 30 || late {
		w.Reason = delayReasons[m.rng.IntN(len(delayReasons))]
	}
	m.works = append(m.works, w)
	m.papers(st, last, w)
	m.money(st, last)
}

func (m *builder) between(phase int) int {
	l := lengths[phase]
	return l[0] + m.rng.IntN(l[1]-l[0]+1)
}

// slip is by how many days works ended late; a third were in time.
func (m *builder) slip() int {
	if m.rng.IntN(3) == 0 {
		return -m.rng.IntN(15)
	}
	return 5 + int(m.rng.ExpFloat64()*70)
}

// ahead plans the phases that are still to end; late tells that the next one
// should have.
func (m *builder) ahead(st *site.Site, last int, w *account.Works) (late bool) {
	if last == opened {
		return false
	}
	next := m.today.AddDays(10 + m.rng.IntN(110))
	chance := map[int]int{nothing: 12, surveyed: 25, designed: 30, permitted: 40, built: 35}[last]
	if late = m.rng.IntN(100) < chance; late {
		next = m.ago(3, 200)
	}
	opens, err := agenda.ParseDate(st.OpensOn)
	for i := last + 1; i < len(w.Dates); i++ {
		if i > last+1 {
			next = next.AddDays(m.between(i))
		}
		w.Dates[i].Planned = account.Date{Date: next}
	}
	if end := len(w.Dates) - 1; err == nil && !late { // what the house announces
		for i := end; i > last; i-- {
			w.Dates[i].Planned = account.Date{Date: opens}
			opens = opens.AddDays(-min(m.between(i), 12))
		}
		late = w.Dates[last+1].Planned.Before(m.today)
	}
	for i := last; i >= 0; i-- {
		if before := w.Dates[i+1].Planned.AddDays(-7); before.Before(w.Dates[i].Planned.Date) {
			w.Dates[i].Planned = account.Date{Date: before}
		}
	}
	return late
}

// papers are the documents of a house.
func (m *builder) papers(st *site.Site, last int, w account.Works) {
	add := func(id, kind string, phase int, title string) {
		m.documents = append(m.documents, account.Document{
			Site: st.Code, ID: id, Phase: account.Phases[phase].ID, Type: kind, Date: w.Dates[phase].Actual, Title: title, Source: Made,
		})
	}
	if last >= permitted && st.Kind == site.Space {
		add("PER-1", "permit", permitted, "Autorizzazione ai lavori")
	}
	if (last == permitted || last == built) && st.Kind == site.Space {
		m.photo(st, w.Dates[permitted].Actual.Date)
	}
	if last >= tested && m.rng.IntN(100) < 97 { // of some the papers are not there yet
		add("COL-1", account.Acceptance, tested, "Verbale di collaudo")
	}
}

// photo is a drawing of the works of a space, some days after they began.
func (m *builder) photo(st *site.Site, began agenda.Date) {
	town, _ := m.net.Territory().ByISTAT(st.Municipality)
	dice := maker{seed: Seed}
	p := drawing.Worksite(drawing.House{Building: string(st.Profile.Building), Landscape: landscape(st, town), Dice: func() *rand.Rand { return dice.dice(st) }})
	f := blob.File{Type: "image/svg+xml", Data: p.SVG}
	on := began.AddDays(12)
	if m.today.Before(on) {
		on = m.today
	}
	m.files = append(m.files, f)
	m.documents = append(m.documents, account.Document{
		Site: st.Code, ID: "FOTO-1", Phase: account.Phases[built].ID, Type: "photo", Date: account.Date{Date: on}, Title: p.IT, Href: blob.Path + f.ID(), Source: Made,
	})
}

// money are the costs of a house: works, which the State may pay, and what the
// operator pays itself.
func (m *builder) money(st *site.Site, last int) {
	add := func(item, fund string, eligible account.Answer, euro int) {
		m.costs = append(m.costs, account.Cost{Site: st.Code, Item: item, Fund: fund, Eligible: eligible, Amount: account.Cents(euro/100) * 100_00, Source: Made})
	}
	size := map[site.Size]int{site.Small: 45_000, site.Medium: 95_000, site.Large: 190_000}[st.Size]
	if st.Kind == site.Office {
		size = 112_000
	}
	spread := func(euro int) int { return euro * (70 + m.rng.IntN(61)) / 100 }
	if last < permitted {
		add("Progettazione", "pnc", account.Yes, spread(size/14))
		return
	}
	add("Lavori e impianti", "pnc", account.Yes, spread(size))
	add("Arredi e dotazioni digitali", "poste", account.No, spread(size*2/5))
}

// contractor is who builds in the region of a house; all are made up.
func (m *builder) contractor(st *site.Site) string {
	town, _ := m.net.Territory().ByISTAT(st.Municipality)
	for _, l := range lots {
		if slices.Contains(l.regions, town.Region) {
			return l.Contractor
		}
	}
	return ""
}

// larger are how many live in the towns that have what others come for, and reach
// are the km up to which a municipality is a belt, intermediate, peripheral.
const larger = 35_000

var reach = []struct {
	km    float64
	class string
}{{17, "C"}, {30, "D"}, {48, "E"}, {math.Inf(1), "F"}}

// areas estimates how far the municipalities with houses are from services, by
// the distance to the nearest larger town.
func (m *builder) areas() (rows []any) {
	towns := m.net.Territory().All()
	poles := slices.DeleteFunc(slices.Clone(towns), func(t territory.Municipality) bool { return t.Population < larger })
	has := map[string]bool{}
	for _, w := range m.net.Sites(site.Filter{}) {
		has[w.Site.Municipality] = true
	}
	for _, t := range towns {
		if !has[t.ISTAT] {
			continue
		}
		class := "A"
		if t.Population < larger {
			class = ""
			km := math.Inf(1)
			for _, pole := range poles {
				if math.Abs(pole.Lat-t.Lat)*111 < km {
					km = min(km, territory.Distance(t.Lat, t.Lon, pole.Lat, pole.Lon))
				}
			}
			for _, r := range reach {
				if class == "" && km <= r.km {
					class = r.class
				}
			}
		}
		rows = append(rows, account.Area{ISTAT: t.ISTAT, Class: class, Estimate: account.Yes, Source: Made + fmt.Sprintf(", distanza dal comune più vicino con almeno %d abitanti", larger)})
	}
	return rows
}
