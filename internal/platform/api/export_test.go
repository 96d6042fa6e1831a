package api

// CheckJSON is for the fuzzer.
var CheckJSON = checkJSON
