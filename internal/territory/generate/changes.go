package main

import (
	"fmt"
	"strings"

	"polis/internal/territory"
)

// change is a municipality as it is now, formed of others of the state of 2020. Belfiore and name are empty where
// the first of them kept its own.
type change struct {
	istat, belfiore, name string
	from                  []string
	seat                  string // the main place, where the largest of the parts is not
	population, year      int    // where the sum of the parts is not it
}

// changes lists what happened to municipalities from 2020 to August 2026, as ISTAT's codes of the territorial
// administrative units show it.
var changes = []change{
	{istat: "005122", belfiore: "M434", name: "Moransengo-Tonengo", from: []string{"005079", "005110"}},
	{istat: "012144", belfiore: "M433", name: "Bardello con Malgesso e Bregano", from: []string{"012009", "012095", "012018"}},
	{istat: "013256", belfiore: "M435", name: "Uggiate con Ronago", from: []string{"013228", "013199"}},
	{istat: "018026", name: "Campospinoso Albaredo", from: []string{"018026", "018002"}},
	{istat: "018094", from: []string{"018094", "018082"}}, // Montalto Pavese took in Lirio
	{istat: "024128", belfiore: "M436", name: "Sovizzo", from: []string{"024103", "024044"}},
	{istat: "024129", belfiore: "M439", name: "Castegnero Nanto", from: []string{"024027", "024071"}},
	{istat: "025075", belfiore: "M437", name: "Setteville", from: []string{"025070", "025002"}, seat: "Quero"},
	{istat: "028108", belfiore: "M438", name: "Santa Caterina d'Este", from: []string{"028022", "028098"}},
	{istat: "041044", from: []string{"041044", "041032"}}, // Pesaro took in Monteciccardo
	{istat: "099030", from: []string{"041033"}},           // Montecopiolo passed from Pesaro e Urbino to Rimini
	{istat: "099031", from: []string{"041060"}},           // Sassofeltrio too
	// Misiliscemi left Trapani: legal population of the census of 2021.
	{istat: "081021", from: []string{"081021"}, population: 56293, year: 2021},
	{istat: "081025", belfiore: "M432", name: "Misiliscemi", from: []string{"081021"}, seat: "Rilievo", population: 8415, year: 2021},
}

// properNames are names of today, with the second language, that namesPackage lacks or spells with another separator.
var properNames = map[string]string{
	"006113": "Murisengo Monferrato",
	"008063": "Vallecrosia al mare",
	"022250": "San Giovanni di Fassa/Sèn Jan",
	"031003": "Doberdò del Lago/Doberdob",
	"031019": "San Floriano del Collio/Števerjan",
	"031022": "Savogna d'Isonzo/Sovodnje ob Soči",
	"032001": "Duino Aurisina/Devin Nabrežina",
	"032002": "Monrupino/Repentabor",
	"032004": "San Dorligo della Valle/Dolina",
	"032005": "Sgonico/Zgonik",
	"083100": "Tripi - Abakainon",
	"102017": "Jonadi",
}

// apply makes the changes to towns, by ISTAT code, and returns them by their new code.
func apply(changes []change, towns map[string]*territory.Municipality) (map[string]change, error) {
	areas := map[string]territory.Municipality{} // the first three digits of the code are the province's
	for code, m := range towns {
		areas[code[:3]] = *m
	}
	formed := map[string]*territory.Municipality{}
	byCode := map[string]change{}
	for _, c := range changes {
		area, known := areas[c.istat[:3]]
		if !known {
			return nil, fmt.Errorf("%s: no such province", c.istat)
		}
		m := territory.Municipality{
			ISTAT: c.istat, Belfiore: c.belfiore, Name: c.name,
			Province: area.Province, ProvinceName: area.ProvinceName, Region: area.Region,
			PopulationYear: censusYear,
		}
		for i, code := range c.from {
			part, ok := towns[code]
			if !ok {
				return nil, fmt.Errorf("%s: formed of %s, which is not in the list", c.istat, code)
			}
			if i == 0 && m.Belfiore == "" {
				m.Belfiore = part.Belfiore
			}
			if i == 0 && m.Name == "" {
				m.Name = part.Name
			}
			m.Population += part.Population
		}
		if c.population > 0 {
			m.Population, m.PopulationYear = c.population, c.year
		}
		formed[c.istat], byCode[c.istat] = &m, c
	}
	for _, c := range changes {
		for _, code := range c.from {
			delete(towns, code)
		}
	}
	for code, m := range formed {
		towns[code] = m
	}
	return byCode, nil
}

// renumbered is a province whose municipalities have new ISTAT codes: its number, then each former code in the
// order of the new numbers 001, 002, …; a dash is a number not given.
type renumbered struct{ number, code, name, formerly string }

// sardinia holds the provinces of the regional reform (regional law 12 April 2021, n. 7) as numbered by ISTAT in
// 2026.
var sardinia = []renumbered{
	{"112", "SS", "Sassari", `
		090003 090004 090005 090007 090008 090010 090011 090012 090013 090015 090016 090018 090019 090020 090022
		090023 090024 090025 090026 090027 090088 090028 090029 090030 090031 090032 090033 090034 090038 090039
		090040 090042 090043 090044 090045 090046 090048 090050 090051 090052 090053 090055 090056 090057 090058
		090059 090060 090061 090087 090064 090065 090066 090067 090068 090069 090089 090086 090071 090072 090073
		090075 090076 090077 090079 090082 090078
	`},
	{"113", "OT", "Gallura Nord-Est Sardegna", `
		090001 090062 090002 090006 090081 090009 090014 090017 090091 090021 090083 090035 090084 090036 090037
		090041 090047 090049 090090 090054 090092 090063 090085 090080 090070 090074
	`},
	{"114", "NU", "Nuoro", `
		091001 091003 091004 091007 091008 091009 091010 091011 091012 091016 091017 091018 091024 091025 091027
		091028 091033 091038 091040 091041 091104 091043 091044 091046 091047 091050 091051 091055 091056 091057
		091058 091059 091060 091061 091062 091063 091064 091066 091067 091068 091070 091071 091073 091077 111082
		091083 091084 091085 091086 091090 091091 091093 091094
	`},
	{"115", "OR", "Oristano", `
		095001 095002 095003 095004 095005 095006 095007 095008 095009 095010 095011 095012 095013 095014 095015
		095016 095079 095017 095018 095019 095077 095080 095020 095021 095022 095023 095024 095082 095083 095025
		095026 095027 095084 095028 095029 095085 095030 095031 095032 095033 095034 095035 095036 095037 095038
		095039 095040 095041 095042 095043 095044 095086 095045 095046 095050 095047 095049 095051 095052 095053
		095054 095055 095056 095057 095076 095058 095059 095060 095061 095078 095062 095063 095087 095064 095065
		095088 095066 095067 095068 095069 095070 095048 095073 095071 095072 095074 095075
	`},
	{"116", "OG", "Ogliastra", `
		091002 091005 091006 091103 091019 091026 091031 091032 091035 091037 091039 091042 091069 091072 091088
		091089 091095 091097 091098 091099 091100 091101 111081
	`},
	{"117", "VS", "Medio Campidano", `
		111001 111005 111012 111022 111024 111027 111031 111034 111037 111038 111052 111053 111059 111062 111067
		111072 111073 111077 111078 111080 111083 111091 111092 111094 111096 111097 111100 111101
	`},
	{"118", "CA", "Cagliari", `
		111002 092003 111003 111004 111007 092009 092011 111011 092015 111013 111014 111015 111017 092108 111018
		111019 111020 111023 111025 111026 111029 111032 111033 111036 111039 092037 111041 092109 111042 111045
		111046 111047 111048 111050 111051 111055 092050 092051 092105 111058 111060 111061 111064 111065 111066
		111069 092066 092068 111074 111075 111076 111079 092074 092075 - 111084 111085 092080 111086 111087
		111088 - 111093 092090 111095 092099 111099 111103 111104 111105 111106 111107
	`},
	{"119", "SU", "Sulcis Iglesiente", `
		111006 111008 111009 111010 111016 111021 111028 111030 111035 111040 111043 111044 111049 111054 111056
		111057 111063 111068 111070 111071 111090 111098 111102 111089
	`},
}

// renumber gives the municipalities of the provinces their new codes.
func renumber(provinces []renumbered, rows []territory.Municipality) error {
	byCode := make(map[string]*territory.Municipality, len(rows))
	for i := range rows {
		byCode[rows[i].ISTAT] = &rows[i]
	}
	for _, p := range provinces {
		for i, former := range strings.Fields(p.formerly) {
			if former == "-" {
				continue
			}
			m, ok := byCode[former]
			if !ok {
				return fmt.Errorf("%s: %s is not in the list", p.name, former)
			}
			m.ISTAT = fmt.Sprintf("%s%03d", p.number, i+1)
			m.Province, m.ProvinceName = p.code, p.name
		}
	}
	return nil
}
