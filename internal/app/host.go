package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// checkHost refuses what is no name of a host, with or without a port.
func checkHost(host string) error {
	if u, err := url.Parse("//" + host); host != "" && (err != nil || u.Host != host || u.Hostname() == "" || strings.ContainsAny(host, " @")) {
		return fmt.Errorf("--spaces-host wants a host name such as spazi.example.it")
	}
	return nil
}

// spacesFirst shows the page of the spaces as the first page to who comes by
// the host name of the spaces. All else is the same under both names.
func spacesFirst(host string, next http.Handler) http.Handler {
	if host == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" && strings.EqualFold(r.Host, host) {
			u := *r.URL
			u.Path = "/spazi"
			moved := *r
			moved.URL = &u
			r = &moved
		}
		next.ServeHTTP(w, r)
	})
}
