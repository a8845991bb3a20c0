package pades

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
	"slices"
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

// cmsEncapsulated is the type of the signed content, without the content: the signature is detached.
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
	CertHash []byte // SHA-256, the default of the hash algorithm, which is therefore left out
}

type essSigningCertificateV2 struct {
	Certs []essCertIDv2
}

// detachedCAdES returns the CMS (RFC 5652) of a PAdES baseline B-B signature (ETSI EN 319 142-1, 6.3), as DER. digest is the
// SHA-256 of the bytes that /ByteRange names. The signed attributes are content-type, message-digest and signing-certificate-v2.
// There is no signing-time attribute: PAdES puts the claimed time into the entry /M of the signature dictionary. The CMS holds
// the certificates of the signer and of its issuer.
func detachedCAdES(digest []byte, by *Signer) ([]byte, error) {
	certHash := sha256.Sum256(by.certificate.Raw)
	attributes, err := signedAttributes(digest, certHash[:])
	if err != nil {
		return nil, fmt.Errorf("encode signed attributes: %w", err)
	}

	// The signature is over the attributes encoded as a SET OF. In SignerInfo the same bytes have the tag [0] (RFC 5652, 5.4).
	set, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: attributes})
	if err != nil {
		return nil, fmt.Errorf("encode attribute set: %w", err)
	}
	hash := sha256.Sum256(set)
	signature, err := by.key.Sign(rand.Reader, hash[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign attributes: %w", err)
	}

	sha := pkix.AlgorithmIdentifier{Algorithm: oidSHA256}
	inner, err := asn1.Marshal(cmsSignedData{
		Version:          1,
		DigestAlgorithms: []pkix.AlgorithmIdentifier{sha},
		Content:          cmsEncapsulated{ContentType: oidData},
		Certificates:     contextTagged(joinDER(by.certificate, by.issuer)),
		SignerInfos: []cmsSignerInfo{{
			Version:            1,
			Signer:             cmsIssuerAndSerial{Issuer: asn1.RawValue{FullBytes: by.certificate.RawIssuer}, Serial: by.certificate.SerialNumber},
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

// signedAttributes returns the DER of the attributes, one behind the other, sorted as DER requires of a SET OF.
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
	slices.SortFunc(encoded, bytes.Compare)
	return bytes.Join(encoded, nil), nil
}

// contextTagged returns content in the constructed context-specific tag [0].
func contextTagged(content []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: content}
}

// joinDER returns the DER of the certificates, one behind the other.
func joinDER(certificates ...*x509.Certificate) []byte {
	var all []byte
	for _, c := range certificates {
		all = append(all, c.Raw...)
	}
	return all
}
