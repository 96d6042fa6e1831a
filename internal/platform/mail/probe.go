package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Steps of a conversation with a mail server, for Trouble.
const (
	StepConnect   = "connect"   // it cannot be reached, or does not speak SMTP
	StepSign      = "sign"      // encryption or sign-in
	StepSender    = "sender"    // it does not take our sender
	StepRecipient = "recipient" // it does not take a message to the sender's own address
)

// Trouble is at which step a Probe came to its end, and why, without addresses.
type Trouble struct {
	Step string
	Why  string
}

func (t *Trouble) Error() string { return fmt.Sprintf("mail: %s: %s", t.Step, t.Why) }

// Probe holds the conversation of a message from a sender to its own address up
// to where the message would follow, and sends none. The error is a *Trouble.
func (s *SMTP) Probe(ctx context.Context, from Sender) error {
	reached := false
	client, cut, err := s.client(ctx, func() { reached = true })
	if err != nil {
		return &Trouble{StepConnect, err.Error()}
	}
	defer cut()
	c, err := client.DialToSMTPClientWithContext(ctx)
	switch {
	case err != nil && reached:
		return &Trouble{StepSign, plainly(err)}
	case err != nil:
		return &Trouble{StepConnect, plainly(err)}
	}
	defer func() { _ = c.Close() }() // what it had to say is said
	if err := probe(c, from); err != nil {
		return err
	}
	_ = c.Quit() // it has said all that we asked
	return nil
}

func probe(c *smtp.Client, from Sender) error {
	if err := c.UpdateDeadline(timeout); err != nil {
		return &Trouble{StepConnect, plainly(err)}
	}
	if err := c.Mail(from.envelope("00000000-0000-0000-0000-000000000000")); err != nil {
		return &Trouble{StepSender, plainly(err)}
	}
	if err := c.Rcpt(from.Address); err != nil {
		return &Trouble{StepRecipient, plainly(err)}
	}
	_ = c.Reset() // where it is not known, the end of the conversation does the same
	return nil
}

// plainly is an error without the words of the server, which repeat addresses.
func plainly(err error) string {
	var said *textproto.Error
	var network *net.OpError
	switch {
	case errors.As(err, &said):
		return fmt.Sprintf("it answers %d", said.Code)
	case errors.As(err, &network):
		return network.Error()
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered):
		return "it offers no way to sign in that is known here"
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}
