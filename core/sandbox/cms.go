package sandbox

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"sort"
)

// Object identifiers of RFC 5652 (CMS), RFC 5035 (signing certificate) and RFC 5758 (ECDSA with SHA-2).
var (
	oidData                 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSHA256               = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSAWithSHA256      = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

type cmsContentInfo struct {
	ContentType asn1.ObjectIdentifier
	Content     asn1.RawValue
}

type cmsSignedData struct {
	Version          int
	DigestAlgorithms []pkix.AlgorithmIdentifier `asn1:"set"`
	Content          cmsEncapsulated
	Certificates     asn1.RawValue
	SignerInfos      []cmsSignerInfo `asn1:"set"`
}

// cmsEncapsulated has no content member: the signature is detached.
type cmsEncapsulated struct {
	ContentType asn1.ObjectIdentifier
}

type cmsSignerInfo struct {
	Version            int
	Signer             cmsIssuerAndSerial
	DigestAlgorithm    pkix.AlgorithmIdentifier
	SignedAttributes   asn1.RawValue
	SignatureAlgorithm pkix.AlgorithmIdentifier
	Signature          []byte
}

type cmsIssuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

type cmsAttribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

type essCertIDv2 struct {
	CertHash []byte // the hash algorithm is left out: SHA-256 is its default
}

type essSigningCertificateV2 struct {
	Certs []essCertIDv2
}

// detachedCAdES makes the CMS of a PAdES baseline B-B signature (ETSI EN 319 142-1, 6.3): content type,
// message digest and signing-certificate-v2 are signed; there is no signing-time attribute, because in
// PAdES the claimed time is the /M entry of the signature dictionary. The certificates are the signer's
// and its issuer's. digest is the SHA-256 of the bytes named by /ByteRange.
func detachedCAdES(digest []byte, id *identity) ([]byte, error) {
	certHash := sha256.Sum256(id.certificate.Raw)
	attributes, err := signedAttributes(digest, certHash[:])
	if err != nil {
		return nil, fmt.Errorf("encode signed attributes: %w", err)
	}

	// What is signed is the DER of the attributes as a SET OF; what is stored is the same bytes tagged [0] (RFC 5652, 5.4).
	set, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: attributes})
	if err != nil {
		return nil, fmt.Errorf("encode attribute set: %w", err)
	}
	hash := sha256.Sum256(set)
	signature, err := id.key.Sign(rand.Reader, hash[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign attributes: %w", err)
	}

	sha := pkix.AlgorithmIdentifier{Algorithm: oidSHA256}
	inner, err := asn1.Marshal(cmsSignedData{
		Version:          1,
		DigestAlgorithms: []pkix.AlgorithmIdentifier{sha},
		Content:          cmsEncapsulated{ContentType: oidData},
		Certificates:     contextTagged(joinDER(id.certificate, id.issuer)),
		SignerInfos: []cmsSignerInfo{{
			Version:            1,
			Signer:             cmsIssuerAndSerial{Issuer: asn1.RawValue{FullBytes: id.certificate.RawIssuer}, Serial: id.certificate.SerialNumber},
			DigestAlgorithm:    sha,
			SignedAttributes:   contextTagged(attributes),
			SignatureAlgorithm: pkix.AlgorithmIdentifier{Algorithm: oidECDSAWithSHA256},
			Signature:          signature,
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("encode signed data: %w", err)
	}
	outer, err := asn1.Marshal(cmsContentInfo{ContentType: oidSignedData, Content: contextTagged(inner)})
	if err != nil {
		return nil, fmt.Errorf("encode content info: %w", err)
	}
	return outer, nil
}

// signedAttributes gives the concatenated DER of the attributes, in the order DER demands of a SET OF.
func signedAttributes(digest, certHash []byte) ([]byte, error) {
	values := []struct {
		oid   asn1.ObjectIdentifier
		value any
	}{
		{oidContentType, oidData},
		{oidMessageDigest, digest},
		{oidSigningCertificateV2, essSigningCertificateV2{Certs: []essCertIDv2{{CertHash: certHash}}}},
	}
	encoded := make([][]byte, 0, len(values))
	for _, v := range values {
		value, err := asn1.Marshal(v.value)
		if err != nil {
			return nil, err
		}
		attribute, err := asn1.Marshal(cmsAttribute{Type: v.oid, Values: []asn1.RawValue{{FullBytes: value}}})
		if err != nil {
			return nil, err
		}
		encoded = append(encoded, attribute)
	}
	sort.Slice(encoded, func(i, j int) bool { return bytes.Compare(encoded[i], encoded[j]) < 0 })
	return bytes.Join(encoded, nil), nil
}

// contextTagged wraps content in the constructed context-specific tag [0].
func contextTagged(content []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: content}
}

func joinDER(certificates ...*x509.Certificate) []byte {
	var all []byte
	for _, c := range certificates {
		all = append(all, c.Raw...)
	}
	return all
}
