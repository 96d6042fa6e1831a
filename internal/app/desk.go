package app

import (
	"context"
	"net/http"
	"slices"

	"polis/internal/counter/appointment"
	"polis/internal/counter/console"
	"polis/internal/counter/desks"
	"polis/internal/coworking"
	"polis/internal/coworking/figures"
	"polis/internal/feedback"
	"polis/internal/home"
	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/identity/mandate"
	"polis/internal/identity/organisation"
	"polis/internal/identity/privacy"
	"polis/internal/installation"
	"polis/internal/manage"
	"polis/internal/manage/lists"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/programme/office"
)

// desk lists the pages of who runs the installation, each with the permission
// without which nobody is led there.
var desk = []struct {
	web.Entry
	needs identity.Permission
}{
	{manage.Entry, identity.SiteRead},
	{lists.Entry, identity.SiteWrite},
	{coworking.DayEntry, identity.BookingRead},
	{figures.Entry, identity.FiguresRead},
	{office.Entry, identity.ProgrammeRead},
	{office.Entry, identity.WorksWrite},
	{appointment.DeskEntry, identity.AppointmentWrite},
	{feedback.DeskEntry, identity.ReportAnswer},
	{console.Entry, identity.QueueWork},
	{desks.Entry, identity.DeskWrite},
	{mandate.DeskEntry, identity.PersonAssist},
	{device.DeskEntry, identity.DeviceWrite},
	{identity.DeskEntry, identity.GrantWrite},
	{organisation.DeskEntry, identity.OrganisationWrite},
	{installation.Entry, identity.Installation},
	{privacy.Entry, identity.Installation},
	{manage.FindEntry, identity.BookingRead},
}

// deskOf are the pages that the person of a request is led to; from the desk they
// find their own profile too.
func deskOf(r *http.Request) (list []web.Entry) {
	actor := identity.ActorFrom(r.Context())
	for _, e := range desk {
		if actor.MaySomewhere(e.needs) && !slices.Contains(list, e.Entry) {
			list = append(list, e.Entry)
		}
	}
	if list != nil {
		list = append(list, identity.ProfileEntry)
	}
	return list
}

// startLists makes the lists.
func (p *program) startLists() {
	p.lists = lists.New(lists.Options{
		DB: p.db, Live: p.live, Sites: p.sites, Engine: p.engine, People: p.people, Grants: p.grants, Groups: p.grants.Groups, Clock: p.env.clock, IDs: p.env.ids,
	})
}

// startManage makes the desk, which shows of the other rooms what concerns the
// houses.
func (p *program) startManage() {
	p.manage = manage.New(manage.Options{
		DB: p.db, Live: p.live, Sites: p.sites, Engine: p.engine, Clock: p.env.clock, IDs: p.env.ids,
		Problems: func(ctx context.Context) (map[string]int, error) { return p.feedback.OpenBySite(ctx) },
		Groups:   p.grants.Groups,
		Report:   p.report,
		Read:     p.people.NoteRead,
		Links: manage.Links{
			House: home.HousePath, Photos: coworking.PhotosPath, Reception: coworking.ReceptionPath, Today: coworking.TodayPath, Day: coworking.DayPath,
			Figures: figures.Path, Booking: coworking.VisitPath, Place: coworking.PlacePath, Reports: feedback.OpenPath,
		},
	})
}

// report leads to a report of a problem, for who may see it.
func (p *program) report(ctx context.Context, actor identity.Actor, number string) (web.Link, error) {
	found, err := p.feedback.Read(ctx, actor, number, "")
	if errs.Is(err, errs.NotFound) {
		return web.Link{}, nil
	}
	return web.Link{Href: feedback.ReportPath(found.Number), Text: found.Number}, err
}
