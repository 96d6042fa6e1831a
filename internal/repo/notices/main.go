// Command notices writes THIRD_PARTY.md: what of others is in the program, under which
// licence, with the texts. Run from the root of the repository, once the front
// end is built:
//
//	go run ./internal/repo/notices
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	file = "THIRD_PARTY.md"
	npm  = "internal/platform/web/dist/third-party.txt"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run() error {
	mods, err := modules()
	if err != nil {
		return err
	}
	packages, err := os.ReadFile(npm)
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("the front end is not built: run `make build` first")
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString(head)
	texts := map[string][]string{} // by text, the modules that have it
	var order []string
	for _, m := range mods {
		text, err := m.licence()
		if err != nil {
			return err
		}
		kind := kindOf(text)
		if kind == "" {
			return fmt.Errorf("%s %s: unknown licence", m.Path, m.Version)
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", m.Path, m.Version, kind)
		if texts[text] == nil {
			order = append(order, text)
		}
		texts[text] = append(texts[text], m.Path)
	}
	out.WriteString(data)
	fmt.Fprintf(&out, "\n## Texts: front end\n\n```\n%s\n```\n\n## Texts: Go modules\n", strings.TrimSpace(string(packages)))
	for _, text := range order {
		fmt.Fprintf(&out, "\n### %s\n\n```\n%s\n```\n", strings.Join(texts[text], ", "), text)
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

const head = `# What of others is in Polis

Written by ` + "`make notices`" + `; a test says when it is out of date. Polis itself is under the EUPL-1.2 (LICENSE).

## Front end

Bundled from npm packages by ` + "`make build`" + `, which also serves their licences at ` + "`/assets/third-party.txt`" + `.

## Go modules in the program

| module | version | licence |
| --- | --- | --- |
`

const data = `
## Data

The table of municipalities and the patron saints are facts gathered from public sources; ` + "`internal/territory/SOURCES.md`" + `
names each with its licence. Polis contains data of ISTAT (CC BY 4.0 and CC BY 3.0 IT) and of GeoNames (CC BY 4.0).
`

type module struct{ Path, Version, Dir string }

// modules are those whose code is in the program, sorted.
func modules() ([]module, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Module", "./cmd/polis")
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64") // as the program is delivered
	text, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	seen := map[module]bool{}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var p struct {
			Module *struct {
				module
				Main bool
			}
		}
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main {
			seen[p.Module.module] = true
		}
	}
	list := make([]module, 0, len(seen))
	for m := range seen {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// licence is the text under which a module stands.
func (m module) licence() (string, error) {
	for _, pattern := range []string{"LICEN[CS]E*", "COPYING*", "UNLICENSE*"} {
		names, err := filepath.Glob(filepath.Join(m.Dir, pattern))
		if err != nil {
			return "", err
		}
		if len(names) > 0 {
			text, err := os.ReadFile(names[0])
			return strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")), err
		}
	}
	return "", fmt.Errorf("%s %s: no licence text", m.Path, m.Version)
}

// kindOf is the SPDX name of a licence, by phrases that only it has; "" if
// none of those that Polis may carry.
func kindOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	has := func(phrase string) bool { return strings.Contains(text, phrase) }
	var kinds []string
	if has("Apache License Version 2.0") {
		kinds = append(kinds, "Apache-2.0")
	}
	if has("Mozilla Public License Version 2.0") || has("Mozilla Public License, version 2.0") {
		kinds = append(kinds, "MPL-2.0")
	}
	if has("Permission is hereby granted, free of charge, to any person obtaining a copy") {
		kinds = append(kinds, "MIT")
	}
	if has("Permission to use, copy, modify, and/or distribute") || has("Permission to use, copy, modify, and distribute") {
		kinds = append(kinds, "ISC")
	}
	if has("Redistribution and use in source and binary forms") {
		if has("endorse or promote products derived from") {
			kinds = append(kinds, "BSD-3-Clause")
		} else {
			kinds = append(kinds, "BSD-2-Clause")
		}
	}
	if has("This is free and unencumbered software released into the public domain") {
		kinds = append(kinds, "Unlicense")
	}
	return strings.Join(kinds, " AND ")
}
