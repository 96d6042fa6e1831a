package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"
)

// Reason is why a server did not take a message, for whoever set it up.
type Reason string

// The reasons.
const (
	NoHost      Reason = "no-host"     // the name is not known
	NobodyThere Reason = "nobody"      // nothing answers at the port
	Slow        Reason = "slow"        // no answer in time
	BadTLS      Reason = "certificate" // the certificate is not of the server, or TLS does not come about
	NoTLS       Reason = "no-tls"      // the server does not do STARTTLS
	BadLogin    Reason = "login"       // user or password are not taken, or not wanted
	BadSender   Reason = "sender"      // the sender may not send
	BadReceiver Reason = "receiver"    // the message is refused for good
	HungUp      Reason = "cut"         // the server ended the conversation
	Other       Reason = "other"
)

// Why tells the reason of an error of Send.
func Why(err error) Reason {
	var rejected *Rejected
	var refused *refusal
	var dns *net.DNSError
	var network net.Error
	var said *textproto.Error
	var bad1 *tls.CertificateVerificationError
	var bad2 x509.UnknownAuthorityError
	var bad3 x509.HostnameError
	var bad4 tls.RecordHeaderError
	var bad5 tls.AlertError
	switch {
	case errors.As(err, &rejected):
		return BadReceiver
	case errors.As(err, &refused) && refused.sender:
		return BadSender
	case errors.As(err, &dns) && !dns.IsTimeout:
		return NoHost
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return Slow
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return NobodyThere
	case errors.As(err, &bad1), errors.As(err, &bad2), errors.As(err, &bad3), errors.As(err, &bad4), errors.As(err, &bad5):
		return BadTLS
	case strings.Contains(err.Error(), "does not support STARTTLS"): // the library has no value for these
		return NoTLS
	case strings.Contains(err.Error(), "SMTP AUTH"),
		errors.As(err, &said) && (said.Code == 530 || said.Code == 534 || said.Code == 535 || said.Code == 538):
		return BadLogin
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return HungUp
	}
	return Other
}
