package web_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/territory"
)

func mapPrinter(t *testing.T) *i18n.Printer {
	t.Helper()
	words := i18n.NewBundle()
	if _, err := web.New(words, web.Config{}); err != nil {
		t.Fatal(err)
	}
	return words.Printer(i18n.IT, nil)
}

// However the places lie: names and marks stand in the frame and hide neither
// each other nor a mark, as far as there is room.
func TestMapHasRoomForItsNames(t *testing.T) {
	t.Parallel()
	p, table := mapPrinter(t), territory.Embedded()
	rapid.Check(t, func(rt *rapid.T) {
		lat, lon := rapid.Float64Range(37, 46.5).Draw(rt, "lat"), rapid.Float64Range(7, 18).Draw(rt, "lon")
		o := web.MapOptions{Label: "x", Width: 440, Height: 500, Box: territory.Around(lat, lon, rapid.Float64Range(3, 120).Draw(rt, "km"))}
		for i := range rapid.IntRange(0, 12).Draw(rt, "places") {
			o.Places = append(o.Places, web.Place{
				Lat: lat + rapid.Float64Range(-0.02, 0.02).Draw(rt, "dLat"), Lon: lon + rapid.Float64Range(-0.02, 0.02).Draw(rt, "dLon"),
				Kind: "free", Href: "/", Mark: fmt.Sprint(i + 1), Title: "x",
			})
		}
		o.Towns = table.Largest(territory.Project(o.Box, 440, 500).Box(), 30)
		m := web.NewMap(p, o)
		if len(m.Places) != len(o.Places) {
			rt.Fatalf("%d of %d places", len(m.Places), len(o.Places))
		}
		hidden := 0
		for i, a := range m.Places {
			for _, b := range m.Places[i+1:] {
				if dx, dy := a.X-b.X, a.Y-b.Y; dx*dx+dy*dy < 4*12*12*0.98 {
					hidden++
				}
			}
		}
		if len(o.Places) <= 6 && hidden > 0 {
			rt.Fatalf("%d of %d marks hide others", hidden, len(o.Places))
		}
		type rect struct{ x1, y1, x2, y2 float64 }
		var names []rect
		for _, s := range m.Towns {
			w := float64(len([]rune(s.Title))) * 7.2
			x := s.X + s.DX
			switch s.Anchor {
			case "end":
				x -= w
			case "middle":
				x -= w / 2
			}
			r := rect{x, s.Y + s.DY - 12, x + w, s.Y + s.DY + 3}
			if r.x1 < -0.5 || r.x2 > 440.5 || r.y1 < -4 || r.y2 > 504 {
				rt.Fatalf("%s stands at %v, outside", s.Title, r)
			}
			for _, other := range names {
				if r.x1 < other.x2 && other.x1 < r.x2 && r.y1 < other.y2 && other.y1 < r.y2 {
					rt.Fatalf("%s hides another name", s.Title)
				}
			}
			for _, mark := range m.Places {
				if mark.X+10 > r.x1 && mark.X-10 < r.x2 && mark.Y+10 > r.y1+3 && mark.Y-10 < r.y2-3 {
					rt.Fatalf("%s hides the mark %s", s.Title, mark.Mark)
				}
			}
			names = append(names, r)
		}
	})
}

func TestMapTellsItsScaleAndKinds(t *testing.T) {
	t.Parallel()
	p := mapPrinter(t)
	m := web.NewMap(p, web.MapOptions{
		Label: "x", Width: 440, Height: 580, Box: territory.Italy,
		Places: []web.Place{{Lat: 45, Lon: 9, Kind: "works", Href: "/a"}, {Lat: 41, Lon: 14, Kind: "free", Href: "/b", Mark: "1"}},
		Around: &web.Place{Lat: 43, Lon: 11}, Km: 100,
	})
	if m.BarText != "200 km" || m.Bar < 60 || m.Bar > 110 {
		t.Errorf("a bar of %d units says %q", m.Bar, m.BarText)
	}
	if m.Circle == nil || m.Circle.Radius < 35 || m.Circle.Radius > 55 {
		t.Errorf("100 km are %+v", m.Circle)
	}
	var kinds []string
	for _, s := range m.Legend {
		kinds = append(kinds, s.Text)
	}
	if got := strings.Join(kinds, ", "); got != "posti liberi, in lavori" {
		t.Errorf("legend %q", got)
	}
	if last := m.Places[len(m.Places)-1]; last.Mark != "1" {
		t.Error("a mark with a number is drawn under others")
	}
	if len(m.Land) > 12_000 || len(m.Borders) > 9_000 || !strings.HasPrefix(m.Land, "M") || strings.ContainsAny(m.Land, "eN<\"") {
		t.Errorf("the land is %d bytes, the borders %d", len(m.Land), len(m.Borders))
	}
}
