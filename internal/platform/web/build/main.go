// Command build makes the front end: it bundles web/src with the npm packages it
// uses, drops what no page needs, and leaves files with a hash in their name,
// their gzip, and manifest.json in internal/platform/web/dist, which the
// program embeds. Run from the root of the repository, after
// `npm ci --ignore-scripts` in web:
//
//	go run ./internal/platform/web/build            # build
//	go run ./internal/platform/web/build -notices   # print the licences of what is shipped
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const (
	modules = "web/node_modules"
	dist    = "internal/platform/web/dist"
)

func main() {
	notices := flag.Bool("notices", false, "print the licences of the packages that are shipped, and stop")
	flag.Parse()
	if err := run(*notices); err != nil {
		fmt.Fprintln(os.Stderr, "web build:", err)
		os.Exit(1)
	}
}

func run(noticesOnly bool) error {
	if _, err := os.Stat(modules + "/bootstrap-italia"); err != nil {
		return errors.New("packages are missing: run `npm ci --ignore-scripts` in web, from the root of the repository")
	}
	text, err := notices()
	if err != nil {
		return err
	}
	if noticesOnly {
		_, err := os.Stdout.Write(text)
		return err
	}
	sources, err := sources("internal")
	if err != nil {
		return err
	}
	b, err := build(sources)
	if err != nil {
		return err
	}
	b.files["third-party.txt"] = text
	return b.write()
}

func build(sources []string) (*builder, error) {
	b := &builder{files: map[string][]byte{}, manifest: map[string]string{}}
	for _, step := range []func([]string) error{b.scripts, b.styles, b.sprite, b.icons, b.worker} {
		if err := step(sources); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// sources are the files that may name a class or an icon.
func sources(root string) (list []string, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || path == dist) {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); ext == ".gohtml" || ext == ".go" && !strings.HasSuffix(path, "_test.go") {
			list = append(list, path)
		}
		return nil
	})
	return list, err
}

// builder gathers the files to write.
type builder struct {
	files    map[string][]byte // by name in dist
	manifest map[string]string // plain name to name in dist
}

// add keeps a file under a name that carries the hash of its content.
func (b *builder) add(name string, data []byte) {
	ext := filepath.Ext(name)
	sum := sha256.Sum256(data)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
	b.files[hashed] = data
	b.manifest[name] = hashed
}

// alone is the folder of scripts and style sheets that only some pages load, each
// by itself. A page's Head names its style sheet, its template the script.
const alone = "web/src/alone"

// scripts are polis.js, which every page loads, and those of single pages.
func (b *builder) scripts([]string) error {
	list, err := filepath.Glob(alone + "/*.js")
	if err != nil {
		return err
	}
	for _, name := range append([]string{"web/src/polis.js"}, list...) {
		out, err := bundle(api.BuildOptions{
			EntryPoints: []string{name}, Format: api.FormatIIFE, Target: api.ES2020, LegalComments: api.LegalCommentsNone,
		})
		if err != nil {
			return err
		}
		b.add(filepath.Base(name), out[0].Contents)
	}
	return nil
}

// worker is the service worker. It is told which files every page needs, to
// keep them, and a version that changes with any of them.
func (b *builder) worker([]string) error {
	var files []string
	for _, name := range slices.Sorted(maps.Keys(b.manifest)) {
		if _, err := os.Stat(alone + "/" + name); filepath.Ext(name) != ".png" && err != nil {
			files = append(files, "/assets/"+b.manifest[name])
		}
	}
	list, err := json.Marshal(files)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(list)
	out, err := bundle(api.BuildOptions{
		EntryPoints: []string{"web/src/sw.js"}, Format: api.FormatIIFE, Target: api.ES2020, LegalComments: api.LegalCommentsNone,
		Banner: map[string]string{"js": fmt.Sprintf("const FILES=%s,VERSION=%q;", list, hex.EncodeToString(sum[:5]))},
	})
	if err != nil {
		return err
	}
	b.add("sw.js", out[0].Contents)
	return nil
}

// styles are the used rules of Bootstrap Italia, in a layer of their own so
// that ours, after them, always win.
func (b *builder) styles(sources []string) error {
	cmd := exec.Command("node", append([]string{"web/purge.mjs"}, sources...)...)
	cmd.Stderr = os.Stderr
	used, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("node web/purge.mjs: %w", err)
	}
	ours, err := styleSheets()
	if err != nil {
		return err
	}
	// In a layer !important would win over ours.
	used = regexp.MustCompile(`@charset "[^"]*";|\s*!important`).ReplaceAll(used, nil)
	out, err := bundle(api.BuildOptions{
		Stdin: &api.StdinOptions{
			Contents:   "@layer bootstrap{" + string(used) + "}\n" + string(ours),
			ResolveDir: "web/src", Sourcefile: "polis.css", Loader: api.LoaderCSS,
		},
		Loader:     map[string]api.Loader{".woff2": api.LoaderFile},
		AssetNames: "[name].[hash]", LegalComments: api.LegalCommentsNone, Engines: engines,
	})
	if err != nil {
		return err
	}
	for _, f := range out {
		if filepath.Ext(f.Path) == ".css" {
			b.add("polis.css", f.Contents)
		} else {
			name := filepath.Base(f.Path)
			b.files[name] = f.Contents
			b.manifest[plainName(name)] = name
		}
	}
	return b.stylesAlone()
}

// engines are the browsers whose style sheets we write.
var engines = []api.Engine{{Name: api.EngineChrome, Version: "109"}, {Name: api.EngineFirefox, Version: "115"}, {Name: api.EngineSafari, Version: "15.4"}}

// stylesAlone are those of single pages, which come after polis.css.
func (b *builder) stylesAlone() error {
	list, err := filepath.Glob(alone + "/*.css")
	if err != nil {
		return err
	}
	for _, name := range list {
		out, err := bundle(api.BuildOptions{EntryPoints: []string{name}, LegalComments: api.LegalCommentsNone, Engines: engines})
		if err != nil {
			return err
		}
		b.add(filepath.Base(name), out[0].Contents)
	}
	return nil
}

// styleSheets are ours, one after the other: polis.css, then those of single
// subjects by name.
func styleSheets() (all []byte, err error) {
	subjects, err := filepath.Glob("web/src/styles/*.css")
	if err != nil {
		return nil, err
	}
	for _, name := range append([]string{"web/src/polis.css"}, subjects...) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, text...)
	}
	return all, nil
}

// plainName is the name of a file that esbuild has hashed, without the hash.
func plainName(name string) string {
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	return strings.TrimSuffix(stem, filepath.Ext(stem)) + ext
}

func bundle(o api.BuildOptions) ([]api.OutputFile, error) {
	o.Bundle = true
	o.MinifySyntax, o.MinifyWhitespace, o.MinifyIdentifiers = true, true, true
	o.NodePaths = []string{modules}
	o.Outdir = dist
	o.LogLevel = api.LogLevelWarning
	result := api.Build(o)
	if len(result.Errors) > 0 {
		return nil, fmt.Errorf("esbuild: %s", result.Errors[0].Text)
	}
	return result.OutputFiles, nil
}

var (
	iconName = regexp.MustCompile(`"(it-[a-z0-9-]+)"`)
	symbol   = regexp.MustCompile(`(?s)<symbol [^>]*id="(it-[a-z0-9-]+)".*?</symbol>`)
)

// sprite has the icons that a template or a Go file names in quotes.
func (b *builder) sprite(sources []string) error {
	all, err := os.ReadFile(modules + "/bootstrap-italia/dist/svg/sprites.svg")
	if err != nil {
		return err
	}
	known := map[string][]byte{}
	for _, m := range symbol.FindAllSubmatch(all, -1) {
		known[string(m[1])] = m[0]
	}
	used := map[string]bool{}
	for _, path := range sources {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range iconName.FindAllSubmatch(data, -1) {
			name := string(m[1])
			if known[name] == nil {
				return fmt.Errorf("%s: Bootstrap Italia has no icon %q", path, name)
			}
			used[name] = true
		}
	}
	var out bytes.Buffer
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, name := range slices.Sorted(maps.Keys(used)) {
		out.Write(known[name])
	}
	out.WriteString("</svg>")
	b.add("sprite.svg", out.Bytes())
	return nil
}

// packedAlready are the kinds of file that gzip makes no smaller, or that are
// not served.
var packedAlready = []string{".woff2", ".png", ".json"}

// write replaces what was in dist.
func (b *builder) write() error {
	manifest, err := json.MarshalIndent(b.manifest, "", "\t")
	if err != nil {
		return err
	}
	b.files["manifest.json"] = manifest
	old, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, f := range old {
		if f.Name() != ".keep" {
			if err := os.Remove(filepath.Join(dist, f.Name())); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.files)) {
		data := b.files[name]
		if err := os.WriteFile(filepath.Join(dist, name), data, 0o644); err != nil {
			return err
		}
		packed := len(data)
		if ext := filepath.Ext(name); !slices.Contains(packedAlready, ext) {
			gz := pack(data)
			packed = len(gz)
			if err := os.WriteFile(filepath.Join(dist, name+".gz"), gz, 0o644); err != nil {
				return err
			}
		}
		fmt.Printf("%8.1f KB %8.1f KB gz  %s\n", float64(len(data))/1024, float64(packed)/1024, name)
	}
	return nil
}

func pack(data []byte) []byte {
	var buf bytes.Buffer
	z, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid, and a buffer takes everything
	_, _ = z.Write(data)
	_ = z.Close()
	return buf.Bytes()
}
