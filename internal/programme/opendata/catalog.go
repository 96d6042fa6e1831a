package opendata

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/i18n"
	"polis/internal/programme/account"
	"polis/internal/programme/opendata/rdf"
)

// The catalogue follows DCAT-AP_IT, the Italian profile of DCAT-AP: "Linee guida
// per i cataloghi dati" of AgID, and the ontology http://dati.gov.it/onto/dcatapit.

var prefixes = []rdf.Prefix{
	{Name: "dcatapit", Base: "http://dati.gov.it/onto/dcatapit#"},
	{Name: "dcat", Base: "http://www.w3.org/ns/dcat#"},
	{Name: "dct", Base: "http://purl.org/dc/terms/"},
	{Name: "foaf", Base: "http://xmlns.com/foaf/0.1/"},
	{Name: "vcard", Base: "http://www.w3.org/2006/vcard/ns#"},
	{Name: "skos", Base: "http://www.w3.org/2004/02/skos/core#"},
	{Name: "owl", Base: "http://www.w3.org/2002/07/owl#"},
	{Name: "locn", Base: "http://www.w3.org/ns/locn#"},
	{Name: "xsd", Base: "http://www.w3.org/2001/XMLSchema#"},
	{Name: "theme", Base: "http://publications.europa.eu/resource/authority/data-theme/"},
	{Name: "frequency", Base: "http://publications.europa.eu/resource/authority/frequency/"},
	{Name: "filetype", Base: "http://publications.europa.eu/resource/authority/file-type/"},
	{Name: "language", Base: "http://publications.europa.eu/resource/authority/language/"},
	{Name: "country", Base: "http://publications.europa.eu/resource/authority/country/"},
	{Name: "access", Base: "http://publications.europa.eu/resource/authority/access-right/"},
	{Name: "licencetype", Base: "http://purl.org/adms/licencetype/"},
}

// License is the address of CC BY 4.0, as the guidelines write it.
const License = "http://creativecommons.org/licenses/by/4.0/"

// taxonomy is the European list of themes.
const taxonomy = "http://publications.europa.eu/resource/authority/data-theme"

// catalog is the catalogue while it is written.
type catalog struct {
	rdf.Graph
	s    *Service
	b    *book
	root string // address of the data, with a slash at its end
	page string
	it   *i18n.Printer
	en   *i18n.Printer
}

// addCatalog writes the catalogue of the files of a book, in both forms.
func (s *Service) addCatalog(b *book, before *book) error {
	c := &catalog{
		Graph: rdf.Graph{Prefixes: prefixes}, s: s, b: b, root: s.URL + Root, page: s.URL + PagePath,
		it: s.Words.Printer(i18n.IT, i18n.Rome), en: s.Words.Printer(i18n.EN, i18n.Rome),
	}
	modified := b.modified
	c.catalog(modified)
	c.agents()
	c.common()
	for _, x := range sets {
		c.set(x)
	}
	var turtle, jsonld bytes.Buffer
	if err := c.WriteTurtle(&turtle); err != nil {
		return err
	}
	if err := c.WriteJSONLD(&jsonld); err != nil {
		return err
	}
	if err := b.keep(catalogTurtle, formatTurtle, turtle.Bytes(), len(sets), before, modified); err != nil {
		return err
	}
	return b.keep(catalogJSONLD, formatJSONLD, jsonld.Bytes(), len(sets), before, modified)
}

// in says a word in both languages.
func (c *catalog) in(subject, property, key string) {
	c.Add(subject, property, rdf.Text(c.it.T(key), "it"), rdf.Text(c.en.T(key), "en"))
}

func date(t time.Time) rdf.Term { return rdf.Value(t.In(i18n.Rome).Format(time.DateOnly), rdf.Date) }

func (c *catalog) publisher() string { return c.root + "catalog#publisher" }
func (c *catalog) contact() string   { return c.root + "catalog#contact" }
func (c *catalog) period() string    { return c.root + "catalog#period" }

const italy = "http://publications.europa.eu/resource/authority/country/ITA"

func (c *catalog) catalog(modified time.Time) {
	at := c.root + "catalog"
	c.Add(at, rdf.Type, c.Named("dcatapit:Catalog"), c.Named("dcat:Catalog"))
	c.in(at, "dct:title", "opendata.catalog.title")
	c.in(at, "dct:description", "opendata.catalog.text")
	c.Add(at, "dct:publisher", rdf.IRI(c.publisher()))
	c.Add(at, "dct:modified", date(modified))
	c.Add(at, "dct:language", c.Named("language:ITA"), c.Named("language:ENG"))
	c.Add(at, "dct:license", rdf.IRI(License))
	c.Add(at, "dct:spatial", rdf.IRI(italy))
	c.Add(at, "dcat:themeTaxonomy", rdf.IRI(taxonomy))
	c.Add(at, "foaf:homepage", rdf.IRI(c.page))
	for _, x := range sets {
		c.Add(at, "dcat:dataset", rdf.IRI(c.root+x.name))
	}
}

// agents are who publishes, and who answers.
func (c *catalog) agents() {
	p := c.s.Publisher
	c.Add(c.publisher(), rdf.Type, c.Named("dcatapit:Agent"), c.Named("foaf:Agent"))
	c.Add(c.publisher(), "dct:identifier", rdf.Text(p.ID, ""))
	c.Add(c.publisher(), "foaf:name", rdf.Text(p.Name, "it"), rdf.Text(p.Name, "en"))
	c.Add(c.contact(), rdf.Type, c.Named("dcatapit:Organization"), c.Named("vcard:Organization"), c.Named("vcard:Kind"))
	c.Add(c.contact(), "vcard:fn", rdf.Text(p.Name, ""))
	if p.Email != "" {
		c.Add(c.contact(), "vcard:hasEmail", rdf.IRI("mailto:"+p.Email))
	}
	c.Add(c.contact(), "vcard:hasURL", rdf.IRI(c.s.URL+"/contatti"))
}

// common are the things that all data sets share.
func (c *catalog) common() {
	c.Add(taxonomy, rdf.Type, c.Named("skos:ConceptScheme"))
	c.Add(taxonomy, "dct:title", rdf.Text("Temi dei dati", "it"), rdf.Text("Data themes", "en"))
	c.Add(License, rdf.Type, c.Named("dcatapit:LicenseDocument"), c.Named("dct:LicenseDocument"))
	c.Add(License, "dct:type", c.Named("licencetype:Attribution"))
	c.Add(License, "foaf:name", rdf.Text("Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)", "it"),
		rdf.Text("Creative Commons Attribution 4.0 International (CC BY 4.0)", "en"))
	c.Add(License, "owl:versionInfo", rdf.Text("4.0", ""))
	c.Add(italy, rdf.Type, c.Named("dct:Location"))
	c.Add(italy, "locn:geographicName", rdf.Text("Italia", "it"), rdf.Text("Italy", "en"))
	c.Add(italy, "dcatapit:geographicalIdentifier", rdf.Text("https://sws.geonames.org/3175395/", ""))
	if quarters := c.b.made.account.Quarters(); len(quarters) > 0 {
		c.Add(c.period(), rdf.Type, c.Named("dct:PeriodOfTime"))
		for _, name := range []string{"dcatapit:", "dcat:"} {
			c.Add(c.period(), name+"startDate", rdf.Value(start(quarters[0]), rdf.Date))
			c.Add(c.period(), name+"endDate", rdf.Value(quarters[len(quarters)-1].End().String(), rdf.Date))
		}
	}
}

// start is the first day of a quarter.
func start(q account.Quarter) string { return fmt.Sprintf("%04d-%02d-01", q.Year, q.Number*3-2) }

// set is a data set with its distributions.
func (c *catalog) set(x set) {
	at := c.root + x.name
	c.Add(at, rdf.Type, c.Named("dcatapit:Dataset"), c.Named("dcat:Dataset"))
	c.Add(at, "dct:identifier", rdf.Text(c.s.Publisher.ID+":D."+x.name, ""))
	c.in(at, "dct:title", "opendata.set."+x.name)
	c.in(at, "dct:description", "opendata.set."+x.name+"-text")
	c.Add(at, "dct:modified", date(c.b.files[x.file(formatCSV)].modified))
	for _, theme := range x.themes {
		c.Add(at, "dcat:theme", c.Named("theme:"+theme))
	}
	c.Add(at, "dct:rightsHolder", rdf.IRI(c.publisher()))
	c.Add(at, "dct:publisher", rdf.IRI(c.publisher()))
	c.Add(at, "dct:creator", rdf.IRI(c.publisher()))
	c.Add(at, "dct:accrualPeriodicity", c.Named("frequency:"+x.often))
	c.Add(at, "dct:spatial", rdf.IRI(italy))
	c.Add(at, "dct:temporal", rdf.IRI(c.period()))
	c.Add(at, "dct:language", c.Named("language:ITA"), c.Named("language:ENG"))
	c.Add(at, "dct:accessRights", c.Named("access:PUBLIC"))
	c.Add(at, "dcat:contactPoint", rdf.IRI(c.contact()))
	c.Add(at, "dcat:landingPage", rdf.IRI(c.page+"#"+x.name))
	if x.from != "" {
		c.Add(at, "dct:source", rdf.IRI(x.from))
	}
	for _, p := range []*i18n.Printer{c.it, c.en} {
		for word := range strings.SplitSeq(p.T("opendata.keywords"), ";") {
			c.Add(at, "dcat:keyword", rdf.Text(strings.TrimSpace(word), string(p.Lang)))
		}
	}
	for _, f := range x.formats() {
		c.Add(at, "dcat:distribution", rdf.IRI(at+"#"+f.ending))
		c.distribution(x, f)
	}
}

func (c *catalog) distribution(x set, f format) {
	at, made := c.root+x.name+"#"+f.ending, c.b.files[x.file(f)]
	c.Add(at, rdf.Type, c.Named("dcatapit:Distribution"), c.Named("dcat:Distribution"))
	for _, p := range []*i18n.Printer{c.it, c.en} {
		c.Add(at, "dct:title", rdf.Text(p.T("opendata.set."+x.name)+" ("+strings.ToUpper(f.ending)+")", string(p.Lang)))
		c.Add(at, "dct:description", rdf.Text(p.T("opendata.form."+f.ending), string(p.Lang)))
	}
	c.Add(at, "dcat:accessURL", rdf.IRI(c.root+made.name))
	c.Add(at, "dcat:downloadURL", rdf.IRI(c.root+made.name))
	c.Add(at, "dct:format", c.Named("filetype:"+f.fileType))
	media, _, _ := strings.Cut(f.contentType, ";")
	c.Add(at, "dcat:mediaType", rdf.IRI("https://www.iana.org/assignments/media-types/"+media))
	c.Add(at, "dct:license", rdf.IRI(License))
	c.Add(at, "dct:modified", date(made.modified))
	c.Add(at, "dcat:byteSize", rdf.Value(strconv.Itoa(made.size), rdf.Decimal))
}
