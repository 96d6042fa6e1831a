package identity

// BrowserOf is browserOf for the tests.
var BrowserOf = browserOf
