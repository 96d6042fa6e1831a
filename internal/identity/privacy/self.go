package privacy

// self is what identity itself holds.
func (s *Service) self() Holder {
	return Holder{Name: "identity", Tables: []string{"person", "role_grant", "token", "session", "signin_code", "signin_limit", "signin_link", "invitation", "record_read", "personal_export"}}
}
