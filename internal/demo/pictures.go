package demo

import (
	"math/rand/v2"

	"polis/internal/demo/drawing"
	"polis/internal/platform/blob"
	"polis/internal/site"
	"polis/internal/territory"
)

// picturesEach is how many drawings a space has.
const picturesEach = 3

// pictures draws the houses: the front, the open space, and a terrace or a
// meeting room. A drawing is its own small picture.
func pictures(d site.Data, seed uint64) (photos []site.Photo, files []blob.File) {
	m := maker{seed: seed}
	for i := range d.Sites {
		s := &d.Sites[i]
		if s.Kind != site.Space {
			continue
		}
		town, _ := d.Territory.ByISTAT(s.Municipality)
		h := drawing.House{
			Building: string(s.Profile.Building), Landscape: landscape(s, town),
			Dice: func() *rand.Rand { return m.dice(s) },
		}
		third := drawing.Terrace
		if s.Size == site.Small {
			third = drawing.Meeting
		}
		ids := m.dice(s)
		for _, draw := range [picturesEach]func(drawing.House) drawing.Picture{drawing.Facade, drawing.OpenSpace, third} {
			p := draw(h)
			f := blob.File{Type: "image/svg+xml", Data: p.SVG}
			id := f.ID()
			files = append(files, f)
			photos = append(photos, site.Photo{
				ID: m.idFrom(ids), Site: s.ID, Alt: site.Text{IT: p.IT, EN: p.EN}, Picture: id, Thumb: id,
				Width: drawing.Width, Height: drawing.Height,
			})
		}
	}
	return photos, files
}

// landscape is what lies behind a house: the sea or a lake where the town is
// known for it, mountains in the Alps and in the Abruzzi, else roofs around
// large houses of cities, fields along the Po, hills.
func landscape(s *site.Site, t territory.Municipality) drawing.Landscape {
	switch {
	case seaside[t.Name]:
		return drawing.Sea
	case lakeside[t.Name]:
		return drawing.Lake
	case alpine[t.Province]:
		return drawing.Mountains
	case t.Population > city:
		return drawing.City
	case plain[t.Region] && s.Lat > 44.6:
		return drawing.Plain
	}
	return drawing.Hills
}

var (
	seaside = set("Ancona", "Bari", "Barletta", "Brindisi", "Cagliari", "Castellammare di Stabia", "Catania", "Civitavecchia", "Crotone", "Ercolano",
		"Fano", "Forte dei Marmi", "Gaeta", "Gela", "Genova", "Imperia", "La Spezia", "Livorno", "Marsala", "Messina", "Molfetta", "Monopoli", "Napoli",
		"Olbia", "Palermo", "Pesaro", "Pescara", "Piombino", "Pozzuoli", "Reggio di Calabria", "Riccione", "Rimini", "Salerno", "San Benedetto del Tronto",
		"San Felice Circeo", "Sanremo", "Savona", "Senigallia", "Siracusa", "Taormina", "Taranto", "Termoli", "Torre del Greco", "Trani", "Trapani",
		"Trieste", "Venezia", "Viareggio")
	lakeside = set("Bracciano", "Como", "Desenzano del Garda", "Gavirate", "Lecco", "Lovere", "Luino", "Riva del Garda", "Salò", "Verbania")
	alpine   = set("AO", "AQ", "BL", "BZ", "SO", "TN", "VB")
	plain    = set("Emilia-Romagna", "Lombardia", "Piemonte", "Veneto", "Friuli-Venezia Giulia")
)

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, name := range names {
		out[name] = true
	}
	return out
}
