package repo

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	styleComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	styleRule    = regexp.MustCompile(`(?s)([^{};]+)\{`)
	bareClass    = regexp.MustCompile(`^\.[\w-]+$`)
)

// A class has its looks from one file: another may only say how it is in a
// place of its own.
func TestClassesHaveOneOwner(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, name := range files(t) {
		if !strings.HasPrefix(name, "web/src/") || path.Ext(name) != ".css" {
			continue
		}
		for _, selector := range bareClasses(styleComment.ReplaceAllString(read(t, name), "")) {
			if other := owner[selector]; other != "" && other != name {
				t.Errorf("%s has its looks from %s and from %s", selector, other, name)
			}
			owner[selector] = name
		}
	}
	if len(owner) < 100 {
		t.Errorf("%d classes", len(owner))
	}
}

// bareClasses are the selectors of a style sheet that are a class and nothing
// else, outside of @ rules: what a class becomes on a telephone or on paper may
// stand with those.
func bareClasses(sheet string) (list []string) {
	for depth := 0; ; {
		open, shut := strings.IndexByte(sheet, '{'), strings.IndexByte(sheet, '}')
		if open < 0 || shut < 0 {
			return list
		}
		if shut < open {
			depth--
			sheet = sheet[shut+1:]
			continue
		}
		if m := styleRule.FindStringSubmatch(sheet[:open+1]); m != nil && depth == 0 {
			for selector := range strings.SplitSeq(m[1], ",") {
				if selector = strings.TrimSpace(selector); bareClass.MatchString(selector) {
					list = append(list, selector)
				}
			}
		}
		depth++
		sheet = sheet[open+1:]
	}
}
