package coworking

import (
	"context"
	"errors"
	"net/url"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
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
	l := s.notes.Letter(s.printerFor(to), to)
	where, when := whereText(l.Printer, a), l.Span(a.From, a.To)
	l.Subject = l.T("alert.mail.subject", "where", where, "when", when)
	l.Title = l.T("alert.mail.title")
	l.Lead = []string{l.T("alert.mail.text", "where", where, "when", when), l.T("alert.mail.book")}
	query, err := url.ParseQuery(saved.Query)
	if err != nil {
		return mail.Message{}, err
	}
	query.Del("q") // the house is chosen
	for _, hit := range found.Hits {
		l.Parts = append(l.Parts, notify.Part{Title: hit.Site.Name, Href: s.issuer + spacePath(hit.Site, query), Facts: []web.Fact{
			{Name: l.T("coworking.fact.where"), Value: hit.Site.Address + ", " + hit.Place},
			{Name: l.T("alert.mail.free"), Value: l.T("coworking.free."+string(a.Kind), "count", hit.Free)},
		}})
	}
	l.Links = []web.Link{
		{Href: s.issuer + "/spazi?" + saved.Query, Text: l.T("alert.mail.choose")},
		{Href: s.issuer + savedPath, Text: l.T("alert.mail.saved")},
	}
	l.Footer = []string{l.T("mail.footer.who", "name", l.Look.Called(), "address", s.issuer), l.T("alert.mail.once")}
	return l.Message()
}

// whereText is where a search looks, in words.
func whereText(p *i18n.Printer, a ask) string {
	if a.at.name == "" {
		return p.T("coworking.search.whole-country")
	}
	return a.at.name
}
