// Package rdftest reads Turtle and JSON-LD by readers that are not ours: n3 for
// Turtle, json-gold for JSON-LD.
package rdftest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"
)

// toLines has n3 read Turtle and write a statement a line.
const toLines = `
import { Parser, Writer } from 'n3'
import { readFileSync } from 'node:fs'
const writer = new Writer({ format: 'N-Triples' })
for (const quad of new Parser().parse(readFileSync(0, 'utf8'))) writer.addQuad(quad)
writer.end((error, text) => process.stdout.write(text))
`

// Turtle are the statements of a document, as sorted lines of N-Triples.
func Turtle(t *testing.T, text []byte) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", toLines)
	cmd.Dir = web(t)
	cmd.Stdin = bytes.NewReader(text)
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		t.Fatalf("n3 (make build brings it): %v\n%s", err, bad.String())
	}
	return lines(t, out.String())
}

// web is the folder in which the packages of the front end lie.
func web(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, none := os.Stat(filepath.Join(dir, "go.mod")); none == nil {
			return filepath.Join(dir, "web")
		}
		dir = filepath.Dir(dir)
	}
	t.Fatalf("the tests run outside of the repository: %v", err)
	return ""
}

// JSONLD are the statements of a document, as sorted lines of N-Triples. It may
// fetch no context.
func JSONLD(t *testing.T, text []byte) []string {
	t.Helper()
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	o := ld.NewJsonLdOptions("")
	o.Format = "application/n-quads"
	o.DocumentLoader = nobody{}
	out, err := ld.NewJsonLdProcessor().ToRDF(doc, o)
	if err != nil {
		t.Fatal(err)
	}
	return lines(t, out.(string))
}

type nobody struct{}

func (nobody) LoadDocument(u string) (*ld.RemoteDocument, error) {
	return nil, ld.NewJsonLdError(ld.LoadingDocumentFailed, u)
}

// lines have each text quoted in one way, since writers of N-Triples escape
// differently.
func lines(t *testing.T, text string) []string {
	t.Helper()
	var list []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if start, end := strings.IndexByte(line, '"'), strings.LastIndexByte(line, '"'); start >= 0 {
			line = line[:start] + quote(unescape(line[start+1:end])) + line[end+1:]
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var escape = regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)`)

func unescape(s string) string {
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		if e[1] == 'u' || e[1] == 'U' {
			n, _ := strconv.ParseInt(e[2:], 16, 32)
			return string(rune(n))
		}
		if i := strings.IndexByte("tbnrf", e[1]); i >= 0 {
			return "\t\b\n\r\f"[i : i+1]
		}
		return e[1:]
	})
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(s) + `"`
}
