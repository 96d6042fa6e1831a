package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Keys are the keys of an installation. The key encryption key (KEK) is in a
// KeyFile that replicas share; all others are in the database, wrapped by it: the
// installation's secrets, and one data key per person. Destroying a person's
// wrapped key makes what is encrypted with it unreadable for ever.
type Keys struct {
	db    *db.DB
	kek   tink.AEAD
	blind []byte // HMAC key of the blind indexes
}

// ErrWrongKey says that the key file cannot open what the database holds.
var ErrWrongKey = errors.New("this key file does not belong to this database")

// ErrNoKey says that the database was used before and its key file is gone.
var ErrNoKey = errors.New("the database was made with a key file that is not here; bring it back, or name it with --kek-file")

var (
	anySecret    = db.Q("identity.secret.any", `SELECT COUNT(*) FROM secret`)
	getSecret    = db.Q("identity.secret.get", `SELECT wrapped FROM secret WHERE name = $1`)
	insertSecret = db.Q("identity.secret.insert", `
		INSERT INTO secret (name, wrapped, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	namesOfSecrets = db.Q("identity.secret.names", `SELECT name FROM secret`)
	deleteSecret   = db.Q("identity.secret.delete", `DELETE FROM secret WHERE name = $1`)
)

// OpenKeys opens the keys of a migrated database. On first use it makes the
// key file (mode 0600) and the secrets; of replicas that start together one
// makes them and the others read them. The errors are ErrNoKey, ErrWrongKey and
// those of a key file that is unreadable or that others can read.
func OpenKeys(ctx context.Context, d *db.DB, file KeyFile) (*Keys, error) {
	// The database is looked at first: a replica may make file and secrets
	// between our two looks, and then we must not miss the file.
	var secrets int
	if err := db.One(ctx, d, anySecret, nil, &secrets); err != nil {
		return nil, fmt.Errorf("open the keys: %w", err)
	}
	kek, err := file.read()
	if errors.Is(err, fs.ErrNotExist) {
		if secrets > 0 {
			return nil, fmt.Errorf("key file %s: %w", file.Path, ErrNoKey)
		}
		if err := file.make(); err != nil {
			return nil, err
		}
		kek, err = file.read()
	}
	if err != nil {
		return nil, err
	}
	k := &Keys{db: d, kek: kek}
	if k.blind, err = k.Secret(ctx, "blind-index", random32); err != nil {
		return nil, fmt.Errorf("key file %s: %w", file.Path, err)
	}
	return k, nil
}

// LookKeys opens the keys of a database as OpenKeys does, and makes nothing: a
// key file or secrets that are not there are an error (fs.ErrNotExist,
// ErrNoKey).
func LookKeys(ctx context.Context, d *db.DB, file KeyFile) (*Keys, error) {
	var secrets int
	if err := db.One(ctx, d, anySecret, nil, &secrets); err != nil {
		return nil, fmt.Errorf("open the keys: %w", err)
	}
	kek, err := file.read()
	if errors.Is(err, fs.ErrNotExist) && secrets > 0 {
		return nil, fmt.Errorf("key file %s: %w", file.Path, ErrNoKey)
	}
	if err != nil {
		return nil, err
	}
	k := &Keys{db: d, kek: kek}
	none := func() ([]byte, error) { return nil, fs.ErrNotExist }
	if k.blind, err = k.Secret(ctx, "blind-index", none); err != nil {
		return nil, fmt.Errorf("key file %s: %w", file.Path, err)
	}
	return k, nil
}

func random32() ([]byte, error) {
	b := make([]byte, 32)
	_, err := rand.Read(b)
	return b, err
}

// Secret returns a secret of the installation by name; the first to ask makes
// it with fresh, and everyone gets the same.
func (k *Keys) Secret(ctx context.Context, name string, fresh func() ([]byte, error)) (secret []byte, err error) {
	defer errs.Wrap(&err, "identity.Secret(%q)", name)
	about := []byte("secret:" + name)
	var wrapped []byte
	err = db.One(ctx, k.db, getSecret, []any{name}, &wrapped)
	if errors.Is(err, db.ErrNoRow) {
		if wrapped, err = k.keepSecret(ctx, name, about, fresh); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	if secret, err = k.kek.Decrypt(wrapped, about); err != nil {
		return nil, ErrWrongKey
	}
	return secret, nil
}

// keepSecret makes a secret and returns what the database then holds, which is
// another's where a replica was first.
func (k *Keys) keepSecret(ctx context.Context, name string, about []byte, fresh func() ([]byte, error)) ([]byte, error) {
	secret, err := fresh()
	if err != nil {
		return nil, err
	}
	wrapped, err := k.kek.Encrypt(secret, about)
	if err != nil {
		return nil, err
	}
	if err := k.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, insertSecret, name, wrapped, clock.Micros(clock.System{}.Now()))
		return err
	}); err != nil {
		return nil, err
	}
	return wrapped, db.One(ctx, k.db, getSecret, []any{name}, &wrapped)
}

// SigningKey returns the installation's Ed25519 key for a purpose, such as
// "pass"; made on first use.
func (k *Keys) SigningKey(ctx context.Context, purpose string) (ed25519.PrivateKey, error) {
	seed, err := k.Secret(ctx, "ed25519-"+purpose, random32)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// index is the blind index of a normalised value: HMAC-SHA-256, with the field
// in it so that equal values of two fields do not show as equal. It is nil
// where there is no value.
func (k *Keys) index(field, value string) []byte {
	if value == "" {
		return nil
	}
	mac := hmac.New(sha256.New, k.blind)
	mac.Write([]byte(field + "\x00" + value))
	return mac.Sum(nil)
}

// Index is the blind index of a value of a room below identity; field names what
// it is.
func (k *Keys) Index(field, value string) []byte { return k.index(field, value) }

// personKey encrypts the personal fields of one person. Each field is bound to
// its place, so that a value cannot be moved to another row or column.
type personKey struct{ aead tink.AEAD }

// newPersonKey makes the data key of a person; wrapped is what is stored.
func (k *Keys) newPersonKey(person string) (key personKey, wrapped []byte, err error) {
	raw, err := random32()
	if err != nil {
		return personKey{}, nil, err
	}
	if wrapped, err = k.kek.Encrypt(raw, []byte("person:"+person)); err != nil {
		return personKey{}, nil, err
	}
	key.aead, err = subtle.NewAESGCM(raw)
	return key, wrapped, err
}

// openPersonKey unwraps the data key of a person.
func (k *Keys) openPersonKey(person string, wrapped []byte) (key personKey, err error) {
	raw, err := k.kek.Decrypt(wrapped, []byte("person:"+person))
	if err != nil {
		return personKey{}, fmt.Errorf("key of person %s: %w", person, ErrWrongKey)
	}
	key.aead, err = subtle.NewAESGCM(raw)
	return key, err
}

func (p personKey) seal(place string, value []byte) ([]byte, error) {
	return p.aead.Encrypt(value, []byte(place))
}

func (p personKey) open(place string, sealed []byte) ([]byte, error) {
	value, err := p.aead.Decrypt(sealed, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be decrypted: it was changed or moved", place)
	}
	return value, nil
}

// Names are the names of the secrets of a kind that there are, sorted: the kind
// itself and what begins with it and a dot.
func (k *Keys) Names(ctx context.Context, kind string) (names []string, err error) {
	defer errs.Wrap(&err, "identity.Names(%q)", kind)
	if err := db.Each(ctx, k.db, namesOfSecrets, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		if name == kind || strings.HasPrefix(name, kind+".") {
			names = append(names, name)
		}
		return err
	}); err != nil {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// Destroy removes secrets for ever.
func (k *Keys) Destroy(ctx context.Context, names ...string) (err error) {
	defer errs.Wrap(&err, "identity.Destroy(%q)", names)
	return k.db.Write(ctx, func(tx *db.Tx) error {
		for _, name := range names {
			if _, err := tx.Exec(ctx, deleteSecret, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Has tells whether there is a secret of a name.
func (k *Keys) Has(ctx context.Context, name string) (bool, error) {
	var wrapped []byte
	err := db.One(ctx, k.db, getSecret, []any{name}, &wrapped)
	if errors.Is(err, db.ErrNoRow) {
		return false, nil
	}
	return err == nil, err
}

// Seal encrypts what belongs to nobody who is known yet, such as the address of
// somebody invited. place names where it will lie: it opens nowhere else.
func (k *Keys) Seal(place string, value []byte) ([]byte, error) {
	return k.kek.Encrypt(value, []byte("place:"+place))
}

// Open decrypts what Seal encrypted for the same place.
func (k *Keys) Open(place string, sealed []byte) ([]byte, error) {
	value, err := k.kek.Decrypt(sealed, []byte("place:"+place))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be decrypted: it was changed or moved, or the key file is another: %w", place, ErrWrongKey)
	}
	return value, nil
}
