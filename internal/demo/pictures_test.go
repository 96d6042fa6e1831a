package demo

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPictures(t *testing.T) {
	t.Parallel()
	d := national(t)
	photos, files := pictures(d, Seed)
	if len(photos) != 3*Spaces || len(files) != len(photos) {
		t.Fatalf("%d photos, %d files", len(photos), len(files))
	}
	ids, drawn, said, sum := map[string]bool{}, map[string]bool{}, map[string]bool{}, 0
	for i, p := range photos {
		f := files[i]
		sum += len(f.Data)
		if p.Picture != f.ID() || p.Thumb != f.ID() || f.Type != "image/svg+xml" || p.Width*10 != p.Height*16 {
			t.Errorf("%+v", p)
		}
		if p.Alt.EN == "" || len(p.Alt.IT) > 300 || strings.Count(p.Alt.IT, ",") != strings.Count(p.Alt.EN, ",") {
			t.Errorf("%q, %q", p.Alt.IT, p.Alt.EN)
		}
		if ids[p.ID] {
			t.Errorf("two photos %s", p.ID)
		}
		ids[p.ID], drawn[p.Picture], said[p.Alt.IT] = true, true, true
		harmless(t, f.Data)
	}
	if mean := sum / len(files); mean < 3000 || mean > 6500 {
		t.Errorf("a drawing has %d bytes", mean)
	}
	if len(drawn) < len(photos)*95/100 || len(said) < 100 {
		t.Errorf("%d drawings, %d descriptions", len(drawn), len(said))
	}
	again, _ := pictures(d, Seed)
	for i := range photos {
		if photos[i] != again[i] {
			t.Fatalf("drawn anew, %+v is %+v", photos[i], again[i])
		}
	}
	t.Logf("%d drawings with %d kB", len(files), sum/1000)
}

// harmless: well-formed, without words, script, or anything from elsewhere, and
// what it uses is there.
func harmless(t *testing.T, svg []byte) {
	t.Helper()
	if len(svg) > 9000 {
		t.Errorf("%d bytes", len(svg))
	}
	known := map[string]bool{
		"svg": true, "g": true, "defs": true, "use": true, "rect": true, "path": true, "circle": true, "ellipse": true,
		"linearGradient": true, "stop": true,
	}
	named, used := map[string]bool{}, map[string]bool{}
	for x := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %.200s", err, svg)
		}
		switch e := token.(type) {
		case xml.CharData:
			t.Errorf("words in a drawing: %q", e)
		case xml.StartElement:
			if !known[e.Name.Local] {
				t.Errorf("a drawing has a %s", e.Name.Local)
			}
			for _, a := range e.Attr {
				switch name := a.Name.Local; {
				case name == "id":
					if named[a.Value] {
						t.Errorf("two shapes %q", a.Value)
					}
					named[a.Value] = true
				case name == "href":
					used[strings.TrimPrefix(a.Value, "#")] = true
				case strings.HasPrefix(a.Value, "url(#"):
					used[a.Value[5:len(a.Value)-1]] = true
				case strings.HasPrefix(name, "on") || name == "style" || strings.Contains(a.Value, "NaN"):
					t.Errorf("%s=%q", name, a.Value)
				}
			}
		}
	}
	for name := range used {
		if !named[name] {
			t.Errorf("no shape %q in %.300s", name, svg)
		}
	}
}

func TestHouseRulesOfTheNetwork(t *testing.T) {
	t.Parallel()
	for _, text := range []string{houseRules.IT, houseRules.EN} {
		rules := strings.Split(text, "\n\n")
		if len(rules) != 10 {
			t.Errorf("%d rules", len(rules))
		}
		for _, r := range rules {
			for sentence := range strings.SplitSeq(r, ". ") {
				if n := len(strings.Fields(sentence)); n > 20 || strings.Contains(sentence, "!") {
					t.Errorf("%d words: %s", n, sentence)
				}
			}
		}
	}
}
