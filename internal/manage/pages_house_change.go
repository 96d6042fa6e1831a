package manage

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// change is a form that changes a house, with what stands against it: what
// others changed since it was shown, and affected bookings. A page embeds it
// and shows it with the templates "change-top" and "change-affected".
type change struct {
	Form     *form.Form
	Seen     string         // how the house was when the form was shown: see stamp
	Since    []since        // what others changed since then
	Affected *affectedShown // the bookings that it affects
	Saving   string         // the words of the button
	Preview  string         // the words of another button, which saves nothing
	Cancel   string         // the way back
	Changed  bool           // this very moment

	now    url.Values // what the form would show now
	others []string   // names of what others changed since it was shown
}

// since is something that somebody else changed.
type since struct{ Name, Value string }

// Names of the inputs that every such form has.
const (
	seenField = "visto" // the stamp
	keepField = "tieni" // when the affected bookings were seen; ticked to let them stay
)

// stamp is a short mark of each value of a form as it was shown. With it one
// can tell later what somebody changed in the form, and what others did
// elsewhere.
func stamp(shown url.Values) string {
	var marks []string
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		marks = append(marks, mark(shown[name]))
	}
	return strings.Join(marks, ".")
}

func mark(values []string) string {
	text := strings.ReplaceAll(strings.Join(values, "\n"), "\r\n", "\n")
	sum := sha256.Sum256([]byte(strings.TrimSpace(text)))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// newChange is a form that nobody has filled in yet.
func newChange(shown url.Values) change {
	return change{Form: form.Of(shown), Seen: stamp(shown)}
}

// rebase brings a form that was shown as seen onto what it would show now, and
// names what others changed in between.
func (c *change) rebase(seen string, now url.Values) (others []string) {
	names, marks := slices.Sorted(maps.Keys(now)), strings.Split(seen, ".")
	c.Seen, c.now = stamp(now), now
	if seen == "" || len(marks) != len(names) {
		return nil // it was not shown: whoever sends it means it
	}
	for i, name := range names {
		typed := mark(c.Form.All(name))
		if marks[i] == mark(now[name]) || typed == mark(now[name]) {
			continue
		}
		others = append(others, name)
		if typed == marks[i] {
			c.Form.Set(name, now[name]...)
		}
	}
	return others
}

// keep is since when somebody lets the affected bookings be; zero where they
// do not.
func (c *change) keep() time.Time {
	us, err := strconv.ParseInt(c.Form.Raw(keepField), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return clock.FromMicros(us)
}

// errPreview ends the saving of what somebody only wants to look at.
var errPreview = errors.New("nothing is to be saved")

// sent reads a form that changes a house and saves it; done where that went
// well, else the form stands as it is to be shown again. values are those of the
// form for the house as it is.
func (h *pages) sent(w http.ResponseWriter, r *http.Request, st *site.Site, values func(*site.Site) url.Values,
	read func(*form.Form), save func(ctx context.Context, keep time.Time) error,
) (c change, done bool, err error) {
	f, err := form.New(w, r)
	if err != nil {
		return c, false, err
	}
	c = change{Form: f}
	c.others = c.rebase(f.Raw(seenField), values(st))
	read(f)
	if len(c.others) > 0 || f.Err() != nil {
		return c, false, nil //nolint:nilerr // the form says it
	}
	err = save(r.Context(), c.keep())
	if err == nil {
		return c, true, nil
	}
	if errors.Is(err, errPreview) {
		return c, false, nil
	}
	if errs.HasKey(err, "site.changed-since") { // this very moment
		fresh, err := h.House(actor(r), st.ID)
		if err != nil {
			return c, false, err
		}
		c.Changed, c.others = true, c.rebase(c.Seen, values(fresh))
		return c, false, nil
	}
	if !h.refused(r, &c, err) {
		return c, false, err
	}
	return c, false, nil
}

// tell says what others changed; words are the prefixes of the words for the
// values of inputs.
func (c *change) tell(p *i18n.Printer, words map[string]string) {
	now := form.Of(c.now)
	for _, name := range c.others {
		s := since{Name: name, Value: strings.Join(now.All(name), ", ")}
		if label := c.Form.Label(name); label != "" {
			s.Name = p.T(label)
		}
		if prefix := words[name]; prefix != "" {
			s.Value = wordsOf(p, prefix, now.All(name))
		}
		s.Value = orNone(p, s.Value)
		c.Since = append(c.Since, s)
	}
}

// refused notes why a house could not be changed; false for an error that is
// not of the form.
func (h *pages) refused(r *http.Request, c *change, err error) bool {
	if affected, ok := AffectedOf(err); ok {
		c.Affected = h.affectedShown(r, affected, c.Form)
		return true
	}
	return c.Form.AddAs(err, partFields)
}

// status is that of the page that shows the form again.
func (c *change) status() int {
	switch {
	case len(c.Since) > 0 || c.Changed:
		return http.StatusConflict
	case c.Affected != nil:
		return http.StatusUnprocessableEntity
	}
	return c.Form.Status()
}
