package opendata

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strconv"

	"polis/internal/programme/account"
	"polis/internal/site"
)

// House is how the works of a house stand, as the room of the works has it.
type House struct {
	Stage    string // planned, design, works, testing, open; "" where nobody has published anything
	Late     bool
	Delay    int // days, where Known
	Known    bool
	Area     string // class of inner area of its municipality, A to F
	Evidence string // why it counts as verified: "acceptance", "operation"; "" where it does not
}

// siteColumns are those of the houses. What import of houses takes has the name
// that it has there.
var siteColumns = []Column{
	{"code", account.TypeText},
	{"kind", account.TypeText},
	{"name", account.TypeText},
	{"address", account.TypeText},
	{"municipality", account.TypeText},
	{"municipality_name", account.TypeText},
	{"province", account.TypeText},
	{"region", account.TypeText},
	{"lat", typeDecimal},
	{"lon", typeDecimal},
	{"size", account.TypeText},
	{"state", account.TypeText},
	{"state_since", account.TypeDate},
	{"opens_on", account.TypeDate},
	{"area", account.TypeText},
	{"stage", account.TypeText},
	{"late", account.TypeAnswer},
	{"delay_days", account.TypeNumber},
	{"verified", account.TypeAnswer},
	{"evidence", account.TypeText},
	{"generated", account.TypeAnswer},
}

// siteTable are all houses by their code.
func siteTable(net *site.Network, house func(*site.Site) House) *Table {
	t := &Table{Columns: siteColumns}
	var list []*site.Site
	for _, hit := range net.Sites(site.Filter{}) {
		list = append(list, hit.Site)
	}
	slices.SortFunc(list, func(a, b *site.Site) int { return cmp.Compare(a.Code, b.Code) })
	for _, s := range list {
		m, _ := net.Territory().ByISTAT(s.Municipality)
		h := house(s)
		delay := ""
		if h.Known {
			delay = strconv.Itoa(h.Delay)
		}
		t.Rows = append(t.Rows, []string{
			s.Code, string(s.Kind), s.Name, s.Address, s.Municipality, m.Name, m.Province, m.Region, degrees(s.Lat), degrees(s.Lon), string(s.Size),
			string(s.State), s.StateSince, s.OpensOn, h.Area, h.Stage, yesNo(h.Late), delay, yesNo(h.Evidence != ""), h.Evidence, yesNo(s.Generated),
		})
	}
	return t
}

// degrees are to about ten centimetres.
func degrees(n float64) string { return strconv.FormatFloat(n, 'f', -1, 32) }

func yesNo(yes bool) string {
	if yes {
		return string(account.Yes)
	}
	return string(account.No)
}

// writeGeoJSON writes a table with the columns code, lat and lon as a collection
// of points (RFC 7946): longitude first, WGS 84, all else in the properties.
func writeGeoJSON(t *Table, w io.Writer) error {
	at := map[string]int{}
	var rest []int
	for i, c := range t.Columns {
		at[c.Name] = i
		if c.Name != "lat" && c.Name != "lon" {
			rest = append(rest, i)
		}
	}
	var b bytes.Buffer
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i, row := range t.Rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + `{"type":"Feature","id":`)
		b.Write(quoted(row[at["code"]]))
		b.WriteString(`,"geometry":{"type":"Point","coordinates":[` + row[at["lon"]] + `,` + row[at["lat"]] + `]},"properties":{`)
		for n, j := range rest {
			if n > 0 {
				b.WriteByte(',')
			}
			b.Write(quoted(t.Columns[j].Name))
			b.WriteByte(':')
			b.Write(typed(t.Columns[j].Type, row[j]))
		}
		b.WriteString("}}")
	}
	b.WriteString("\n]}\n")
	_, err := w.Write(b.Bytes())
	return err
}
