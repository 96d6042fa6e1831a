package coworking

import (
	"net/http"
	"net/url"

	"polis/internal/identity"
	"polis/internal/platform/blob"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	pictures "polis/internal/platform/picture"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// photoUpload takes a photo: more than other forms, and more than a photo may
// have, so that whoever sends a larger one is told so on the page.
const (
	photoUpload  = "POST /spazi/{code}/foto"
	maxPhotoBody = 4 * pictures.MaxBytes
)

// photosPage is where the people of a house see to its photos.
type photosPage struct {
	web.Head
	House   string
	Path    string
	Form    *form.Form
	Photos  []photoRow
	Empty   *web.Empty
	Full    *web.Alert // as many as there may be
	Formats string     // that are taken
}

func (photosPage) Template() string { return "coworking/photos" }

// photoRow is a photo in the list, with what can be done to it.
type photoRow struct {
	ID, Path      string
	Thumb         string
	Width, Height int
	Alt           string // in the reader's language
	IT, EN        string
	First, Last   bool
}

// photoPage is one photo: to describe it anew, or to take it away.
type photoPage struct {
	web.Head
	Form    *form.Form
	Photo   photoRow
	Back    string
	Removal bool // it is asked whether to take it away
}

func (photoPage) Template() string { return "coworking/photo" }

// deskRoot is the first page of who runs the network, which has a page for each
// house.
const deskRoot = "/gestione"

// deskCrumbs lead back from the photos of a house to its other pages at the desk.
func deskCrumbs(p *i18n.Printer, st *site.Site) []web.Link {
	return []web.Link{
		{Href: deskRoot, Text: p.T("coworking.photos.desk")},
		{Href: deskRoot + "/sedi/" + url.PathEscape(st.Code), Text: st.Name},
	}
}

// PhotosPath is the page on which the photos of a house are changed.
func PhotosPath(code string) string { return "/spazi/" + url.PathEscape(code) + "/foto" }

func photoPath(code, id string) string { return PhotosPath(code) + "/" + url.PathEscape(id) }

// photoForm reads the descriptions of a photo.
func photoForm(f *form.Form) (alt site.Text) {
	alt.IT = f.String("descrizione", "coworking.photos.alt-it").Required().Value
	alt.EN = f.String("description", "coworking.photos.alt-en").Value
	return alt
}

// photoFields are the inputs for the fields of the errors about photos.
var photoFields = form.Inputs{"alt_it": "descrizione", "alt_en": "description"}

// onPhotoPage puts an error beside its input: what is wrong with the file
// itself names no field.
func onPhotoPage(f *form.Form, err error) bool {
	e := *errs.As(err)
	switch e.Kind {
	case errs.Invalid, errs.TooLarge, errs.Rule, errs.Conflict:
	default:
		return false
	}
	if e.Field == "" && e.Kind != errs.Rule {
		e.Field = "foto"
	}
	e.Kind = errs.Invalid
	return f.AddAs(&e, photoFields)
}

func (h *pages) photosPage(w http.ResponseWriter, r *http.Request) error {
	st, err := h.PhotosOf(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	f := form.Of(nil)
	f.File("foto", "coworking.photos.file").Required()
	photoForm(f)
	return h.showPhotos(w, r, st, f)
}

func (h *pages) showPhotos(w http.ResponseWriter, r *http.Request, st *site.Site, f *form.Form) error {
	p := h.ui.Printer(r)
	page := photosPage{
		Head:  web.DeskHead(deskRoot, p.T("coworking.photos.title", "house", st.Name), deskCrumbs(p, st)...),
		House: st.Name, Path: PhotosPath(st.Code), Form: f, Formats: pictures.Accept,
	}
	for i := range st.Photos {
		page.Photos = append(page.Photos, photoRowOf(p, st, i))
	}
	if len(page.Photos) == 0 {
		page.Empty = &web.Empty{Title: p.T("coworking.photos.none"), Text: p.T("coworking.photos.none-text")}
	}
	if len(page.Photos) >= site.MaxPhotos {
		page.Full = &web.Alert{Tone: web.Info, Text: p.T("site.photo.too-many", "limit", site.MaxPhotos)}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func photoRowOf(p *i18n.Printer, st *site.Site, i int) photoRow {
	ph := st.Photos[i]
	row := photoRow{
		ID: ph.ID, Path: photoPath(st.Code, ph.ID), Thumb: blob.Path + ph.Thumb, Alt: ph.Alt.In(string(p.Lang)), IT: ph.Alt.IT, EN: ph.Alt.EN,
		First: i == 0, Last: i == len(st.Photos)-1,
	}
	row.Width = min(ph.Width, pictures.ThumbWidth)
	row.Height = ph.Height * row.Width / ph.Width
	return row
}

func (h *pages) addPhoto(w http.ResponseWriter, r *http.Request) error {
	code := r.PathValue("code")
	st, err := h.PhotosOf(actor(r), code) // before the file is read
	if err != nil {
		return err
	}
	f, err := form.NewUpload(w, r, pictures.MaxBytes)
	if err != nil {
		return err
	}
	file := f.File("foto", "coworking.photos.file").Required()
	alt := photoForm(f)
	if f.Err() == nil {
		err := h.AddPhoto(r.Context(), actor(r), code, alt, file.Data)
		if err == nil {
			return h.ui.Done(w, r, PhotosPath(code), "coworking.photos.added")
		}
		if !onPhotoPage(f, err) {
			return err
		}
	}
	return h.showPhotos(w, r, st, f)
}

// photoPage shows one photo.
func (h *pages) photoPage(removal bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, ph, err := h.PhotoOf(actor(r), r.PathValue("code"), r.PathValue("id"))
		if err != nil {
			return err
		}
		f := form.Of(url.Values{"descrizione": {ph.Alt.IT}, "description": {ph.Alt.EN}})
		photoForm(f)
		return h.showPhoto(w, r, f, removal)
	}
}

func (h *pages) showPhoto(w http.ResponseWriter, r *http.Request, f *form.Form, removal bool) error {
	st, ph, err := h.PhotoOf(actor(r), r.PathValue("code"), r.PathValue("id"))
	if err != nil {
		return err
	}
	p, title := h.ui.Printer(r), "coworking.photos.describe-title"
	if removal {
		title = "coworking.photos.remove-title"
	}
	page := photoPage{
		Head: web.DeskHead(deskRoot, p.T(title), append(deskCrumbs(p, st), web.Link{Href: PhotosPath(st.Code), Text: p.T("coworking.photos.crumb")})...),
		Form: f, Back: PhotosPath(st.Code), Removal: removal,
	}
	for i := range st.Photos {
		if st.Photos[i].ID == ph.ID {
			page.Photo = photoRowOf(p, st, i)
		}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) describePhoto(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	alt := photoForm(f)
	if f.Err() == nil {
		code := r.PathValue("code")
		err := h.DescribePhoto(r.Context(), actor(r), code, r.PathValue("id"), alt)
		if err == nil {
			return h.ui.Done(w, r, PhotosPath(code), "coworking.photos.described")
		}
		if !onPhotoPage(f, err) {
			return err
		}
	}
	return h.showPhoto(w, r, f, false)
}

func (h *pages) movePhoto(by int) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		code, id := r.PathValue("code"), r.PathValue("id")
		if err := h.MovePhoto(r.Context(), actor(r), code, id, by); err != nil {
			return err
		}
		return h.ui.Done(w, r, PhotosPath(code), "coworking.photos.moved")
	}
}

func (h *pages) removePhoto(w http.ResponseWriter, r *http.Request) error {
	code := r.PathValue("code")
	if err := h.RemovePhoto(r.Context(), actor(r), code, r.PathValue("id")); err != nil {
		return err
	}
	return h.ui.Done(w, r, PhotosPath(code), "coworking.photos.removed")
}

// photoDesk is for who is signed in; a form that was sent comes back to the list.
func photoDesk(next web.Handler) web.Handler {
	return identity.SignedIn(next, func(r *http.Request) string { return PhotosPath(r.PathValue("code")) })
}

func (h *pages) photoRoutes() map[string]web.Handler {
	list := func(w http.ResponseWriter, r *http.Request) error { // an act loaded again
		return web.Redirect(w, r, PhotosPath(r.PathValue("code")))
	}
	routes := map[string]web.Handler{
		"GET /spazi/{code}/foto":             h.photosPage,
		photoUpload:                          h.addPhoto,
		"GET /spazi/{code}/foto/{id}":        h.photoPage(false),
		"POST /spazi/{code}/foto/{id}":       h.describePhoto,
		"GET /spazi/{code}/foto/{id}/togli":  h.photoPage(true),
		"POST /spazi/{code}/foto/{id}/togli": h.removePhoto,
		"POST /spazi/{code}/foto/{id}/su":    h.movePhoto(-1),
		"POST /spazi/{code}/foto/{id}/giu":   h.movePhoto(+1),
		"GET /spazi/{code}/foto/{id}/su":     list,
		"GET /spazi/{code}/foto/{id}/giu":    list,
	}
	for pattern, handler := range routes {
		routes[pattern] = photoDesk(handler)
	}
	return routes
}
