package observe

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
)

// ParseLevel reads --log-level: debug, info, warn or error.
func ParseLevel(s string) (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(s)); err != nil {
		return 0, fmt.Errorf("log level %q: want debug, info, warn or error", s)
	}
	return l, nil
}

// NewLogger writes to out: text where a person watches (a terminal), JSON lines
// otherwise. Instants are UTC. What looks like a fiscal number is replaced by
// "[redacted]", wherever it stands.
func NewLogger(out io.Writer, level slog.Leveler) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level, ReplaceAttr: replace}
	if isTerminal(out) {
		return slog.New(slog.NewTextHandler(out, opts))
	}
	return slog.New(slog.NewJSONHandler(out, opts))
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		return slog.Time(a.Key, a.Value.Time().UTC())
	}
	return Redact(a)
}

// fiscalNumber is the shape of a person's Italian fiscal number, in either
// case, digits also as the letters that stand for them in namesakes (decree of
// the Ministry of Finance of 23 December 1976).
var fiscalNumber = regexp.MustCompile(`(?i)[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]`)

const redacted = "[redacted]"

// Redact replaces what looks like a fiscal number in the value of an attribute.
// It is a net under the rule that personal data never reach the log, not a
// leave to break it.
func Redact(a slog.Attr) slog.Attr {
	var s string
	switch a.Value.Kind() {
	case slog.KindString:
		s = a.Value.String()
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case error:
			s = v.Error()
		case nil, *slog.Source:
			return a
		default:
			if fiscalNumber.MatchString(fmt.Sprintf("%+v", v)) {
				return slog.String(a.Key, redacted)
			}
			return a
		}
	default:
		return a
	}
	if len(s) < 16 || !fiscalNumber.MatchString(s) {
		return a
	}
	return slog.String(a.Key, fiscalNumber.ReplaceAllString(s, redacted))
}
