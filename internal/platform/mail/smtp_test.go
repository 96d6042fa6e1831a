package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// receiver is a mail server at the other end of a real conversation.
type receiver struct {
	mu       sync.Mutex
	from, to string
	got      [][]byte
	secure   bool
	user     string

	atMail, atRcpt error
	atData         []error // one for each attempt
	cut            string  // "before" or "after" it says that it has the message
}

func (r *receiver) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{r, c}, nil
}

type session struct {
	*receiver
	c *smtp.Conn
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.user = user + ":" + password
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, s.secure = s.c.TLSConnectionState()
	s.from = from
	return s.atMail
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.atRcpt
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut == "before" {
		s.cut = ""
		s.c.Conn().Close()
		return nil
	}
	if len(s.atData) > 0 {
		err, s.atData = s.atData[0], s.atData[1:]
		if err != nil {
			return err
		}
	}
	s.got = append(s.got, data)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// start lets the receiver listen on loopback and returns its address.
func (r *receiver) start(t *testing.T, config *tls.Config) (hostport string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return r.serve(t, ln, config)
}

func (r *receiver) serve(t *testing.T, ln net.Listener, config *tls.Config) (hostport string) {
	t.Helper()
	srv := smtp.NewServer(r)
	srv.Domain, srv.AllowInsecureAuth, srv.TLSConfig = "localhost", true, config
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	return ln.Addr().String()
}

func newSMTP(t testing.TB, address string) *SMTP {
	t.Helper()
	s, err := NewSMTP(address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServerTakesAMessage(t *testing.T) {
	r := &receiver{}
	s := newSMTP(t, "smtp://"+r.start(t, nil))
	m := sample()
	m.Calendars = []Calendar{calendar("REQUEST")}
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if r.from != "bounce+"+testID+"@mail.example.it" || r.to != "maria@example.org" || len(r.got) != 1 {
		t.Fatalf("from %s, to %s, %d messages", r.from, r.to, len(r.got))
	}
	e := envelope(t, r.got[0])
	if e.GetHeader("Subject") != m.Subject || strings.ReplaceAll(e.Text, "\r\n", "\n") != m.Text || e.GetHeader("Message-ID") != "<"+testID+"@example.it>" ||
		len(e.Attachments) != 1 || !bytes.Equal(e.Attachments[0].Content, m.Calendars[0].Data) {
		t.Errorf("%s", r.got[0])
	}
	if strings.Contains(string(r.got[0]), "go-mail") {
		t.Error("names its library")
	}
	m.From.Bounces = ""
	if err := s.Send(t.Context(), m); err != nil || r.from != "polis@example.it" {
		t.Errorf("from %s, %v", r.from, err)
	}
}

func TestWhatServersRefuse(t *testing.T) {
	refusal := func(code int, status smtp.EnhancedCode) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: status, Message: "<maria@example.org> is not wanted"}
	}
	for _, c := range []struct {
		name string
		r    *receiver
		want string // "" = no error
	}{
		{"unknown person", &receiver{atRcpt: refusal(550, smtp.EnhancedCode{5, 1, 1})}, "mail rejected: 550 5.1.1"},
		{"without a code", &receiver{atRcpt: refusal(554, smtp.NoEnhancedCode)}, "mail rejected: 554 5.0.0"},
		{"full mailbox", &receiver{atRcpt: refusal(452, smtp.EnhancedCode{4, 2, 2})}, "mail: sending SMTP RCPT TO command: 452 4.2.2"},
		{"grey list", &receiver{atData: []error{refusal(451, smtp.EnhancedCode{4, 7, 1})}}, "mail: closing SMTP DATA writer: 451 4.7.1"},
		{"unwanted content", &receiver{atData: []error{refusal(550, smtp.EnhancedCode{5, 7, 1})}}, "mail rejected: 550 5.7.1"},
		{"our sender", &receiver{atMail: refusal(553, smtp.EnhancedCode{5, 1, 8})}, "mail: sending SMTP MAIL FROM command: 553 5.1.8"},
		{"cut before it is taken", &receiver{cut: "before"}, "mail: closing SMTP DATA writer: 0 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSMTP(t, "smtp://"+c.r.start(t, nil))
			err := s.Send(t.Context(), sample())
			if err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			var rejected *Rejected
			if final := errors.As(err, &rejected); final != strings.HasPrefix(c.want, "mail rejected") {
				t.Errorf("final: %v", final)
			}
			if len(c.r.atData) == 0 && c.r.atRcpt == nil && c.r.atMail == nil { // what was for once is over
				err := s.Send(t.Context(), sample())
				if err != nil || len(c.r.got) != 1 {
					t.Errorf("again: %v, %d messages", err, len(c.r.got))
				}
			}
		})
	}
}

// A server that says 250 and is gone has the message.
func TestServerLostAfterTakingAMessage(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		say := func(text string) { _, _ = io.WriteString(c, text+"\r\n") }
		say("220 localhost")
		buf := make([]byte, 64<<10)
		body := ""
		for data := false; ; {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			switch text := string(buf[:n]); {
			case data:
				if body += text; strings.HasSuffix(body, "\r\n.\r\n") {
					say("250 taken")
					return
				}
			case strings.HasPrefix(text, "DATA"):
				data = true
				say("354 go on")
			default:
				say("250 fine")
			}
		}
	}()
	if err := newSMTP(t, "smtp://"+ln.Addr().String()+"?starttls=never").Send(t.Context(), sample()); err != nil {
		t.Error(err)
	}
}

func TestServerThatIsAway(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "smtp://" + ln.Addr().String()
	ln.Close()
	var rejected *Rejected
	if err := newSMTP(t, address).Send(t.Context(), sample()); err == nil || errors.As(err, &rejected) {
		t.Error(err)
	}
}

// The end of the context ends a conversation with a server that says nothing.
func TestSilentServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		c, err := ln.Accept()
		if err == nil {
			cancel()
			_, _ = io.Copy(io.Discard, c)
		}
	}()
	if err := newSMTP(t, "smtp://"+ln.Addr().String()).Send(ctx, sample()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// certificate is one for 127.0.0.1 and who trusts it.
func certificate(t testing.TB) (server *tls.Config, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}

// trusting makes the client trust the certificate of the test.
func (s *SMTP) trusting(roots *x509.CertPool) *SMTP {
	s.tls.RootCAs = roots
	return s
}

func TestConversationIsEncryptedAndSignedIn(t *testing.T) {
	config, roots := certificate(t)
	r := &receiver{}
	address := "smtp://polis:p%40ss@" + r.start(t, config)
	if err := newSMTP(t, address).trusting(roots).Send(t.Context(), sample()); err != nil {
		t.Fatal(err)
	}
	if !r.secure || r.user != "polis:p@ss" || len(r.got) != 1 {
		t.Errorf("encrypted %v, as %s, %d messages", r.secure, r.user, len(r.got))
	}
	if err := newSMTP(t, address).Send(t.Context(), sample()); err == nil {
		t.Error("believed a certificate of an unknown authority")
	}
}

func TestEncryptedFromTheFirstByte(t *testing.T) {
	config, roots := certificate(t)
	r := &receiver{}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	address := "smtps://polis:secret@" + r.serve(t, ln, nil)
	if err := newSMTP(t, address).trusting(roots).Send(t.Context(), sample()); err != nil {
		t.Fatal(err)
	}
	if !r.secure || r.user != "polis:secret" || len(r.got) != 1 {
		t.Errorf("encrypted %v, as %s, %d messages", r.secure, r.user, len(r.got))
	}
	if err := newSMTP(t, address).Send(t.Context(), sample()); err == nil {
		t.Error("believed a certificate of an unknown authority")
	}
}

func TestSignedInInTheClearWhereAskedFor(t *testing.T) {
	for _, end := range []string{"", "?starttls=never"} {
		r := &receiver{}
		if err := newSMTP(t, "smtp://polis:secret@"+r.start(t, nil)+end).Send(t.Context(), sample()); err != nil || r.user != "polis:secret" {
			t.Errorf("%q: as %q, %v", end, r.user, err)
		}
	}
}

func TestServerWithoutEncryptionGetsNothing(t *testing.T) {
	r := &receiver{}
	_, port, err := net.SplitHostPort(r.start(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := newSMTP(t, "smtp://mail.example.it:"+port)
	dial := s.dial
	s.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dial(ctx, network, "127.0.0.1:"+port)
	}
	if err := s.Send(t.Context(), sample()); err == nil || len(r.got) != 0 || r.from != "" {
		t.Errorf("%v, %d messages", err, len(r.got))
	}
}

func TestServerAddresses(t *testing.T) {
	for _, bad := range []string{"", "mail.example.it", "http://mail.example.it", "smtp://", "smtp://x?starttls=maybe", "smtps://x?starttls=never", "smtp://x/path"} {
		if _, err := NewSMTP(bad); err == nil {
			t.Errorf("took %q", bad)
		}
	}
	for _, good := range []string{"smtp://mail.example.it", "smtps://u:p@mail.example.it:465", "smtp://10.0.0.1?starttls=never", "smtp://[::1]:25"} {
		newSMTP(t, good)
	}
}
