package app

import (
	"errors"
	"fmt"

	"polis/internal/identity"
)

// errNoKMS says that a command about a service was not told which.
var errNoKMS = errors.New("which key management service? Name it with --kms and --kms-token-file")

type keyWrapCmd struct{ storeFlags }

// Run lets the keys lie in the file as the service has wrapped them. Servers that
// run go on; from their next start they need the service.
func (c *keyWrapCmd) Run(e *env) error {
	file, err := c.wrapped()
	if err != nil {
		return err
	}
	if err := (identity.KeyFile{Path: file.Path}).Rewrap(file); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%s opens by the key management service alone from now on. Start servers and commands with --kms and --kms-token-file; copies of the file made before still open by themselves.\n", file.Path)
	return nil
}

type keyUnwrapCmd struct{ storeFlags }

// Run is the way back.
func (c *keyUnwrapCmd) Run(e *env) error {
	file, err := c.wrapped()
	if err != nil {
		return err
	}
	if err := file.Rewrap(identity.KeyFile{}); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%s opens by itself again: whoever can read it can read what it protects. Start servers and commands without --kms.\n", file.Path)
	return nil
}

// wrapped is the key file with its service, which there must be.
func (f *storeFlags) wrapped() (identity.KeyFile, error) {
	if f.KMS == "" {
		return identity.KeyFile{}, errNoKMS
	}
	return f.keyFile()
}
