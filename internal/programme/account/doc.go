// Package account is the public account of the programme as rows: what each kind
// of row says, how it stands in a list, the facts that the program knows by
// itself, and what all rows come to: sums and the two indexes.
//
// It is pure. The same columns serve import, database, open data and recomputing
// from the open data: the files that are written are the files that are read.
package account
