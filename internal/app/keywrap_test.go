package app

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"polis/internal/identity"
)

// vault speaks what is needed of the transit engine of Vault and OpenBao: encrypt
// and decrypt with one key, for who has the token.
type vault struct {
	*httptest.Server

	aead  cipher.AEAD
	asked atomic.Int64
}

const vaultToken = "s.token-of-the-program"

func newVault(t *testing.T) *vault {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	v := &vault{}
	if v.aead, err = cipher.NewGCM(block); err != nil {
		t.Fatal(err)
	}
	v.Server = httptest.NewTLSServer(v)
	t.Cleanup(v.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: v.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VAULT_CACERT", ca)
	return v
}

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.asked.Add(1)
	var said struct{ Plaintext, Ciphertext []byte }
	var text struct{ Ciphertext string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &text)
	answer := map[string]string{}
	switch {
	case r.Header.Get("X-Vault-Token") != vaultToken:
		http.Error(w, `{"errors":["permission denied"]}`, http.StatusForbidden)
		return
	case r.URL.Path == "/v1/transit/encrypt/polis":
		_ = json.Unmarshal(body, &said)
		nonce := make([]byte, v.aead.NonceSize())
		_, _ = rand.Read(nonce)
		answer["ciphertext"] = "vault:v1:" + base64.StdEncoding.EncodeToString(v.aead.Seal(nonce, nonce, said.Plaintext, nil))
	case r.URL.Path == "/v1/transit/decrypt/polis":
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text.Ciphertext, "vault:v1:"))
		if err != nil || len(raw) < v.aead.NonceSize() {
			http.Error(w, `{"errors":["invalid ciphertext"]}`, http.StatusBadRequest)
			return
		}
		plain, err := v.aead.Open(nil, raw[:v.aead.NonceSize()], raw[v.aead.NonceSize():], nil)
		if err != nil {
			http.Error(w, `{"errors":["cipher: message authentication failed"]}`, http.StatusBadRequest)
			return
		}
		answer["plaintext"] = base64.StdEncoding.EncodeToString(plain)
	default:
		http.Error(w, `{"errors":["no handler"]}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": answer})
}

// The key file of an installation is wrapped by a key management service: made so,
// opened by it with one question, of no use without it, and wrapped and unwrapped by
// command without a change to what it protects.
func TestKeyFileByAService(t *testing.T) {
	v, e := newVault(t), quiet(slog.DiscardHandler)
	data := t.TempDir()
	token := filepath.Join(t.TempDir(), "token")
	said := func(text string) {
		if err := os.WriteFile(token, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said(vaultToken)
	with := storeFlags{Data: data, KMS: "hcvault://" + v.Listener.Addr().String() + "/transit/keys/polis", KMSTokenFile: token}
	without := storeFlags{Data: data}
	opens := func(f storeFlags) error {
		s, err := f.openStore(t.Context(), e)
		if err != nil {
			return err
		}
		defer s.close()
		_, err = s.keys.SigningKey(t.Context(), "pass")
		return err
	}
	if err := opens(with); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(without.kek()); !bytes.Contains(text, []byte("encryptedKeyset")) || bytes.Contains(text, []byte(`"key"`)) {
		t.Fatalf("the key file is %s", text)
	}
	before := v.asked.Load()
	if err := opens(with); err != nil || v.asked.Load() != before+1 {
		t.Errorf("opened again: %v, %d questions", err, v.asked.Load()-before)
	}
	if err := opens(without); !errors.Is(err, identity.ErrWrapped) {
		t.Errorf("without the service: %v", err)
	}
	said("s.of-somebody-else")
	if err := opens(with); err == nil || !strings.Contains(err.Error(), "did not open it") {
		t.Errorf("with a wrong token: %v", err)
	}
	said(vaultToken)
	if err := (&keyUnwrapCmd{with}).Run(e); err != nil {
		t.Fatal(err)
	}
	if err := opens(without); err != nil {
		t.Errorf("unwrapped: %v", err)
	}
	if err := opens(with); !errors.Is(err, identity.ErrNotWrapped) {
		t.Errorf("an open file where the service was named: %v", err)
	}
	if err := (&keyWrapCmd{without}).Run(e); !errors.Is(err, errNoKMS) {
		t.Errorf("wrapped by nobody: %v", err)
	}
	if err := (&keyWrapCmd{with}).Run(e); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "copy.json")
	if err := (&keyCopyCmd{storeFlags: with, File: file}).Run(t.Context(), e); err != nil {
		t.Errorf("a copy of the wrapped file: %v", err)
	}
	v.Close()
	if err := opens(with); err == nil {
		t.Error("opened without the service")
	}
	for _, wrong := range []string{"https://vault.example.it/x", "hcvault://", "hcvault://user:secret@vault.example.it/transit/keys/polis", "%zz"} {
		if _, err := (&storeFlags{KMS: wrong, KMSTokenFile: token}).keyFile(); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}
