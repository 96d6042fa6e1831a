package reserve

import "strconv"

// Released is the act of a booking that goes on without the parts that were
// missed. All other changes are "booking.STATUS".
const Released = "booking.released"

// Facts are what the act of a booking says beside which one it was and who did
// it.
type Facts struct {
	Rev  int64  `json:"rev"`            // of the booking afterwards
	From Status `json:"from,omitempty"` // where it stood before; "" of a new one
	Why  string `json:"why,omitempty"`  // opaque id of the reason
	Was  []Was  `json:"was,omitempty"`  // of a change of places or time: the parts before; of Released: those missed
}

// Was is when a part of a booking was, before a change.
type Was struct {
	Part int   `json:"part"` // its place in the list of parts
	From int64 `json:"from"` // Unix seconds
	To   int64 `json:"to"`
}

// newFacts are those of a booking that was just made.
const newFacts = `{"rev":1}`

// facts writes the Facts of an act on a booking that was before and is now; by
// hand, because it is done for every act.
func facts(kind, why string, before, now *Booking) string {
	if before.Status == "" && now.Rev == 1 && why == "" {
		return newFacts
	}
	b := make([]byte, 0, 64)
	b = strconv.AppendInt(append(b, `{"rev":`...), now.Rev, 10)
	if before.Status != "" {
		b = append(append(append(b, `,"from":"`...), before.Status...), '"')
	}
	if why != "" {
		b = strconv.AppendQuote(append(b, `,"why":`...), why)
	}
	if before.Status == now.Status && before.Status != Held {
		b = appendWas(b, before.Parts, now.Parts, kind == Released)
	}
	return string(append(b, '}'))
}

// appendWas writes the parts before, or only those that were missed since.
func appendWas(b []byte, before, now []Part, missed bool) []byte {
	next := `,"was":[`
	for i, p := range before {
		if len(p.Units) == 0 || missed && len(now[i].Missed) == 0 {
			continue
		}
		b = strconv.AppendInt(append(append(b, next...), `{"part":`...), int64(i), 10)
		b = strconv.AppendInt(append(b, `,"from":`...), p.From.Unix(), 10)
		b = append(strconv.AppendInt(append(b, `,"to":`...), p.To.Unix(), 10), '}')
		next = ","
	}
	if next == "," {
		b = append(b, ']')
	}
	return b
}

// Shut is what the act of a closure says: for when its places are shut, or were.
type Shut struct {
	Starts int64 `json:"starts"` // Unix seconds
	Ends   int64 `json:"ends"`
}

// String is the Shut as the act has it.
func (s Shut) String() string {
	return `{"starts":` + strconv.FormatInt(s.Starts, 10) + `,"ends":` + strconv.FormatInt(s.Ends, 10) + `}`
}
