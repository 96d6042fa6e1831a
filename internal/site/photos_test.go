package site

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"polis/internal/platform/blob"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/picture"
)

var testBlobs = db.Q("site.testBlobs", "SELECT COUNT(*) FROM blob")

func blobs(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := db.One(t.Context(), d, testBlobs, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// photo is a picture that says its name.
func photo(name string) (large, thumb picture.Image) {
	return picture.Image{Data: []byte(name + " large"), Width: 1600, Height: 1000}, picture.Image{Data: []byte(name + " small"), Width: 480, Height: 300}
}

func add(t *testing.T, s *Store, siteID, name string) Photo {
	t.Helper()
	large, thumb := photo(name)
	p, err := s.AddPhoto(t.Context(), siteID, Text{IT: " " + name + "\n"}, large, thumb, "anna")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func order(t *testing.T, s *Store, siteID string) string {
	t.Helper()
	h, err := load(t, s).Site(siteID)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range h.Photos {
		names = append(names, p.Alt.IT)
	}
	return strings.Join(names, " ")
}

func TestPhotos(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, s := t.Context(), newStore(d)
		save(t, s, []Site{aHouse("a", "uno"), aHouse("b", "due")}, nil, nil)
		one, two, three := add(t, s, "a", "1"), add(t, s, "a", "2"), add(t, s, "a", "3")
		other := add(t, s, "b", "1") // the same picture
		h, err := load(t, s).Site("a")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, h.Photos, []Photo{one, two, three})
		if f, err := blob.Get(ctx, d, one.Thumb); err != nil || string(f.Data) != "1 small" || f.Type != "image/jpeg" {
			t.Errorf("%+v, %v", f, err)
		}
		for _, step := range []struct {
			id   string
			by   int
			want string
		}{{three.ID, -1, "1 3 2"}, {three.ID, -1, "3 1 2"}, {three.ID, -1, "3 1 2"}, {three.ID, 2, "1 2 3"}, {three.ID, 1, "1 2 3"}, {one.ID, 1, "2 1 3"}} {
			if err := s.MovePhoto(ctx, "a", step.id, step.by, "anna"); err != nil || order(t, s, "a") != step.want {
				t.Errorf("by %d: %s, want %s, %v", step.by, order(t, s, "a"), step.want, err)
			}
		}
		if err := s.DescribePhoto(ctx, "a", two.ID, Text{IT: "due", EN: " two "}, "anna"); err != nil || order(t, s, "a") != "due 1 3" {
			t.Errorf("%s, %v", order(t, s, "a"), err)
		}
		for what, err := range map[string]error{
			"move":     s.MovePhoto(ctx, "a", other.ID, 1, ""),
			"describe": s.DescribePhoto(ctx, "a", other.ID, Text{IT: "x"}, ""),
			"remove":   s.RemovePhoto(ctx, "a", other.ID, ""),
			"no site":  s.RemovePhoto(ctx, "x", other.ID, ""),
		} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s of another house: %v", what, err)
			}
		}
		if n := blobs(t, d); n != 6 {
			t.Errorf("%d files of 3 pictures", n)
		}
		for i, p := range []Photo{one, two} {
			if err := s.RemovePhoto(ctx, "a", p.ID, "anna"); err != nil || blobs(t, d) != 6-2*i {
				t.Errorf("after %d removals %d files, %v", i+1, blobs(t, d), err)
			}
		}
		if add(t, s, "a", "4"); order(t, s, "a") != "3 4" || order(t, s, "b") != "1" {
			t.Errorf("%s; %s", order(t, s, "a"), order(t, s, "b"))
		}
	})
}

func TestPhotosThatAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		save(t, s, []Site{aHouse("a", "uno")}, nil, nil)
		large, thumb := photo("x")
		for field, alt := range map[string]Text{
			"alt_it": {EN: "only English"}, "alt_en": {IT: "sì", EN: strings.Repeat("y", maxAlt+1)},
		} {
			_, err := s.AddPhoto(t.Context(), "a", alt, large, thumb, "")
			if !errs.Is(err, errs.Invalid) || errs.As(err).Field != field {
				t.Errorf("%v: %v", alt, err)
			}
		}
		if _, err := s.AddPhoto(t.Context(), "x", Text{IT: "x"}, large, thumb, ""); !errs.Is(err, errs.NotFound) {
			t.Errorf("of no house: %v", err)
		}
		many := func(name func(i int) string) (results []error) {
			var wait sync.WaitGroup
			results = make([]error, MaxPhotos+3)
			for i := range results {
				large, thumb := photo(name(i))
				wait.Go(func() { _, results[i] = s.AddPhoto(t.Context(), "a", Text{IT: "x"}, large, thumb, "") })
			}
			wait.Wait()
			return results
		}
		there := 0
		for _, err := range many(func(int) string { return "0" }) { // one photo, tapped on and on
			if errs.HasKey(err, "site.photo.there") {
				there++
			} else if err != nil {
				t.Error(err)
			}
		}
		if h, _ := load(t, s).Site("a"); len(h.Photos) != 1 || there != MaxPhotos+2 {
			t.Errorf("%d photos of one, %d refused", len(h.Photos), there)
		}
		results := many(strconv.Itoa)[1:] // as many as there may be
		refused := 0
		for _, err := range results {
			if errs.HasKey(err, "site.photo.too-many") {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if h, _ := load(t, s).Site("a"); len(h.Photos) != MaxPhotos || refused != 3 {
			t.Errorf("%d photos, %d refused", len(h.Photos), refused)
		}
	})
}

func TestDrawnPicturesAreSavedTogether(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newStore(d)
		save(t, s, []Site{aHouse("a", "uno")}, nil, nil)
		drawing := blob.File{Type: "image/svg+xml", Data: []byte("<svg/>")}
		want := []Photo{
			{ID: "p2", Site: "a", Alt: Text{"due", "two"}, Picture: drawing.ID(), Thumb: drawing.ID(), Width: 1600, Height: 1000},
			{ID: "p1", Site: "a", Alt: Text{"uno", ""}, Picture: drawing.ID(), Thumb: drawing.ID(), Width: 1600, Height: 1000},
		}
		for range 2 {
			if err := s.SavePhotos(t.Context(), want, []blob.File{drawing}); err != nil {
				t.Fatal(err)
			}
		}
		if h, _ := load(t, s).Site("a"); !slices.Equal(h.Photos, want) || h.Photos[1].Alt.In("en") != "uno" {
			t.Errorf("%+v", h.Photos)
		}
	})
}

func TestHouseRules(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, s := t.Context(), newStore(d)
		save(t, s, []Site{aHouse("a", "uno"), aHouse("b", "due")}, nil, nil)
		if _, ok := load(t, s).HouseRules("a"); ok {
			t.Error("there are rules that nobody made")
		}
		publish := func(siteID, it string) HouseRules {
			t.Helper()
			r, err := s.PublishHouseRules(ctx, siteID, Text{IT: it, EN: it + " (en)"}, "luca")
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		publish("", "Prima.\n\nSeconda.")
		network, own := publish("", "Nuova."), publish("a", "Di casa.")
		if network.Version != 2 || own.Version != 1 || !own.Since.Equal(noon) {
			t.Errorf("%+v, %+v", network, own)
		}
		n := load(t, s)
		for id, want := range map[string]HouseRules{"a": own, "b": network, "": network} {
			got, ok := n.HouseRules(id)
			if !ok {
				t.Errorf("no rules at %q", id)
			}
			equal(t, got, want)
		}
		log := acts(t, d)
		if last := log[len(log)-1]; last.Kind != "site.house-rules" || last.Subject != "a" || last.Person != "luca" || last.Data != `{"version":1}` {
			t.Errorf("the act is %+v", last)
		}
		for what, try := range map[string]struct {
			site string
			text Text
			kind errs.Kind
		}{
			"no site":      {"x", Text{IT: "x"}, errs.NotFound},
			"no Italian":   {"", Text{EN: "x"}, errs.Invalid},
			"without end":  {"", Text{IT: strings.Repeat("x", MaxHouseRules+1)}, errs.Invalid},
			"control text": {"", Text{IT: "a\x00"}, errs.Invalid},
		} {
			if _, err := s.PublishHouseRules(ctx, try.site, try.text, ""); !errs.Is(err, try.kind) {
				t.Errorf("%s: %v", what, err)
			}
		}
		// Versions made at once follow one another.
		var wait sync.WaitGroup
		for range 6 {
			wait.Go(func() {
				if _, err := s.PublishHouseRules(ctx, "", Text{IT: "insieme"}, ""); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if r, _ := load(t, s).HouseRules("b"); r.Version != 8 {
			t.Errorf("version %d after 8", r.Version)
		}
	})
}
