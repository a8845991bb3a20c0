package pdf

import (
	"bytes"
	"crypto/sha1" // the standard names entries by it; nothing is verified with it
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"countersign/core/certificate"
)

const (
	maxCertificate       = 1 << 20  // decoded bytes of a certificate in the /DSS dictionary
	maxValidationStreams = 200      // certificates, CRLs and OCSP responses that are read
	maxValidationBytes   = 16 << 20 // decoded bytes of all of them
)

// dssCertificates returns the certificates in the document security store (the /DSS entry of the catalog, ETSI EN 319
// 142-1, 5.4.2). Long-lasting signatures and time-stamps often leave their certificates there. They are not trusted for being
// there: a signature still has to be made with the key. Entries that cannot be read are skipped.
func dssCertificates(d *document) (found []*certificate.Certificate, err error) {
	defer recoverDamaged(&err)
	entries := d.array(d.dict(d.catalog()["DSS"])["Certs"])
	for _, entry := range entries[:min(len(entries), maxCertificates)] {
		if cert, err := certificate.Parse(d.decodeStream(entry, maxCertificate)); err == nil {
			found = append(found, cert)
		}
	}
	return found, nil
}

// validationData is what the document security store of a file has for the signatures in it.
type validationData struct {
	certificates  int
	crls          []*x509.RevocationList
	ocspResponses [][]byte        // in DER
	vri           map[string]bool // keys of /VRI entries with revocation data: SHA-1 of a signature's value, in upper-case hex
	bytes         int             // decoded bytes read so far
	lastOffset    int64           // of the last of these objects in the file
}

// readValidationData reads the /DSS dictionary of a document. Entries that cannot be read are skipped.
func readValidationData(d *document) (v validationData, err error) {
	defer recoverDamaged(&err)
	store := d.dict(d.catalog()["DSS"])
	v.vri = map[string]bool{}
	v.eachStream(d, store["Certs"], func([]byte) { v.certificates++ })
	v.eachStream(d, store["CRLs"], v.addCRL)
	v.eachStream(d, store["OCSPs"], v.addOCSPResponse)
	for key, o := range d.dict(store["VRI"]) {
		entry := d.dict(o)
		if len(d.array(entry["CRL"]))+len(d.array(entry["OCSP"])) > 0 {
			v.vri[strings.ToUpper(key)] = true
		}
		v.eachStream(d, entry["CRL"], v.addCRL)
		v.eachStream(d, entry["OCSP"], v.addOCSPResponse)
	}
	return v, nil
}

func (v *validationData) addCRL(der []byte) {
	if list, err := x509.ParseRevocationList(der); err == nil {
		v.crls = append(v.crls, list)
	}
}

func (v *validationData) addOCSPResponse(der []byte) { v.ocspResponses = append(v.ocspResponses, der) }

// eachStream calls add with the decoded content of each stream in an array, within the limits.
func (v *validationData) eachStream(d *document, array types.Object, add func([]byte)) {
	for _, entry := range d.array(array) {
		if len(v.crls)+len(v.ocspResponses)+v.certificates >= maxValidationStreams {
			return
		}
		if b := d.decodeStream(entry, int64(maxValidationBytes-v.bytes)); len(b) > 0 {
			add(b)
			v.bytes += len(b)
			if ref, ok := entry.(types.IndirectRef); ok {
				v.lastOffset = max(v.lastOffset, d.offset(ref))
			}
		}
	}
}

// covers reports whether there are certificates, and revocation data for the signer of s. contents is the value of the
// signature with its padding: programs differ on whether the key in /VRI is a hash with or without it.
func (v *validationData) covers(s *Signature, contents []byte) bool {
	if v.certificates == 0 || len(s.Certificates) == 0 {
		return false
	}
	for _, b := range [][]byte{contents, s.CMS} {
		key := sha1.Sum(b) // as above
		if v.vri[strings.ToUpper(hex.EncodeToString(key[:]))] {
			return true
		}
	}
	cert := s.Certificates[0]
	for _, list := range v.crls {
		if bytes.Equal(list.RawIssuer, cert.RawIssuer) {
			return true
		}
	}
	return v.hasOCSPResponse(cert.RawIssuer, cert.SerialNumber)
}

// hasOCSPResponse looks for the CertID of a certificate (RFC 6960, 4.1.1) in the bytes of the responses: its serial number,
// and a hash of its issuer's name.
func (v *validationData) hasOCSPResponse(rawIssuer []byte, serialNumber *big.Int) bool {
	serial, err := asn1.Marshal(serialNumber)
	if err != nil {
		return false
	}
	bySHA1 := sha1.Sum(rawIssuer) // as above
	bySHA256 := sha256.Sum256(rawIssuer)
	for _, response := range v.ocspResponses {
		if bytes.Contains(response, serial) && (bytes.Contains(response, bySHA1[:]) || bytes.Contains(response, bySHA256[:])) {
			return true
		}
	}
	return false
}
