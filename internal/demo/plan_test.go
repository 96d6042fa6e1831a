package demo

import (
	"slices"
	"testing"

	"polis/internal/site"
)

// plan is what the demonstration draws of one space.
type plan struct {
	site   *site.Site
	rooms  []*site.Room
	places []*site.Resource
}

func plans(t *testing.T) []*plan {
	t.Helper()
	d := national(t)
	at := map[string]*plan{}
	var out []*plan
	for i := range d.Sites {
		if s := &d.Sites[i]; s.Kind == site.Space {
			at[s.ID] = &plan{site: s}
			out = append(out, at[s.ID])
		}
	}
	for i := range d.Rooms {
		if p := at[d.Rooms[i].Site]; p != nil {
			p.rooms = append(p.rooms, &d.Rooms[i])
		}
	}
	for i := range d.Resources {
		if p := at[d.Resources[i].Site]; p != nil {
			p.places = append(p.places, &d.Resources[i])
		}
	}
	return out
}

func inside(r, of site.Rect) bool {
	return r.X >= of.X && r.Y >= of.Y && r.X+r.W <= of.X+of.W && r.Y+r.H <= of.Y+of.H
}

func overlap(a, b site.Rect) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func touch(a, b site.Rect) bool {
	return a.X <= b.X+b.W && b.X <= a.X+a.W && a.Y <= b.Y+b.H && b.Y <= a.Y+a.H
}

func TestPlansOfAllSpaces(t *testing.T) {
	t.Parallel()
	all := plans(t)
	if len(all) != Spaces {
		t.Fatalf("%d spaces", len(all))
	}
	for _, p := range all {
		p.checkRooms(t)
		p.checkPlaces(t)
	}
}

func (p *plan) checkRooms(t *testing.T) {
	t.Helper()
	purposes := map[site.Purpose]int{}
	indoors, outdoors := map[int]int{}, map[string]bool{}
	for _, r := range p.places {
		if r.Kind == site.Outdoor {
			outdoors[r.Room] = true
		}
	}
	for i, r := range p.rooms {
		if err := r.Validate(); err != nil || !r.Area.Drawn() {
			t.Errorf("%s: room %s has the area %v: %v", p.site.Code, r.Code, r.Area, err)
		}
		purposes[r.Purpose]++
		if !outdoors[r.ID] {
			indoors[r.Floor] += r.Area.W * r.Area.H
		}
		for _, o := range p.rooms[:i] {
			if o.Floor == r.Floor && overlap(o.Area, r.Area) {
				t.Errorf("%s: %s and %s overlap", p.site.Code, o.Code, r.Code)
			}
		}
		if r.Purpose != "" || p.site.Size == site.Small {
			continue
		}
		if !slices.ContainsFunc(p.rooms, func(c *site.Room) bool {
			return c.Purpose == "corridor" && c.Floor == r.Floor && touch(c.Area, r.Area)
		}) {
			t.Errorf("%s: no way into %s", p.site.Code, r.Code)
		}
	}
	least := map[site.Size]int{site.Small: 80, site.Medium: 380, site.Large: 1300}[p.site.Size]
	most := map[site.Size]int{site.Small: 130, site.Medium: 560, site.Large: 1850}[p.site.Size]
	sum := 0
	for _, cm2 := range indoors {
		sum += cm2
	}
	if m2 := p.site.Profile.Area; m2 < least || m2 > most || (sum+5000)/10_000 != m2 {
		t.Errorf("%s, %s, says %d m² and has %d m²", p.site.Code, p.site.Size, m2, sum/10_000)
	}
	floors := len(indoors)
	if purposes["entrance"] != 1 || purposes["toilet"] != floors || purposes["lift"] != purposes["stairs"] {
		t.Errorf("%s: %v", p.site.Code, purposes)
	}
	if (purposes["accessible-toilet"] > 0) != (p.site.Profile.AccessibleToilet == site.Yes) {
		t.Errorf("%s says %q of an accessible toilet and has %d", p.site.Code, p.site.Profile.AccessibleToilet, purposes["accessible-toilet"])
	}
}

func (p *plan) checkPlaces(t *testing.T) {
	t.Helper()
	rooms := map[string]*site.Room{}
	for _, r := range p.rooms {
		rooms[r.ID] = r
	}
	for i, r := range p.places {
		room := rooms[r.Room]
		if r.Composite() {
			if r.Area.Drawn() {
				t.Errorf("%s: %s is its parts and has an area", p.site.Code, r.Code)
			}
			continue
		}
		if !r.Area.Drawn() || !inside(r.Area, room.Area) {
			t.Errorf("%s: %s at %v is not inside %s at %v", p.site.Code, r.Code, r.Area, room.Code, room.Area)
		}
		if r.Kind == site.Desk {
			if r.Area.W != deskWidth || r.Area.H != deskDepth {
				t.Errorf("%s: %s is %v", p.site.Code, r.Code, r.Area)
			}
			around := site.Rect{X: r.Area.X - 60, Y: r.Area.Y - 70, W: r.Area.W + 120, H: r.Area.H + 140}
			if !inside(around, room.Area) {
				t.Errorf("%s: %s stands at the wall of %s", p.site.Code, r.Code, room.Code)
			}
		}
		for _, o := range p.places[:i] {
			if o.Composite() || o.Room != r.Room {
				continue
			}
			if overlap(o.Area, r.Area) {
				t.Errorf("%s: %s and %s overlap", p.site.Code, o.Code, r.Code)
			}
			if dx, dy := abs(o.Area.X-r.Area.X), abs(o.Area.Y-r.Area.Y); r.Kind == site.Desk && dx == 0 && dy > deskDepth && dy < deskDepth+chairs {
				t.Errorf("%s: no room for chairs between %s and %s", p.site.Code, o.Code, r.Code)
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }

// What a house says of its steps is what its places say.
func TestStepFreeHousesHaveStepFreePlaces(t *testing.T) {
	t.Parallel()
	without := 0
	for _, p := range plans(t) {
		free := map[site.ResourceKind]bool{}
		for _, r := range p.places {
			free[r.Kind] = free[r.Kind] || slices.Contains(r.Features, "step-free")
		}
		for kind, is := range free {
			if is != (p.site.Profile.StepFree == site.Yes) {
				t.Errorf("%s says %q, and of its places of kind %s %t", p.site.Code, p.site.Profile.StepFree, kind, is)
			}
		}
		if p.site.Profile.StepFree == site.No {
			without++
		}
		if err := p.site.Validate(); err != nil || p.site.Profile.Directions.EN == "" {
			t.Errorf("%s: %v", p.site.Code, err)
		}
	}
	if without < 10 || without > 60 {
		t.Errorf("%d spaces with steps", without)
	}
}
