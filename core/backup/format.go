package backup

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"countersign/core/ledger"
)

const (
	titleName = "countersign-backup"    // the first entry
	titleText = "countersign backup v1" // its first line
	sumsName  = "SHA256SUMS"

	// withoutDocumentsLine is a line of the first entry of a backup that has no documents.
	withoutDocumentsLine = "without documents"

	documentsDir = "documents"
	sandboxDir   = "sandbox"
)

// kind is which file of a home, or of the archive itself, an entry of an archive holds.
type kind int

const (
	notInBackup kind = iota // no home has a file of that name, or it does not belong in a backup
	titleFile
	ledgerFile
	smallFile
	documentFile
	sumsFile
)

var (
	documentForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^documents/([0-9a-f]{64})\.pdf$`) })
	smallForm    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(gateways\.toml|settings\.toml|queue\.json|copies\.json|register\.pub|sandbox/(state\.db|credentials\.json|authority\.pem))$`)
	})
)

// kindOf classifies the name of an entry. Only names that a home can have get another kind than
// notInBackup, so no entry is restored outside of the home.
func kindOf(name string) kind {
	switch {
	case name == titleName:
		return titleFile
	case name == ledger.FileName:
		return ledgerFile
	case name == sumsName:
		return sumsFile
	case documentForm().MatchString(name):
		return documentFile
	case smallForm().MatchString(name), isAnchorName(name):
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

// Options configure [Write] and [Restore]. The zero value is ready to use.
type Options struct {
	// AllowDamaged accepts a register that does not hold, and documents that are missing or were
	// changed. They become warnings in the summary instead of an error.
	AllowDamaged bool
	// WithTrust makes [Restore] take along the anchors in the archive, which decide whom a home trusts.
	// WithGateways makes it take along the gateways and the output folder, which decide where a home sends
	// documents and secrets.
	WithTrust, WithGateways bool
	OnProgress              func(Progress)   // called now and then, on the caller's goroutine; may be nil
	Now                     func() time.Time // the clock; time.Now when nil

	withoutDocuments bool // Write leaves the documents out
	checkLedger      bool // Write opens the ledger in the archive that it wrote, and checks every link of its register
}

func (o Options) withDefaults() Options {
	if o.OnProgress == nil {
		o.OnProgress = func(Progress) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Progress is what was written or restored so far.
type Progress struct {
	Files int
	Bytes int64 // of these files, uncompressed
}

// Summary is what was written or restored in the end.
type Summary struct {
	File      string   `json:"file,omitempty"` // the path of a daily backup
	Files     int      `json:"files"`
	Documents int      `json:"documents"`
	Lost      int      `json:"lost,omitempty"`     // documents that are not in a backup because they are missing or were changed
	Bytes     int64    `json:"bytes"`              // of these files, uncompressed
	Size      int64    `json:"size"`               // of the archive, in bytes
	Events    int      `json:"events"`             // entries of the register
	Head      string   `json:"head,omitempty"`     // the last link of the register, in hex
	Out       int      `json:"out,omitempty"`      // of a restored home: requests whose browser was out; its return is not heard
	Warnings  []string `json:"warnings,omitempty"` // what is missing or damaged, one English sentence each

	Taken   []Part `json:"taken,omitempty"`    // the anchors, the gateways and the output folder that were taken along
	LeftOut []Part `json:"left_out,omitempty"` // the anchors, the gateways and the output folder that were in the archive and stayed out
}

// Part is an anchor, a gateway or the output folder in a backup.
type Part struct {
	Kind string `json:"kind"` // "anchor", "gateway" or "folder"
	Name string `json:"name"` // the subject of an anchor, the name of a gateway, the path of the folder
	// Detail is the fingerprint of an anchor, which is the SHA-256 of the certificate in hex, or the address
	// of a gateway.
	Detail string `json:"detail,omitempty"`
}
