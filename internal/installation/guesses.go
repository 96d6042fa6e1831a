package installation

import (
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
)

// How many wrong secrets one caller may type at once, and after how long they
// get another try; and test messages of one person, likewise: the mail server is
// not there for more.
var (
	wrongSecrets = identity.Limit{Name: "set-up.secrets", Burst: 5, Each: 20 * time.Second}
	trials       = identity.Limit{Name: "trials", Burst: 5, Each: 2 * time.Minute}
)

// tooMany is the error for who has to wait; nil where nobody has.
func tooMany(key string, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return errs.New(errs.TooMany, key, errs.Args{"count": int((wait + time.Second - 1) / time.Second)})
}
