package apitest

import (
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	const then = `{"info":{"version":"1.0.0"},"paths":{"/a":{"get":{},"put":{}}}}`
	for _, c := range []struct {
		now     string
		changed bool
		fault   string
	}{
		{then, false, ""},
		{strings.Replace(then, `"get":{}`, `"get":{"x":1}`, 1), true, "version 1.0.0 did not"},
		{strings.Replace(strings.Replace(then, `"get":{}`, `"get":{"x":1}`, 1), "1.0.0", "1.1.0", 1), true, ""},
		{strings.Replace(strings.Replace(then, `,"put":{}`, ``, 1), "1.0.0", "1.1.0", 1), true, "lost an operation: put /a"},
	} {
		changed, err := compare([]byte(then), []byte(c.now))
		if changed != c.changed || (err != nil) != (c.fault != "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, %v", c.now, changed, err)
		}
	}
}
