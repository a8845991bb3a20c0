// Package pades makes the PDF signatures of the practice gateways. A signature is PAdES baseline B-B (ETSI EN 319 142-1, 6.3),
// added to a document as an incremental update (ISO 32000-1, 7.5.6): the signed file begins with the exact bytes of the document.
// It is made with a certificate of a practice authority, and both the certificate and every visible signature say that they have
// no legal value.
//
// It is not the PDF code of the program: package core/pdf checks what gateways return, and shares nothing with this package, so
// that a mistake made here is not repeated there. Only package sandbox may import it. It reads and writes no file, opens no
// connection, and keeps no signer's key. An object that has to change is written again byte for byte, except for the entries that
// change. The memory and the time for reading a document are bounded.
package pades

import (
	"errors"
	"time"
)

// The reasons why a document cannot be signed, as [Signer.Sign] returns them. The sandbox shows them to the signer and puts them into the
// results of processes.
var (
	errNotPDF     = errors.New("the document is damaged or not a PDF, so it cannot be signed")
	errEncrypted  = errors.New("the document is encrypted or protected by a password, so it cannot be signed")
	errCertified  = errors.New("the document is certified against any further change, so it cannot be signed")
	errFieldInUse = errors.New("the name of the signature field is already in use in the document: each signature needs a field name of its own")
	errNoSuchPage = errors.New("the document has no page with the number asked for")
)

// Signature describes one signature to be made.
type Signature struct {
	Field                     string // the name of the signature field; "" means the first SignatureN that is free
	Reason, Location, Contact string // entries of the signature dictionary; "" leaves the entry out
	Box                       *Box   // nil means an invisible signature
	Time                      time.Time
}

// Box is the rectangle of a visible signature on its page, and the text in it. X and Y are those of its lower left corner, from the lower
// left corner of the page; all lengths are in PDF points. Lines are drawn in a standard font: characters outside Latin-1 become question
// marks. A last line, which says that the signature has no legal value, is always added.
type Box struct {
	Page                int // from 1; 0 means the last page
	X, Y, Width, Height float64
	Lines               []string
}

// Subject is the natural person that a certificate names.
type Subject struct {
	Name    string
	Country string // ISO 3166-1, two letters
	Number  string // the national identity card number
}

// Found is a signature that a document already has, as the document describes it: nothing is verified.
type Found struct {
	Signer string    // the name in the certificate, else in the signature dictionary; "" when neither has one
	Time   time.Time // the claimed signing time; zero when there is none
}
