package demo

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"polis/internal/site"
	"polis/internal/territory"
)

// dice are those of one site: what is said and drawn of it hangs on its code,
// so that it stays when the houses before it change.
func (m *maker) dice(s *site.Site) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(s.Code))
	return rand.New(rand.NewPCG(m.seed, h.Sum64()))
}

// phone makes up a number that nobody has: no area code is 000.
func (m *maker) phone() string { return fmt.Sprintf("+39 000 %06d", len(m.data.Sites)+1) }

// describe makes up what a space says of itself, draws its plan and makes its
// places agree with both.
func (m *maker) describe(s *site.Site, t territory.Municipality, firstRoom int) {
	rng := m.dice(s)
	p := &s.Profile
	p.Phone, p.Email = m.phone(), s.Code+"@example.org"
	p.StepFree = answer(rng.IntN(100) < 88)
	p.AccessibleToilet = answer(p.StepFree == site.Yes && rng.IntN(100) < 95)
	p.Territory = m.territory(t, rng)
	p.Building = building(s, t, p.Territory, rng)
	m.parking(p, s, t, rng)
	p.Amenities = amenities(s, p, rng)
	p.Directions = directions(s, t)
	m.stepFree(p.StepFree == site.Yes)
	var rooms []site.Room
	rooms, p.Area = m.plan(s, m.data.Rooms[firstRoom:], p.AccessibleToilet == site.Yes, rng)
	m.data.Rooms = append(m.data.Rooms[:firstRoom], rooms...)
}

func answer(yes bool) site.Answer {
	if yes {
		return site.Yes
	}
	return site.No
}

// stepFree makes the places of the site being made agree with what it says: of
// a house with a step none is step-free; of one without, desks and private
// offices are (a lift leads to them), and one of each other kind at least.
func (m *maker) stepFree(free bool) {
	const feature = "step-free"
	has := map[site.ResourceKind]bool{}
	for i := range m.drafts {
		d := &m.drafts[i]
		if !free {
			d.Features = slices.DeleteFunc(slices.Clone(d.Features), func(f string) bool { return f == feature })
			continue
		}
		if !slices.Contains(d.Features, feature) && (d.Kind == site.Desk || d.Kind == site.Private || !has[d.Kind]) {
			d.Features = append(slices.Clip(d.Features), feature)
		}
		has[d.Kind] = true
	}
}

// Inner areas are far from cities: here a town under 15,000 inhabitants whose
// next city of 50,000 is further than this. The official list goes by the time
// to schools, hospitals and stations.
const (
	city        = 50_000
	farFromCity = 35 // km
)

// territory makes up what kind of territory a town lies in.
func (m *maker) territory(t territory.Municipality, rng *rand.Rand) (out []site.Territory) {
	far := math.Inf(1)
	for _, c := range m.cities {
		far = min(far, territory.Distance(t.Lat, t.Lon, c.Lat, c.Lon))
	}
	add := func(kind site.Territory, holds bool) {
		if holds {
			out = append(out, kind)
		}
	}
	inner := t.Population < smallTown && far > farFromCity
	add("industrial-district", !inner && t.Population < 2*city && industrial[t.Region] && rng.IntN(100) < 45)
	add("environmental", inner && rng.IntN(100) < 50)
	add("cultural", t.Population > city && rng.IntN(100) < 60 || rng.IntN(100) < 15)
	add("landscape", t.Population < smallTown && rng.IntN(100) < 35)
	add("inner-area", inner)
	return out
}

// industrial are the regions with most industrial districts.
var industrial = set("Lombardia", "Veneto", "Emilia-Romagna", "Toscana", "Marche", "Piemonte", "Friuli-Venezia Giulia")

func building(s *site.Site, t territory.Municipality, in []site.Territory, rng *rand.Rand) site.Building {
	switch {
	case slices.Contains(in, "industrial-district") && rng.IntN(2) == 0:
		return "industrial"
	case s.Size == site.Large && rng.IntN(3) == 0:
		return "headquarters"
	case t.Population > city && rng.IntN(2) == 0:
		return "historic-post-office"
	}
	return []site.Building{"post-office", "modern", "palace", "historic-post-office"}[rng.IntN(4)]
}

func (m *maker) parking(p *site.Profile, s *site.Site, t territory.Municipality, rng *rand.Rand) {
	switch n := rng.IntN(100); {
	case t.Population > 4*city && n < 50:
		p.Parking = site.ParkingNone
	case n < 30 || s.Size == site.Large && n < 60:
		p.Parking, p.AccessibleBays = site.ParkingOwn, 1+rng.IntN(3)
	default:
		p.Parking, p.AccessibleBays = site.ParkingStreet, rng.IntN(2)
	}
}

// amenities: the larger the house, the more there is.
func amenities(s *site.Site, p *site.Profile, rng *rand.Rand) (out []site.Amenity) {
	percent := map[site.Size]map[site.Amenity]int{
		site.Small: {
			"wifi": 100, "kitchen": 100, "coffee": 60, "printer": 80, "phone-booth": 25, "bike-rack": 50, "air-conditioning": 85, "garden": 20,
		},
		site.Medium: {
			"wifi": 100, "kitchen": 100, "coffee": 85, "printer": 100, "lockers": 70, "phone-booth": 80, "shower": 20, "bike-rack": 70,
			"ev-charging": 25, "air-conditioning": 95, "nursing-room": 20, "induction-loop": 25, "garden": 25,
		},
		site.Large: {
			"wifi": 100, "kitchen": 100, "coffee": 100, "printer": 100, "lockers": 100, "phone-booth": 100, "shower": 70, "bike-rack": 90,
			"ev-charging": 60, "air-conditioning": 100, "nursing-room": 60, "induction-loop": 80, "garden": 30,
		},
	}[s.Size]
	for _, a := range site.Amenities {
		has := rng.IntN(100) < percent[a]
		if a == "post-office" {
			has = p.Building == "post-office" || p.Building == "historic-post-office" && rng.IntN(2) == 0
		}
		if has && (a != "ev-charging" || p.Parking == site.ParkingOwn) {
			out = append(out, a)
		}
	}
	return out
}

// directions say how to get to a house, from what is known of it.
func directions(s *site.Site, t territory.Municipality) site.Text {
	var it, en string
	switch m := int(territory.Distance(s.Lat, s.Lon, t.Lat, t.Lon)*20+0.5) * 50; {
	case m < 100:
		it, en = "nel centro", "in the centre"
	default:
		it, en = fmt.Sprintf("a circa %d metri dal centro", m), fmt.Sprintf("about %d metres from the centre", m)
	}
	d := site.Text{
		IT: fmt.Sprintf("Lo spazio è in %s a %s (%s), %s.", s.Address, t.Name, t.Province, it),
		EN: fmt.Sprintf("The space is at %s in %s (%s), %s.", s.Address, t.Name, t.Province, en),
	}
	add := func(it, en string) { d.IT, d.EN = d.IT+" "+it, d.EN+" "+en }
	switch s.Profile.Parking {
	case site.ParkingNone:
		add("Si arriva meglio a piedi o con i mezzi pubblici: vicino non si parcheggia.",
			"It is best reached on foot or by public transport: there is nowhere to park nearby.")
	case site.ParkingStreet:
		add("L’auto si lascia nelle vie vicine.", "Cars can be left in the streets nearby.")
	case site.ParkingOwn:
		add("L’auto si lascia nel parcheggio della casa.", "The house has a car park of its own.")
	}
	if n := s.Profile.AccessibleBays; n == 1 {
		add("Un posto auto è riservato alle persone con disabilità.", "One parking bay is kept for people with disabilities.")
	} else if n > 1 {
		add(fmt.Sprintf("%d posti auto sono riservati alle persone con disabilità.", n),
			fmt.Sprintf("%d parking bays are kept for people with disabilities.", n))
	}
	if s.Profile.StepFree == site.Yes {
		add("L’ingresso è senza gradini.", "The entrance has no steps.")
	} else {
		add("All’ingresso ci sono alcuni gradini.", "There are some steps at the entrance.")
	}
	return d
}
