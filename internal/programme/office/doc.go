// Package office is the programme office: the desk of who enters and approves
// what the account of the programme publishes, the files that are brought in, the
// history of what was published, and the account on one sheet of paper.
package office
