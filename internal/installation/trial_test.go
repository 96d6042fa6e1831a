package installation_test

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jhillyerd/enmime/v2"

	"polis/internal/installation"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
)

// post is a mail server.
type post struct {
	mu     sync.Mutex
	got    [][]byte
	refuse error
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return postSession{p}, nil }

type postSession struct{ *post }

func (postSession) Mail(string, *smtp.MailOptions) error   { return nil }
func (s postSession) Rcpt(string, *smtp.RcptOptions) error { return s.refuse }
func (s postSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, data)
	return err
}
func (postSession) Reset()        {}
func (postSession) Logout() error { return nil }

// at sets the mail server of a world to one that listens.
func (p *post) at(t *testing.T, w *world) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(p)
	srv.Domain = "localhost"
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { srv.Close() })
	serverAt(t, w, ln.Addr().String())
}

func serverAt(t *testing.T, w *world, address string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	err = w.save(installation.PartMail, func(s *installation.Settings) {
		s.Mail = installation.Mail{Host: host, Port: n, Security: installation.StartTLS, From: "noreply@example.it"}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTrial(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t), installation.Flags{})
	p := words(t).Printer(i18n.IT, nil)
	try := func(to string) error { return w.TryMail(t.Context(), w.admin, p, to) }
	if err := try("ada@example.it"); !errs.HasKey(err, "installation.trial.none") {
		t.Errorf("without a server: %v", err)
	}
	if err := w.save(installation.PartName, func(s *installation.Settings) { s.Name.Name = "Spazi del Verbano" }); err != nil {
		t.Fatal(err)
	}
	server := &post{}
	server.at(t, w)
	if err := try("ada"); !errs.Is(err, errs.Invalid) || errs.As(err).Field != "a" {
		t.Errorf("to nobody: %v", err)
	}
	if err := try("ada@example.it"); err != nil || len(server.got) != 1 {
		t.Fatalf("%d messages, %v", len(server.got), err)
	}
	e, err := enmime.ReadEnvelope(bytes.NewReader(server.got[0]))
	if err != nil {
		t.Fatal(err)
	}
	if e.GetHeader("Subject") != "Messaggio di prova di Spazi del Verbano" || e.GetHeader("From") != `"Spazi del Verbano" <noreply@example.it>` ||
		!strings.Contains(e.Text, "Spazi del Verbano può inviare posta") {
		t.Errorf("%s", server.got[0])
	}
	server.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "ada@example.it is not wanted"}
	if err := try("ada@example.it"); !errs.HasKey(err, "installation.trial.receiver") || errs.As(err).Args["code"] != "5.7.1" {
		t.Errorf("refused: %v", err)
	}
	serverAt(t, w, "127.0.0.1:1")
	if err := try("ada@example.it"); !errs.HasKey(err, "installation.trial.nobody") {
		t.Errorf("nobody there: %v", err)
	}
	for range 2 { // five at once, then one each two minutes
		_ = try("ada@example.it")
	}
	if err := try("ada@example.it"); !errs.HasKey(err, "installation.trial.too-many") {
		t.Errorf("the sixth: %v", err)
	}
	w.clock.Advance(2 * time.Minute)
	if err := try("ada@example.it"); !errs.HasKey(err, "installation.trial.nobody") {
		t.Errorf("two minutes later: %v", err)
	}
	if strings.Contains(w.log.String(), "ada@") {
		t.Errorf("the log names somebody: %s", w.log)
	}
}
