package coworking

import (
	"context"
	"errors"
	"strings"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
)

// noteFree is the kind of message that says that something fits a saved search;
// it is about the id of that search.
const noteFree = "coworking.search-free"

var (
	waitingSaved = db.Q("coworking.saved-waiting", `
		SELECT id, person, query, alert, ends, told FROM saved_search
		WHERE alert = TRUE AND told IS NULL AND ends > $1 AND id > $2 ORDER BY id LIMIT $3`)
	tellSaved   = db.Q("coworking.saved-tell", `UPDATE saved_search SET told = $2 WHERE id = $1 AND alert = TRUE AND told IS NULL`)
	untellSaved = db.Q("coworking.saved-untell", `UPDATE saved_search SET told = NULL WHERE id = $1`)
)

// alertBatch is how many saved searches are read at once.
const alertBatch = 200

// TellFreed makes the searches again whose people want to be told, tells them
// once where something is free, and ends those whose time is over.
func (s *Service) TellFreed(ctx context.Context) error {
	now := clock.Micros(s.clock.Now())
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, endSaved, now)
		return err
	}); err != nil || !s.Alerts() {
		return err
	}
	last := ""
	for {
		list, err := db.All(ctx, s.db, waitingSaved, scanSaved, now, last, alertBatch)
		if err != nil {
			return err
		}
		for _, saved := range list {
			_, found, err := s.again(ctx, saved, 1)
			if errors.Is(err, notify.ErrMoot) {
				continue
			}
			if err != nil {
				return err
			}
			if len(found.Hits) > 0 {
				if err := s.tell(ctx, saved); err != nil {
					return err
				}
			}
		}
		if len(list) < alertBatch {
			return nil
		}
		last = list[len(list)-1].ID
	}
}

func (s *Service) tell(ctx context.Context, saved SavedSearch) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now := s.clock.Now()
		n, err := tx.Exec(ctx, tellSaved, saved.ID, clock.Micros(now))
		if err != nil || n == 0 { // told meanwhile, or not wanted any more
			return err
		}
		return s.notes.Send(ctx, tx, now, notify.Note{Person: saved.Person, Kind: noteFree, About: saved.ID})
	})
}

// mostTold is how many houses a message names.
const mostTold = 3

// freeMail says what fits a saved search. Where it is gone again by now nothing
// is said, and the search goes on.
func (s *Service) freeMail(ctx context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
	saved, err := s.savedByID(ctx, n.About)
	if err != nil {
		return mail.Message{}, err
	}
	a, found, err := s.again(ctx, saved, mostTold)
	if err != nil {
		return mail.Message{}, err
	}
	if len(found.Hits) == 0 {
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, untellSaved, saved.ID)
			return err
		}); err != nil {
			return mail.Message{}, err
		}
		return mail.Message{}, notify.ErrMoot
	}
	p := s.words.Printer(i18n.Negotiate("", to.Language, ""), i18n.Rome)
	where, when := whereText(p, a), p.Span(a.From, a.To)
	text := []string{p.T("alert.mail.text", "where", where, "when", when), ""}
	for _, hit := range found.Hits {
		text = append(text, p.T("alert.mail.house", "site", hit.Site.Name, "place", hit.Place, "free", p.T("coworking.free."+string(a.Kind), "count", hit.Free)))
	}
	text = append(text,
		"", p.T("alert.mail.book"), s.issuer+"/spazi?"+saved.Query,
		"", p.T("alert.mail.once"), s.issuer+savedPath, "",
	)
	return mail.Message{
		Subject: p.T("alert.mail.subject", "where", where, "when", when),
		Text:    strings.Join(text, "\n"),
	}, nil
}

// whereText is where a search looks, in words.
func whereText(p *i18n.Printer, a ask) string {
	if a.at.name == "" {
		return p.T("coworking.search.whole-country")
	}
	return a.at.name
}
