package reserve

import "strconv"

// Facts are what the act of a booking, "booking.STATUS", says beside which one
// it was and who did it.
type Facts struct {
	Rev  int64  `json:"rev"`            // of the booking afterwards
	From Status `json:"from,omitempty"` // where it stood before; "" of a new one
	Was  []Was  `json:"was,omitempty"`  // of a change of places or time: the parts before
}

// Was is when a part of a booking was, before a change.
type Was struct {
	Part int   `json:"part"` // its place in the list of parts
	From int64 `json:"from"` // Unix seconds
	To   int64 `json:"to"`
}

// newFacts are those of a booking that was just made.
const newFacts = `{"rev":1}`

// facts writes the Facts of a booking that was before and is now; by hand,
// because it is done for every act.
func facts(before, now *Booking) string {
	if before.Status == "" && now.Rev == 1 {
		return newFacts
	}
	b := make([]byte, 0, 64)
	b = strconv.AppendInt(append(b, `{"rev":`...), now.Rev, 10)
	if before.Status != "" {
		b = append(append(append(b, `,"from":"`...), before.Status...), '"')
	}
	if before.Status == now.Status && before.Status != Held {
		b = appendWas(b, before.Parts)
	}
	return string(append(b, '}'))
}

func appendWas(b []byte, parts []Part) []byte {
	next := `,"was":[`
	for i, p := range parts {
		if len(p.Units) == 0 {
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
