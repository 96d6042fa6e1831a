package web

import (
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"sync"

	"polis/internal/platform/i18n"
)

// pageTemplate is a page in each language, put together with the layout when it is
// first shown: a program has hundreds of pages, and one run shows few of them.
type pageTemplate map[i18n.Lang]func() (*template.Template, error)

// Add takes the pages of a capability: every .gohtml of fsys (or of its folder
// pages) becomes the template "<set>/<file without .gohtml>"; files whose name
// begins with _ are partials that all pages of the set share.
func (rd *Renderer) Add(set string, fsys fs.FS) error {
	if sub, err := fs.Sub(fsys, "pages"); err == nil {
		if _, err := fs.Stat(sub, "."); err == nil {
			fsys = sub
		}
	}
	files, err := fs.Glob(fsys, "*.gohtml")
	if err != nil {
		return err
	}
	var partials []string
	pages := map[string]string{}
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if strings.HasPrefix(path.Base(name), "_") {
			partials = append(partials, string(data))
		} else {
			pages[strings.TrimSuffix(name, ".gohtml")] = string(data)
		}
	}
	if len(pages) == 0 {
		return fmt.Errorf("web: set %q has no pages", set)
	}
	if _, err := rd.parse(set, partials...); err != nil {
		return err
	}
	for name, text := range pages {
		if err := rd.addPage(set+"/"+name, partials, text); err != nil {
			return err
		}
	}
	return nil
}

// addPage keeps a page for when it is shown, and says what is wrong with it now.
func (rd *Renderer) addPage(name string, partials []string, text string) error {
	alone, err := rd.parse(name, text)
	if err != nil {
		return err
	}
	if alone.Lookup("main") == nil {
		return fmt.Errorf("web: page %s does not define main", name)
	}
	rd.pages[name] = pageTemplate{}
	for _, lang := range i18n.Langs {
		rd.pages[name][lang] = sync.OnceValues(func() (*template.Template, error) {
			t, err := rd.base[lang].Clone()
			if err != nil {
				return nil, fmt.Errorf("web: %w", err)
			}
			for _, part := range append(partials[:len(partials):len(partials)], text) {
				if _, err := t.New(name).Parse(part); err != nil {
					return nil, fmt.Errorf("web: %w", err)
				}
			}
			return t, nil
		})
	}
	return nil
}

// parse reads texts of templates without the layout.
func (rd *Renderer) parse(name string, texts ...string) (*template.Template, error) {
	t := template.New(name).Funcs(rd.funcs(rd.print[i18n.Langs[0]]))
	for _, text := range texts {
		if _, err := t.Parse(text); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	return t, nil
}

// template is a page in a language.
func (rd *Renderer) template(name string, lang i18n.Lang) (*template.Template, error) {
	page, ok := rd.pages[name]
	if !ok {
		return nil, fmt.Errorf("web: no template %q", name)
	}
	return page[lang]()
}
