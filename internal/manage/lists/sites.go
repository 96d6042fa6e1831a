package lists

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/site"
	"polis/internal/territory"
)

var (
	siteKinds = []word{{"office", []string{"ufficio", "ufficio postale", "post office"}}, {"space", []string{"spazio", "coworking", "spazio di lavoro"}}}
	sizes     = []word{{"small", []string{"piccolo", "s"}}, {"medium", []string{"medio", "m"}}, {"large", []string{"grande", "l"}}}
	states    = []word{
		{"planned", []string{"in programma", "programmato"}},
		{"works", []string{"in lavori", "lavori"}},
		{"testing", []string{"in prova", "prova"}},
		{"open", []string{"aperto", "aperta", "attivo"}},
		{"suspended", []string{"sospeso", "chiuso", "chiuso al momento", "closed"}},
	}
	answers  = []word{{"yes", []string{"sì", "si", "true", "vero", "1"}}, {"no", []string{"false", "falso", "0"}}}
	parkings = []word{{"none", []string{"nessuno", "no"}}, {"street", []string{"strada", "in strada"}}, {"own", []string{"proprio", "sì", "si", "yes"}}}
)

// blanks stand in telephone numbers where people write other signs.
var blanks = strings.NewReplacer("-", " ", "/", " ", ".", " ")

// none takes away what else would come from the municipality.
const none = "none"

// siteFields are the columns of a site but for its code and its municipality,
// which takes several.
var siteFields = []field[site.Site]{
	{"kind", func(_ names, s *site.Site) string { return string(s.Kind) }, func(c cell, s *site.Site) { choice(c, &s.Kind, siteKinds) }},
	{"name", func(_ names, s *site.Site) string { return s.Name }, func(c cell, s *site.Site) {
		if c.text != "" {
			c.short(&s.Name, site.MaxName)
		}
	}},
	{"address", func(_ names, s *site.Site) string { return s.Address }, func(c cell, s *site.Site) { c.short(&s.Address, site.MaxAddress) }},
	{"municipality", func(_ names, s *site.Site) string { return s.Municipality }, nil},
	{"lat", func(_ names, s *site.Site) string { return degrees(s.Lat) }, nil},
	{"lon", func(_ names, s *site.Site) string { return degrees(s.Lon) }, nil},
	{"zone", func(_ names, s *site.Site) string { return s.Zone }, func(c cell, s *site.Site) {
		if _, err := time.LoadLocation(c.text); err != nil || c.text == "Local" {
			c.wrong("bad_zone", "text", c.text)
			return
		}
		s.Zone = c.text
	}},
	{"size", func(_ names, s *site.Site) string { return string(s.Size) }, func(c cell, s *site.Site) {
		s.Size = ""
		choice(c, &s.Size, sizes)
	}},
	{"state", func(_ names, s *site.Site) string { return string(s.State) }, func(c cell, s *site.Site) { choice(c, &s.State, states) }},
	{"state_since", func(_ names, s *site.Site) string { return s.StateSince }, func(c cell, s *site.Site) { c.date(&s.StateSince) }},
	{"opens_on", func(_ names, s *site.Site) string { return s.OpensOn }, func(c cell, s *site.Site) { c.date(&s.OpensOn) }},
	{"hours", func(_ names, s *site.Site) string { return s.Hours.String() }, func(c cell, s *site.Site) { c.opening(&s.Hours) }},
	{"patron", func(_ names, s *site.Site) string {
		if s.Patron.IsZero() {
			return none
		}
		return s.Patron.String()
	}, func(c cell, s *site.Site) {
		if c.text == "" {
			return
		}
		text := c.text
		if text = strings.ToLower(text); text == none || text == "nessuno" {
			text = ""
		}
		day, err := agenda.ParseMonthDay(text)
		if err != nil {
			c.wrong("bad_day", "text", c.text)
			return
		}
		s.Patron = day
	}},
	{"groups", func(_ names, s *site.Site) string { return joined(s.Groups) }, func(c cell, s *site.Site) { s.Groups = c.tokens() }},
	{"phone", func(_ names, s *site.Site) string { return s.Profile.Phone }, func(c cell, s *site.Site) {
		s.Profile.Phone = blanks.Replace(c.text)
	}},
	{"email", func(_ names, s *site.Site) string { return s.Profile.Email }, func(c cell, s *site.Site) {
		if a, err := mail.ParseAddress(c.text); c.text != "" && (err != nil || a.Address != c.text) {
			c.wrong("bad_email")
			return
		}
		s.Profile.Email = c.text
	}},
	{"step_free", func(_ names, s *site.Site) string { return string(s.Profile.StepFree) }, func(c cell, s *site.Site) {
		s.Profile.StepFree = ""
		choice(c, &s.Profile.StepFree, answers)
	}},
	{"accessible_toilet", func(_ names, s *site.Site) string { return string(s.Profile.AccessibleToilet) }, func(c cell, s *site.Site) {
		s.Profile.AccessibleToilet = ""
		choice(c, &s.Profile.AccessibleToilet, answers)
	}},
	{"parking", func(_ names, s *site.Site) string { return string(s.Profile.Parking) }, func(c cell, s *site.Site) {
		s.Profile.Parking = ""
		choice(c, &s.Profile.Parking, parkings)
	}},
	{"accessible_bays", func(_ names, s *site.Site) string { return count(s.Profile.AccessibleBays) }, func(c cell, s *site.Site) {
		s.Profile.AccessibleBays = 0
		c.whole(&s.Profile.AccessibleBays, 0, site.MaxBays)
	}},
	{"amenities", func(_ names, s *site.Site) string { return joined(texts(s.Profile.Amenities)) }, func(c cell, s *site.Site) {
		s.Profile.Amenities = several(c, site.Amenities)
	}},
	{"building", func(_ names, s *site.Site) string { return string(s.Profile.Building) }, func(c cell, s *site.Site) {
		s.Profile.Building = ""
		choice(c, &s.Profile.Building, wordsOf(site.Buildings))
	}},
	{"territory", func(_ names, s *site.Site) string { return joined(texts(s.Profile.Territory)) }, func(c cell, s *site.Site) {
		s.Profile.Territory = several(c, site.Territories)
	}},
	{"area", func(_ names, s *site.Site) string { return count(s.Profile.Area) }, func(c cell, s *site.Site) {
		s.Profile.Area = 0
		c.whole(&s.Profile.Area, 0, site.MaxArea)
	}},
	{"directions_it", func(_ names, s *site.Site) string { return s.Profile.Directions.IT }, func(c cell, s *site.Site) { c.short(&s.Profile.Directions.IT, site.MaxText) }},
	{"directions_en", func(_ names, s *site.Site) string { return s.Profile.Directions.EN }, func(c cell, s *site.Site) { c.short(&s.Profile.Directions.EN, site.MaxText) }},
}

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func texts[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func wordsOf[T ~string](list []T) (out []word) {
	for _, v := range list {
		out = append(out, word{word: string(v)})
	}
	return out
}

// several reads some of a list of words.
func several[T ~string](c cell, all []T) (list []T) {
	for _, t := range c.tokens() {
		one := c
		one.text = t
		var v T
		if choice(one, &v, wordsOf(all)); v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func (p *planning) planSites() {
	seen := map[string]int{} // code → line
	for i, l := range p.lines {
		if p.outcome.More {
			return
		}
		if i%1000 == 0 {
			p.step("compare", i, len(p.lines))
		}
		before := len(p.outcome.Faults)
		c := p.cell(l, "code")
		code, ok := c.code()
		if !ok {
			continue
		}
		code = strings.ToLower(code)
		if first, twice := seen[code]; twice {
			c.wrong("duplicate", "text", code, "first", first)
			continue
		}
		seen[code] = l.at.Line
		p.planSite(l, code, before)
	}
}

func (p *planning) planSite(l *line, code string, before int) {
	old, now := &site.Site{}, site.Site{ID: p.IDs(), Code: code, Kind: site.Office, State: site.Open}
	if s, err := p.net.ByCode(code); err == nil && s.Code == code {
		old, now = s, *s
	}
	isNew := old.ID == ""
	p.locate(l, &now, isNew)
	fill(p, l, siteFields, &now)
	if !p.has("hours") || p.cell(l, "hours").text == "" {
		p.week(l, &now.Hours)
	}
	if now.State != old.State && !isNew && now.StateSince == old.StateSince {
		now.StateSince = agenda.DateOf(p.now.In(p.net.Zone(old))).String()
	}
	if isNew && now.Name == "" && p.cell(l, "name").text == "" {
		p.wrong(l, "name", "empty")
	}
	if len(p.outcome.Faults) > before {
		return
	}
	if err := now.Validate(); err != nil {
		p.invalid(l, err)
		return
	}
	if !isNew {
		p.guardSite(l, old, &now)
	}
	fields := differ(siteFields, names{}, names{}, old, &now)
	if !p.found(l, code, isNew, fields) {
		return
	}
	if !isNew && (old.State != now.State || old.StateSince != now.StateSince) {
		p.batch.States = append(p.batch.States, site.StateChange{Site: now.ID, To: now.State, Since: now.StateSince})
	}
	if isNew || slices.ContainsFunc(fields, func(f FieldChange) bool { return f.Column != "state" && f.Column != "state_since" }) {
		p.batch.Sites = append(p.batch.Sites, now)
	}
}

// invalid makes a fault of what the room of sites refuses.
func (p *planning) invalid(l *line, err error) {
	name := strings.TrimPrefix(errs.As(err).Field, "profile.")
	if name == "directions" {
		name = "directions_it"
	}
	p.wrong(l, name, "not_possible")
}

// Italy reaches from Lampedusa to the Vetta d'Italia and from Bardonecchia to
// Otranto.
func latInItaly(lat float64) bool { return 35.2 <= lat && lat <= 47.3 }
func lonInItaly(lon float64) bool { return 6.5 <= lon && lon <= 18.7 }

// locate finds the municipality and the place on the map of a line. A new site
// without a place stands in the middle of its municipality, and keeps its
// patron's day where the file says no other.
func (p *planning) locate(l *line, s *site.Site, isNew bool) {
	lat, lon, given, ok := p.coordinates(l)
	if !ok {
		return
	}
	if given {
		s.Lat, s.Lon = lat, lon
	}
	c := p.cell(l, "municipality")
	if c.text == "" {
		if isNew {
			c.wrong("empty")
		}
		return
	}
	m, ok := p.municipality(l, c, s, given)
	if !ok {
		return
	}
	if isNew || s.Municipality != m.ISTAT {
		if day, err := agenda.ParseMonthDay(m.Patron); err == nil {
			s.Patron = day
		}
	}
	if s.Municipality = m.ISTAT; isNew && !given {
		s.Lat, s.Lon = m.Lat, m.Lon
	}
}

// coordinates reads the place of a line; both or none must be there.
func (p *planning) coordinates(l *line) (lat, lon float64, given, ok bool) {
	a, b := p.cell(l, "lat"), p.cell(l, "lon")
	switch {
	case a.text == "" && b.text == "":
		return 0, 0, false, true
	case a.text == "":
		a.wrong("empty")
		return 0, 0, false, false
	case b.text == "":
		b.wrong("empty")
		return 0, 0, false, false
	}
	lat, okLat := a.degrees()
	lon, okLon := b.degrees()
	if !okLat || !okLon {
		return 0, 0, false, false
	}
	switch {
	case latInItaly(lat) && lonInItaly(lon):
		return lat, lon, true, true
	case latInItaly(lon) && lonInItaly(lat):
		a.wrong("swapped")
	case !latInItaly(lat):
		a.wrong("outside_italy", "text", a.text)
	default:
		b.wrong("outside_italy", "text", b.text)
	}
	return 0, 0, false, false
}

// municipality finds one by its ISTAT or Belfiore code, or by its name; of
// several of one name the one in the province, with the postal code, or by far
// the nearest.
func (p *planning) municipality(l *line, c cell, s *site.Site, located bool) (territory.Municipality, bool) {
	t, none := p.net.Territory(), territory.Municipality{}
	if m, ok := t.ByISTAT(c.text); ok {
		return m, true
	}
	if m, ok := t.ByBelfiore(strings.ToUpper(c.text)); ok {
		return m, true
	}
	name := c.text
	province := p.cell(l, "province")
	if before, inside, ok := strings.Cut(strings.TrimSuffix(name, ")"), "("); ok && province.text == "" { // Gavirate (VA)
		name, province.text, province.column = before, inside, c.column
	}
	list := t.Named(name)
	if len(list) == 0 {
		if near := p.nearName(t, name); near != "" {
			c.wrong("unknown_municipality_near", "text", c.text, "near", near)
		} else {
			c.wrong("unknown_municipality", "text", c.text)
		}
		return none, false
	}
	if province.text != "" {
		where, ok := t.Province(province.text)
		if !ok {
			province.wrong("unknown_province", "text", province.text)
			return none, false
		}
		list = slices.DeleteFunc(list, func(m territory.Municipality) bool { return m.Province != where.Code })
		if len(list) == 0 {
			province.wrong("not_in_province", "text", c.text, "province", where.Code)
			return none, false
		}
	}
	return p.oneOf(l, c, list, s, located)
}

// oneOf chooses among municipalities of one name.
func (p *planning) oneOf(l *line, c cell, list []territory.Municipality, s *site.Site, located bool) (territory.Municipality, bool) {
	if zip := p.cell(l, "cap").text; zip != "" && len(list) > 1 {
		if fit := slices.DeleteFunc(slices.Clone(list), func(m territory.Municipality) bool { return m.CAP != zip }); len(fit) == 1 {
			return fit[0], true
		}
	}
	if len(list) > 1 && located {
		far := func(m territory.Municipality) float64 { return territory.Distance(s.Lat, s.Lon, m.Lat, m.Lon) }
		slices.SortFunc(list, func(a, b territory.Municipality) int { return int(far(a) - far(b)) })
		if 3*far(list[0]) < far(list[1]) {
			list = list[:1]
		}
	}
	if len(list) > 1 {
		var those []string
		for _, m := range list {
			those = append(those, m.Name+" ("+m.Province+", "+m.ISTAT+")")
		}
		c.wrong("ambiguous_municipality", "text", c.text, "those", strings.Join(those, ", "))
		return territory.Municipality{}, false
	}
	return list[0], true
}

// nearName is the municipality that was probably meant.
func (p *planning) nearName(t *territory.Table, name string) string {
	if found := t.Search(name, 1); len(found) == 1 {
		return found[0].Name + " (" + found[0].Province + ")"
	}
	near, _ := p.near("municipalities", name, func() (all []string) {
		for _, m := range t.All() {
			all = append(all, m.Name)
		}
		return all
	})
	return near
}
