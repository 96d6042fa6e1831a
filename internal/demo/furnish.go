package demo

import (
	"fmt"
	"strings"

	"polis/internal/agenda"
	"polis/internal/site"
)

// Hours of the spaces.
var (
	usualHours  = agenda.MustHours("Mo-Fr 08:00-20:00; Sa 08:00-14:00; PH off")
	longHours   = agenda.MustHours("07:00-23:00; PH off")
	alwaysHours = agenda.MustHours("24/7; PH off")
)

// space furnishes one space.
func (m *maker) space(p *planned) {
	firstRoom := len(m.data.Rooms)
	s := site.Site{Kind: site.Space, Size: p.size, State: p.state, Hours: usualHours}
	s.Name = "Spazio " + p.town.Name
	if p.place != "" {
		s.Name += " " + p.place
	}
	s.Code = m.code("", p.town, p.place)
	street := ""
	if strings.HasPrefix(p.place, "Piazza ") {
		street = p.place
	}
	m.place(&s, p.town, street)
	switch p.state {
	case site.Open:
		s.StateSince = m.daysAgo(30, 900)
	case site.Works:
		s.StateSince = m.daysAgo(20, 300)
		s.OpensOn = m.today.AddDays(14 + m.rng.IntN(300)).String()
	}
	if p.size == site.Large {
		switch m.rng.IntN(3) {
		case 0:
			s.Hours = longHours
		case 1:
			s.Hours = alwaysHours
			day := site.DefaultRules(site.Desk)
			day.MaxLength = 24 * 60
			m.data.Rules[site.RuleKey{Kind: site.Desk, Site: s.ID}] = day
		}
	}
	m.desks(&s, p.places-m.meetingRooms(&s))
	m.trainingAndHalls(&s)
	m.describe(&s, p.town, firstRoom)
	m.close(s)
}

// meetings are the seats of the meeting rooms of a size.
var meetings = map[site.Size][]int{
	site.Small:  {4},
	site.Medium: {4, 6, 8},
	site.Large:  {4, 4, 6, 6, 8, 10, 12},
}

// roomNames name the rooms of a house.
var roomNames = []string{"Olivo", "Quercia", "Faggio", "Cipresso", "Castagno", "Larice", "Ginepro", "Mirto", "Alloro", "Tiglio", "Acero", "Leccio"}

// meetingRooms adds the meeting rooms and returns their seats.
func (m *maker) meetingRooms(s *site.Site) (seats int) {
	first := m.rng.IntN(len(roomNames))
	for i, n := range meetings[s.Size] {
		code, name := fmt.Sprintf("M-%02d", i+1), "Sala "+roomNames[(first+i)%len(roomNames)]
		features := append([]string{"screen"}, m.some(chance{"whiteboard", 70}, chance{"video", 60}, chance{"step-free", 80})...)
		m.add(m.room(s, code, name, i%floors(s)), site.Meeting, code, name, n, features)
		seats += n
	}
	return seats
}

func floors(s *site.Site) int {
	if s.Size == site.Large {
		return 3
	}
	return 1
}

// privates are the desks of the private offices of a size.
var privates = map[site.Size][]int{site.Medium: {4}, site.Large: {4, 4, 6}}

// desks puts the desks into open rooms and private offices.
func (m *maker) desks(s *site.Site, n int) {
	next := 0
	desk := func(r site.Room, features []string) string {
		next++
		code := fmt.Sprintf("D-%03d", next)
		m.add(r, site.Desk, code, code, 1, features)
		return code
	}
	for i, size := range privates[s.Size] {
		code, name := fmt.Sprintf("P-%02d", i+1), fmt.Sprintf("Ufficio %d", i+1)
		r := m.room(s, code, name, floors(s)-1)
		var parts []string
		for range size {
			parts = append(parts, desk(r, []string{"monitor", "quiet"}))
		}
		m.add(r, site.Private, code, name, size, []string{"monitor", "quiet", "lockable"}, parts...)
		n -= size
	}
	for floor := range floors(s) {
		r := m.room(s, fmt.Sprintf("O-%d", floor), "Open space", floor)
		here := n / floors(s)
		if floor < n%floors(s) {
			here++
		}
		for range here {
			features := m.some(chance{"monitor", 40}, chance{"standing-desk", 15}, chance{"quiet", 20}, chance{"window", 30})
			if floor == 0 {
				features = append(features, "step-free")
			}
			desk(r, features)
		}
	}
}

// trainingAndHalls adds what the larger spaces have besides.
func (m *maker) trainingAndHalls(s *site.Site) {
	training := map[site.Size][]int{site.Medium: {16}, site.Large: {20, 24}}[s.Size]
	for i, seats := range training {
		code, name := fmt.Sprintf("T-%02d", i+1), fmt.Sprintf("Aula %d", i+1)
		features := append([]string{"screen", "whiteboard", "step-free"}, m.some(chance{"video", 60}, chance{"computers", 40})...)
		m.add(m.room(s, code, name, 0), site.Training, code, name, seats, features)
	}
	switch {
	case s.Size == site.Large:
		m.hall(s, 3, 30)
	case s.Size == site.Medium && m.rng.IntN(2) == 0:
		m.hall(s, 2, 25)
	case s.Size == site.Medium:
		m.hall(s, 1, 40)
	}
	if s.Size != site.Small {
		m.outdoor(s, "Terrazza")
	}
}

// hall adds a hall of parts with so many seats each. Neighbouring parts can be
// had together: of three, a+b and a+b+c.
func (m *maker) hall(s *site.Site, parts, seats int) {
	r := m.room(s, "H", "Sala eventi", 0)
	features := []string{"screen", "microphone", "stage", "step-free"}
	if parts == 1 {
		m.add(r, site.Hall, "H-A", "Sala eventi", seats, features)
		return
	}
	var codes []string
	letters := ""
	for i := range parts {
		letter := string(rune('A' + i))
		letters += letter
		codes = append(codes, "H-"+letter)
		m.add(r, site.Hall, "H-"+letter, "Sala eventi "+letter, seats, features)
		if i > 0 {
			m.add(r, site.Hall, "H-"+letters, "Sala eventi "+letters, seats*(i+1), features, codes...)
		}
	}
}

// outdoor adds an outdoor space.
func (m *maker) outdoor(s *site.Site, name string) {
	m.add(m.room(s, "E", name, 0), site.Outdoor, "E-01", name, 20+10*m.rng.IntN(5),
		m.some(chance{"step-free", 90}, chance{"power", 70}, chance{"canopy", 40}, chance{"light", 60}))
}
