package backup

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
)

// lines writes the lines of a stream. Rows are put together by hand: they are
// nearly all of a backup, and a general encoder would take twice the time and
// leave much to collect.
type lines struct {
	out  *bufio.Writer
	line []byte
}

// object writes a value as one line.
func (l *lines) object(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = l.out.Write(append(text, '\n'))
	return err
}

// row writes the values of a row.
func (l *lines) row(values []any) (err error) {
	b := append(l.line[:0], '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case bool:
			b = strconv.AppendBool(b, v)
		case string:
			b, err = appendText(b, v)
		case []byte:
			b = append(b, `{"b":"`...)
			b = base64.StdEncoding.AppendEncode(b, v)
			b = append(b, `"}`...)
		case float64:
			var text []byte
			text, err = json.Marshal(v)
			b = append(b, text...)
		default:
			err = fmt.Errorf("a value of type %T", v)
		}
		if err != nil {
			return err
		}
	}
	l.line = append(b, ']', '\n')
	_, err = l.out.Write(l.line)
	return err
}

// appendText writes a text as JSON has it; most have nothing to escape.
func appendText(b []byte, s string) ([]byte, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			text, err := json.Marshal(s)
			return append(b, text...), err
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"'), nil
}
