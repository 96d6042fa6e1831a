// Package document writes what leaves the program as a file for other
// programs and for paper: QR codes as SVG, calendar files.
package document
