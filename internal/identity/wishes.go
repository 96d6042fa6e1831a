package identity

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

// Need is what somebody needs to use the pages and the houses.
type Need string

// The needs: of the pages, which follow them at once, and of a house, whose people
// see them with a booking.
const (
	LargeText    Need = "large-text"
	HighContrast Need = "high-contrast"
	LessMotion   Need = "less-motion"

	SignLanguage Need = "sign-language"
	StepFree     Need = "step-free"
	ReadAloud    Need = "read-aloud"
	MoreTime     Need = "more-time"
)

// The needs in the order in which they are asked for.
var (
	PageNeeds  = []Need{LargeText, HighContrast, LessMotion}
	HouseNeeds = []Need{SignLanguage, StepFree, ReadAloud, MoreTime}
)

// Label is the message key of the need's name.
func (n Need) Label() string { return "identity.need." + string(n) }

// Icon is the picture that stands beside its name.
func (n Need) Icon() string {
	return map[Need]string{SignLanguage: "it-comment", StepFree: "it-arrow-right-circle", ReadAloud: "it-hearing", MoreTime: "it-clock"}[n]
}

// Wishes are what somebody wishes of an installation. They lie sealed with their
// key: needs may tell of health.
type Wishes struct {
	Needs []Need   `json:"needs,omitempty"`
	Mute  []string `json:"mute,omitempty"`  // kinds of messages that are not sent
	Place string   `json:"place,omitempty"` // of birth: Belfiore code of a municipality, or Z and three digits for a country
}

// Of are those of the needs that are in a list.
func (w Wishes) Of(list []Need) (out []Need) {
	for _, n := range list {
		if slices.Contains(w.Needs, n) {
			out = append(out, n)
		}
	}
	return out
}

var (
	getWishes = db.Q("identity.wish.get", `SELECT data FROM person_wish WHERE person = $1`)
	putWishes = db.Q("identity.wish.put", `
		INSERT INTO person_wish (person, data) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET data = excluded.data`)
)

func placeOfWishes(person string) string { return "person_wish:" + person }

// Wishes are those of a person; none is no error.
func (s *People) Wishes(ctx context.Context, person string) (_ Wishes, err error) {
	defer errs.Wrap(&err, "identity.Wishes(%q)", person)
	return s.wishesIn(ctx, s.db, person)
}

func (s *People) wishesIn(ctx context.Context, r db.Reader, person string) (w Wishes, err error) {
	var data []byte
	err = db.One(ctx, r, getWishes, []any{person}, &data)
	if errors.Is(err, db.ErrNoRow) {
		return w, nil
	}
	if err != nil {
		return w, err
	}
	key, err := s.key(ctx, r, person)
	if err != nil {
		return w, err
	}
	plain, err := key.open(placeOfWishes(person), data)
	if err != nil {
		return w, err
	}
	err = json.Unmarshal(plain, &w)
	return w, err
}

// SaveWishes changes what the actor wishes. The errors are those of Actor.Check.
func (a *Access) SaveWishes(ctx context.Context, actor Actor, change func(*Wishes)) (err error) {
	defer errs.Wrap(&err, "identity.SaveWishes(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		w, err := a.People.wishesIn(ctx, tx, actor.Person)
		if err != nil {
			return err
		}
		change(&w)
		plain, err := json.Marshal(w)
		if err != nil {
			return err
		}
		sealed, err := a.People.SealIn(ctx, tx, actor.Person, placeOfWishes(actor.Person), plain)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, putWishes, actor.Person, sealed); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "person.wishes-changed", Subject: actor.Person, Person: actor.Person})
	})
}

// Wants tells whether messages of a kind are sent to a person.
func (s *People) Wants(ctx context.Context, person, kind string) (bool, error) {
	w, err := s.Wishes(ctx, person)
	return !slices.Contains(w.Mute, kind), err
}

// PlaceOfBirth reads where somebody was born: the name or the Belfiore code of a
// municipality, or the code of a country. Invalid "identity.invalid.birth_place" on
// "birth_place".
func PlaceOfBirth(text string) (code string, err error) {
	code = strings.ToUpper(strings.TrimSpace(text))
	if code == "" || len(code) == 4 && code[0] == 'Z' && strings.Trim(code[1:], "0123456789") == "" {
		return code, nil
	}
	table := territory.Embedded()
	if m, ok := table.ByBelfiore(code); ok {
		return m.Belfiore, nil
	}
	if named := table.Named(text); len(named) == 1 {
		return named[0].Belfiore, nil
	}
	return "", errs.New(errs.Invalid, "identity.invalid.birth_place", nil).On("birth_place")
}

// SaveBirth writes down when and where the actor was born, where nobody vouches
// for it. The errors are those of Actor.Check, Invalid on "birth_date" and
// "birth_place", and Rule "identity.birth.known" where the fiscal number says it.
func (a *Access) SaveBirth(ctx context.Context, actor Actor, date, place string) (err error) {
	defer errs.Wrap(&err, "identity.SaveBirth(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	code, err := PlaceOfBirth(place)
	if err != nil {
		return err
	}
	if date > a.clk.Now().Format("2006-01-02") {
		return errs.New(errs.Invalid, "identity.invalid.birth_date", nil).On("birth_date")
	}
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		p, err := a.People.getIn(ctx, tx, actor.Person)
		if err == nil && p.FiscalNumber != "" {
			err = errs.New(errs.Rule, "identity.birth.known", nil)
		}
		if err == nil {
			_, err = a.People.changeIn(ctx, tx, actor.Person, func(p *Person) { p.BirthDate = date })
		}
		return err
	}); err != nil {
		return err
	}
	return a.SaveWishes(ctx, actor, func(w *Wishes) { w.Place = code })
}
