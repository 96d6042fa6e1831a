package mail

import (
	"errors"
	"io"
	"regexp"
	"strings"
)

// Report is what a server says became of a message.
type Report struct {
	ID     string // of the message; "" where the report does not tell
	Action string // RFC 3464: failed, delayed, delivered, relayed, expanded
	Status string // RFC 3463: "5.1.1"
}

// Failed tells whether the message did not and will not arrive.
func (r Report) Failed() bool { return r.Action == "failed" }

// ErrNoReport says that a message is no report of a server: it comes from a
// person, or from a program that answers for one.
var ErrNoReport = errors.New("this message is no report of a mail server")

var (
	id         = `([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})`
	plusID     = regexp.MustCompile(`\+` + id + `@`)
	messageID  = regexp.MustCompile(`<` + id + `@`)
	statusCode = regexp.MustCompile(`[245]\.\d{1,3}\.\d{1,3}`)
)

// ReadReport reads a report on delivery (RFC 3464), in the forms that servers
// give it. The message is known by the address the report was sent to (see
// Sender.Bounces), or else by its Message-ID in what the report returns of it.
func ReadReport(r io.Reader) (Report, error) {
	h, parts, err := read(r)
	if err != nil {
		return Report{}, ErrNoReport
	}
	var out Report
	var returned string
	for _, p := range parts {
		switch p.media {
		case "message/delivery-status", "message/global-delivery-status":
			out.merge(p.body)
		case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers":
			if blocks := fields(p.body); len(blocks) > 0 {
				returned = blocks[0]["message-id"]
			}
		}
	}
	if out.Action == "" {
		return Report{}, ErrNoReport
	}
	out.ID = first(plusID, h.Get("To"), h.Get("Delivered-To"), h.Get("X-Original-To"), h.Get("Envelope-To"))
	if out.ID == "" {
		out.ID = first(messageID, returned, h.Get("In-Reply-To"), h.Get("References"))
	}
	return out, nil
}

// merge takes the fields of a report, one block for each recipient; a failure
// outweighs what else it tells.
func (r *Report) merge(body []byte) {
	for _, block := range fields(body) {
		action, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(block["action"])), " ")
		if action == "" || r.Failed() {
			continue
		}
		r.Action = action
		if r.Status = statusCode.FindString(block["status"]); r.Status == "" {
			r.Status = statusCode.FindString(block["diagnostic-code"])
		}
	}
}

// fields reads blocks of "Name: value", with names in small letters. Lines that
// are none are passed over; the first of a name counts.
func fields(body []byte) (blocks []map[string]string) {
	block, name := map[string]string{}, ""
	for line := range strings.Lines(string(body)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			if len(block) > 0 {
				blocks, block = append(blocks, block), map[string]string{}
			}
			name = ""
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if name != "" {
				block[name] += " " + strings.TrimSpace(line)
			}
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		name = ""
		if key = strings.ToLower(strings.TrimSpace(key)); ok && block[key] == "" {
			name = key
			block[key] = strings.TrimSpace(value)
		}
	}
	if len(block) > 0 {
		blocks = append(blocks, block)
	}
	return blocks
}

func first(in *regexp.Regexp, texts ...string) string {
	for _, text := range texts {
		if m := in.FindStringSubmatch(strings.ToLower(text)); m != nil {
			return m[1]
		}
	}
	return ""
}
