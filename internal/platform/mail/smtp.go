package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// timeout is how long a server may take for each step of a conversation.
const timeout = 30 * time.Second

// SMTP hands messages to a server, each in a conversation of its own.
type SMTP struct {
	host    string
	options []gomail.Option
	tls     *tls.Config
	dial    gomail.DialContextFunc
}

// NewSMTP reads the address of a server:
//
//	smtp://user:password@host:port   STARTTLS, port 587
//	smtps://user:password@host:port  TLS from the first byte, port 465
//	smtp://host?starttls=never       in the clear, port 25: inside one machine or a private network
//
// To a loopback address STARTTLS is used where the server has it.
func NewSMTP(address string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("the mail server wants an address such as smtp://user:password@mail.example.it:587")
	}
	s := &SMTP{host: u.Hostname(), tls: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}}
	port, policy := 587, gomail.TLSMandatory
	never := u.Query().Get("starttls") == "never"
	switch {
	case u.Scheme == "smtps":
		port = 465
		s.options = append(s.options, gomail.WithSSL())
	case never:
		port, policy = 25, gomail.NoTLS
	case loopback(s.host):
		policy = gomail.TLSOpportunistic
	}
	if u.Query().Has("starttls") && (!never || u.Scheme == "smtps") {
		return nil, errors.New("?starttls= of the mail server takes never, with smtp://")
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("the port of the mail server is not a number")
		}
	}
	s.options = append(s.options, gomail.WithPort(port), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(s.tls),
		gomail.WithTimeout(timeout), gomail.WithoutNoop(), gomail.WithoutRset())
	if u.User != nil {
		password, _ := u.User.Password()
		// The library finds out by itself what a server takes only where it has
		// dialled itself.
		ways := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
		if policy != gomail.TLSMandatory && u.Scheme == "smtp" { // as asked for: the password goes as the rest does
			ways = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
		}
		s.options = append(s.options, gomail.WithOpportunisticSMTPAuth(ways...), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	s.dial = (&net.Dialer{}).DialContext
	if u.Scheme == "smtps" {
		s.dial = (&tls.Dialer{Config: s.tls}).DialContext
	}
	return s, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Send hands a message over. A server that has taken it and is then lost has
// taken it.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := compose(m)
	if err != nil {
		return err
	}
	client, cut, err := s.client(ctx, func() {})
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	cut()
	if err == nil || msg.IsDelivered() {
		return nil
	}
	return meaning(ctx, err, msg.SendError())
}

// client readies one conversation, which an end of ctx ends too: the library
// knows of time limits only. reached hears that there is a connection; cut is
// called when the conversation is over.
func (s *SMTP) client(ctx context.Context, reached func()) (client *gomail.Client, cut func(), err error) {
	release := func() bool { return true }
	dial := func(ctx2 context.Context, network, address string) (net.Conn, error) {
		c, err := s.dial(ctx2, network, address)
		if err == nil {
			reached()
			release = context.AfterFunc(ctx, func() { c.Close() })
		}
		return c, err
	}
	client, err = gomail.NewClient(s.host, append(s.options[:len(s.options):len(s.options)], gomail.WithDialContextFunc(dial))...)
	return client, func() { release() }, err
}

// meaning tells what an error of a conversation means, without the words of
// the server, which repeat the address.
func meaning(ctx context.Context, err, sending error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var e *gomail.SendError
	if !errors.As(sending, &e) && !errors.As(err, &e) {
		var network *net.OpError
		if errors.As(err, &network) {
			return fmt.Errorf("mail: the server cannot be reached: %w", network)
		}
		return fmt.Errorf("mail: the conversation did not begin: %w", err)
	}
	// Whether our own sender is welcome says nothing about the person.
	aboutUs := e.Reason == gomail.ErrSMTPMailFrom
	if code := e.ErrorCode(); code >= 500 && !aboutUs {
		status := e.EnhancedStatusCode()
		if status == "" {
			status = "5.0.0"
		}
		return &Rejected{Code: code, Status: status}
	}
	return &refusal{fmt.Sprintf("mail: %s: %d %s", e.Reason, e.ErrorCode(), e.EnhancedStatusCode()), aboutUs}
}

// refusal is what a server did not take, now.
type refusal struct {
	text   string
	sender bool // it is about who sends, not about who gets it
}

func (r *refusal) Error() string { return r.text }
