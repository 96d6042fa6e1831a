package office

import (
	"strings"

	"polis/internal/sheet"
)

// also are the other names under which columns of a kind are read: Italian ones,
// and those of the open data that ministries publish of what ReGiS holds (Italia
// Domani: PNRR_Gare, PNRR_Progetti, OpenData_PNC_Gare, OpenData_PNC_Progetti,
// OpenData_PNC_Obiettivi). Case, blanks, hyphens, points and underscores do not
// count.
var also = map[string]string{
	"tenders": `
		cig codice_cig
		cup codice_cup
		line linea
		published data_pubblicazione_del_cig data_pubblicazione_cig data_pubblicazione data_pubblicazione_bando
		awarded data_aggiudicazione_definitiva data_aggiudicazione
		base_eur importo_base_dasta_cig importo_base_d'asta_cig importo_base_d'asta importo_base_dasta importo_base_asta importo_complessivo_gara importo_lotto base_asta
		award_eur importo_aggiudicazione importo_aggiudicato
		contract_type oggetto_principale_del_contratto oggetto_principale_contratto tipo_contratto tipologia_contratto
		procedure descrizione_procedura_di_aggiudicazione procedura_di_aggiudicazione tipo_scelta_contraente scelta_contraente procedura
		subject oggetto_gara oggetto_cig oggetto_lotto oggetto descrizione_gara`,
	"projects": `
		cup codice_cup
		line linea
		implementer soggetto_attuatore
		owner amministrazione_titolare
		pnc_funding_eur finanziamento_pnc
		title titolo_progetto titolo`,
	"payments": `
		id codice codice_pagamento
		cup codice_cup
		date data data_pagamento
		amount importo importo_pagamento
		fund fondo fonte
		beneficiary beneficiario
		note nota note`,
	"milestones": `
		id codice_univoco_obiettivo codice
		year anno
		quarter trimestre
		milestone obiettivi obiettivo scadenza
		weight peso
		source fonte`,
	"declarations": `
		target obiettivo
		word parola
		value valore
		unit unita unità
		as_of data alla_data
		source fonte
		note nota note`,
	"works": `
		site sede codice_sede frazionario
		contractor impresa appaltatore
		reason motivo motivo_ritardo
		source fonte`,
	"costs": `
		site sede codice_sede
		item voce
		fund fondo
		eligible ammissibile
		amount importo`,
	"documents": `
		site sede codice_sede
		phase fase
		kind tipo
		title titolo
		date data
		href indirizzo link`,
	"progress": `
		milestone scadenza codice
		date data
		stage stato
		source fonte`,
	"funding": `
		year anno
		fund fondo
		line linea
		amount importo`,
	"linked": `
		name misura
		spent speso
		total totale`,
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
	extracted   = "data_di_estrazione"
	submeasure  = "codice_univoco_submisura"
	programme   = "codice_univoco_programma"
	totalPaid   = "pagamento_totale"
	indicator   = "codice_indicatore"
	indicatorIs = "descrizione_indicatore"
	unitOf      = "unità_di_misura"
	reached     = "valore_realizzato"
	planned     = "valore_programmato"
	monthOf     = "mese"
	yearOf      = "anno"
	noCIG       = "descrizione_motivo_assenza_cig"
)

// paidBy are the columns of PNRR_Pagamenti_di_Progetto that say what was paid
// from each fund, with our name of the fund. Those after the first blank line of
// the State are parts of it.
var paidBy = []struct{ column, fund string }{
	{"pagamento_pnrr", "PNRR"},
	{"pagamento_stato", "Stato"},
	{"pagamento_prosecuzione_opere_pubbliche_fpop", "FPOP"},
	{"pagamento_ue_(diverso_da_pnrr)", "UE"},
	{"pagamento_regione", "Regione"},
	{"pagamento_provincia", "Provincia"},
	{"pagamento_comune", "Comune"},
	{"pagamento_altro_pubblico", "Altro pubblico"},
	{"pagamento_privato", "Privato"},
	{"pagamento_da_reperire", "Da reperire"},
	{"pagamento_pnc", "PNC"},
	{"pagamento_altri_fondi", "Altri fondi"},
	{"pagamento_stato_bilancio", "Stato (bilancio)"},
	{"pagamento_stato_foi", "Stato (FOI)"},
}

// months are those of PNRR_Indicatori_Target.
var months = map[string]string{
	"gennaio": "01-31", "febbraio": "02-28", "marzo": "03-31", "aprile": "04-30", "maggio": "05-31", "giugno": "06-30",
	"luglio": "07-31", "agosto": "08-31", "settembre": "09-30", "ottobre": "10-31", "novembre": "11-30", "dicembre": "12-31",
}

// foreignOf are the columns that only a file of Italia Domani of a kind has.
func foreignOf(kind string) (list []sheet.Column) {
	names := []string{extracted, submeasure, programme}
	switch kind {
	case "payments":
		names = append(names, totalPaid)
		for _, p := range paidBy {
			names = append(names, p.column)
		}
	case "declarations":
		names = append(names, "cup", indicator, indicatorIs, unitOf, reached, planned, monthOf, yearOf)
	case "tenders":
		names = append(names, noCIG)
	}
	for _, n := range names {
		list = append(list, sheet.Column{Name: n})
	}
	return list
}
