package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
)

type receiptCmd struct {
	Verify receiptVerifyCmd `cmd:"" help:"Check a receipt with the public key alone; exit 1 if it proves nothing."`
}

type receiptVerifyCmd struct {
	Key  []string `help:"File with the public key of the journal: as text, or the answer of /api/v1/journal/keys." type:"existingfile" placeholder:"FILE"`
	From string   `help:"Address of the installation, whose published key is asked for instead." placeholder:"URL"`
	File string   `arg:"" help:"The receipt, a JSON file."`
}

// Run needs no database and, with --key, no connection. The key that a receipt
// names itself is never believed.
func (c *receiptVerifyCmd) Run(ctx context.Context, e *env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, sealed.MaxReceipt+1))
	if err != nil {
		return err
	}
	keys, source, err := c.keys(ctx)
	if err != nil {
		return err
	}
	r, err := sealed.ParseReceipt(data)
	if err == nil {
		var in sealed.Checkpoint
		if in, err = r.Verify(keys...); err == nil {
			tellReceipt(e.Stdout, r, in, keys, source)
			return nil
		}
	}
	fmt.Fprintf(e.Stdout, "PROVES NOTHING: %s\nchecked with %s\n", printable(err.Error()), source)
	return errExit
}

func tellReceipt(w io.Writer, r sealed.Receipt, in sealed.Checkpoint, keys []string, source string) {
	a := r.Act
	fmt.Fprintf(w, "genuine: this act is entry %d of %d of the log %s\n", r.Index+1, in.Size, printable(in.Origin))
	for _, f := range [][2]string{
		{"act", a.ID},
		{"what", a.Kind},
		{"when", clock.FromMicros(a.At).Format(time.RFC3339)},
		{"about", a.Subject},
		{"who", a.Person},
		{"role", a.Role},
		{"at", a.Desk},
		{"by way of", a.Channel},
		{"for", a.For},
		{"said", a.Data},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "%-10s %q\n", f[0], f[1])
		}
	}
	for _, k := range keys {
		if _, err := sealed.Open(r.Checkpoint, k); err == nil {
			fmt.Fprintf(w, "%-10s %s (fingerprint %s), from %s\n", "key", strings.TrimSpace(k), sealed.Fingerprint(k), source)
		}
	}
}

// keys are the public keys to believe, and where they are from.
func (c *receiptVerifyCmd) keys(ctx context.Context) (keys []string, source string, err error) {
	switch {
	case len(c.Key) > 0:
		keys, err := readKeys(c.Key)
		return keys, "the key of " + strings.Join(c.Key, ", "), err
	case c.From == "":
		return nil, "", fmt.Errorf("which key is to be believed? Name its file with --key, or the address of the installation with --from")
	}
	address := strings.TrimSuffix(c.From, "/") + "/api/v1/journal/keys"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", err
	}
	client := &http.Client{Timeout: 20 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, sealed.MaxReceipt))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", address, resp.Status)
	}
	return keysIn(string(text)), "the key that " + address + " publishes", err
}

// readKeys reads the public keys of files, each of which must have one: who names
// a file wants no other key to be believed.
func readKeys(files []string) (keys []string, err error) {
	texts, err := readTexts(files)
	for i, text := range texts {
		some := keysIn(text)
		if len(some) == 0 {
			return nil, fmt.Errorf("%s has no public key", files[i])
		}
		keys = append(keys, some...)
	}
	return keys, err
}

// keysIn are the keys of a file: one a line, or the answer of the API.
func keysIn(text string) (keys []string) {
	var answer struct{ Items []struct{ Key string } }
	if json.Unmarshal([]byte(text), &answer) == nil {
		for _, k := range answer.Items {
			keys = append(keys, k.Key)
		}
		return keys
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			keys = append(keys, line)
		}
	}
	return keys
}
