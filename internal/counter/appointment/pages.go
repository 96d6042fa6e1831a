package appointment

import "net/url"

// listPath is one's own appointments.
const listPath = "/appuntamenti"

// Path is an appointment.
func Path(id string) string { return listPath + "/" + url.PathEscape(id) }
