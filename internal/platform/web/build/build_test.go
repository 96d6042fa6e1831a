package main

import (
	"bytes"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestBuild(t *testing.T) {
	t.Chdir("../../../..")
	if _, err := os.Stat(modules + "/bootstrap-italia"); err != nil {
		t.Skip("SKIPPED: the npm packages are not installed")
	}
	list, err := sources("internal")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list, "internal/platform/web/templates/layout.gohtml") {
		t.Fatalf("sources %v", list)
	}
	b, err := build(list)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"polis.css": "@layer bootstrap{", "polis.js": "htmx", "sprite.svg": `id="it-info-circle"`, "favicon.svg": "<svg",
		"reception.js": "POLIS1:", "editor.js": "data-editor", "counter.css": ".counter-screen", "sw.js": "VERSION=",
	} {
		file := b.manifest[name]
		if !bytes.Contains(b.files[file], []byte(want)) {
			t.Errorf("%s is %q, without %s", name, file, want)
		}
		if ext := name[strings.LastIndex(name, "."):]; !strings.HasSuffix(file, ext) || file == name {
			t.Errorf("%s is kept as %q, without a hash", name, file)
		}
	}
	css := b.files[b.manifest["polis.css"]]
	for _, class := range []string{".visually-hidden", ".btn-primary", ".polis-card", "Titillium Web"} {
		if !bytes.Contains(css, []byte(class)) {
			t.Errorf("no %s in the style sheet", class)
		}
	}
	if bytes.Contains(css, []byte(".carousel")) {
		t.Error("rules that no page uses are kept")
	}
	for name, side := range map[string]int{"icon-192.png": 192, "icon-512.png": 512, "icon-maskable.png": 512, "icon-touch.png": 180} {
		icon, err := png.Decode(bytes.NewReader(b.files[b.manifest[name]]))
		if err != nil {
			t.Fatal(err)
		}
		if icon.Bounds().Dx() != side || icon.Bounds().Dy() != side {
			t.Errorf("%s is %v", name, icon.Bounds())
		}
		if _, _, _, alpha := icon.At(0, 0).RGBA(); (alpha == 0) != (name == "icon-192.png" || name == "icon-512.png") {
			t.Errorf("%s: the corner has alpha %d; only those that a device does not cut are round", name, alpha)
		}
	}
	text, err := notices()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bootstrap-italia 2", "htmx.org 2", "SIL OPEN FONT LICENSE", "BSD"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("no %s in the notices", want)
		}
	}
}
