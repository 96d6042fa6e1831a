package opendata

import (
	"slices"

	"polis/internal/programme/account"
)

// set is one data set. Its words are opendata.set.NAME and opendata.set.NAME-text.
type set struct {
	name   string
	group  string
	themes []string // of the European list of themes
	often  string   // of the European list of frequencies
	from   string   // address of what the first rows were taken from; "" where it is ours
	points bool     // is written as GeoJSON too
}

// The groups in which the page tells of them; opendata.group.NAME says how each is
// called.
const (
	groupCourse  = "course"
	groupHouses  = "houses"
	groupMoney   = "money"
	groupMeasure = "measure"
)

// italiaDomani is where the State publishes the rows of the fund.
const italiaDomani = "https://www.italiadomani.gov.it/content/sogei-ng/it/it/catalogo-open-data.html"

// Where measures and their standing are followed by others.
const openPNRR = "https://openpnrr.it/misure/337"

// sets are the data sets, in the order in which they are told.
var sets = []set{
	{"indexes", groupCourse, []string{"GOVE"}, "DAILY", "", false},
	{"milestones", groupCourse, []string{"GOVE"}, "IRREG", italiaDomani, false},
	{"progress", groupCourse, []string{"GOVE"}, "IRREG", openPNRR, false},
	{"targets", groupCourse, []string{"GOVE"}, "IRREG", italiaDomani, false},
	{"steps", groupCourse, []string{"GOVE"}, "IRREG", italiaDomani, false},
	{"declarations", groupCourse, []string{"GOVE"}, "IRREG", "", false},
	{"sites", groupHouses, []string{"REGI", "GOVE"}, "UPDATE_CONT", "", true},
	{"works", groupHouses, []string{"REGI", "GOVE"}, "UPDATE_CONT", "", false},
	{"costs", groupHouses, []string{"ECON", "GOVE"}, "UPDATE_CONT", "", false},
	{"documents", groupHouses, []string{"GOVE"}, "UPDATE_CONT", "", false},
	{"phases", groupHouses, []string{"GOVE"}, "IRREG", "", false},
	{"areas", groupHouses, []string{"REGI"}, "IRREG", "", false},
	{"funding", groupMoney, []string{"ECON", "GOVE"}, "IRREG", "", false},
	{"projects", groupMoney, []string{"ECON", "GOVE"}, "IRREG", italiaDomani, false},
	{"tenders", groupMoney, []string{"ECON", "GOVE"}, "IRREG", italiaDomani, false},
	{"payments", groupMoney, []string{"ECON", "GOVE"}, "IRREG", "", false},
	{"linked", groupMoney, []string{"ECON", "GOVE"}, "IRREG", openPNRR, false},
	{"calls", groupMoney, []string{"ECON", "GOVE"}, "IRREG", "", false},
	{"lots", groupMoney, []string{"ECON", "GOVE"}, "IRREG", "", false},
	{"measure", groupMeasure, []string{"GOVE"}, "IRREG", italiaDomani, false},
	{"acts", groupMeasure, []string{"JUST", "GOVE"}, "IRREG", "", false},
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
func (x set) formats() []format {
	if x.points {
		return []format{formatCSV, formatJSON, formatGeoJSON}
	}
	return []format{formatCSV, formatJSON}
}

// file is the name of the data set in a format.
func (x set) file(f format) string { return x.name + "." + f.ending }

// The names of the catalogue.
const (
	catalogTurtle = "catalog.ttl"
	catalogJSONLD = "catalog.jsonld"
)
