package demo

import (
	"context"

	"polis/internal/identity"
	"polis/internal/manage"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// lots are the contracts of the demonstration, each with the regions whose
// spaces it builds. The contractors are made up.
var lots = []struct {
	manage.Lot
	regions []string
}{
	{lot("L-01", "Piemonte, Liguria e Valle d’Aosta", "Consorzio Edile Dora (inventato)"), []string{"Piemonte", "Liguria", "Valle d'Aosta"}},
	{lot("L-02", "Lombardia", "Cantieri Adda (inventato)"), []string{"Lombardia"}},
	{lot("L-03", "Nord-est", "Opere Adige (inventato)"), []string{"Veneto", "Friuli-Venezia Giulia", "Trentino-Alto Adige"}},
	{lot("L-04", "Emilia-Romagna, Toscana e Marche", "Costruzioni Appennino (inventato)"), []string{"Emilia-Romagna", "Toscana", "Marche", "Umbria"}},
	{lot("L-05", "Lazio, Abruzzo e Molise", "Edile Tevere (inventato)"), []string{"Lazio", "Abruzzo", "Molise"}},
	{lot("L-06", "Campania e Basilicata", "Consorzio Volturno (inventato)"), []string{"Campania", "Basilicata"}},
	{lot("L-07", "Puglia e Calabria", "Lavori Ofanto (inventato)"), []string{"Puglia", "Calabria"}},
	{lot("L-08", "Isole", "Cantieri Tirso (inventato)"), []string{"Sicilia", "Sardegna"}},
}

func lot(code, name, contractor string) manage.Lot {
	return manage.Lot{Code: code, Name: name, Contractor: contractor, Contact: "lotti@example.org", From: "2025-03-03", To: "2027-06-30"}
}

// Lots gives the spaces of a network to contractors, and returns how many lots
// there are.
func Lots(ctx context.Context, d *db.DB, net *site.Network, now clock.Clock, ids clock.IDs) (made int, err error) {
	defer errs.Wrap(&err, "demo.Lots")
	desk := manage.New(manage.Options{DB: d, Live: site.Still(net), Clock: now, IDs: ids})
	nobody := identity.Actor{Person: "demo", Role: identity.NetworkManager, Scope: identity.Network}
	for _, l := range lots {
		var houses []string
		for _, region := range l.regions {
			for _, hit := range net.Sites(site.Filter{Kind: site.Space, Region: region}) {
				houses = append(houses, hit.Site.ID)
			}
		}
		if err := desk.SaveLot(ctx, nobody, l.Lot); err != nil {
			return made, err
		}
		if _, err := desk.Assign(ctx, nobody, l.Code, houses, false); err != nil {
			return made, err
		}
		made++
	}
	return made, nil
}
