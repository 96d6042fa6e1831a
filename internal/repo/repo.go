// Package repo proves what the repository promises about itself: which folder
// may use which, that every statement runs on both engines, that words are
// whole, that templates fit their pages, that documents tell of every command.
// It has only tests; what they find is a line to mend, named by file.
package repo
