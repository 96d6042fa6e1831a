package lists

import (
	"strings"

	"polis/internal/sheet"
)

// columns of the lists, with the names under which each is read too: those of
// the post-office locator and the Italian ones. A star means that there is no
// list without it.
var columns = map[List][]sheet.Column{
	Sites: cols(`code* codice frazionario
		kind tipo
		name nome nomePunto denominazione
		address indirizzo indirizzoPunto via
		municipality comune citta città city istat belfiore codice_comune
		province provincia prov sigla
		cap zip postcode codice_postale
		lat latitudine latitude
		lon lng longitudine longitude
		zone fuso timezone
		size dimensione taglia
		state stato
		state_since stato_dal
		opens_on apre_il apertura_prevista
		hours orari orario opening_hours
		` + week + `
		patron patrono
		groups gruppi
		phone telefono tel
		email mail
		step_free senza_gradini
		accessible_toilet bagno_accessibile
		parking parcheggio
		accessible_bays posti_auto_accessibili
		amenities dotazioni
		building edificio
		territory territorio
		area superficie mq
		directions_it indicazioni indicazioni_it
		directions_en indicazioni_en`),
	Resources: cols(`site* sede codice_sede frazionario ufficio
		code codice
		room* stanza locale
		floor piano
		kind tipo
		name nome
		seats posti capienza
		features attrezzature attrezzatura
		groups gruppi
		active attivo in_uso
		parts parti
		x
		y
		w larghezza width
		h altezza profondita height`),
	Hours: cols(`site* sede codice_sede code codice frazionario
		date data giorno
		hours orari orario opening_hours
		` + week),
	Closures: cols(`site* sede codice_sede code codice frazionario
		resources posti places
		from* dal inizio start
		to* al fine end
		reason* motivo`),
	People: cols(`given_name nome name first_name
		family_name cognome surname last_name
		fiscal_number codice_fiscale cf
		email mail posta_elettronica
		birth_date data_di_nascita data_nascita nato_il
		language lingua
		role ruolo
		site sede codice_sede frazionario`),
}

const week = `mon lun lunedi lunedì monday
		tue mar martedi martedì tuesday
		wed mer mercoledi mercoledì wednesday
		thu gio giovedi giovedì thursday
		fri ven venerdi venerdì friday
		sat sab sabato saturday
		sun dom domenica sunday
		holidays festivi ph`

func cols(text string) (list []sheet.Column) {
	for row := range strings.Lines(text) {
		words := strings.Fields(row)
		name, needed := strings.CutSuffix(words[0], "*")
		list = append(list, sheet.Column{Name: name, Aliases: words[1:], Needed: needed})
	}
	return list
}
