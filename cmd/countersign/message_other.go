//go:build !windows

package main

const messageHelp = ""

// showMessage does nothing: on this system the line on standard error is seen, or is in the log of the session.
func showMessage(string) {}
