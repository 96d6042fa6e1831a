// Package zzshot is a temporary driver.
package zzshot

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/platform/web/webtest/browser"
)

func TestShot(t *testing.T) {
	base := os.Getenv("BASE")
	tab := browser.Open(t)
	lang := "it"
	for _, s := range strings.Split(os.Getenv("STEPS"), "\n") {
		k, v, _ := strings.Cut(strings.TrimSpace(s), "=")
		switch k {
		case "w":
			n, _ := strconv.ParseInt(v, 10, 64)
			tab.Width(n)
		case "lang":
			lang = v
		case "go":
			sep := "?"
			if strings.Contains(v, "?") {
				sep = "&"
			}
			tab.Go(base + v + sep + "lang=" + lang)
		case "click":
			tab.Do(chromedp.Click(v))
			time.Sleep(600 * time.Millisecond)
		case "js":
			t.Log(browser.Eval[any](tab, v))
			time.Sleep(300 * time.Millisecond)
		case "type":
			sel, text, _ := strings.Cut(v, "|")
			tab.Do(chromedp.SendKeys(sel, text))
		case "shot":
			tab.Picture("/tmp/shots/" + v + ".png")
		case "check":
			tab.Check()
		case "faults":
			t.Log(tab.Faults())
		case "scripts":
			tab.Scripts(v == "on")
		}
	}
}
