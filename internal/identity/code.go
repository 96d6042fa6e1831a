package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// A code proves an address: it is mailed there, and typed in the browser that
// asked for it. Each browser has a live code of its own; asking again ends the
// one before, and leaves those of other browsers alone. Whether somebody has the
// address makes no difference until the code was right.
const (
	codeLife   = 10 * time.Minute
	codeTries  = 5
	codeDigits = 6
	manyDigits = 10 // of an address that is asked for again and again
)

// codePath is the address of the page on which a code is typed. The link in a
// message has the code behind "#", which browsers do not send.
const codePath = SignInPath + "/codice"

// challenge is what a code is about; it lies sealed.
type challenge struct {
	Address  string `json:"address"` // as people are found by it
	Code     string `json:"code"`
	Language string `json:"language"`
	Person   string `json:"person,omitempty"`   // whose address changes; "" to sign in
	Leaving  bool   `json:"leaving,omitempty"`  // it is the address that they have so far
	Assist   bool   `json:"assist,omitempty"`   // they say it to who is to act for them
	Confirms string `json:"confirms,omitempty"` // id of who proves anew who they are
}

var (
	putCode = db.Q("identity.code.put", `
		INSERT INTO signin_code (contact, id, data, tries, proved, expires) VALUES ($1, $2, $3, 0, NULL, $4)`)
	dropCode = db.Q("identity.code.drop", `DELETE FROM signin_code WHERE id = $1`)
	getCode  = db.Q("identity.code.get", `SELECT data, tries, proved FROM signin_code WHERE id = $1 AND expires > $2`)
	tryCode  = db.Q("identity.code.try", `
		UPDATE signin_code SET tries = tries + 1 WHERE id = $1 AND expires > $2 AND proved IS NULL AND tries < $3 RETURNING tries`)
	proveCode = db.Q("identity.code.prove", `UPDATE signin_code SET proved = $2 WHERE id = $1`)
	takeCode  = db.Q("identity.code.take", `
		DELETE FROM signin_code WHERE id = $1 AND expires > $2 AND proved IS NOT NULL RETURNING data`)
)

func placeOfCode(id string) string { return "signin_code:" + id }

func errNoMail() error { return errs.New(errs.Rule, "identity.mail.none", nil) }

// errCodeOver says that a code is worth nothing (any more).
func errCodeOver() error { return errs.New(errs.Rule, "identity.code.over", nil) }

// Asking is what somebody asks a code for.
type Asking struct {
	Address  string
	Person   string // "" to sign in, or the id of whose address it is to be
	Language string
	Client   netip.Addr
	Mark     string // of the browser, as MarkBrowser gave it; "" for any other
	Before   string // the code that this browser asked for before, which ends

	leaving, assist bool
	confirms        string
}

// Ask mails a code to an address and returns what the browser must remember to
// answer it. The errors are Invalid on "email", TooMany "identity.too-many" and
// Rule "identity.mail.none".
func (a *Access) Ask(ctx context.Context, in Asking) (id string, err error) {
	defer errs.Wrap(&err, "identity.Ask")
	ask, id, err := a.asking(ctx, in)
	if err != nil {
		return "", err
	}
	return id, a.db.Write(ctx, ask)
}

// asking readies a code; ask then writes it.
func (a *Access) asking(ctx context.Context, in Asking) (ask func(*db.Tx) error, id string, err error) {
	if !a.Mails() {
		return nil, "", errNoMail()
	}
	if in.Address, err = mailable(in.Address); err != nil {
		return nil, "", err
	}
	browser, err := a.knownBrowser(ctx, in.Mark, in.Address)
	if err != nil {
		return nil, "", err
	}
	id = newSecret()
	return func(tx *db.Tx) error {
		digits, err := a.mayAsk(ctx, tx, in, browser)
		if err != nil {
			return err
		}
		c := challenge{Address: in.Address, Code: newCode(digits), Language: in.Language, Person: in.Person, Leaving: in.leaving, Assist: in.assist, Confirms: in.confirms}
		plain, err := json.Marshal(c)
		if err != nil {
			return err
		}
		sealed, err := a.keys.Seal(placeOfCode(id), plain)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, dropCode, in.Before); err != nil {
			return err
		}
		now := a.clk.Now()
		if _, err := tx.Exec(ctx, putCode, a.keys.index("code", id), id, sealed, clock.Micros(now.Add(codeLife))); err != nil {
			return err
		}
		tx.After(a.wake)
		return jobs.Enqueue(ctx, tx, codeMail{Code: id}, now)
	}, id, nil
}

// mayAsk counts who asks, and says how many digits the code has. browser is "" or
// the name of one that was in before.
func (a *Access) mayAsk(ctx context.Context, tx *db.Tx, in Asking, browser string) (digits int, err error) {
	if browser != "" {
		return codeDigits, a.Limits.takeIn(ctx, tx, asksOfBrowser, browser)
	}
	client := ClientName(in.Client)
	if err := a.Limits.takeIn(ctx, tx, asksOfClient, client); err != nil {
		return 0, err
	}
	if err := a.Limits.takeIn(ctx, tx, asksOfPair, client+" "+in.Address); err != nil {
		return 0, err
	}
	if err := a.Limits.takeIn(ctx, tx, asksOfAddress, in.Address); err != nil {
		return 0, err
	}
	err = a.Limits.takeIn(ctx, tx, shortCodes, in.Address)
	if errs.Is(err, errs.TooMany) {
		return manyDigits, nil
	}
	return codeDigits, err
}

// mailable is an address as a code or an invitation is sent to it; Invalid on
// "email". What people are found by and where the message goes are one: an
// address that only looks like somebody's proves nothing.
func mailable(address string) (string, error) {
	if plain := indexedContact(address); utf8.ValidString(address) && goodEmail(plain) {
		return plain, nil
	}
	return "", errs.New(errs.Invalid, "identity.invalid.email", nil).On("email")
}

// newCode is so many digits, each code as likely as any other.
func newCode(digits int) string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	if err != nil {
		panic(err) // the system's randomness does not fail
	}
	return fmt.Sprintf("%0*d", digits, n)
}

// plainCode is a code without what people and programs write between digits.
func plainCode(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '.' {
			return -1
		}
		return r
	}, s)
}

// Answer proves the address of an id with the code that was mailed there. The
// errors are Rule, on "code": "identity.code.form" where it is no code,
// "identity.code.wrong", and "identity.code.over" where another must be asked
// for.
func (a *Access) Answer(ctx context.Context, id, code string) (err error) {
	defer errs.Wrap(&err, "identity.Answer")
	noCode := errs.New(errs.Rule, "identity.code.form", nil).On("code")
	code = plainCode(code)
	if len(code) < codeDigits || strings.Trim(code, "0123456789") != "" {
		return noCode
	}
	c, err := a.challenge(ctx, a.db, id)
	if err != nil {
		return err
	}
	if len(code) != len(c.Code) {
		return noCode
	}
	now := clock.Micros(a.clk.Now())
	left := 0
	right := false
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		tries := 0 // counted before it is looked at: who tries at the same time waits here
		err := db.One(ctx, tx, tryCode, []any{id, now, codeTries}, &tries)
		if errors.Is(err, db.ErrNoRow) {
			return errCodeOver()
		}
		if err != nil {
			return err
		}
		left, right = codeTries-tries, subtle.ConstantTimeCompare([]byte(code), []byte(c.Code)) == 1
		if right {
			_, err = tx.Exec(ctx, proveCode, id, now)
		}
		return err
	})
	switch {
	case err != nil || right:
		return err
	case left == 0:
		return errCodeOver()
	}
	return errs.New(errs.Rule, "identity.code.wrong", errs.Args{"count": left}).On("code")
}

// AnswerFrom is Answer for a client, whose wrong codes are counted; TooMany
// "identity.too-many", also for a right one. A browser with a mark for the address
// counts by itself: who shares the address of a client does not lock it out.
func (a *Access) AnswerFrom(ctx context.Context, client netip.Addr, mark, id, code string) error {
	who := ClientName(client)
	if c, err := a.challenge(ctx, a.db, id); err == nil {
		browser, err := a.knownBrowser(ctx, mark, c.Address)
		if err != nil {
			return err
		}
		if browser != "" {
			who = "browser " + browser
		}
	}
	return a.Limits.Attempt(ctx, wrongCodes, who, func() error { return a.Answer(ctx, id, code) })
}

// challenge reads what a live code is about; Rule "identity.code.over".
func (a *Access) challenge(ctx context.Context, r db.Reader, id string) (c challenge, err error) {
	var data []byte
	var tries int
	var proved sql.NullInt64
	err = db.One(ctx, r, getCode, []any{id, clock.Micros(a.clk.Now())}, &data, &tries, &proved)
	if errors.Is(err, db.ErrNoRow) || err == nil && tries >= codeTries && !proved.Valid {
		return c, errCodeOver()
	}
	if err != nil {
		return c, err
	}
	return a.openChallenge(id, data)
}

func (a *Access) openChallenge(id string, data []byte) (c challenge, err error) {
	plain, err := a.keys.Open(placeOfCode(id), data)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(plain, &c)
}

// takeProof ends a code that was answered rightly, and says what it proves;
// Rule "identity.code.over".
func (a *Access) takeProof(ctx context.Context, tx *db.Tx, id string) (challenge, error) {
	var data []byte
	err := db.One(ctx, tx, takeCode, []any{id, clock.Micros(a.clk.Now())}, &data)
	if errors.Is(err, db.ErrNoRow) {
		return challenge{}, errCodeOver()
	}
	if err != nil {
		return challenge{}, err
	}
	return a.openChallenge(id, data)
}

// Asked is the address of a code that was asked for and is alive, for who asked
// for it; Rule "identity.code.over".
func (a *Access) Asked(ctx context.Context, id string) (address string, err error) {
	c, err := a.challenge(ctx, a.db, id)
	return c.Address, err
}

// codeMail is the job that mails a code.
type codeMail struct{ Code string }

func (codeMail) Kind() string { return "identity.code" }

// sendCode mails a code, unless it is over or replaced. A server that does not
// take the address says so to nobody: an address that does not exist and one
// that does must look alike.
func (a *Access) sendCode(ctx context.Context, m codeMail) error {
	c, err := a.challenge(ctx, a.db, m.Code)
	if errs.Is(err, errs.Rule) {
		return nil
	}
	if err != nil {
		return err
	}
	l := a.letter(c.Language, "")
	l.Subject = l.T("identity.mail.code.subject")
	l.Title = l.T("identity.mail.code.title")
	text, notYou, path := "identity.mail.code.text", "identity.mail.code.not-you", codePath
	switch {
	case c.Assist:
		text, notYou, path = "identity.mail.code.assist", "identity.mail.code.assist-not-you", ""
	case c.Leaving: // whoever has not asked for it has somebody else in their place
		text, notYou, path = "identity.mail.code.leaving", "identity.mail.moved.not-you", ""
	case c.Confirms != "":
		text, path = "identity.mail.code.confirm", ConfirmPath
	case c.Person != "":
		text, path = "identity.mail.code.contact", contactCodePath
	}
	l.Lead = []string{l.T(text, "address", a.host())}
	l.Parts = []letter.Part{{Facts: []web.Fact{{Name: l.T("identity.mail.code.code"), Value: c.Code}}}}
	l.NextTitle = l.T("identity.mail.code.next")
	l.Next = []string{l.T("identity.mail.code.where", "minutes", int(codeLife.Minutes())), l.T("identity.mail.code.never"), l.T(notYou)}
	if c.Assist {
		l.Next = []string{l.T("identity.mail.code.assist-when", "minutes", int(codeLife.Minutes())), l.T(notYou)}
	}
	if path != "" {
		l.Links = []web.Link{{Href: a.URL + path + "#" + c.Code, Text: l.T("identity.mail.code.open")}}
	}
	err = a.post(ctx, messageID(m.Code), c.Address, "", l)
	var rejected *mail.Rejected
	if errors.As(err, &rejected) {
		a.Log.Info("a code was rejected", "code", rejected.Code, "status", rejected.Status)
		return nil
	}
	return err
}

// messageID names a message by something that must not be told: the same at
// every attempt.
func messageID(secret string) string {
	return tokenText.EncodeToString(secretHash("message:" + secret)[:20])
}
