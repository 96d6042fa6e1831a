// Package follow is who follows the programme: the news of the measure, of a
// territory or of a house as a list and an Atom feed (RFC 4287), and by mail, at
// once or gathered once a week, for who has confirmed an address.
//
// A follower is an address and what it follows, and no person: it is kept apart,
// so that who stops is gone at once. What the table of identity and this one share
// is the blind index of the address, by which an export takes the follows of who
// has proved that address, and forgetting them too. Links carry what they open and
// a proof made with a key of the installation (link.go): none is kept.
package follow

import (
	"embed"
	"net/url"
	"sync/atomic"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/programme"
	"polis/internal/site"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Rhythm is how often a follower is written to.
type Rhythm string

// The rhythms.
const (
	AtOnce Rhythm = "once"
	Weekly Rhythm = "weekly"
)

func (r Rhythm) valid() bool { return r == AtOnce || r == Weekly }

// Kind is what a topic is.
type Kind string

// The kinds of topics.
const (
	Measure  Kind = "measure" // what is of the measure as a whole
	Houses   Kind = "houses"  // all houses
	Region   Kind = "region"
	Province Kind = "province"
	House    Kind = "house"
)

// Topic is what can be followed. Place is the name of a region, the code of a
// province ("VA") or of a house; "" for the measure and for all houses.
type Topic struct {
	Kind  Kind
	Place string
}

// Where is where a house stands.
type Where struct{ Region, Province string }

// Has tells whether news of a house, "" of the measure as a whole, are of the
// topic.
func (t Topic) Has(house string, at Where) bool {
	switch t.Kind {
	case Measure:
		return house == ""
	case Houses:
		return house != ""
	case Region:
		return house != "" && at.Region == t.Place
	case Province:
		return house != "" && at.Province == t.Place
	case House:
		return house != "" && house == t.Place
	}
	return false
}

// allHouses is the value by which an address names them.
const allHouses = "tutte"

// TopicOf is the topic that an address or a form names: the narrowest of house
// ("casa"), province ("provincia") and region ("regione"), all houses ("case=tutte"),
// the measure where none is; NotFound for what does not exist.
func TopicOf(net *site.Network, q url.Values) (Topic, error) {
	unknown := func() (Topic, error) { return Topic{}, errs.New(errs.NotFound, "follow.no-place", nil) }
	house, province, region := q.Get("casa"), q.Get("provincia"), q.Get("regione")
	switch {
	case house != "":
		st, err := net.ByCode(house)
		if err != nil {
			return unknown()
		}
		return Topic{House, st.Code}, nil
	case province != "":
		p, ok := net.Territory().Province(province)
		if !ok {
			return unknown()
		}
		return Topic{Province, p.Code}, nil
	case region != "":
		name, ok := net.Territory().Region(region)
		if !ok {
			return unknown()
		}
		return Topic{Region, name}, nil
	case q.Get("case") == allHouses:
		return Topic{Kind: Houses}, nil
	}
	return Topic{Kind: Measure}, nil
}

// exists tells whether what is followed is still there.
func (t Topic) exists(net *site.Network) bool {
	found, err := TopicOf(net, t.query())
	return err == nil && found == t
}

// Say is the topic in words.
func (t Topic) Say(p *i18n.Printer, net *site.Network) string {
	switch t.Kind {
	case Houses:
		return p.T("follow.topic.houses")
	case Region:
		return p.T("follow.topic.region", "name", t.Place)
	case Province:
		name := t.Place
		if x, ok := net.Territory().Province(t.Place); ok {
			name = x.Name
		}
		return p.T("follow.topic.province", "name", name)
	case House:
		return p.T("follow.topic.house", "name", houseName(net, t.Place))
	}
	return p.T("follow.topic.measure")
}

// houseName is a house with its town, by its code; the code of one that is no more.
func houseName(net *site.Network, code string) string {
	st, err := net.ByCode(code)
	if err != nil {
		return code
	}
	if place := net.Place(st); place != "" {
		return st.Name + ", " + place
	}
	return st.Name
}

// Options are what a Service stands on.
type Options struct {
	DB     *db.DB
	Live   *site.Live
	Keys   *identity.Keys
	People *identity.People
	Access *identity.Access // limits, and the letters to who is nobody here yet
	Notes  *notify.Service
	Clock  clock.Clock
	IDs    clock.IDs
	URL    string // public address of the installation, in mails and feeds
	Key    []byte // makes the links; the same on all replicas
	// Programme has the account; HousePage is the page of a house in it.
	Programme *programme.Service
	HousePage func(code string) string
}

// Service is what can be done with follows.
type Service struct {
	Options
	wake              func()
	kept, keptMeasure atomic.Pointer[news]
}

// New makes the service, and says how its mails are written.
func New(o Options) *Service {
	s := &Service{Options: o, wake: func() {}}
	s.Notes.Compose(noteNews, s.newsMail)
	return s
}

// Mails tells whether one can follow by mail here.
func (s *Service) Mails() bool { return s.Notes.Enabled() }
