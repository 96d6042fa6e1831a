// Package browser drives a real Chromium in tests: pages as people see them,
// checked with axe for who cannot see them.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a step may take. Only a test that fails waits so long: a
// machine that runs all tests at once may take half a minute for what a person
// sees in a moment.
const patience = 90 * time.Second

// View is how wide a window is, and which language is asked for in it.
type View struct {
	Width int64
	Lang  string
}

// Views are what a page is looked at in: a desk in Italian, whose words are the
// longer ones, and a telephone in English.
var Views = []View{{1280, "it"}, {390, "en"}}

// Tab is an open tab of a browser of its own, closed with the test.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

// Open starts a browser. Without one the test is skipped, loudly; where CI is
// "true" that is a failure. In short runs, such as those of the race detector, none
// is started. Flags are more switches of its command line.
func Open(t testing.TB, more ...chromedp.ExecAllocatorOption) *Tab {
	t.Helper()
	if testing.Short() {
		t.Skip("a short run starts no browser")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		missing(t, "no Chromium on this machine")
	}
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.WSURLReadTimeout(patience), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "it"),
		// Neither a card made of software nor code tuned for hours pays off in a page that is seen once.
		chromedp.Flag("disable-software-rasterizer", true), chromedp.Flag("js-flags", "--no-opt"))
	flags = append(flags, more...)
	ctx, stopBrowser := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, _ = chromedp.NewContext(ctx)
	tab := &Tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the browser to end; an error is of no interest any more
		stopBrowser()
	})
	if err := chromedp.Listen(ctx, tab.listen); err != nil {
		t.Fatalf("browser does not start: %v", err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatalf("the window does not take the focus: %v", err)
	}
	return tab
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip("SKIPPED: " + what)
}

// listen keeps what the browser complains about: broken policies, failed
// scripts, missing files, errors on the console.
func (tab *Tab) listen(ev any) {
	fault := ""
	switch e := ev.(type) {
	case *log.EventEntryAdded:
		refused := strings.Contains(e.Entry.Text, "status of 422") // a form shown again with what is wrong
		if e.Entry.Level == log.EntryLevelError && !refused || e.Entry.Source == log.EntrySourceSecurity {
			fault = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		fault = fmt.Sprintf("exception: %s at %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError && len(e.Args) > 0 {
			fault = fmt.Sprintf("console: %s %s", e.Args[0].Value, e.Args[0].Description)
		}
	}
	if fault != "" {
		tab.mu.Lock()
		tab.faults = append(tab.faults, fault)
		tab.mu.Unlock()
	}
}

// Faults are the browser's complaints since the last call.
func (tab *Tab) Faults() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	faults := tab.faults
	tab.faults = nil
	return faults
}

// run takes a step, for as long as there is patience.
func run[T any](tab *Tab, step chromedp.Action[T]) (T, error) {
	ctx, stop := context.WithTimeout(tab.ctx, patience)
	defer stop()
	return chromedp.Run(ctx, step)
}

// Do runs steps of chromedp, each with patience of its own.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	for i, step := range steps {
		if _, err := run(tab, step); err != nil {
			tab.t.Fatalf("step %d: %v; %s", i+1, err, tab.seen())
		}
	}
}

// seen says what the window shows, for who reads of a failure.
func (tab *Tab) seen() string {
	text, err := run(tab, chromedp.Evaluate[string](`location.href + ": " + (document.body?.innerText ?? "").slice(0, 1500)`))
	if err != nil {
		return "and the page cannot be read"
	}
	return "the page shows " + text
}

// Width makes the window so many CSS pixels wide.
func (tab *Tab) Width(pixels int64) {
	tab.t.Helper()
	tab.Do(chromedp.EmulateViewport(pixels, 900))
}

// Scripts turns the pages' scripts on or off, from the next page.
func (tab *Tab) Scripts(on bool) {
	tab.t.Helper()
	ctx, stop := context.WithTimeout(tab.ctx, patience)
	defer stop()
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		tab.t.Fatal(err)
	}
}

// Go opens an address.
func (tab *Tab) Go(url string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(url))
}

// Press presses keys, one after the other, wherever the focus is: "\t", "\r",
// " " or letters.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.Do(chromedp.KeyEvent(keys))
}

// View is what the window shows, as PNG.
func (tab *Tab) View() []byte {
	tab.t.Helper()
	png, err := run(tab, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Fatal(err)
	}
	return png
}

// Print is the page as a browser prints it, as PDF: on the paper that the page
// asks for, or on paper of so many inches where it is given.
func (tab *Tab) Print(width, height float64) []byte {
	tab.t.Helper()
	ctx, stop := context.WithTimeout(tab.ctx, patience)
	defer stop()
	own := width == 0
	got, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: width, PaperHeight: height, PreferCSSPageSize: &own})
	if err != nil {
		tab.t.Fatal(err)
	}
	return got.Data
}

// Picture writes the whole page as PNG.
func (tab *Tab) Picture(file string) {
	tab.t.Helper()
	png, err := run(tab, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		tab.t.Fatal(err)
	}
}

// Eval is the value of a JavaScript expression; a promise is awaited.
func Eval[T any](tab *Tab, js string) T {
	tab.t.Helper()
	v, err := run(tab, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%.80s: %v", js, err)
	}
	return v
}

// WaitFor waits until a JavaScript expression, or the promise that it is, is
// true, in this page or in the one that comes after it.
func (tab *Tab) WaitFor(js string) {
	tab.t.Helper()
	ctx, stop := context.WithTimeout(tab.ctx, patience)
	defer stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		// An error here is a page on its way out.
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](js, chromedp.EvalAwaitPromise)); err == nil && ok {
			return
		}
		<-tick.C
	}
	tab.t.Fatalf("still not true: %s; %s", js, tab.seen())
}

// Check reports what axe finds in the page, what does not fit its width, and
// the browser's complaints. Scripts must be on.
func (tab *Tab) Check() {
	tab.t.Helper()
	tab.WaitFor("!document.querySelector('.htmx-swapping, .htmx-settling')") // what is pale until it has settled
	at := Eval[string](tab, "location.pathname + location.search + ' at ' + innerWidth")
	tab.axe()
	found := Eval[[]string](tab, `axe.run({resultTypes: ["violations"], selectors: false, preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r =>
		r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.html.slice(0, 200))))`)
	for _, f := range found {
		tab.t.Errorf("%s: %s", at, f)
	}
	if !Eval[bool](tab, "document.documentElement.scrollWidth <= innerWidth") {
		tab.t.Errorf("%s: the page is wider than the window", at)
	}
	for _, f := range tab.Faults() {
		tab.t.Errorf("%s: %s", at, f)
	}
}

// axe brings axe into the page, unless a check at another width has.
func (tab *Tab) axe() {
	tab.t.Helper()
	if Eval[bool](tab, "!!window.axe") {
		return
	}
	axe, err := os.ReadFile(filepath.Join(root(tab.t), "web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(tab.t, "axe is not installed: run `npm ci --ignore-scripts` in web")
	}
	Eval[bool](tab, string(axe)+";true")
}

// root is the root of the repository.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test")
	return ""
}
