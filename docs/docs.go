// Package docs has the pages that the window shows.
package docs

import _ "embed"

//go:embed guide.md
var guide string

// Guide returns the guide for clerks and managers, in Markdown and in English.
func Guide() string { return guide }
