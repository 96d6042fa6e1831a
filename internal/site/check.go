package site

import "polis/internal/platform/errs"

// CheckSite tells whether a place can be used now: its site is open and the
// place itself in use. The error is of kind Rule.
func CheckSite(s *Site, r *Resource) error {
	switch {
	case s.State == Planned || s.State == Works || s.State == Testing:
		return errs.New(errs.Rule, "site.not-open-yet", errs.Args{"site": s.Name}).With(Closed{s.ID, s.State, s.OpensOn})
	case s.State != Open:
		return errs.New(errs.Rule, "site.suspended", errs.Args{"site": s.Name}).With(Closed{s.ID, s.State, s.OpensOn})
	case !r.Active:
		return errs.New(errs.Rule, "resource.out-of-use", errs.Args{"resource": r.Name})
	}
	return nil
}

// Closed says why a site cannot be used.
type Closed struct {
	Site    string `json:"site"`
	State   State  `json:"state"`
	OpensOn string `json:"opens_on,omitempty"` // civil date announced, if any
}

// CheckGroups tells whether somebody of these groups may use a place: the site
// and the place must both admit them. The error is Forbidden.
func CheckGroups(s *Site, r *Resource, groups []string) error {
	if !Admits(s.Groups, groups) || !Admits(r.Groups, groups) {
		return errs.New(errs.Forbidden, "resource.reserved", errs.Args{"resource": r.Name})
	}
	return nil
}
