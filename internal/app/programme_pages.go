package app

import (
	"net/http"

	"polis/internal/home"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/follow"
	"polis/internal/programme/works"
)

// programmePages are the pages of the public account and its rooms, each with
// what it shows of the others.
func (p *program) programmePages(personal *http.ServeMux, ui *web.Renderer) error {
	if err := programme.RegisterPages(personal, ui, p.programme, programme.Front{
		Verified: p.verified, News: p.measureNews, Regions: p.regions,
		Followers: func(r *http.Request) (int, error) {
			return p.follow.Count(r.Context(), follow.Topic{Kind: follow.Measure})
		},
	}); err != nil {
		return err
	}
	if err := follow.RegisterPages(personal, ui, p.followPages()); err != nil {
		return err
	}
	return works.RegisterPages(personal, ui, p.works, works.Links{
		House:  home.HousePath,
		Follow: func(kind works.Topic, place string) string { return follow.FollowPath(topic(kind, place)) },
		Feed: func(print *i18n.Printer, kind works.Topic, place, name string) web.Link {
			return follow.FeedLink(print, topic(kind, place), name)
		},
	})
}

// topic is what is followed of what the works show.
func topic(kind works.Topic, place string) follow.Topic {
	kinds := map[works.Topic]follow.Kind{works.OfRegion: follow.Region, works.OfProvince: follow.Province, works.OfHouse: follow.House}
	return follow.Topic{Kind: kinds[kind], Place: place}
}

// verified are the houses that count for the two lines.
func (p *program) verified(r *http.Request) ([]programme.Verified, error) {
	v, err := p.works.Verified(r.Context())
	return []programme.Verified{{Target: "offices", Houses: v.Offices, Href: works.VerifiedOffices}, {Target: "spaces", Houses: v.Spaces, Href: works.VerifiedSpaces}}, err
}

// measureNews are the last news of the measure as a whole: those of houses are
// many, and stand on their pages.
func (p *program) measureNews(r *http.Request, print *i18n.Printer, most int) (list []programme.NewsItem, err error) {
	news, err := p.follow.News(r.Context(), follow.Topic{Kind: follow.Measure})
	for _, e := range news[:min(len(news), most)] {
		list = append(list, programme.NewsItem{Day: e.SayDay(print), Text: e.Say(print), Href: e.Href})
	}
	return list, err
}

// regions are those of the country, with "all" first.
func (p *program) regions(print *i18n.Printer) []web.Option {
	list := []web.Option{{Text: print.T("programme.all-regions")}}
	for _, name := range p.live.Network().Territory().Regions() {
		list = append(list, web.Option{Value: name, Text: name})
	}
	return list
}
