package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// maxRead is how much of a message is read, in bytes: a report is small unless
// it holds the whole message, which comes last.
const maxRead = 1 << 20

// part is a leaf of the tree of a message.
type part struct {
	media  string // "text/plain"
	params map[string]string
	name   string // of a file; "" where it is none
	body   []byte
}

// read takes a message apart. What lies beyond maxRead, deeper than anybody
// nests, or is broken, is left out.
func read(r io.Reader) (mail.Header, []part, error) {
	in := bufio.NewReader(io.LimitReader(r, maxRead))
	if from, err := in.Peek(5); err == nil && string(from) == "From " { // mbox: as some servers pipe it
		if _, err := in.ReadString('\n'); err != nil {
			return nil, nil, err
		}
	}
	m, err := mail.ReadMessage(in)
	if err != nil {
		return nil, nil, err
	}
	return m.Header, leaves(textproto.MIMEHeader(m.Header), m.Body, 0), nil
}

const maxDepth = 8

func leaves(h textproto.MIMEHeader, body io.Reader, depth int) (list []part) {
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		media, params = "text/plain", nil
	}
	if strings.HasPrefix(media, "multipart/") && params["boundary"] != "" && depth < maxDepth {
		in := multipart.NewReader(body, params["boundary"])
		for {
			p, err := in.NextRawPart()
			if err != nil {
				return list
			}
			list = append(list, leaves(p.Header, p, depth+1)...)
		}
	}
	p := part{media: media, params: params}
	if _, disposition, err := mime.ParseMediaType(h.Get("Content-Disposition")); err == nil {
		p.name = disposition["filename"]
	}
	p.body = decoded(h.Get("Content-Transfer-Encoding"), body)
	return append(list, p)
}

// decoded is what there is of a body up to its end or its first fault.
func decoded(encoding string, body io.Reader) []byte {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	var out bytes.Buffer
	_, _ = out.ReadFrom(body) // what came before the fault is what we want
	return out.Bytes()
}

// headerText is a header with its encoded words read.
func headerText(s string) string {
	out, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		return s
	}
	return out
}
