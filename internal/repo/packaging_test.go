package repo

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// flagsOf lists the flags of every command, by the command's words.
func flagsOf(t *testing.T) map[string][]string {
	t.Helper()
	_, list, ok := strings.Cut(help(t), "Commands:\n")
	if !ok {
		t.Fatal("polis --help lists no commands")
	}
	flags := map[string][]string{}
	for _, c := range commandLine.FindAllStringSubmatch(list, -1) {
		for _, f := range flagLine.FindAllStringSubmatch(help(t, strings.Fields(c[1])...), -1) {
			flags[c[1]] = append(flags[c[1]], f[1])
		}
	}
	return flags
}

// packaging are the files of packaging/ and the documents for operators.
func packaging(t *testing.T) (names []string) {
	t.Helper()
	for _, name := range files(t) {
		if strings.HasPrefix(name, "packaging/") || name == "README.md" || path.Dir(name) == "docs" && path.Ext(name) == ".md" {
			names = append(names, name)
		}
	}
	return names
}

var (
	variable = regexp.MustCompile(`\bPOLIS_([A-Z][A-Z_]*)\b`)
	// A command in a line of shell or between backquotes, up to where it ends.
	called    = regexp.MustCompile("(?:^|[`\"\\s/(])polis ([a-z]+(?: [a-z]+)?)\\b([^`\"\\n|;)]*)")
	givenFlag = regexp.MustCompile(`(--[a-z][a-z-]+)`)
)

// What packaging and documents name of the program is there: variables of the
// environment, commands, and flags of the command they are given to.
func TestPackagingNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	flags := flagsOf(t)
	var all []string
	for _, list := range flags {
		all = append(all, list...)
	}
	inTests := []string{"TEST_BINARY", "TEST_FULL", "TEST_POSTGRES", "TEST_LOG", "SCREENSHOTS"}
	for _, name := range packaging(t) {
		text := read(t, name)
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			flag := "--" + strings.ToLower(strings.ReplaceAll(m[1], "_", "-"))
			if !slices.Contains(all, flag) && !slices.Contains(inTests, m[1]) {
				t.Errorf("%s names POLIS_%s, and there is no flag %s", name, m[1], flag)
			}
		}
		for _, m := range called.FindAllStringSubmatch(text, -1) {
			command := m[1]
			if _, ok := flags[command]; !ok {
				command, _, _ = strings.Cut(command, " ")
			}
			given := givenFlag.FindAllString(m[2], -1)
			if _, ok := flags[command]; !ok {
				if len(given) > 0 {
					t.Errorf("%s calls polis %s with %v, and there is no such command", name, m[1], given)
				}
				continue
			}
			for _, f := range given {
				if !slices.Contains(flags[command], f) {
					t.Errorf("%s gives %s to polis %s, which does not know it", name, f, command)
				}
			}
		}
	}
}

// The container is built as `make build` builds, from what is there.
func TestContainerfile(t *testing.T) {
	t.Parallel()
	text, makefile, module := read(t, "packaging/Containerfile"), read(t, "Makefile"), read(t, "go.mod")
	for _, step := range []string{"npm ci --ignore-scripts --no-audit --no-fund", "go run ./internal/platform/web/build", `-s -w -X main.version=`, "-trimpath", "./cmd/polis"} {
		if !strings.Contains(text, step) || !strings.Contains(strings.ReplaceAll(makefile, "$(GO)", "go"), step) {
			t.Errorf("%q is not a step of both Containerfile and Makefile", step)
		}
	}
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(module)
	if goVersion == nil || !strings.Contains(text, "golang:"+goVersion[1]+"-") {
		t.Errorf("go.mod wants Go %v; the Containerfile has another", goVersion)
	}
	for _, m := range regexp.MustCompile(`(?m)^COPY ((?:[a-z][^-\s]* )+)\S+$`).FindAllStringSubmatch(text, -1) {
		for _, file := range strings.Fields(m[1]) {
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("the Containerfile copies %s, which is not there", file)
			}
		}
	}
	for _, line := range []string{"\nFROM scratch\n", "\nUSER 65532:65532\n", "\nHEALTHCHECK ", `"/usr/bin/polis", "health"`, "\nVOLUME ", "CGO_ENABLED=0"} {
		if !strings.Contains(text, line) {
			t.Errorf("the Containerfile has no %q", line)
		}
	}
}

var alertName = regexp.MustCompile(`(?m)^ +- alert: (\w+)$`)

// Each alert has its playbook and each playbook its alert; numbers that alerts
// are made of are those of the program.
func TestAlertsHavePlaybooks(t *testing.T) {
	t.Parallel()
	alerts, playbooks := read(t, "packaging/prometheus/alerts.yml"), read(t, "docs/playbooks.md")
	names := alertName.FindAllStringSubmatch(alerts, -1)
	if len(names) < 8 {
		t.Fatalf("only %d alerts found", len(names))
	}
	for _, m := range names {
		if !strings.Contains(playbooks, "\n## "+m[1]+"\n") {
			t.Errorf("the alert %s has no playbook", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## (Polis\w+)$`).FindAllStringSubmatch(playbooks, -1) {
		if !strings.Contains(alerts, "- alert: "+m[1]+"\n") {
			t.Errorf("the playbook %s has no alert", m[1])
		}
	}
	told := read(t, "docs/operations.md")
	for _, name := range regexp.MustCompile(`\bpolis_[a-z_]+\b`).FindAllString(alerts+playbooks, -1) {
		if !strings.Contains(told, "`"+strings.TrimSuffix(name, "_bucket")+"`") {
			t.Errorf("an alert or a playbook looks at %s, of which docs/operations.md knows nothing", name)
		}
	}
}

// The unit keeps the program in: what systemd can deny is denied.
func TestUnit(t *testing.T) {
	t.Parallel()
	text := read(t, "packaging/systemd/polis.service")
	for _, line := range []string{
		"ExecStart=/usr/local/bin/polis serve", "EnvironmentFile=/etc/polis/polis.env", "Restart=on-failure", "DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes",
		"CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "StateDirectory=polis polis/data polis/backups", "UMask=0077",
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("polis.service has no %s", line)
		}
	}
	settings := read(t, "packaging/systemd/polis.env.example")
	for _, line := range []string{"POLIS_DATA=/var/lib/polis/data", "POLIS_BACKUP_DIR=/var/lib/polis/backups"} {
		if !strings.Contains(settings, "\n"+line+"\n") {
			t.Errorf("polis.env.example has no %s", line)
		}
	}
}
