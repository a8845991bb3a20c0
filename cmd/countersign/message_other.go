//go:build !windows

package main

const messageHelp = ""

// showMessage does nothing: on this system the line on standard error is seen, or is in the log of the session.
func showMessage(string) {}

// ask is not used: on this system homes are where they were.
func ask(string) answer { return answerNo }
