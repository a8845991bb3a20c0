package backup

import (
	"regexp"
	"strings"

	"countersign/core/ledger"
)

// kind is what an entry of an archive is for.
type kind int

const (
	notInBackup kind = iota // no home has a file of that name, or it does not belong into a backup
	titleFile
	ledgerFile
	smallFile
	documentFile
	sumsFile
)

var (
	documentForm = regexp.MustCompile(`^documents/([0-9a-f]{64})\.pdf$`)
	smallForm    = regexp.MustCompile(`^(gateways\.toml|settings\.toml|queue\.json|copies\.json|register\.pub|trust/[A-Za-z0-9_][A-Za-z0-9._ -]{0,120}\.pem|sandbox/(state\.db|credentials\.json|authority\.pem))$`)
)

// kindOf classifies the name of an entry. Only exact names of a home get another kind than
// notInBackup, so no entry is restored outside of the home.
func kindOf(name string) kind {
	switch {
	case name == titleName:
		return titleFile
	case name == ledger.FileName:
		return ledgerFile
	case name == sumsName:
		return sumsFile
	case documentForm.MatchString(name):
		return documentFile
	case smallForm.MatchString(name):
		return smallFile
	}
	return notInBackup
}

const (
	maxDocument = 256 << 20 // bytes; the desk accepts no larger documents
	maxSmall    = 16 << 20
	maxSandbox  = 1 << 30
	maxLedger   = 1 << 40
)

// maxSize returns how many bytes an entry of that name may have.
func maxSize(name string) int64 {
	switch kindOf(name) {
	case documentFile:
		return maxDocument
	case ledgerFile, sumsFile:
		return maxLedger
	case smallFile:
		if strings.HasPrefix(name, sandboxDir+"/") {
			return maxSandbox
		}
	}
	return maxSmall
}
