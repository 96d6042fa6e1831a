package pass

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// VerifyCommand is the work of the command that checks a pass offline. It
// writes the verdict for a person to read, with what the pass says if its
// signature is good, and returns the error of Verify. Times are written in
// the zone of now.
func VerifyCommand(stdout io.Writer, keysPEM []byte, text string, now time.Time) error {
	keys, err := ParsePublicPEM(keysPEM)
	if err != nil {
		return err
	}
	p, err := Verify(keys, text, now)
	var out strings.Builder
	fmt.Fprintln(&out, verdict(err))
	if err == nil || errors.Is(err, ErrNotYet) || errors.Is(err, ErrExpired) {
		const layout = "2006-01-02 15:04:05 MST"
		fmt.Fprintf(&out, "holder  %s\n", p.Holder)
		fmt.Fprintf(&out, "doors   %s\n", strings.Join(p.Doors, ", "))
		fmt.Fprintf(&out, "places  %s\n", strings.Join(p.Places, ", "))
		fmt.Fprintf(&out, "from    %s\n", p.NotBefore.In(now.Location()).Format(layout))
		fmt.Fprintf(&out, "to      %s\n", p.Expires.In(now.Location()).Format(layout))
		fmt.Fprintf(&out, "issuer  %s\n", p.Issuer)
		fmt.Fprintf(&out, "booking %s\n", p.ID)
	}
	if _, werr := io.WriteString(stdout, out.String()); werr != nil {
		return errors.Join(err, werr)
	}
	return err
}

func verdict(err error) string {
	switch {
	case err == nil:
		return "valid"
	case errors.Is(err, ErrNotYet):
		return "not valid yet"
	case errors.Is(err, ErrExpired):
		return "expired"
	case errors.Is(err, ErrUnknownKey):
		return "not valid: signed with an unknown key"
	case errors.Is(err, ErrSignature):
		return "not valid: the signature is wrong"
	}
	return "not valid: this is not a pass"
}
