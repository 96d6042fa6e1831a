package follow

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/errs"
)

// purpose is what a link is for: one opens nothing else.
type purpose string

const (
	toConfirm purpose = "confirm" // a request; lives as long as its row
	toStop    purpose = "stop"    // a follower; in every message, for good
	toChange  purpose = "change"  // a follower, for some time
)

// changeLife is how long the link in a message shows what an address follows.
const changeLife = 60 * 24 * time.Hour

// proof is what nobody makes who has not the key: 128 bits.
func (s *Service) proof(what purpose, id string, until int64) string {
	mac := hmac.New(sha256.New, s.Key)
	fmt.Fprintf(mac, "%s:%d:%s", what, until, id)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// link is the secret part of an address: id, the hour of its end (0 for none) and
// the proof of both.
func (s *Service) link(what purpose, id string, until time.Time) string {
	hour := int64(0)
	if !until.IsZero() {
		hour = until.Unix() / 3600
	}
	return id + "." + strconv.FormatInt(hour, 36) + "." + s.proof(what, id, hour)
}

// open is the id that a link proves; NotFound "follow.link.none" for any other
// text, Rule "follow.link.over" for one whose time is over.
func (s *Service) open(what purpose, text string) (id string, err error) {
	part := strings.Split(text, ".")
	if len(part) != 3 || len(text) > 120 {
		return "", errNoLink()
	}
	hour, err := strconv.ParseInt(part[1], 36, 64)
	if err != nil || !hmac.Equal([]byte(part[2]), []byte(s.proof(what, part[0], hour))) {
		return "", errNoLink()
	}
	if hour != 0 && s.Clock.Now().Unix()/3600 > hour {
		return "", errOver()
	}
	return part[0], nil
}

func errNoLink() error { return errs.New(errs.NotFound, "follow.link.none", nil) }
func errOver() error   { return errs.New(errs.Rule, "follow.link.over", nil) }
