// Command make writes the sample documents into a folder. The files are the same each time: dates are fixed and nothing is compressed, so
// a change of a document can be read in a diff.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// documents are the functions that make the sample documents, by the names of their files.
var documents = map[string]func() ([]byte, error){
	"Lease.pdf":              lease,
	"Supplier-agreement.pdf": supplierAgreement,
	"Holiday-request.pdf":    holidayRequest,
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: make FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(folder string) error {
	for name, document := range documents {
		file, err := document()
		if err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), file, 0o644); err != nil { // #nosec G306 G703 -- samples of the source tree, for everybody
			return fmt.Errorf("write a sample document: %w", err)
		}
	}
	return nil
}
