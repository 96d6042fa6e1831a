package mail

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// compose writes a message in the form of RFC 5322. Whatever the texts hold,
// they stay inside their header or part: line ends and control characters
// become spaces in what must be one line. An address that is none is Rejected.
func compose(m Message) (*gomail.Msg, error) {
	if !IsAddress(m.To) {
		return nil, &Rejected{Status: "5.1.3"}
	}
	if !IsAddress(m.From.Address) || m.ID == "" || strings.ContainsFunc(m.ID, func(r rune) bool {
		return r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) {
		return nil, fmt.Errorf("mail: a message without a sender or with an id of %d characters that is none", len(m.ID))
	}
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	out.FromMailAddress(&mail.Address{Name: name(m.From.Name), Address: m.From.Address})
	out.EnvelopeFromMailAddress(&mail.Address{Address: m.From.envelope(m.ID)})
	out.ToMailAddress(&mail.Address{Name: name(m.ToName), Address: m.To})
	out.Subject(line(m.Subject))
	out.SetMessageIDWithValue(m.ID + "@" + m.From.domain())
	if !m.Date.IsZero() {
		out.SetDateWithValue(m.Date)
	}
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation notices, please
	out.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same in Exchange's words
	if m.Lang != "" {
		out.SetGenHeader("Content-Language", line(m.Lang))
	}
	if m.Unsubscribe != "" {
		if strings.ContainsFunc(m.Unsubscribe, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
			return nil, errors.New("mail: an address to unsubscribe that is none")
		}
		out.SetGenHeaderPreformatted("List-Unsubscribe", "<"+m.Unsubscribe+">") // not folded: mail programs read it as one address
		out.SetGenHeaderPreformatted("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	out.SetBodyString(gomail.TypeTextPlain, text(m.Text))
	if m.HTML != "" {
		out.AddAlternativeString(gomail.TypeTextHTML, text(m.HTML))
	}
	return out, addCalendars(out, m.Calendars)
}

func addCalendars(out *gomail.Msg, list []Calendar) error {
	for _, c := range list {
		method := strings.ToUpper(c.Method)
		switch method {
		case "PUBLISH":
		case "REQUEST", "CANCEL":
			if len(list) == 1 {
				out.AddAlternativeString(gomail.ContentType("text/calendar; method="+method), string(c.Data),
					gomail.WithPartEncoding(gomail.EncodingB64))
			}
		default:
			return fmt.Errorf("mail: a calendar of method %q", c.Method)
		}
		err := out.AttachReader(fileName(c.Name), bytes.NewReader(c.Data),
			gomail.WithFileContentType(gomail.ContentType("text/calendar; charset=utf-8; method="+method)))
		if err != nil {
			return err
		}
	}
	return nil
}

// maxLine keeps a header without spaces within what a line may hold (998 bytes).
const maxLine = 240

// line makes one line of any text, of at most maxLine characters. What looks
// like an encoded word (RFC 2047) is not one to a reader.
func line(s string) string {
	s = strings.ReplaceAll(s, "=?", "= ?")
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}), " ")
	if r := []rune(s); len(r) > maxLine {
		return string(r[:maxLine-1]) + "…"
	}
	return s
}

// name is a line for beside an address. A backslash does not stand there:
// net/mail writes one in a form that itself cannot read.
func name(s string) string { return strings.ReplaceAll(line(s), `\`, "/") }

// text gives a text the line ends that the writer of parts expects.
func text(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
}

// fileName keeps of a name what every system takes.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || r != '.' && r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return '-'
		}
		return r
	}, s)
	if strings.Trim(s, ".-") == "" || len(s) > maxLine {
		return "calendar.ics"
	}
	return s
}
