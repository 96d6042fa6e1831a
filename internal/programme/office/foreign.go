package office

import "strings"

// also are the other names under which columns of a kind are read: Italian ones,
// and those of the open data that ministries publish of what ReGiS holds (Italia
// Domani: PNRR_Gare, PNRR_Progetti, OpenData_PNC_Gare, OpenData_PNC_Progetti,
// OpenData_PNC_Obiettivi). Case, blanks, hyphens, points and underscores do not
// count.
var also = map[string]string{
	"measure": `key chiave
		text testo
		source fonte`,
	"acts": `id codice
		date data
		title titolo
		href indirizzo link
		source fonte`,
	"projects": `cup codice_cup
		line linea
		implementer soggetto_attuatore
		owner amministrazione_titolare
		pnc_funding_eur finanziamento_pnc
		title titolo_progetto titolo
		source fonte`,
	"funding": `fund fondo
		year anno
		line linea
		amount importo
		about circa
		source fonte`,
	"milestones": `id codice_univoco_obiettivo codice
		year anno
		quarter trimestre
		milestone obiettivi obiettivo scadenza
		weight peso
		source fonte`,
	"progress": `milestone scadenza codice
		date data
		stage stato
		note nota
		source fonte`,
	"targets": `id codice
		name nome
		unit unità unita
		line linea
		value valore
		weight peso
		source fonte`,
	"steps": `target obiettivo
		date data
		value valore
		source fonte`,
	"declarations": `target obiettivo
		word parola
		as_of data alla_data
		source fonte
		value valore
		unit unità unita
		note nota`,
	"linked": `id codice
		name misura nome
		spent speso
		total totale
		source fonte`,
	"calls": `id codice
		title titolo
		base_eur base_d'asta base_asta
		months mesi
		deadline scadenza
		conditions condizioni
		source fonte`,
	"lots": `call gara
		lot lotto
		regions regioni
		note nota
		source fonte`,
	"tenders": `cig codice_cig
		cup codice_cup
		line linea
		published data_pubblicazione_del_cig data_pubblicazione_cig data_pubblicazione data_pubblicazione_bando
		awarded data_aggiudicazione_definitiva data_aggiudicazione
		base_eur importo_base_dasta_cig importo_base_d'asta_cig importo_base_d'asta importo_base_dasta importo_base_asta importo_complessivo_gara importo_lotto base_asta
		award_eur importo_aggiudicazione importo_aggiudicato
		contract_type oggetto_principale_del_contratto oggetto_principale_contratto tipo_contratto tipologia_contratto
		procedure descrizione_procedura_di_aggiudicazione procedura_di_aggiudicazione tipo_scelta_contraente scelta_contraente procedura
		subject oggetto_gara oggetto_cig oggetto_lotto oggetto descrizione_gara
		source fonte`,
	"payments": `id codice codice_pagamento
		cup codice_cup
		date data data_pagamento
		amount_eur amount importo importo_pagamento
		fund fondo
		beneficiary beneficiario
		note nota
		source fonte`,
	"phases": `id codice
		name nome`,
	"works": `site sede codice_sede frazionario
		cup codice_cup
		contractor impresa appaltatore
		delay_reason reason motivo motivo_ritardo
		source fonte`,
	"costs": `site sede codice_sede frazionario
		item voce
		fund fondo
		eligible ammissibile
		amount_eur amount importo
		source fonte`,
	"documents": `site sede codice_sede frazionario
		id codice
		phase fase
		type tipo
		date data
		title titolo
		href indirizzo link
		source fonte`,
	"areas": `istat codice_istat
		class classe
		estimate stima
		source fonte`,
}

// aliases are the other names of the columns of a kind.
func aliases(kind string) map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(also[kind]) {
		if names := strings.Fields(line); len(names) > 0 {
			out[names[0]] = names[1:]
		}
	}
	return out
}

// Columns that only files of Italia Domani have, by which they are known, and of
// which rows of ours are made.
const (
	extracted     = "data_di_estrazione"
	submeasure    = "codice_univoco_submisura"
	programmeCode = "codice_univoco_programma"
	noCIG         = "descrizione_motivo_assenza_cig"
	totalPaid     = "pagamento_totale"
	indicator     = "codice_indicatore"
	indicatorUnit = "descrizione_unità_di_misura"
	indicatorName = "descrizione_indicatore"
	reached       = "valore_realizzato"
	planned       = "valore_programmato"
	monthOf       = "mese"
	yearOf        = "anno"
	factKey       = "key"
)

// paidBy are the columns of PNRR_Pagamenti_di_Progetto that say what was paid
// from each fund, with our name of the fund.
var paidBy = []struct{ column, fund string }{
	{"pagamento_pnrr", "pnrr"},
	{"pagamento_pnc", "pnc"},
	{"pagamento_stato", "stato"},
	{"pagamento_stato_bilancio", "stato-bilancio"},
	{"pagamento_stato_foi", "stato-foi"},
	{"pagamento_prosecuzione_opere_pubbliche_fpop", "fpop"},
	{"pagamento_ue_(diverso_da_pnrr)", "ue"},
	{"pagamento_regione", "regione"},
	{"pagamento_provincia", "provincia"},
	{"pagamento_comune", "comune"},
	{"pagamento_altro_pubblico", "altro-pubblico"},
	{"pagamento_privato", "privato"},
	{"pagamento_da_reperire", "da-reperire"},
	{"pagamento_altri_fondi", "altri-fondi"},
}

// months are those of PNRR_Indicatori_Target.
var months = []string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"}

// layout is another form in which the rows of a kind come.
type layout struct {
	source string // what the rows are said to come from
	mark   string // a column that tells the form from ours
	// extra are the columns that are read besides ours; none of ours is needed.
	extra []string
	// rows makes rows of ours, by the names of our columns, of one of theirs; nil
	// takes the columns that are called as ours are. skip is the reason for which a
	// row of theirs is none of ours.
	rows func(l *theirs) (rows []map[string]string, skip string)
}

// Reasons to pass over a row of another form.
const (
	otherProject = "others"
	withoutCIG   = "no_cig"
)

// layouts are the other forms of a kind. The first whose mark the file has is
// taken.
var layouts = map[string][]layout{
	"tenders": {
		{source: "PNRR_Gare", mark: extracted, extra: []string{extracted, submeasure, noCIG}, rows: tendersOf},
		{source: "OpenData_PNC_Gare", mark: programmeCode, extra: []string{programmeCode}, rows: tendersOf},
	},
	"projects": {
		{source: "PNRR_Progetti", mark: extracted, extra: []string{extracted, submeasure}, rows: projectsOf},
		{source: "OpenData_PNC_Progetti", mark: programmeCode, extra: []string{programmeCode}, rows: projectsOf},
	},
	"milestones": {{source: "OpenData_PNC_Obiettivi", mark: programmeCode, extra: []string{programmeCode}, rows: milestonesOf}},
	"payments":   {{source: "PNRR_Pagamenti_di_Progetto", mark: totalPaid, extra: paymentColumns(), rows: paymentsOf}},
	"declarations": {
		{source: "PNRR_Indicatori_Target", mark: indicator, extra: []string{
			"cup", extracted, submeasure, indicator, indicatorName, indicatorUnit, reached, planned, monthOf, yearOf,
		}, rows: indicatorsOf},
		{mark: factKey, extra: []string{factKey}, rows: factOf},
	},
}

func paymentColumns() []string {
	list := []string{extracted, submeasure, totalPaid}
	for _, p := range paidBy {
		list = append(list, p.column)
	}
	return list
}
