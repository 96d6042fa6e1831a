package demo

import (
	"fmt"

	"polis/internal/agenda"
	"polis/internal/site"
	"polis/internal/territory"
)

// Hours of the offices: the longer, the larger the town; the smallest open on
// alternate days.
var (
	evenDays = agenda.MustHours("Mo,We,Fr 08:20-13:35; PH off")
	oddDays  = agenda.MustHours("Tu,Th 08:20-13:35; Sa 08:20-12:35; PH off")
	morning  = agenda.MustHours("Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off")
	wholeDay = agenda.MustHours("Mo-Fr 08:20-19:05; Sa 08:20-12:35; PH off")
)

const (
	alternate   = 1_000 // inhabitants under which an office opens on alternate days
	wholeDayMin = 8_000 // inhabitants from which it opens until evening
)

// offices adds an office for each small municipality, the smallest left out
// where there are more of them than offices.
func (m *maker) offices() {
	towns := sorted(m.terr, func(t territory.Municipality) bool { return t.Population < smallTown })
	towns = towns[:min(len(towns), Offices)]

	left := Outdoors
	for _, r := range m.data.Resources {
		if r.Kind == site.Outdoor {
			left--
		}
	}
	for i, t := range towns {
		s := site.Site{Kind: site.Office, State: site.Open, Name: "Ufficio postale di " + t.Name, Hours: officeHours(t.Population, i)}
		if t.Name == ShowTown {
			s.Hours = Always
		}
		s.Code = m.code("ufficio", t, "")
		m.place(&s, t, "")
		s.StateSince = m.daysAgo(30, 1000)
		s.Profile = site.Profile{Phone: m.phone(), StepFree: answer(m.dice(&s).IntN(100) < 85)}
		r := m.room(&s, "S", "Sportelli", 0)
		for n := range counters(t.Population) {
			m.add(r, site.Counter, fmt.Sprintf("S-%d", n+1), fmt.Sprintf("Sportello %d", n+1), 1, deskEquipment(t.Population, n, m.some(chance{"step-free", 85})))
		}
		if towns := len(towns) - i; m.rng.IntN(towns) < left { // each office alike, and none left at the end
			m.outdoor(&s, "Giardino")
			left--
		}
		m.close(s)
	}
}

// ShowTown is the town whose office never closes, so that whoever tries the
// demonstration, at whatever hour, finds a counter that works.
const ShowTown = "Gavirate"

// Always are its hours.
var Always = agenda.MustHours("24/7")

// deskEquipment is what a desk has, after what else is said of it: all take cash but
// the last of a large office; the first two have what the photograph and the
// fingerprints are taken with, but in the smallest towns.
func deskEquipment(people, n int, has []string) []string {
	if n < 2 && people >= alternate {
		has = append(has, "biometric-kit")
	}
	if n < 3 {
		has = append(has, "cash")
	}
	return has
}

func officeHours(people, i int) agenda.Hours {
	switch {
	case people < alternate && i%2 == 0:
		return evenDays
	case people < alternate:
		return oddDays
	case people < wholeDayMin:
		return morning
	}
	return wholeDay
}

func counters(people int) int {
	switch {
	case people < 2_000:
		return 1
	case people < 6_000:
		return 2
	case people < 10_000:
		return 3
	}
	return 4
}
