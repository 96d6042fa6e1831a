package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KeyFile is where the key encryption key of an installation lies: a Tink keyset
// in JSON, which only its owner may read.
type KeyFile struct {
	Path string
	// KMS is the port to a key management service, whose key wraps the file and
	// never leaves the service; nil: the file holds the key itself. The service is
	// asked once, when the file is opened.
	KMS tink.AEAD
}

// ErrNotWrapped says that a key file lies open where a service was named to wrap
// it.
var ErrNotWrapped = errors.New("it is not wrapped by the key management service; run: polis key wrap")

// ErrWrapped says that a key file is wrapped and no service was named that opens it.
var ErrWrapped = errors.New("it is wrapped by a key management service; name the service with --kms")

// read reads the file. The error is fs.ErrNotExist where there is none.
func (f KeyFile) read() (tink.AEAD, error) {
	handle, err := f.handle()
	if err != nil {
		return nil, err
	}
	kek, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("key file %s: not a keyset for encryption: %w", f.Path, err)
	}
	return kek, nil
}

func (f KeyFile) handle() (*keyset.Handle, error) {
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	// Windows has no such bits.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("key file %s: others than its owner can read it (mode %04o); run: chmod 600 %s", f.Path, mode, f.Path)
	}
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	var holds struct {
		Wrapped string `json:"encryptedKeyset"`
	}
	_ = json.Unmarshal(text, &holds) // what is no JSON is refused below
	reader := keyset.NewJSONReader(bytes.NewReader(text))
	var handle *keyset.Handle
	switch wrapped := holds.Wrapped != ""; {
	case wrapped && f.KMS == nil:
		err = ErrWrapped
	case !wrapped && f.KMS != nil:
		err = ErrNotWrapped
	case wrapped:
		if handle, err = keyset.Read(reader, f.KMS); err != nil {
			err = fmt.Errorf("the key management service did not open it: %w", err)
		}
	default:
		if handle, err = insecurecleartextkeyset.Read(reader); err != nil {
			err = fmt.Errorf("not a keyset: %w", err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", f.Path, err)
	}
	return handle, nil
}

// make makes the file, unless somebody else has made it meanwhile.
//
// The keys are XAES-256-GCM: with its nonces of 192 bits one key may wrap
// without bound, where AES-GCM should stop at 2³² random nonces.
func (f KeyFile) make() error {
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return fmt.Errorf("make the key file: %w", err)
	}
	return f.write(handle, func(made string) error {
		if err := os.Link(made, f.Path); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return nil
	})
}

// Rewrap writes a key file anew, wrapped by another service, or by none. The keys
// in it stay the same. It takes the place of the old one whole, or not at all.
func (f KeyFile) Rewrap(to KeyFile) error {
	handle, err := f.handle()
	if err != nil {
		return err
	}
	to.Path = f.Path
	return to.write(handle, func(made string) error { return os.Rename(made, f.Path) })
}

// write writes the keys into a file beside, which place then brings to its name, so
// that it appears whole or not at all.
func (f KeyFile) write(handle *keyset.Handle, place func(made string) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write the key file: %w", err)
		}
	}()
	dir := filepath.Dir(f.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	made, err := os.CreateTemp(dir, ".kek-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(made.Name())
	defer made.Close()
	if f.KMS == nil {
		err = insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(made))
	} else if err = handle.Write(keyset.NewJSONWriter(made), f.KMS); err != nil {
		err = fmt.Errorf("the key management service did not wrap it: %w", err)
	}
	if err != nil {
		return err
	}
	if err := made.Sync(); err != nil {
		return err
	}
	if err := place(made.Name()); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name in a folder last through a power cut.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
