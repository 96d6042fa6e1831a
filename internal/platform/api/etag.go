package api

import (
	"strings"

	"polis/internal/platform/errs"
)

// ETag quotes a version of a thing (visible ASCII without quotes) as a strong
// entity tag.
func ETag(version string) string { return `"` + version + `"` }

// IfMatch checks the If-Match header against the ETag of the thing as it is
// ("" where there is none): Stale where another change came first, nil where it
// did not or the caller does not ask. Strong comparison, RFC 9110 §13.1.1: a
// weak tag never matches.
func IfMatch(header, current string) error {
	if header == "" {
		return nil
	}
	if header == "*" && current != "" {
		return nil
	}
	tags, ok := entityTags(header)
	if !ok && header != "*" {
		return invalid("header", "If-Match", "api.etag")
	}
	for _, t := range tags {
		if t == current && !strings.HasPrefix(t, "W/") {
			return nil
		}
	}
	return errs.New(errs.Stale, "api.stale", nil)
}

// IfNoneMatch tells whether the caller has the thing as it is already, so that
// 304 is enough. Weak comparison, RFC 9110 §13.1.2. What is not a list of tags
// matches nothing.
func IfNoneMatch(header, current string) bool {
	if header == "" || current == "" {
		return false
	}
	if header == "*" {
		return true
	}
	tags, _ := entityTags(header)
	for _, t := range tags {
		if strings.TrimPrefix(t, "W/") == strings.TrimPrefix(current, "W/") {
			return true
		}
	}
	return false
}

// entityTags splits a list of entity tags; a comma may stand inside the quotes.
func entityTags(list string) (tags []string, ok bool) {
	for {
		list = strings.TrimLeft(list, " \t,")
		if list == "" {
			return tags, len(tags) > 0
		}
		start := 0
		if strings.HasPrefix(list, "W/") {
			start = 2
		}
		if start >= len(list) || list[start] != '"' {
			return nil, false
		}
		n := strings.IndexByte(list[start+1:], '"')
		if n < 0 {
			return nil, false
		}
		end := start + n + 2
		tags = append(tags, list[:end])
		list = strings.TrimLeft(list[end:], " \t")
		if list != "" && list[0] != ',' {
			return nil, false
		}
	}
}
