package demo

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"polis/internal/agenda"
	"polis/internal/site"
	"polis/internal/territory"
)

// maker makes one network.
type maker struct {
	terr   *territory.Table
	seed   uint64
	rng    *rand.Rand
	cities []territory.Municipality
	today  agenda.Date
	made   int64           // ids so far
	codes  map[string]bool // of sites
	shared map[string]bool // folded names that several towns have
	data   site.Data
	drafts []draft // of the site being made
}

// draft is a resource before it has its number; a composite names its parts.
type draft struct {
	site.Resource
	parts []string // codes
}

func newMaker(terr *territory.Table, seed uint64, today agenda.Date) *maker {
	m := &maker{
		terr: terr, seed: seed, rng: rand.New(rand.NewPCG(seed, seed)), today: today,
		codes: map[string]bool{}, shared: map[string]bool{},
		data: site.Data{Territory: terr, Rules: map[site.RuleKey]site.Rules{}},
	}
	m.cities = sorted(terr, func(t territory.Municipality) bool { return t.Population >= city })
	met := map[string]bool{}
	for _, t := range terr.All() {
		name := territory.Fold(t.Name)
		m.shared[name] = met[name]
		met[name] = true
	}
	return m
}

// firstID is the time from which ids count, a millisecond each.
var firstID = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// id makes a UUIDv7 that depends on the seed alone.
func (m *maker) id() string { return m.idFrom(m.rng) }

func (m *maker) idFrom(rng *rand.Rand) string {
	var u uuid.UUID
	m.made++
	binary.BigEndian.PutUint64(u[:8], uint64(firstID+m.made)<<16|uint64(rng.IntN(1<<12)))
	binary.BigEndian.PutUint64(u[8:], rng.Uint64())
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}

// code makes the key of a site from its town and place: "roma-piazza-bologna",
// with the province where several towns have the name.
func (m *maker) code(before string, t territory.Municipality, place string) string {
	words := before + " " + t.Name + " " + place
	if m.shared[territory.Fold(t.Name)] {
		words += " " + t.Province
	}
	code := strings.ReplaceAll(territory.Fold(words), " ", "-")
	for n, first := 2, code; m.codes[code]; n++ {
		code = fmt.Sprintf("%s-%d", first, n)
	}
	m.codes[code] = true
	return code
}

// streets are addresses that most towns have.
var streets = []string{
	"Via Roma", "Piazza Garibaldi", "Via Mazzini", "Corso Italia", "Via Cavour", "Piazza della Libertà",
	"Via Dante Alighieri", "Via Vittorio Veneto", "Piazza del Popolo", "Via Guglielmo Marconi", "Via della Posta", "Via San Francesco",
}

// place puts a site into a town, a few hundred metres from its middle.
func (m *maker) place(s *site.Site, t territory.Municipality, street string) {
	if street == "" {
		street = streets[m.rng.IntN(len(streets))]
	}
	s.ID = m.id()
	s.Municipality = t.ISTAT
	s.Address = fmt.Sprintf("%s %d", street, 1+m.rng.IntN(60))
	s.Lat = t.Lat + (m.rng.Float64()-0.5)*0.005
	s.Lon = t.Lon + (m.rng.Float64()-0.5)*0.007
	s.Patron, _ = agenda.ParseMonthDay(t.Patron) // unknown is none
	s.Generated = true
}

// room adds a room to a site.
func (m *maker) room(s *site.Site, code, name string, floor int) site.Room {
	r := site.Room{ID: m.id(), Site: s.ID, Code: code, Name: name, Floor: floor}
	m.data.Rooms = append(m.data.Rooms, r)
	return r
}

// add drafts a resource in a room; a composite names its parts.
func (m *maker) add(r site.Room, kind site.ResourceKind, code, name string, seats int, features []string, parts ...string) {
	m.drafts = append(m.drafts, draft{site.Resource{
		ID: m.id(), Site: r.Site, Room: r.ID, Kind: kind, Code: code, Name: name,
		Seats: seats, Features: features, Active: true,
	}, parts})
}

// close numbers the resources of the site being made and keeps it.
func (m *maker) close(s site.Site) {
	slices.SortFunc(m.drafts, func(a, b draft) int {
		return cmp.Or(cmp.Compare(slices.Index(site.Kinds, a.Kind), slices.Index(site.Kinds, b.Kind)), cmp.Compare(a.Code, b.Code))
	})
	ordinals := map[string]int64{}
	for i := range m.drafts {
		ordinals[m.drafts[i].Code] = int64(len(m.data.Resources) + i + 1)
	}
	for _, d := range m.drafts {
		d.Ordinal = ordinals[d.Code]
		for _, part := range d.parts {
			d.Atoms = append(d.Atoms, ordinals[part])
		}
		slices.Sort(d.Atoms)
		m.data.Resources = append(m.data.Resources, d.Resource)
	}
	m.drafts = m.drafts[:0]
	m.data.Sites = append(m.data.Sites, s)
}

// some draws a subset: each feature with its chance in percent.
func (m *maker) some(chances ...chance) (out []string) {
	for _, c := range chances {
		if m.rng.IntN(100) < c.percent {
			out = append(out, c.feature)
		}
	}
	return out
}

type chance struct {
	feature string
	percent int
}

// daysAgo is a date between least and most days before today, not before the
// first spaces opened.
func (m *maker) daysAgo(least, most int) string {
	d := m.today.AddDays(-least - m.rng.IntN(most-least+1))
	if first := (agenda.Date{Year: 2023, Month: time.October, Day: 2}); d.Before(first) {
		d = first
	}
	return d.String()
}
