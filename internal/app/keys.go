package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"net"

	"polis/internal/pass"
)

func random32() ([]byte, error) {
	b := make([]byte, 32)
	_, err := rand.Read(b)
	return b, err
}

// passKeyPEM is the public key of the installation's passes.
func passKeyPEM(ctx context.Context, s *store) ([]byte, error) {
	key, err := s.keys.SigningKey(ctx, "pass")
	if err != nil {
		return nil, err
	}
	return pass.MarshalPublicPEM(key.Public().(ed25519.PublicKey)), nil
}

func listenTLS(ln net.Listener, certFile, keyFile string) (net.Listener, error) {
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(ln, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{cert},
	}), nil
}
