package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// notices are the licences of the packages of which something is shipped: the
// dependencies of web/package.json (the others only build or test), and the
// font that comes within one of them.
func notices() ([]byte, error) {
	var root struct{ Dependencies map[string]string }
	if err := readJSON("web/package.json", &root); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(root.Dependencies)) {
		var p struct{ Version, License, Homepage string }
		dir := filepath.Join(modules, name)
		if err := readJSON(dir+"/package.json", &p); err != nil {
			return nil, err
		}
		texts, err := filepath.Glob(dir + "/LICEN[CS]E*")
		if err != nil {
			return nil, err
		}
		if len(texts) == 0 {
			return nil, fmt.Errorf("%s: no licence text", name)
		}
		if err := notice(&out, fmt.Sprintf("%s %s (npm)", name, p.Version), p.License, texts[0]); err != nil {
			return nil, err
		}
	}
	err := notice(&out, "Titillium Web (font, within bootstrap-italia)", "OFL-1.1",
		modules+"/bootstrap-italia/dist/fonts/Titillium_Web/OFL.txt")
	return out.Bytes(), err
}

func notice(out *bytes.Buffer, title, licence, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\nLicence: %s\n\n%s\n\n%s\n", title, licence,
		strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")), strings.Repeat("-", 78))
	return nil
}

func readJSON(file string, v any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
