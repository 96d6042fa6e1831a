package mail

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// strict is a session that lets nobody sign in.
type strict struct{ *session }

func (strict) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, _ string) error { return smtp.ErrAuthFailed }), nil
}

type strictReceiver struct{ *receiver }

func (r strictReceiver) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return strict{&session{r.receiver, c}}, nil
}

// listen answers each connection with what talk does.
func listen(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go talk(c)
		}
	}()
	return ln.Addr().String()
}

// Each way in which a server does not take a message has a reason of its own.
func TestWhy(t *testing.T) {
	t.Parallel()
	refusal := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no"}
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	silent := listen(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) })
	curt := listen(t, func(c net.Conn) { c.Close() })
	plain := (&receiver{}).start(t, nil)
	config, _ := certificate(t)
	secure := (&receiver{}).start(t, config)
	login := smtp.NewServer(strictReceiver{&receiver{}})
	login.Domain, login.AllowInsecureAuth = "localhost", true
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = login.Serve(ln) }()
	t.Cleanup(func() { login.Close() })
	for _, c := range []struct {
		name, address string
		dial          string // where the connection goes instead
		want          Reason
	}{
		{"no such name", "smtp://mail.invalid", "", NoHost},
		{"nobody listens", "smtp://" + gone.Addr().String(), "", NobodyThere},
		{"says nothing", "smtp://" + silent, "", Slow},
		{"speaks in the clear where TLS is expected", "smtps://" + plain, "", BadTLS},
		{"a certificate that nobody knows", "smtp://" + secure, "", BadTLS},
		{"no STARTTLS", "smtp://mail.example.org", plain, NoTLS},
		{"wrong password", "smtp://u:p@" + ln.Addr().String(), "", BadLogin},
		{"refuses the sender", "smtp://" + (&receiver{atMail: refusal(550)}).start(t, nil), "", BadSender},
		{"refuses who gets it", "smtp://" + (&receiver{atRcpt: refusal(550)}).start(t, nil), "", BadReceiver},
		{"not now", "smtp://" + (&receiver{atRcpt: refusal(451)}).start(t, nil), "", Other},
		{"hangs up", "smtp://" + curt, "", HungUp},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSMTP(t, c.address)
			if c.dial != "" {
				s.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, network, c.dial)
				}
			}
			ctx := t.Context()
			if c.want == Slow {
				var stop func()
				ctx, stop = context.WithTimeout(ctx, 50*time.Millisecond)
				defer stop()
			}
			err := s.Send(ctx, sample())
			if err == nil {
				t.Fatal("took the message")
			}
			if got := Why(err); got != c.want {
				t.Errorf("%s, want %s: %v", got, c.want, err)
			}
		})
	}
}
