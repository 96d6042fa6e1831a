package identity

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"polis/internal/platform/i18n"
)

var update = flag.Bool("update", false, "write docs/rights.md")

const rightsFile = "../../docs/rights.md"

// docs/rights.md is the policy as people read it.
func TestRightsAreWrittenDown(t *testing.T) {
	now := rightsText(t)
	if *update {
		if err := os.WriteFile(rightsFile, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if then, err := os.ReadFile(rightsFile); err != nil || string(then) != now {
		t.Errorf("docs/rights.md is not what policy.go says (%v): go test ./internal/identity -run TestRightsAreWrittenDown -update", err)
	}
}

var permissionLine = regexp.MustCompile(`(?m)^\t\w+ +Permission = "([a-z.-]+)" +// (.+)$`)

// permissionsInOrder are the permissions with what their comments say.
func permissionsInOrder(t *testing.T) (list []Permission, about map[Permission]string) {
	t.Helper()
	source, err := os.ReadFile("policy.go")
	if err != nil {
		t.Fatal(err)
	}
	about = map[Permission]string{}
	for _, m := range permissionLine.FindAllStringSubmatch(string(source), -1) {
		list, about[Permission(m[1])] = append(list, Permission(m[1])), m[2]
	}
	return list, about
}

func rightsText(t *testing.T) string {
	words := i18n.NewBundle()
	if err := words.Add(Words); err != nil {
		t.Fatal(err)
	}
	en, it := words.Printer("en", nil), words.Printer("it", nil)
	permissions, about := permissionsInOrder(t)
	var b strings.Builder
	b.WriteString("# Who may do what\n\nMade from `internal/identity/policy.go`, the one place that says it; what is not said is refused. " +
		"Somebody with several roles has each right where it belongs, from the first day of the role to the last.\n\n" +
		"## Roles\n\nNobody gives a role to themselves, and nobody one that may more than their own. Administrators give all.\n\n" +
		"| role | in Italian | as it is stored | given for | by, inside their own scope |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range Roles {
		kinds, givers := strings.Join(policy[r].kinds, ", "), []string{}
		for _, g := range policy[r].givers {
			givers = append(givers, strings.ToLower(en.T(g.Label())))
		}
		if r == Citizen {
			kinds, givers = "–", []string{"everybody who signs in"}
		}
		if len(givers) == 0 {
			givers = []string{"administrators only"}
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s |\n", en.T(r.Label()), it.T(r.Label()), r, kinds, strings.Join(givers, ", "))
	}
	b.WriteString("\nA territory is a region, a province or a municipality; it and a lot stand for the houses in them. A service is known by its code (a-z, 0-9 and hyphens); " +
		"nothing keeps services yet, so that a role for one reaches no house, no organisation and nothing else. A member (`member`) belongs to a group or an organisation " +
		"and may nothing by it that others may not.\nThe names of earlier versions are understood: `receptionist` is a counter operator, `manager` a network manager or, for a site, a site manager.\n\n" +
		"## Permissions\n\n`*` without regard to a scope, `own` with what is one's own, `in` inside the scope of the role. " +
		"These are also the permissions to which a token can be narrowed.\n\n")
	heads, rule := []string{"permission", "what"}, []string{"---", "---"}
	shown := append([]Role{Visitor}, Roles...)
	for _, r := range shown {
		heads, rule = append(heads, strings.ReplaceAll(string(r), "-", " ")), append(rule, ":---:")
	}
	fmt.Fprintf(&b, "| %s |\n| %s |\n", strings.Join(heads, " | "), strings.Join(rule, " | "))
	signs := map[reach]string{none: "", anywhere: "*", own: "own", within: "in"}
	for _, p := range permissions {
		row := []string{"`" + string(p) + "`", about[p]}
		for _, r := range shown {
			row = append(row, signs[reaches[r][p]])
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String()
}

// The table fits together: what is given exists, who gives it has a page for it,
// and gives nothing that may more than they.
func TestPolicyFitsTogether(t *testing.T) {
	permissions, _ := permissionsInOrder(t)
	for role, d := range policy {
		for _, p := range slices.Concat(d.anywhere, d.own, d.within) {
			if !slices.Contains(permissions, p) {
				t.Errorf("%s: %s has no line that explains it", role, p)
			}
		}
		if len(d.kinds) > 0 && role != Member && !slices.Contains(Roles, role) {
			t.Errorf("%s is in no order", role)
		}
		for _, giver := range d.givers {
			if reaches[giver][GrantWrite] != within && reaches[giver][OrganisationWrite] != within {
				t.Errorf("%s gives %s, and has no page for it", giver, role)
			}
			for p, r := range reaches[role] {
				if r > reaches[giver][p] {
					t.Errorf("%s gives %s, which may more: %s", giver, role, p)
				}
			}
		}
		for p, r := range reaches[role] {
			if r > reaches[Administrator][p] {
				t.Errorf("an administrator gives %s, which may more: %s", role, p)
			}
		}
	}
}
