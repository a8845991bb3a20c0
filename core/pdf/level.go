package pdf

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // names in a PDF are made with it; nothing is verified with it here
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// The kinds of signatures, as far as they can be told. The levels are those of ETSI EN 319 142-1; what they ask for beyond
// the parts that are there (that the revocation data is right, say) is not looked at.
const (
	levelPKCS7      = "PKCS#7"
	levelPKCS7Stamp = "PKCS#7 with a time-stamp"
	levelCAdES      = "CAdES, not PAdES: the signer's certificate is not among what was signed"
	levelBasic      = "PAdES B-B"
	levelTime       = "PAdES B-T"
	levelLong       = "PAdES B-LT"
	levelArchive    = "PAdES B-LTA"
	levelDocument   = "document time-stamp"
)

// material is the validation data that a file keeps for its signatures (its /DSS entry).
type material struct {
	certificates int
	lists        []*x509.RevocationList
	answers      [][]byte // of OCSP responders, as they are
	named        map[string]bool
	bytes        int   // of what was kept of it
	last         int64 // where the last piece of it begins in the file
}

const (
	maxPieces   = 200      // of validation data that are looked at
	maxMaterial = 16 << 20 // bytes of all of them, and so of one
)

// findMaterial reads the validation data of a file; what cannot be read is left out.
func findMaterial(d *document) (m material, err error) {
	defer damagedOnPanic(&err)
	store := d.dict(d.catalog()["DSS"])
	m.named = map[string]bool{}
	m.pieces(d, store["Certs"], func([]byte) { m.certificates++ })
	m.pieces(d, store["CRLs"], m.list)
	m.pieces(d, store["OCSPs"], m.answer)
	for name, entry := range d.dict(store["VRI"]) {
		of := d.dict(entry)
		if len(d.array(of["CRL"]))+len(d.array(of["OCSP"])) > 0 {
			m.named[strings.ToUpper(name)] = true
		}
		m.pieces(d, of["CRL"], m.list)
		m.pieces(d, of["OCSP"], m.answer)
	}
	return m, nil
}

func (m *material) list(b []byte) {
	if list, err := x509.ParseRevocationList(b); err == nil {
		m.lists = append(m.lists, list)
	}
}

func (m *material) answer(b []byte) { m.answers = append(m.answers, b) }

func (m *material) pieces(d *document, list types.Object, each func([]byte)) {
	for _, entry := range d.array(list) {
		if len(m.lists)+len(m.answers)+m.certificates >= maxPieces {
			return
		}
		if b := d.unpack(entry, int64(maxMaterial-m.bytes)); len(b) > 0 {
			each(b)
			m.bytes += len(b)
			if ref, ok := entry.(types.IndirectRef); ok {
				m.last = max(m.last, d.offset(ref))
			}
		}
	}
}

// serves tells whether the material has certificates and something that speaks of whether this signer's was revoked.
func (m *material) serves(s *Signature, contents []byte) bool {
	if m.certificates == 0 || len(s.Certificates) == 0 {
		return false
	}
	for _, b := range [][]byte{contents, s.CMS} {
		name := sha1.Sum(b) //nolint:gosec // as above
		if m.named[strings.ToUpper(hex.EncodeToString(name[:]))] {
			return true
		}
	}
	cert := s.Certificates[0]
	for _, list := range m.lists {
		if bytes.Equal(list.RawIssuer, cert.RawIssuer) {
			return true
		}
	}
	serial, err := asn1.Marshal(cert.SerialNumber)
	if err != nil {
		return false
	}
	old := sha1.Sum(cert.RawIssuer) //nolint:gosec // as above
	now := sha256.Sum256(cert.RawIssuer)
	for _, answer := range m.answers {
		if bytes.Contains(answer, serial) && (bytes.Contains(answer, old[:]) || bytes.Contains(answer, now[:])) {
			return true
		}
	}
	return false
}

// basicLevel is the level of a signature by itself.
func (m *message) basicLevel(subFilter string, stamp *Stamp) string {
	stamped := stamp != nil && stamp.Intact
	_, bound := m.attribute(oidCertificate)
	_, boundNow := m.attribute(oidCertificateV2)
	switch {
	case subFilter == subFilterPKCS7 && stamped:
		return levelPKCS7Stamp
	case subFilter == subFilterPKCS7:
		return levelPKCS7
	case !bound && !boundNow:
		return levelCAdES
	case stamped:
		return levelTime
	}
	return levelBasic
}

// raiseLevels raises the levels by what stands in the file beside the signatures: time-stamps of the whole document, and
// validation data.
func raiseLevels(signatures []Signature, contents [][]byte, m material) {
	for i := range signatures {
		s := &signatures[i]
		if s.Level != levelBasic && s.Level != levelTime {
			continue
		}
		if latestStamp(signatures, s.End) > 0 {
			s.Level = levelTime
		}
		if s.Level != levelTime || !m.serves(s, contents[i]) {
			continue
		}
		s.Level = levelLong
		if latestStamp(signatures, s.End) > m.last {
			s.Level = levelArchive
		}
	}
}

// latestStamp is where the last intact document time-stamp behind a place stands; zero when there is none.
func latestStamp(signatures []Signature, end int64) (at int64) {
	for _, s := range signatures {
		if s.Timestamp && s.Intact && s.At >= end {
			at = max(at, s.At)
		}
	}
	return at
}

// Expired tells whether the signer's certificate is not valid at a time: its days are over, or have not come.
func (s *Signature) Expired(at time.Time) bool {
	return len(s.Certificates) > 0 && outsideValidity(s.Certificates[0], at) != ""
}
