package demo

import (
	"strings"

	"polis/internal/site"
)

// houseRules are those of the network.
var houseRules = site.Text{
	IT: strings.Join([]string{
		"Nelle sale comuni si lavora in silenzio. Si parla a bassa voce e si tengono muti i dispositivi.",
		"Le telefonate e le riunioni a distanza si fanno nelle cabine o nelle sale riunioni.",
		"Si mangia in cucina o all’aperto. Alle scrivanie vanno bene le bevande con il coperchio.",
		"Gli ospiti sono benvenuti nelle sale prenotate. Chi prenota li accompagna e ne risponde.",
		"Ognuno usa il posto prenotato e lo lascia pulito e libero all’orario di fine.",
		"Le uscite e i corridoi restano liberi. In caso di allarme si esce e si seguono le indicazioni del personale.",
		"Guasti, danni e oggetti trovati si segnalano subito alla reception o con «Segnala un problema».",
		"I dati degli altri non si guardano e non si fotografano. Lasciando il posto si blocca lo schermo.",
		"In tutti gli ambienti chiusi è vietato fumare, anche sigarette elettroniche. I cani guida sono sempre ammessi.",
		"Chi non può venire annulla la prenotazione, così il posto serve a qualcun altro. Troppe assenze la sospendono per qualche giorno.",
	}, "\n\n"),
	EN: strings.Join([]string{
		"The shared rooms are for quiet work. People speak softly and keep their devices silent.",
		"Calls and online meetings belong in the booths or in the meeting rooms.",
		"Meals are for the kitchen or outdoors. Drinks with a lid are fine at the desks.",
		"Guests are welcome in booked rooms. Whoever books comes with them and answers for them.",
		"Everyone uses the place they booked, and leaves it clean and free when the time is over.",
		"Exits and corridors stay clear. When an alarm sounds, everyone leaves and follows the staff.",
		"Faults, damage and things found are reported at once, at reception or with “Report a problem”.",
		"Other people’s data is not looked at and not photographed. Screens are locked when a place is left.",
		"There is no smoking indoors, electronic cigarettes included. Guide dogs are always welcome.",
		"Whoever cannot come cancels the booking, so that somebody else has the place. Missing too often suspends bookings for some days.",
	}, "\n\n"),
}
