package identity

import (
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

// readKEK reads the installation's key file: a Tink keyset in JSON, which only
// its owner may read. The error is fs.ErrNotExist where there is no file.
func readKEK(path string) (tink.AEAD, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	// Windows has no such bits.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("key file %s: others than its owner can read it (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(f))
	if err != nil {
		return nil, fmt.Errorf("key file %s: not a keyset: %w", path, err)
	}
	kek, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("key file %s: not a keyset for encryption: %w", path, err)
	}
	return kek, nil
}

// makeKEK makes the key file, unless somebody else has made it meanwhile. The
// file appears whole or not at all: it is written beside and then linked to
// its name, which fails where the name is taken.
//
// The keys are XAES-256-GCM: with its nonces of 192 bits one key may wrap
// without bound, where AES-GCM should stop at 2³² random nonces.
func makeKEK(path string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("make the key file: %w", err)
		}
	}()
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".kek-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(f)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
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
