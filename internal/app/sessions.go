package app

import (
	"fmt"
	"strings"
	"time"

	"polis/internal/identity"
)

// sessionFlags say how long sessions last.
type sessionFlags struct {
	Session       span `help:"How long people stay signed in: without use, and in any case." default:"2h/12h" placeholder:"IDLE/LIFE"`
	SessionStaff  span `help:"The same for who has a role." default:"2h/12h" placeholder:"IDLE/LIFE"`
	SessionShared span `help:"The same on devices that people share." default:"2m/15m" placeholder:"IDLE/LIFE"`
}

// span is how long a session lasts, written as "2h/12h".
type span identity.Span

// UnmarshalText reads a span. One that nobody could use, or that does not end the
// same week, is refused.
func (s *span) UnmarshalText(text []byte) error {
	idle, life, _ := strings.Cut(string(text), "/")
	var err error
	if s.Idle, err = time.ParseDuration(idle); err == nil {
		s.Life, err = time.ParseDuration(life)
	}
	if err != nil || s.Idle < time.Minute || s.Life < s.Idle || s.Life > 7*24*time.Hour {
		return fmt.Errorf("want IDLE/LIFE such as 2h/12h, from 1m to 168h")
	}
	return nil
}

// options are the sessions that the flags ask for.
func (f *sessionFlags) options(secure bool) identity.SessionOptions {
	return identity.SessionOptions{Secure: secure, People: identity.Span(f.Session), Staff: identity.Span(f.SessionStaff), Shared: identity.Span(f.SessionShared)}
}
