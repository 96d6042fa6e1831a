package opendata

import (
	"slices"

	"polis/internal/programme/account"
)

// set is one data set. Its words are opendata.set.NAME and opendata.set.NAME-text.
type set struct {
	name   string
	themes []string // of the European list of themes
	often  string   // of the European list of frequencies
	from   string   // address of what the first rows were taken from; "" where it is ours
	points bool     // is written as GeoJSON too
}

// italiaDomani is where the State publishes the rows of the fund.
const italiaDomani = "https://www.italiadomani.gov.it/content/sogei-ng/it/it/catalogo-open-data.html"

// Where measures and their standing are followed by others.
const openPNRR = "https://openpnrr.it/misure/337"

// sets are the data sets, in the order in which they are told.
var sets = []set{
	{"indexes", []string{"GOVE"}, "DAILY", "", false},
	{"sites", []string{"REGI", "GOVE"}, "UPDATE_CONT", "", true},
	{"milestones", []string{"GOVE"}, "IRREG", italiaDomani, false},
	{"progress", []string{"GOVE"}, "IRREG", openPNRR, false},
	{"targets", []string{"GOVE"}, "IRREG", italiaDomani, false},
	{"steps", []string{"GOVE"}, "IRREG", italiaDomani, false},
	{"declarations", []string{"GOVE"}, "IRREG", "", false},
	{"funding", []string{"ECON", "GOVE"}, "IRREG", "", false},
	{"projects", []string{"ECON", "GOVE"}, "IRREG", italiaDomani, false},
	{"tenders", []string{"ECON", "GOVE"}, "IRREG", italiaDomani, false},
	{"payments", []string{"ECON", "GOVE"}, "IRREG", "", false},
	{"linked", []string{"ECON", "GOVE"}, "IRREG", openPNRR, false},
	{"calls", []string{"ECON", "GOVE"}, "IRREG", "", false},
	{"lots", []string{"ECON", "GOVE"}, "IRREG", "", false},
	{"works", []string{"REGI", "GOVE"}, "UPDATE_CONT", "", false},
	{"costs", []string{"ECON", "GOVE"}, "UPDATE_CONT", "", false},
	{"documents", []string{"GOVE"}, "UPDATE_CONT", "", false},
	{"phases", []string{"GOVE"}, "IRREG", "", false},
	{"measure", []string{"GOVE"}, "IRREG", italiaDomani, false},
	{"acts", []string{"JUST", "GOVE"}, "IRREG", "", false},
	{"areas", []string{"REGI"}, "IRREG", "", false},
}

// columnsOf are the columns of a data set.
func columnsOf(name string) []Column {
	switch name {
	case "sites":
		return siteColumns
	case "indexes":
		return indexColumns
	}
	kind, ok := account.KindOf(name)
	if !ok {
		panic("opendata: no such data set: " + name)
	}
	return kindColumns(kind)
}

// setOf finds a data set by its name.
func setOf(name string) (set, bool) {
	i := slices.IndexFunc(sets, func(s set) bool { return s.name == name })
	if i < 0 {
		return set{}, false
	}
	return sets[i], true
}

// format is a form in which a data set is written.
type format struct {
	ending      string
	contentType string
	fileType    string // of the European list of file types
}

var (
	formatCSV     = format{"csv", "text/csv; charset=utf-8; header=present", "CSV"}
	formatJSON    = format{"json", "application/json", "JSON"}
	formatGeoJSON = format{"geojson", "application/geo+json", "GEOJSON"}
	formatTurtle  = format{"ttl", "text/turtle; charset=utf-8", "RDF_TURTLE"}
	formatJSONLD  = format{"jsonld", "application/ld+json", "JSON_LD"}
)

// formats are those of a data set.
func (s set) formats() []format {
	if s.points {
		return []format{formatCSV, formatJSON, formatGeoJSON}
	}
	return []format{formatCSV, formatJSON}
}

// file is the name of the data set in a format.
func (s set) file(f format) string { return s.name + "." + f.ending }

// The names of the catalogue.
const (
	catalogTurtle = "catalog.ttl"
	catalogJSONLD = "catalog.jsonld"
)
