package opendata_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polis/internal/programme/opendata/rdf/rdftest"
)

// statements are a graph as a reader has it: objects by subject and property.
type statements map[string]map[string][]string

var statement = regexp.MustCompile(`^<([^>]+)> <([^>]+)> (.+) \.$`)

func read(t *testing.T, lines []string) statements {
	t.Helper()
	s := statements{}
	for _, line := range lines {
		m := statement.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no statement about a thing with an address: %s", line)
		}
		if s[m[1]] == nil {
			s[m[1]] = map[string][]string{}
		}
		s[m[1]][m[2]] = append(s[m[1]][m[2]], m[3])
	}
	return s
}

const (
	dcatapit = "http://dati.gov.it/onto/dcatapit#"
	dcat     = "http://www.w3.org/ns/dcat#"
	dct      = "http://purl.org/dc/terms/"
	foaf     = "http://xmlns.com/foaf/0.1/"
	vcard    = "http://www.w3.org/2006/vcard/ns#"
	euro     = "<http://publications.europa.eu/resource/authority/"
	isA      = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
)

// rule is what the profile asks of a property: how many there are, and their form.
type rule struct {
	property string
	one      bool // exactly one; else one or more
	form     string
}

const (
	inBoth = `^"(.|\n)+"@(it|en)$`
	aDate  = `^"2[0-9]{3}-[0-9]{2}-[0-9]{2}"\^\^<http://www.w3.org/2001/XMLSchema#date>$`
	aThing = `^<(https?|mailto):[^>]+>$`
	aText  = `^"[^"]+"$`
)

// mandatory are the properties that DCAT-AP_IT asks of each class, after the
// "Linee guida per i cataloghi dati", and those by which others find the data.
var mandatory = map[string][]rule{
	dcatapit + "Catalog": {
		{dct + "title", false, inBoth},
		{dct + "description", false, inBoth},
		{dct + "publisher", true, aThing},
		{dct + "modified", true, aDate},
		{dcat + "dataset", false, aThing},
		{dcat + "themeTaxonomy", true, "^" + regexp.QuoteMeta(euro+"data-theme>") + "$"},
		{dct + "language", false, "^" + regexp.QuoteMeta(euro) + "language/(ITA|ENG)>$"},
		{foaf + "homepage", true, aThing},
	},
	dcatapit + "Dataset": {
		{dct + "identifier", true, aText},
		{dct + "title", false, inBoth},
		{dct + "description", false, inBoth},
		{dct + "modified", true, aDate},
		{dcat + "theme", false, "^" + regexp.QuoteMeta(euro) + "data-theme/(AGRI|ECON|EDUC|ENER|ENVI|GOVE|HEAL|INTR|JUST|REGI|SOCI|TECH|TRAN)>$"},
		{dct + "rightsHolder", true, aThing},
		{dct + "publisher", true, aThing},
		{dct + "accrualPeriodicity", true, "^" + regexp.QuoteMeta(euro) + "frequency/(DAILY|IRREG|UPDATE_CONT)>$"},
		{dcat + "distribution", false, aThing},
		{dcat + "contactPoint", true, aThing},
		{dct + "spatial", true, aThing},
		{dct + "temporal", true, aThing},
		{dct + "language", false, "^" + regexp.QuoteMeta(euro) + "language/(ITA|ENG)>$"},
		{dcat + "landingPage", true, aThing},
	},
	dcatapit + "Distribution": {
		{dct + "format", true, "^" + regexp.QuoteMeta(euro) + "file-type/(CSV|JSON|GEOJSON)>$"},
		{dcat + "accessURL", true, aThing},
		{dcat + "downloadURL", true, aThing},
		{dct + "license", true, "^<http://creativecommons.org/licenses/by/4.0/>$"},
		{dct + "title", false, inBoth},
		{dct + "modified", true, aDate},
		{dcat + "byteSize", true, `^"[0-9]+"\^\^<http://www.w3.org/2001/XMLSchema#decimal>$`},
	},
	dcatapit + "Agent":           {{dct + "identifier", true, aText}, {foaf + "name", false, `@(it|en)$`}},
	dcatapit + "LicenseDocument": {{dct + "type", true, "^<http://purl.org/adms/licencetype/Attribution>$"}, {foaf + "name", false, "CC BY 4.0"}},
	dcatapit + "Organization":    {{vcard + "fn", true, `.`}, {vcard + "hasEmail", true, "^<mailto:dati@example.it>$"}, {vcard + "hasURL", true, aThing}},
	dct + "PeriodOfTime":         {{dcatapit + "startDate", true, aDate}, {dcatapit + "endDate", true, aDate}},
}

// also is the class of DCAT and others that each class of the profile is one of.
var also = map[string]string{
	"Catalog": dcat + "Catalog", "Dataset": dcat + "Dataset", "Distribution": dcat + "Distribution", "Agent": foaf + "Agent",
	"LicenseDocument": dct + "LicenseDocument", "Organization": vcard + "Kind",
}

// Both forms of the catalogue say the same to readers that are not ours, and all
// that the profile asks for.
func TestCatalog(t *testing.T) {
	t.Parallel()
	w := worldOf(t, 6)
	turtle := rdftest.Turtle(t, w.body(t, "/opendata/catalog.ttl"))
	if diff := cmp.Diff(turtle, rdftest.JSONLD(t, w.body(t, "/opendata/catalog.jsonld"))); diff != "" {
		t.Fatal(diff)
	}
	all := read(t, turtle)
	seen := map[string]int{}
	for subject, says := range all {
		for _, class := range says[isA] {
			class = strings.Trim(class, "<>")
			seen[class]++
			for _, r := range mandatory[class] {
				r.check(t, subject, says[r.property])
			}
			if name, ok := strings.CutPrefix(class, dcatapit); ok && !slices.Contains(says[isA], "<"+also[name]+">") {
				t.Errorf("%s is no %s", subject, also[name])
			}
		}
	}
	for class := range mandatory {
		if seen[class] == 0 {
			t.Errorf("there is no %s", class)
		}
	}
	if sets := len(names()); seen[dcatapit+"Dataset"] != sets || seen[dcatapit+"Distribution"] != 2*sets+1 || seen[dcatapit+"Catalog"] != 1 {
		t.Errorf("%v", seen)
	}
	whole(t, w, all)
}

func (r rule) check(t *testing.T, subject string, objects []string) {
	t.Helper()
	if len(objects) == 0 || r.one && len(objects) != 1 {
		t.Errorf("%s has %d times %s", subject, len(objects), r.property)
	}
	form := regexp.MustCompile(r.form)
	for _, o := range objects {
		if !form.MatchString(o) {
			t.Errorf("%s: %s is %s", subject, r.property, o)
		}
	}
	if r.form == inBoth && (!slices.ContainsFunc(objects, func(o string) bool { return strings.HasSuffix(o, "@it") }) ||
		!slices.ContainsFunc(objects, func(o string) bool { return strings.HasSuffix(o, "@en") })) {
		t.Errorf("%s: %s is not in both languages", subject, r.property)
	}
}

// whole follows what the catalogue points to: each thing of ours is described in
// it, each file is there.
func whole(t *testing.T, w *world, all statements) {
	t.Helper()
	const ours = "https://polis.example.it"
	for subject, says := range all {
		for property, objects := range says {
			for _, o := range objects {
				path, here := strings.CutPrefix(strings.Trim(o, "<>"), ours)
				if !here || !strings.HasPrefix(o, "<") {
					continue
				}
				if property == dcat+"downloadURL" || property == dcat+"accessURL" {
					if res := w.ask(t, http.MethodHead, path); res.StatusCode != http.StatusOK {
						t.Errorf("%s: %d", path, res.StatusCode)
					}
				} else if strings.HasPrefix(path, "/opendata/") && all[ours+path] == nil {
					t.Errorf("%s: nothing is said of %s", subject, o)
				}
			}
		}
	}
}
