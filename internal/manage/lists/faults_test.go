package lists_test

import (
	"fmt"
	"strings"
	"testing"

	"polis/internal/manage/lists"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
)

// wrongFile is a file with one fault.
type wrongFile struct {
	name   string
	list   lists.List
	file   string
	line   int
	column string // as the file names it
	reason string
	says   string // part of the English words
}

const (
	siteHead   = "code,name,municipality\n"
	placeHead  = "site,code,room,kind\n"
	partsHead  = "site,code,room,kind,parts\n"
	planHead   = "site,code,room,kind,x,y,w,h\n"
	roomHead   = "site,code,room,kind,name,floor\n"
	closeHead  = "site,resources,from,to,reason\n"
	peopleHead = "given_name,family_name,fiscal_number,email,birth_date,language,role,site\n"
)

// wrongFiles are the ways in which a file is wrong that people meet.
var wrongFiles = []wrongFile{
	// The file itself.
	{"a workbook", lists.Sites, "PK\x03\x04\x14\x00\x06\x00", 1, "", "spreadsheet", "CSV UTF-8"},
	{"an old workbook", lists.Sites, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", 1, "", "spreadsheet", "workbook"},
	{"a PDF", lists.Sites, "%PDF-1.7\n", 1, "", "not_text", "right file"},
	{"a web page", lists.Sites, "\n<!DOCTYPE html>\n<html>", 1, "", "not_text", "right file"},
	{"UTF-16 with its mark", lists.Sites, "\xff\xfec\x00o\x00d\x00e\x00", 1, "", "utf_16", "UTF-16"},
	{"UTF-16 without it", lists.Sites, "c\x00o\x00d\x00e\x00\n\x00", 1, "", "utf_16", "UTF-16"},
	{"Latin 1", lists.Sites, siteHead + "agli,Agli\xe8,Agliè\n", 2, "name", "not_utf_8", "UTF-8"},
	{"a NUL", lists.Sites, siteHead + "agli,Ag\x00li,Agliè\n", 2, "name", "control_character", "not text"},
	{"a line break in a name", lists.Sites, siteHead + "agli,\"Ag\nli\",Agliè\n", 2, "name", "control_character", "line break"},
	{"a huge field", lists.Sites, siteHead + "agli," + strings.Repeat("x", 9000) + ",Agliè\n", 2, "name", "too_long", "8,000"},
	{"a long name", lists.Sites, siteHead + "agli," + strings.Repeat("è", 121) + ",Agliè\n", 2, "name", "too_long", "120"},
	{"an empty file", lists.Sites, "", 1, "", "empty_file", "empty"},
	{"a header alone", lists.Sites, siteHead, 1, "", "no_rows", "at least one line"},
	{"no header", lists.Sites, "aurora,Spazio Aurora,Gavirate\nborgo,Borgo,Roma\n", 1, "", "no_header", "code"},
	{"an open quote", lists.Sites, siteHead + "agli,\"Agli,Agliè\n", 2, "", "broken_quotes", "not closed"},
	{"a quote in a text", lists.Sites, siteHead + "agli,Ag\"li,Agliè\n", 2, "", "broken_quotes", "Double it"},
	{"too few fields", lists.Sites, siteHead + "agli,Agli\n", 2, "", "wrong_number_of_fields", "2 fields, the header 3"},
	{"too many fields", lists.Sites, siteHead + "\nagli,Agli,Agliè,x\n", 3, "", "wrong_number_of_fields", "4 fields"},
	// Its columns.
	{"a column missing", lists.Resources, "site,code,kind\naurora,D-9,desk\n", 1, "room", "column_missing", "Add it"},
	{"a needed column misspelt", lists.Sites, "cdoe,name\naurora,X\nborgo,Y\n", 1, "code", "column_missing", "“cdoe”"},
	{"a column misspelt", lists.Sites, "code,nmae\naurora,X\n", 1, "nmae", "column_near", "“name”"},
	{"a column twice", lists.Sites, "code,name,name\naurora,X,Y\n", 1, "name", "column_twice", "“name”"},
	{"a column by two names", lists.Sites, "code,name,nomePunto\naurora,X,Y\n", 1, "nomePunto", "column_twice", "“name”"},
	// Sites.
	{"no code", lists.Sites, siteHead + ",X,Gavirate\n", 2, "code", "empty", "Fill it in"},
	{"a bad code", lists.Sites, siteHead + "città,X,Gavirate\n", 2, "code", "bad_code", "“città”"},
	{"a code twice", lists.Sites, siteHead + "nova,X,Gavirate\nborgo,B,066049\nNova,Y,Roma\n", 4, "code", "duplicate", "line 2"},
	{"a new site without a name", lists.Sites, siteHead + "nova,,Gavirate\n", 2, "name", "empty", "empty"},
	{"a new site nowhere", lists.Sites, siteHead + "nova,X,\n", 2, "municipality", "empty", "empty"},
	{"an unknown municipality", lists.Sites, siteHead + "nova,X,Atlantide\n", 2, "municipality", "unknown_municipality", "ISTAT"},
	{"a municipality misspelt", lists.Sites, siteHead + "nova,X,Gaviratte\n", 2, "municipality", "unknown_municipality_near", "“Gavirate"},
	{"an ambiguous municipality", lists.Sites, siteHead + "nova,X,Castro\n", 2, "municipality", "ambiguous_municipality", "Castro (BG, 016065)"},
	{"an unknown province", lists.Sites, "code,name,citta,prov\nnova,X,Castro,QQ\n", 2, "prov", "unknown_province", "“QQ”"},
	{"another province", lists.Sites, "code,name,citta,prov\nnova,X,Castro,MI\n", 2, "prov", "not_in_province", "MI"},
	{"outside Italy", lists.Sites, "code,lat,lon\naurora,48.85,2.35\n", 2, "lat", "outside_italy", "48.85"},
	{"in Spain", lists.Sites, "code,lat,lon\naurora,40.4,-3.7\n", 2, "lon", "outside_italy", "-3.7"},
	{"swapped coordinates", lists.Sites, "code,lat,lon\naurora,8.7155,45.8435\n", 2, "lat", "swapped", "swapped"},
	{"decimals with two commas", lists.Sites, "code;lat;lon\naurora;45,84,35;8.7\n", 2, "lat", "not_degrees", "45,84,35"},
	{"a number that lost its point", lists.Sites, "code;lat;lon\naurora;458435;8.7\n", 2, "lat", "not_degrees", "458435"},
	{"no number", lists.Sites, "code;lat;lon\naurora;NaN;8.7\n", 2, "lat", "not_degrees", "NaN"},
	{"no coordinate", lists.Sites, "code,lat,lon\naurora,45 N,8.7\n", 2, "lat", "not_degrees", "45 N"},
	{"half a coordinate", lists.Sites, "code,lat,lon\naurora,45.8,\n", 2, "lon", "empty", "empty"},
	{"a bad kind of site", lists.Sites, "code,kind\naurora,castle\n", 2, "kind", "unknown_word", "office, space"},
	{"a state misspelt", lists.Sites, "code,stato\naurora,opne\n", 2, "stato", "unknown_word_near", "“open”"},
	{"a bad date", lists.Sites, "code,opens_on\naurora,2026-02-30\n", 2, "opens_on", "bad_date", "2026-12-24"},
	{"a bad patron's day", lists.Sites, "code,patron\naurora,31 dicembre\n", 2, "patron", "bad_day", "12-07"},
	{"a bad zone", lists.Sites, "code,zone\naurora,Europa/Roma\n", 2, "zone", "bad_zone", "Italian time"},
	{"a bad telephone number", lists.Sites, "code,phone\naurora,call me\n", 2, "phone", "not_possible", "guide"},
	{"a bad amenity", lists.Sites, "code,amenities\naurora,wifi kitchin\n", 2, "amenities", "unknown_word_near", "“kitchen”"},
	{"hours with a bad day", lists.Sites, "code,hours\naurora,Mo-Fr 08:00-20:00; Xx 08:00-12:00\n", 2, "hours", "hours_day", "character 20: “Xx”"},
	{"hours with a bad time", lists.Sites, "code,orari\naurora,Mo-Fr 08:00-25:00\n", 2, "orari", "hours_time", "character 7"},
	{"hours that overlap", lists.Sites, "code,hours\naurora,\"Mo 08:00-12:00,11:00-15:00\"\n", 2, "hours", "hours_overlap", "overlaps"},
	{"hours without times", lists.Sites, "code,hours\naurora,Mo-Fr\n", 2, "hours", "hours_empty", "missing"},
	{"hours after those of holidays", lists.Sites, "code,hours\naurora,PH off; Mo-Fr 08:00-20:00\n", 2, "hours", "hours_order", "before"},
	// Rooms and places.
	{"an unknown site", lists.Resources, placeHead + "zenit,D-9,R0,desk\n", 2, "site", "unknown_site", "Import the sites"},
	{"a site misspelt", lists.Resources, placeHead + "aurroa,D-9,R0,desk\n", 2, "site", "unknown_site_near", "“aurora”"},
	{"neither place nor room", lists.Resources, placeHead + "aurora,,,desk\n", 2, "code", "code_or_room", "neither"},
	{"a place twice", lists.Resources, placeHead + "aurora,D-9,R0,desk\naurora,D-9,R0,desk\n", 3, "code", "duplicate", "line 2"},
	{"a place without a room", lists.Resources, placeHead + "aurora,D-9,,desk\n", 2, "room", "empty", "empty"},
	{"a place without a kind", lists.Resources, placeHead + "aurora,D-9,R0,\n", 2, "kind", "empty", "empty"},
	{"a bad kind of place", lists.Resources, placeHead + "aurora,D-9,R0,sofa\n", 2, "kind", "unknown_word", "desk, meeting"},
	{"a bad kind of room", lists.Resources, placeHead + "aurora,,R7,cellar\n", 2, "kind", "unknown_word", "room, entrance"},
	{"seats in words", lists.Resources, "site,code,room,kind,posti\naurora,D-9,R0,desk,due\n", 2, "posti", "not_a_whole_number", "“due”"},
	{"too many seats", lists.Resources, "site,code,room,kind,seats\naurora,D-9,R0,desk,200000\n", 2, "seats", "out_of_range", "5,000"},
	{"neither yes nor no", lists.Resources, "site,code,room,kind,active\naurora,D-9,R0,desk,boh\n", 2, "active", "unknown_word", "yes, no"},
	{"another floor", lists.Resources, roomHead + "aurora,D-8,Attico,desk,,3\naurora,D-9,Attico,desk,,4\n", 3, "floor", "other_floor", "Line 2"},
	{"two rooms of one name", lists.Resources, roomHead + "aurora,,A,room,Studio,2\naurora,,B,room,Studio,2\n", 3, "name", "room_name_twice", "line 2"},
	{"a room with a name that is taken", lists.Resources, roomHead + "aurora,,B,room,Sala grande,0\n", 2, "name", "room_name_twice", "room R0"},
	{"a name of two rooms", lists.Resources, roomHead + "aurora,,A,room,Studio,2\naurora,,B,room,Studio,3\naurora,D-9,Studio,desk,,\n", 4, "room", "ambiguous_room", "code of the room"},
	{"an unknown part", lists.Resources, partsHead + "aurora,H-X,Sala eventi,hall,H-A H-Q\n", 2, "parts", "unknown_part", "“H-Q”"},
	{"a part of another site", lists.Resources, partsHead + "borgo,H-X,R0,hall,H-A\n", 2, "parts", "part_elsewhere", "aurora"},
	{"a part with parts", lists.Resources, partsHead + "aurora,H-X,Sala eventi,hall,H-AB H-A\n", 2, "parts", "part_has_parts", "“H-AB”"},
	{"a part of itself", lists.Resources, partsHead + "aurora,H-X,Sala eventi,hall,H-X\n", 2, "parts", "part_of_itself", "itself"},
	{"parts in a circle", lists.Resources, partsHead + "aurora,H-X,Sala eventi,hall,H-Y\naurora,H-Y,Sala eventi,hall,H-X\n", 2, "parts", "parts_in_a_circle", "circle"},
	{"a part that gets parts", lists.Resources, partsHead + "aurora,H-A,Sala eventi,hall,D-1\n", 2, "parts", "is_part", "“H-AB”"},
	{"half an area", lists.Resources, planHead + "aurora,D-1,R0,desk,10,10,100,\n", 2, "h", "half_an_area", "neither"},
	{"outside its room", lists.Resources, planHead + "aurora,D-1,R0,desk,950,100,160,80\n", 2, "x", "outside_room", "Sala grande"},
	{"a room too small", lists.Resources, planHead + "aurora,,R0,room,0,0,300,200\n", 2, "w", "room_too_small", "larger"},
	{"a composite with an area", lists.Resources, "site,code,room,kind,parts,x,y,w,h\naurora,H-AB,Sala eventi,hall,H-A H-B,0,0,10,10\n", 2, "w", "composite_drawn", "no area"},
	{"no seats", lists.Resources, "site,code,room,kind,seats\naurora,D-9,R0,desk,0\n", 2, "seats", "out_of_range", "from 1"},
	{"a floor in the sky", lists.Resources, roomHead + "aurora,,A,room,Attico,300\n", 2, "floor", "out_of_range", "200"},
	{"two places at one spot", lists.Resources, planHead + "aurora,D-2,R0,desk,150,100,160,80\n", 2, "x", "overlaps", "Scrivania 1"},
	{"two rooms at one spot", lists.Resources, planHead + "aurora,,R7,room,500,500,600,600\n", 2, "x", "overlaps", "Sala grande"},
	{"a place as thin as a line", lists.Resources, planHead + "aurora,D-1,R0,desk,100,100,160,5\n", 2, "w", "too_small", "20 cm"},
	{"a place in a room that is not drawn", lists.Resources, planHead + "aurora,D-9,Sala eventi,desk,0,0,100,100\n", 2, "x", "room_not_drawn", "Sala eventi"},
	{"beyond the plan", lists.Resources, planHead + "aurora,,R9,room,49000,0,2000,100\n", 2, "w", "off_plan", "50,000"},
	{"a place in a toilet", lists.Resources, placeHead + "aurora,D-9,WC,desk\n", 2, "room", "room_without_places", "another room"},
	{"a room of places becomes a kitchen", lists.Resources, placeHead + "aurora,,R0,kitchen\n", 2, "kind", "room_has_places", "has places"},
	{"a set of one", lists.Resources, partsHead + "aurora,H-X,Sala eventi,hall,H-A\n", 2, "parts", "few_parts", "two places"},
	{"a place becomes a set", lists.Resources, "site,code,room,kind,parts,w,h\naurora,D-1,R0,hall,H-A H-B,,\n", 2, "parts", "stays_place", "another code"},
	{"a set becomes a place", lists.Resources, partsHead + "aurora,H-AB,Sala eventi,hall,\n", 2, "parts", "few_parts", "two places"},
	{"a part goes out of use", lists.Resources, "site,code,room,active\naurora,H-A,,no\n", 2, "active", "whole_in_use", "Sala intera"},
	{"a set of what is out of use", lists.Resources, "site,code,room,kind,active,parts\naurora,H-C,Sala eventi,hall,no,\naurora,H-X,Sala eventi,hall,yes,H-A H-C\n", 3, "parts", "part_out_of_use", "H-C"},
	// Hours.
	{"hours with nothing", lists.Hours, "site,date,hours\naurora,,\n", 2, "hours", "empty", "empty"},
	{"a date twice", lists.Hours, "site,date,hours\naurora,2026-12-24,closed\naurora,24/12/2026,09:00-12:00\n", 3, "site", "duplicate", "line 2"},
	{"hours of a week on a date", lists.Hours, "site,date,hours\naurora,2026-12-24,Mo-Fr 09:00-12:00\n", 2, "hours", "hours_of_a_date", "usual"},
	{"a bad day of the week", lists.Hours, "site,lun\naurora,8-20\n", 2, "lun", "hours_time", "08:20-13:35"},
	// Closures.
	{"no moment", lists.Closures, closeHead + "aurora,all,domani,2026-12-26,Feste\n", 2, "from", "bad_moment", "2026-12-24T09:00"},
	{"not to the quarter", lists.Closures, closeHead + "aurora,all,2026-12-24T09:05,2026-12-26,Feste\n", 2, "from", "not_quarters", "quarter"},
	{"an hour that is skipped", lists.Closures, closeHead + "aurora,all,2027-03-28T02:30,2027-03-29,Feste\n", 2, "from", "no_such_time", "forward"},
	{"an hour that comes twice", lists.Closures, closeHead + "aurora,all,2027-10-31T02:30,2027-11-01,Feste\n", 2, "from", "time_comes_twice", "+01:00"},
	{"ended before it began", lists.Closures, closeHead + "aurora,all,2026-12-26T10:00,2026-12-24,Feste\n", 2, "to", "ends_before_it_begins", "after the beginning"},
	{"a closure that is over", lists.Closures, closeHead + "aurora,all,2025-12-24,2025-12-26,Feste\n", 2, "to", "closure_over", "over"},
	{"a closure of years", lists.Closures, closeHead + "aurora,all,2027-01-01,2030-01-01,Lavori\n", 2, "to", "closure_too_long", "800"},
	{"no reason", lists.Closures, closeHead + "aurora,all,2026-12-24,2026-12-26,\n", 2, "reason", "empty", "empty"},
	{"an unknown place", lists.Closures, closeHead + "aurora,D-1 D-77,2026-12-24,2026-12-26,Feste\n", 2, "resources", "unknown_place", "“D-77”"},
	{"a site without places", lists.Closures, closeHead + "45/123,all,2026-12-24,2026-12-26,Feste\n", 2, "resources", "site_without_places", "45-123"},
	{"a closure twice", lists.Closures, closeHead + "aurora,D-1,2026-12-24,2026-12-26,A\naurora,D-1,24/12/2026,26/12/2026,B\n", 3, "site", "duplicate", "line 2"},
	// People.
	{"a bad fiscal number", lists.People, peopleHead + "Maria,Bianchi,BNCMRA90D52H501X,,,,,\n", 2, "fiscal_number", "bad_fiscal_number", "sixteen"},
	{"a bad address", lists.People, peopleHead + "Maria,Bianchi,,maria(at)example.org,,,,\n", 2, "email", "bad_email", "name@example.org"},
	{"nobody", lists.People, peopleHead + "Maria,Bianchi,,,,,,\n", 2, "fiscal_number", "nobody", "who is meant"},
	{"a bad birth date", lists.People, peopleHead + "Maria,Bianchi,,m@example.org,1990-13-01,,,\n", 2, "birth_date", "bad_date", "calendar"},
	{"a bad language", lists.People, peopleHead + "Maria,Bianchi,,m@example.org,,fr,,\n", 2, "language", "unknown_word", "it, en"},
	{"a bad role", lists.People, peopleHead + "Maria,Bianchi,,m@example.org,,,king,\n", 2, "role", "unknown_word", "citizen"},
	{"a role at no site", lists.People, peopleHead + "Maria,Bianchi,,m@example.org,,,manager,zenit\n", 2, "site", "unknown_site", "zenit"},
	{"a citizen of a site", lists.People, peopleHead + "Maria,Bianchi,,m@example.org,,,citizen,aurora\n", 2, "site", "role_without_site", "role"},
	{"an administrator of a site", lists.People, peopleHead + "Maria,Bianchi,,m@example.org,,,administrator,aurora\n", 2, "site", "role_of_the_network", "whole network"},
	{"a site manager of the network", lists.People, peopleHead + "Maria,Bianchi,,m@example.org,,,site-manager,\n", 2, "role", "role_of_a_site", "site"},
	{"two people with one number", lists.People, peopleHead + "Maria,Bianchi,BNCMRA90D52H501S,a@example.org,,,,\nMaria,Verdi,BNCMRA90D52H501S,a@example.org,,,manager,\n", 3, "fiscal_number", "other_facts", "Line 2"},
}

// Each wrong file is refused with one message that names line and column and
// says what to do, in both languages; nothing changes.
func TestWrongFiles(t *testing.T) {
	t.Parallel()
	if len(wrongFiles) < 40 {
		t.Fatalf("only %d kinds of wrong file", len(wrongFiles))
	}
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	before := map[lists.List]string{}
	for _, l := range lists.Lists {
		before[l] = w.written(l)
	}
	english, italian := w.words.Printer(i18n.EN, nil), w.words.Printer(i18n.IT, nil)
	for _, c := range wrongFiles {
		out, err := w.Load(t.Context(), c.list, []byte(c.file), nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(out.Faults) != 1 || out.New+out.Changed+out.Same > 0 {
			t.Errorf("%s: %d faults, %s: %v", c.name, len(out.Faults), count(out), out.Faults)
			continue
		}
		f := out.Faults[0]
		if f.Line != c.line || f.Column != c.column || f.Reason != c.reason {
			t.Errorf("%s: %v; want line %d, %s: %s", c.name, f, c.line, c.column, c.reason)
		}
		if text := lists.FaultText(english, f); !strings.Contains(text, c.says) {
			t.Errorf("%s: no %q in %q", c.name, c.says, text)
		}
		for _, p := range []*i18n.Printer{english, italian} {
			if text := lists.FaultPlace(p, f) + ": " + lists.FaultText(p, f); strings.Contains(text, "lists.") || strings.Contains(text, "no value") || !strings.Contains(text, fmt.Sprint(c.line)) {
				t.Errorf("%s: %s", c.name, text)
			}
		}
	}
	for _, l := range lists.Lists {
		if got := w.written(l); got != before[l] {
			t.Errorf("%s changed:\n%s", l, got)
		}
	}
	if n := w.acts("list.imported"); n != 2 {
		t.Errorf("%d acts", n)
	}
}

// All faults of a file are named, in the order of its lines; of too many the
// first.
func TestSeveralFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.someNetwork()
	out, err := w.Load(t.Context(), lists.Sites, []byte("code,lat,lon,state,hours\naurora,1,2,opne,x\nborgo,,,,\nzeta,,,,\n"), nil)
	var got []string
	for _, f := range out.Faults {
		got = append(got, fmt.Sprint(f.Line, " ", f.Column, " ", f.Reason))
	}
	want := "2 lat outside_italy|2 state unknown_word_near|2 hours hours_day|4 municipality empty|4 name empty"
	if strings.Join(got, "|") != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	out, err = w.Load(t.Context(), lists.Sites, []byte(siteHead+strings.Repeat("x,y,Nessuno\n", 1000)), nil)
	if len(out.Faults) != lists.MaxFaults || !out.More || err != nil {
		t.Errorf("%d faults, %v", len(out.Faults), err)
	}
	if f := out.Faults[0]; f.Text != "x,y,Nessuno" || f.Name != "municipality" {
		t.Errorf("%+v", f)
	}
}
